// The words around a card that the core leaves to a channel: what its buttons are called, when it ends by itself, and how its lines share
// the room there is. Escapes nothing.

import { printableLine } from "../../../core/rules/printable.js";
import { shortened } from "../../../core/rules/untrusted.js";
import type { Card, CardKind } from "../../../core/words/card.js";

export { labels } from "../../../core/words/card-face.js";

const ends: Readonly<Record<CardKind, string>> = {
	approval: "Rejected by itself",
	card: "Rolls back by itself",
	promotion: "Kept local by itself",
};

/** The stored end, and what is left of it where the card counts down. */
export function endLine({ kind, expiresAtMs, leftMs }: Card): string | null {
	if (expiresAtMs === null) return null;
	const iso = new Date(expiresAtMs).toISOString();
	const at = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
	return leftMs === undefined ? `${ends[kind]} at ${at}.` : `${ends[kind]} in ${spoken(leftMs)}, at ${at}.`;
}

function spoken(leftMs: number): string {
	const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
	const minutes = Math.floor(seconds / 60);
	return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

/** Title and lines, each printable and on a line of its own, at most `max` characters with their line ends. */
export function fitted(lines: readonly string[], max: number): readonly string[] {
	const whole = lines.flatMap((line) => line.split(/\r?\n/)).map(printableLine);
	const most = Math.max(1, Math.floor(max / 24));
	const few = whole.length <= most ? whole : [...whole.slice(0, most - 1), "…"];
	return evened(few, max - few.length);
}

/** The longest lines give way first, so that one long line of a builder's pushes none of ours out. */
function evened(lines: readonly string[], room: number): readonly string[] {
	const lengths = lines.map(({ length }) => length).sort((one, other) => one - other);
	let left = room;
	for (const [index, length] of lengths.entries()) {
		const share = Math.floor(left / (lengths.length - index));
		if (length > share) return lines.map((line) => shortened(line, Math.max(1, share)));
		left -= length;
	}
	return lines;
}
