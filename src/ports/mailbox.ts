// What the supervised program is handed to deliver through its own channel, and what it answers. The program is on trial: it is given no
// nonce, so it can show a card and decide nothing.
import type { Button, Card, CardKind } from "../core/words/card.js";

/** One message for the program to deliver. The same id again is the same message: it was perhaps delivered already. */
export interface ProgramMessage {
	readonly id: string;
	readonly kind: "card" | "notice";
	/** Null for notices. */
	readonly card: Card | null;
	/** Null for cards. */
	readonly text: string | null;
	/** Of the message to edit, as the program named it; null: it is a new one. */
	readonly receipt: string | null;
}

/** What became of it: `receipt` names the message that shows it now. */
export type ProgramAnswer =
	| { readonly receipt: string }
	| {
			readonly error: string;
			/** What the program's service asked for, in milliseconds. */
			readonly retryAfterMs: number | null;
			/** The message to edit is not there any more. */
			readonly gone: boolean;
	  };

/** What the engine looks at to say whether a program may have a message; null: it is about no swap. */
export interface About {
	readonly swapId: string | null;
	readonly kind: CardKind | "notice";
}

/** A click of the program's chat, as the program tells it. */
export interface RelayedClick {
	readonly swapId: string;
	readonly epoch: number;
	readonly verdict: Button;
	/** The identity in the program's chat: `app:<actor>` in the configuration. */
	readonly actor: string;
	/** Of the chat's event: the same one again is the same click. */
	readonly eventId: string | null;
}

/** Of a channel that the supervised program delivers. */
export interface Mailbox {
	/** So long without a receipt, in milliseconds, and the other channels say so. */
	readonly withinMs: number;
	/** The oldest message that this run may have, at once or as soon as there is one; null after `holdMs` and on abort. */
	take(request: {
		readonly runId: string;
		readonly mayHave: (about: About) => Promise<boolean>;
		readonly holdMs: number;
		readonly signal: AbortSignal;
	}): Promise<ProgramMessage | null>;
	/** False where this run was not given that message, or answered it before. */
	answer(request: { readonly runId: string; readonly id: string; readonly answer: ProgramAnswer }): boolean;
	/** Hands it in like the click of any channel: what it may say is not asked here. Rejects while the channel is not started. */
	click(click: RelayedClick): Promise<{ readonly sentence: string; readonly card: Card | null }>;
}
