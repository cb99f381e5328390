// A card where there are no buttons: as plain text, with the commands to type in their place.
import { printableLine } from "../../core/rules/printable.js";
import type { Card } from "../../core/words/card.js";

/** From the second submission on each names it: what was copied from an earlier card does nothing to a later one. */
export function commandsOf({ swapId, epoch, buttons, kind, phrase }: Card): readonly string[] {
	const typed = phrase === null ? "" : ` --type "${phrase}"`;
	const number = epoch > 1 ? ` --submission ${epoch}` : "";
	const verbs = buttons.map((button) => `deadman ${button} ${swapId}${number}${button === "approve" ? typed : ""}`);
	return kind === "approval" && buttons.length > 0 ? [`deadman review ${swapId}`, ...verbs] : verbs;
}

/** One line stays one line, whatever it holds. */
export function textOf({ title, lines, expiresAtMs }: Card, typed: readonly string[]): string {
	const until = expiresAtMs === null ? [] : [`Until ${new Date(expiresAtMs).toISOString()}.`];
	const choices = typed.length === 0 ? [] : ["", ...typed];
	return [title, ...lines.flatMap((line) => line.split(/\r?\n/)), ...until, ...choices].map(printableLine).join("\n");
}
