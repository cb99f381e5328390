// What a builder says of its own progress, as a note in its swap's journal. Told apart from causes by how it begins; decides nothing.
import { limits } from "../limits.js";
import { printableLine } from "../rules/printable.js";
import { shortened } from "../rules/untrusted.js";
import { type Actor, actorName, type Swap } from "../swap.js";

const beginning = "Milestone of ";

/** One line, whatever the builder wrote. */
export function milestoneText(by: Actor, { name, detail }: { readonly name: string; readonly detail: string }): string {
	const said = [name, detail].map((text) => printableLine(text.trim())).filter((text) => text !== "");
	return `${beginning}${actorName(by)}: ${shortened(said.join(": "), limits.milestoneCharacters)}`;
}

export function isMilestone(note: string): boolean {
	return note.startsWith(beginning);
}

export function milestonesOf({ notes }: Swap): readonly string[] {
	return notes.filter(isMilestone);
}
