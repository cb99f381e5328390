// What of one changed file a person can read in a diff: its text, where it is text; a sentence with sizes and hashes where it is none. And
// what they would pass over: characters that cannot be seen, words of mixed scripts, lines that are too long, files that nobody writes.
import type { ChangedFile, Content, Mark, Unshown } from "../swap.js";

/** One changed file, out of git. */
export interface Section {
	readonly path: string;
	/** As git says it in six octal digits; null where it was not, or is not, there. */
	readonly modes: { readonly before: string | null; readonly after: string | null };
	readonly from: string | null;
	readonly before: Content | null;
	readonly after: Content | null;
	/** Its part of the diff, made as if it were text; null: it is too large for that. */
	readonly patch: Uint8Array | null;
}

/** `text` ends with a line's end. Bytes are of the lines that were added or removed, or of both sides where they are only named. */
export interface Read {
	readonly path: string;
	readonly text: string;
	readonly marks: readonly Mark[];
	readonly unshown: Unshown | null;
	readonly shownBytes: number;
	readonly namedBytes: number;
}

/** Characters of a line that is no line any more. */
const longLine = 1_000;

/** Of what changed, so much may be no character before it counts as no text. */
const oddShare = 0.1;

export function* readSection(section: Section): Generator<void, Read> {
	const { path, patch } = section;
	const marks = marksOf(section);
	if (patch === null) return named(section, marks, "too_large");
	const seen = yield* decoded(patch);
	if (seen.odd > seen.changed * oddShare) return named(section, marks, "binary");
	const all = [...marks, ...seen.marks];
	const read = { path, text: seen.text, marks: all, unshown: null, shownBytes: seen.changed, namedBytes: 0 };
	return seen.marks.has("hidden_characters") ? beside(section, read, "hidden_characters") : read;
}

/** The file is named in the place of its text. */
export function withheld(section: Sides, { marks }: Pick<Read, "marks">): Read {
	return named(section, marks, "cut");
}

/** The file is named below its text, which is not what it is. */
export function beside(section: Sides, read: Read, why: "secret" | "hidden_characters"): Read {
	const unshown = { why, before: section.before, after: section.after };
	return { ...read, text: `${read.text}${sentenceOf(unshown)}\n`, unshown };
}

/** What is known of a file without its text. */
export type Sides = Omit<Section, "patch">;

function named(section: Sides, marks: readonly Mark[], why: Unshown["why"]): Read {
	const { path, before, after } = section;
	const unshown = { why, before, after };
	const namedBytes = (before?.bytes ?? 0) + (after?.bytes ?? 0);
	return { path, text: `${headLine(section)}${sentenceOf(unshown)}\n`, marks, unshown, shownBytes: 0, namedBytes };
}

const words: Readonly<Record<Unshown["why"], string>> = {
	binary: "no text",
	too_large: "too large to be compared",
	cut: "more than fits into the review",
	secret: "what looks like a secret was taken out",
	hidden_characters: "codes stand for characters that cannot be seen",
};

/** Begins with what no line of a file's content begins with in a diff. */
function sentenceOf({ why, before, after }: Unshown): string {
	const side = (content: Content | null) =>
		content === null ? "none" : `${content.bytes} bytes, blob ${content.hash}`;
	return `NOT SHOWN AS IT IS (${words[why]}): was ${side(before)}; becomes ${side(after)}`;
}

function headLine({ path, from, modes, before, after }: Sides): string {
	const mode = (name: string, given: string | null) => (given === null ? [] : [`${name} ${given}`]);
	const isOnly = before === null || after === null || modes.before === modes.after;
	const lines = [
		`diff --git ${quoted(`a/${from ?? path}`)} ${quoted(`b/${path}`)}`,
		...(before === null ? mode("new file mode", modes.after) : []),
		...(after === null ? mode("deleted file mode", modes.before) : []),
		...(isOnly ? [] : [...mode("old mode", modes.before), ...mode("new mode", modes.after)]),
		...(from === null ? [] : [`rename from ${quoted(from)}`, `rename to ${quoted(path)}`]),
	];
	return `${lines.join("\n")}\n`;
}

function quoted(path: string): string {
	return /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(path) ? path : JSON.stringify(path);
}

interface Decoded {
	readonly text: string;
	/** Bytes of added and removed lines, with their ends. */
	readonly changed: number;
	/** Of them, those that are no character. */
	readonly odd: number;
	readonly marks: ReadonlySet<Mark>;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** So many lines are read at once; who waits may let others run in between. */
const part = 2_000;

/** Bytes that are no UTF-8 become visible codes; line by line, so that the others stay what they are. Which lines changed is counted by the hunks' own headers. */
function* decoded(patch: Uint8Array): Generator<void, Decoded> {
	const out: string[] = [];
	const marks = new Set<Mark>();
	let [changed, odd, oldLeft, newLeft, signed] = [0, 0, 0, 0, false];
	for (const bytes of linesIn(patch)) {
		if (out.length % part === part - 1) yield;
		const sure = strictly(bytes);
		const line = sure ?? loosely(bytes);
		out.push(line);
		if (line.startsWith("\\")) {
			if (signed) changed -= 1;
			continue;
		}
		signed = false;
		if (oldLeft <= 0 && newLeft <= 0) {
			const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
			if (hunk !== null) [oldLeft, newLeft] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
			continue;
		}
		const sign = line[0];
		if (sign !== "+") oldLeft -= 1;
		if (sign !== "-") newLeft -= 1;
		if (sign !== "+" && sign !== "-") continue;
		signed = true;
		// The sign is as long as the line's end, which is the content's.
		changed += bytes.length;
		odd += oddBytes(bytes, sure !== null);
		noteMarks(marks, line.slice(1), sure !== null);
	}
	return { text: out.length === 0 ? "" : `${out.join("\n")}\n`, changed, odd, marks };
}

function* linesIn(bytes: Uint8Array): Generator<Uint8Array> {
	for (let start = 0; start < bytes.length; ) {
		const end = bytes.indexOf(10, start);
		yield bytes.subarray(start, end < 0 ? bytes.length : end);
		start = end < 0 ? bytes.length : end + 1;
	}
}

function strictly(bytes: Uint8Array): string | null {
	try {
		return strict.decode(bytes);
	} catch {
		return null;
	}
}

/** Every byte that is no ASCII as its code. */
function loosely(bytes: Uint8Array): string {
	const character = (byte: number) =>
		byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
	return Array.from(bytes, character).join("");
}

/** Behind the sign: control characters other than tab, carriage return and form feed, and what is no UTF-8. */
function oddBytes(bytes: Uint8Array, isText: boolean): number {
	let count = 0;
	for (let at = 1; at < bytes.length; at += 1) {
		const byte = bytes[at] ?? 0;
		if (byte < 0x20 ? byte !== 9 && byte !== 12 && byte !== 13 : byte === 0x7f || (byte >= 0x80 && !isText)) count += 1;
	}
	return count;
}

/** What shows nothing of its own, and directions; an emoji's own joiners and forms are no trick, nor is a tab. */
const hidden =
	/(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u200d\ufe0f])[\u200d\ufe0f]|(?!\t|\ufe0f|\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const odd = /(?! )\p{Zs}/u;
const word = /[\p{L}\p{N}_$]+/gu;

const unusual = /[^\x20-\x7e\t]/;

function noteMarks(found: Set<Mark>, raw: string, isText: boolean): void {
	const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
	if (line.length < raw.length) found.add("windows_lines");
	if (line.length > longLine) found.add("long_lines");
	if (!isText) found.add("hidden_characters");
	if (!unusual.test(line)) return;
	if (hidden.test(line)) found.add("hidden_characters");
	if (odd.test(line)) found.add("odd_spaces");
	if (isMixed(line)) found.add("mixed_scripts");
}

/** A word with Latin letters and such of another script that look like them. */
function isMixed(line: string): boolean {
	return (line.match(word) ?? []).some(
		(one) =>
			/\p{Script=Latin}/u.test(one) &&
			/[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(one),
	);
}

const lockFiles =
	/(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|Cargo\.lock|Gemfile\.lock|Pipfile\.lock|poetry\.lock|uv\.lock|pdm\.lock|composer\.lock|go\.sum|flake\.lock|mix\.lock|pubspec\.lock|Podfile\.lock|gradle\.lockfile)$/i;

/** After GitHub's linguist: what tools write, and what others wrote. */
const generatedFiles =
	/(?:\.min\.(?:js|css|mjs)|\.(?:js|css|mjs|cjs)\.map|\.bundle\.js|\.pb\.go|_pb2(?:_grpc)?\.py|\.g\.dart|\.designer\.cs|\.snap)$|(?:^|\/)(?:node_modules|vendor|bower_components|dist|build|out|__generated__|generated|Godeps)\/|(?:^|\/)\.pnp\.c?js$/i;

function marksOf({ path, from, modes }: Section): readonly Mark[] {
	const { before, after } = modes;
	const marks: Mark[] = [];
	if (after === "100755" && before !== "100755") marks.push("executable");
	if (before === "100755" && after === "100644") marks.push("not_executable");
	if (before === "120000" || after === "120000") marks.push("link");
	if (from !== null) marks.push("moved");
	if (lockFiles.test(path)) marks.push("lock_file");
	if (generatedFiles.test(path)) marks.push("generated");
	return marks;
}

export const markWords: Readonly<Record<Mark, string>> = {
	executable: "executable",
	not_executable: "no longer executable",
	link: "symbolic link",
	moved: "moved",
	lock_file: "lock file",
	generated: "generated",
	long_lines: "very long lines",
	hidden_characters: "characters that cannot be seen",
	odd_spaces: "unusual spaces",
	mixed_scripts: "words of mixed scripts",
	windows_lines: "lines end with CR LF",
};

/** The change with what its reading found. */
export function withReading(file: ChangedFile, read: Pick<Read, "marks" | "unshown"> | undefined): ChangedFile {
	if (read === undefined) return file;
	return {
		...file,
		...(read.marks.length === 0 ? {} : { marks: read.marks }),
		...(read.unshown === null ? {} : { unshown: read.unshown }),
	};
}
