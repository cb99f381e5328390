// The verbs about channels, as surfaces call them: how each stands, a test of each, requests of platforms, and the mail of the supervised program.
import type { Surface } from "../../core/actor.js";
import type { Refusal } from "../../core/refusals.js";
import type { Actor } from "../../core/swap.js";
import type {
	Answer,
	Capabilities,
	ProgramAnswer,
	ProgramMessage,
	Received,
	RelayedClick,
	Reply,
} from "../../ports/ports.js";

/** One channel as it stands. */
export interface ChannelStatus {
	readonly name: string;
	/** Whose identities its clicks carry. */
	readonly surface: Surface;
	readonly address: string | null;
	readonly state: "opening" | "open" | "failing";
	/** Why it fails, or why its newest waiting message does; null: nothing fails. Scrubbed. */
	readonly error: string | null;
	/** Messages that wait to be sent, and when the oldest of them was written, in wall-clock milliseconds. */
	readonly pending: number;
	readonly oldestAtMs: number | null;
	/** What came in and was refused before it was a click, since the start. */
	readonly refused: number;
	readonly lastRefusal: string | null;
	readonly can: Capabilities;
}

/** How the test of one channel went. */
export interface ChannelTest {
	readonly name: string;
	readonly address: string | null;
	/** Null where it worked. */
	readonly failure: { readonly code: string; readonly message: string; readonly next: string } | null;
	/** Its card was edited; where it cannot be, false. */
	readonly edited: boolean;
	readonly tookMs: number;
	readonly can: Capabilities;
}

export interface Deliveries {
	/** A platform's request for the channel of this name, which verifies it. Null: there is no such channel, or it takes no requests. */
	receive(channel: string, request: Received): Promise<Reply | null>;
}

export interface Correspondence {
	/** Sends a test card to the conversation of one channel, or of each, and edits it. Touches no swap. Refuses builders and unknown names. */
	testChannels(request: {
		readonly by: Actor;
		readonly channel: string | null;
	}): Promise<readonly ChannelTest[] | Refusal>;
	/** By the token of a run: the next message that it has to deliver; null after half a minute without one. */
	takeMail(token: string, signal: AbortSignal): Promise<ProgramMessage | null | Refusal>;
	answerMail(token: string, request: { readonly id: string; readonly answer: ProgramAnswer }): Promise<Refusal | null>;
	/** A click of the program's own chat: it may reject and roll back, in the name of the person that the program says it was. */
	relayClick(token: string, click: RelayedClick): Promise<Answer | Refusal>;
}
