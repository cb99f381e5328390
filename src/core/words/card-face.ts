// The shape of what people are shown and press: one card, its kinds, and its buttons with what stands on them.
import { spokenTime } from "../duration.js";
import { limits } from "../limits.js";

export type Button = "confirm" | "rollback" | "extend" | "approve" | "reject" | "promote" | "keep";

/** What stands on each. */
export const labels: Readonly<Record<Button, string>> = {
	confirm: "Confirm",
	rollback: "Rollback",
	extend: `+${spokenTime(limits.extensionMs)}`,
	approve: "Approve",
	reject: "Reject",
	promote: "Apply to template",
	keep: "Keep local",
};

/** `approval` asks before, `card` asks whether to keep the version on trial, `promotion` offers the template. */
export type CardKind = "approval" | "card" | "promotion";

/** Plain text: every adapter escapes for its platform. `expiresAtMs` is wall-clock milliseconds, as stored. */
export interface Card {
	readonly swapId: string;
	readonly epoch: number;
	readonly title: string;
	readonly lines: readonly string[];
	readonly buttons: readonly Button[];
	readonly expiresAtMs: number | null;
	/** What is left of it when the card is sent, in milliseconds; left out where the channel does not count down. */
	readonly leftMs?: number;
	readonly decided: boolean;
	readonly kind: CardKind;
	/** What has to be typed beside Approve; null where a click is enough. */
	readonly phrase: string | null;
}

/** What differs from kind to kind. */
export type Face = Pick<Card, "title" | "lines" | "buttons" | "expiresAtMs" | "decided" | "phrase">;
