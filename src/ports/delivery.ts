// The ways to people: what a channel can do, what it sends and what comes in through it, and what the journal keeps of both. Nothing here
// decides a swap.
import type { Surface } from "../core/actor.js";
import type { Place } from "../core/place.js";
import type { Button, Card } from "../core/words/card.js";
import type { ReviewLimits } from "../core/words/review.js";
import type { Mailbox } from "./mailbox.js";

export type { Place } from "../core/place.js";

/** What the platform lets a channel do; said truthfully, because messages are planned by it. */
export interface Capabilities {
	/** False: what became of a card is a new message. */
	readonly edit: boolean;
	/** False: the card names what to type. */
	readonly buttons: boolean;
	readonly directMessage: boolean;
	readonly thread: boolean;
	/** A card whose receipt was lost can be found again: see `find`. */
	readonly lookup: boolean;
	/** Characters of a card's text, title and lines together; more is cut with a mark. */
	readonly cardCharacters: number;
	/** How often a card may be edited only to count down, in milliseconds; null: never. */
	readonly refreshMs: number | null;
}

/** One way to reach people. Never blocks a swap and never decides a state. Everything may reject, best with DeliveryFailed. */
export interface Delivery {
	/** Of the channel, as configured: `slack`, `telegram-ops`. */
	readonly name: string;
	/** Whose identities its clicks carry. */
	readonly surface: Surface;
	/** What fits into one of its messages, and how much of a diff it is sent. */
	readonly limits: ReviewLimits;
	readonly can: Capabilities;
	/** Called again with back-off, while it rejects. */
	start(inbox: Inbox): Promise<void>;
	/** Answers with the receipt of the message, which `edit` takes. */
	send(card: Card, to: Place): Promise<string>;
	/** Answers with the receipt of what shows the card now. Rejects with `gone` where the message is not there any more. */
	edit(receipt: string, card: Card, to: Place): Promise<string>;
	/** A receipt, where the platform gives one. */
	notice(text: string, to: Place): Promise<string | null>;
	/** With `can.lookup`: the receipt of the newest message of ours there that shows this card. */
	find?(card: Card, to: Place): Promise<string | null>;
	/** What the platform posts to us over HTTP. Verifies it itself. */
	receive?(request: Received): Promise<Reply>;
	/** Where the supervised program takes what it delivers itself. */
	readonly mailbox?: Mailbox;
	stop(): Promise<void>;
	/** Where a person finds it, for `status`: a URL, "this terminal". */
	address(): string | null;
}

/** Why a message did not go out, or a channel did not open. */
export class DeliveryFailed extends Error {
	override readonly name = "DeliveryFailed";
	/** `gone`: what should be edited, or where it should go, is not there. `revoked`: the credentials do not hold any more. */
	readonly code: "rate_limited" | "unreachable" | "refused" | "revoked" | "gone" | "not_installed";
	/** What the platform asked for, in milliseconds. */
	readonly retryAfterMs: number | null;
	constructor(failure: {
		readonly code: DeliveryFailed["code"];
		readonly message: string;
		readonly retryAfterMs?: number | null;
	}) {
		super(failure.message);
		this.code = failure.code;
		this.retryAfterMs = failure.retryAfterMs ?? null;
	}
}

/** What a channel hands in. */
export interface Inbox {
	/** The first thing that a handler calls: on disk before it is judged. Answers with what to show to the person. */
	click(click: Click): Promise<Answer>;
	/** Words to the bot, such as a typed phrase; null: they were not for us, and nothing is said. */
	say(saying: Saying): Promise<string | null>;
	/** What came in and was no click: a wrong signature, an old timestamp, a value that is none of ours. Logged, counted, shown in `status`. */
	refused(what: { readonly code: string; readonly detail: string }): void;
}

export interface Click {
	readonly swapId: string;
	readonly epoch: number;
	readonly nonce: string;
	readonly verdict: Button;
	/** What the person typed beside the button, where a phrase is asked for. */
	readonly typed?: string | null;
	/** The identity on that channel's surface, as the platform verified it. */
	readonly actorId: string;
	readonly place?: Place;
	/** The message that was clicked, as a receipt; null where the platform does not say. */
	readonly receipt?: string | null;
	/** Of the platform's event: the same one again is the same click. */
	readonly eventId?: string | null;
}

export interface Answer {
	/** What happened, in a sentence. */
	readonly sentence: string;
	/** As it stands now; null where the click was of none of ours. */
	readonly card: Card | null;
}

export interface Saying {
	readonly text: string;
	readonly actorId: string;
	readonly place: Place;
	readonly eventId?: string | null;
}

/** An HTTP request of a platform, as it came. */
export interface Received {
	readonly method: string;
	/** Path and query. */
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

export interface Reply {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array | string;
	/** Set where the request was not genuine; the address then counts as one with a wrong token. */
	readonly forged?: boolean;
}

/** Who runs this installation for others is told how far it came. What rejects, or takes too long, is reported again. */
export interface Milestones {
	/** A channel has really connected; named as its surface. */
	agentReady(transport: string): Promise<void>;
	/** The introduction went out; its receipt where the platform gives one. */
	firstMessageSent(receipt: string | null): Promise<void>;
}
