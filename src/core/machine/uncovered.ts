// What a trial wrote where no rollback reaches: a note in its swap's journal, as soon as it is seen. Told apart from causes by how it begins; decides nothing.
import { printableLine } from "../rules/printable.js";
import { hostTarget, type Swap } from "../swap.js";

const beginning = "Not covered: ";

/** One for each folder, by target. */
export function uncoveredText(target: string, folder: string): string {
	const whose = target === hostTarget ? "" : ` of ${target}`;
	return `${beginning}the new version wrote into ${printableLine(folder)}${whose}, which no entry of \`files\` covers: a rollback leaves that as it is.`;
}

export function isUncovered(note: string): boolean {
	return note.startsWith(beginning);
}

/** Of one submission; what is told once is not looked for again. */
export function uncoveredOf({ notes }: Pick<Swap, "notes">): readonly string[] {
	return notes.filter(isUncovered);
}
