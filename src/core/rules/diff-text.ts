// A unified diff as text to be read: how many lines it adds and takes away, and its pieces for a channel. Cut at line ends; a longer
// line is cut within, with a mark that no line of a diff begins with, so that no part of it can pass for another line.
import { cutAt, fenced, inertBlock } from "./untrusted.js";

/** Counted by the hunks' own headers: a line of content cannot pass for one. */
export function linesChanged(diff: string): { readonly added: number; readonly removed: number } {
	let [added, removed, oldLeft, newLeft] = [0, 0, 0, 0];
	for (const line of diff.split("\n")) {
		if (oldLeft <= 0 && newLeft <= 0) {
			const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
			if (hunk !== null) [oldLeft, newLeft] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
			continue;
		}
		if (line.startsWith("+")) [added, newLeft] = [added + 1, newLeft - 1];
		else if (line.startsWith("-")) [removed, oldLeft] = [removed + 1, oldLeft - 1];
		else if (!line.startsWith("\\")) [oldLeft, newLeft] = [oldLeft - 1, newLeft - 1];
	}
	return { added, removed };
}

/** For the title, the fence and their line ends. */
const frame = 48;

export interface Pieces {
	readonly pieces: readonly string[];
	/** False where some were left out. */
	readonly whole: boolean;
}

interface Room {
	readonly id: string;
	readonly message: number;
	readonly pieces: number;
}

/** Each piece has at most `message` characters with its title and its fence. */
export function piecesOf(diff: string, room: Room): Pieces {
	const work = piecing(diff, room);
	let step = work.next();
	while (step.done !== true) step = work.next();
	return step.value;
}

/** So many characters are made inert at once; who waits may let others run in between. */
const block = 64 * 1024;

/** The same in parts, for what may be long. */
export function* piecing(diff: string, { id, message, pieces: most }: Room): Generator<void, Pieces> {
	const room = Math.max(message - frame - id.length, 16);
	const enough = room * most + 1;
	// Making text inert never shortens it, so what lies beyond could not be shown anyhow.
	const all = diff.slice(0, enough);
	const bodies: string[] = [];
	let open: readonly string[] = [];
	for (let start = 0; start < all.length; ) {
		const lineEnd = all.indexOf("\n", start + block);
		const end = lineEnd < 0 ? all.length : lineEnd;
		const packing = packed([...open, ...inertBlock(all.slice(start, end)).split("\n")], room);
		start = end + 1;
		const isLast = start >= all.length;
		bodies.push(...(isLast ? packing : packing.slice(0, -1)));
		open = isLast ? [] : (packing.at(-1)?.split("\n") ?? []);
		if (!isLast) yield;
	}
	if (all.endsWith("\n")) trimEnd(bodies);
	const shown = bodies.slice(0, most);
	const whole = shown.length === bodies.length && diff.length <= enough;
	const title = (index: number) => `${id}: diff, ${index + 1} of ${shown.length}${whole ? "" : ", then cut"}`;
	return { whole, pieces: shown.map((body, index) => `${title(index)}\n${fenced(body)}`) };
}

/** The last line's end is no line of its own. */
function trimEnd(bodies: string[]): void {
	const last = bodies.pop() ?? "";
	if (last.replace(/\n$/, "") !== "") bodies.push(last.replace(/\n$/, ""));
}

/** As few texts as hold all lines in order, each of at most `room` characters. */
export function packed(lines: readonly string[], room: number): string[] {
	const texts: string[] = [];
	let open: string | null = null;
	for (const line of lines.flatMap((one) => split(one, room))) {
		const longer: string = open === null ? line : `${open}\n${line}`;
		if (open !== null && longer.length > room) texts.push(open);
		open = open !== null && longer.length > room ? line : longer;
	}
	return open === null ? texts : [...texts, open];
}

function split(line: string, room: number): string[] {
	if (line.length <= room) return [line];
	const parts: string[] = [];
	let rest = line;
	while (rest.length > room) {
		const at = cutAt(rest, room - 1);
		parts.push(`${rest.slice(0, at)}…`);
		rest = `…${rest.slice(at)}`;
	}
	return [...parts, rest];
}
