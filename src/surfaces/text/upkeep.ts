// What of the state folder goes, and what takes how much, as text.
import { bytesText } from "../../core/words/bytes.js";
import type { Removal, Size } from "../../ports/ports.js";

const kinds: Readonly<Record<Removal["kind"], string>> = {
	release: "release",
	snapshot: "snapshot of",
	data: "data set aside by",
	files: "files kept of",
	ref: "ref",
	home: "home of the commands of",
};

export function renderRemovals(removed: readonly Removal[], dry: boolean): string {
	if (removed.length === 0) return "Nothing is there that nobody needs any more.";
	const verb = dry ? "Would remove" : "Removed";
	return removed.map(({ kind, name }) => `${verb} ${kinds[kind]} ${name}`).join("\n");
}

/** One a line, largest first. */
export function renderSizes(sizes: readonly Size[]): string {
	const width = Math.max(0, ...sizes.map(({ name }) => name.length));
	return sizes.map(({ name, bytes, count }) => `${name.padEnd(width)}  ${bytesText(bytes)} (${count})`).join("\n");
}
