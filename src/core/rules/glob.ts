// Globs over paths of the repository: `*` and `?` within a folder, `**` over folders, `{a,b}`, `[a-z]`, `\` before a character that is
// meant. A pattern that matches a folder matches everything below it. Iterative: no path, however made, costs more than its length
// times the pattern's.

interface Name {
	readonly text: string;
	readonly characters: readonly string[];
}

/** A path's names. Taken apart once, held against many patterns. */
export type Names = readonly Name[];

/** True where the path or a folder above it matches. Leading dots are characters like others. */
export type Glob = (path: Names) => boolean;

export function namesOf(path: string): Names {
	return path.split("/").map((text) => ({ text, characters: [...text] }));
}

/** A run of characters, or one: `exact` where only this one will do. */
type Token = { readonly one: (character: string) => boolean; readonly exact?: string } | "run";
type Segment = ((name: Name) => boolean) | "folders";

const maxAlternatives = 256;

/** Throws where braces multiply to more than 256 patterns. A slash at the beginning or the end changes nothing. */
export function compileGlob(pattern: string): Glob {
	const alternatives = expand(pattern).map((text) => [...segmentsOf(text), "folders" as const]);
	return (path) => alternatives.some((segments) => matchesAll(segments, path));
}

function segmentsOf(pattern: string): Segment[] {
	return pattern
		.split("/")
		.filter((name) => name !== "" && name !== ".")
		.map((name) => (name === "**" ? "folders" : segmentOf(tokensOf([...name]))));
}

/** Most names in rules have no wildcard and are compared whole: thousands of paths are held against every rule. */
function segmentOf(tokens: readonly Token[]): Segment {
	const exact = tokens.map((token) => (token === "run" ? undefined : token.exact));
	if (exact.includes(undefined)) return ({ characters }) => matchesName(tokens, characters);
	const wanted = exact.join("");
	return ({ text }) => text === wanted;
}

/** Walks both lists; after a mismatch the last wildcard takes one more. */
function walk<P, T>(
	parts: readonly P[],
	things: readonly T[],
	{ isWild, fits }: { readonly isWild: (part: P) => boolean; readonly fits: (part: P, thing: T) => boolean },
): boolean {
	let part = 0;
	let thing = 0;
	let wild = -1;
	let taken = 0;
	while (thing < things.length) {
		const current = parts[part];
		if (current !== undefined && isWild(current)) {
			wild = part;
			taken = thing;
			part += 1;
		} else if (current !== undefined && fits(current, things[thing] as T)) {
			part += 1;
			thing += 1;
		} else if (wild >= 0) {
			taken += 1;
			part = wild + 1;
			thing = taken;
		} else return false;
	}
	while (part < parts.length && isWild(parts[part] as P)) part += 1;
	return part === parts.length;
}

function matchesAll(segments: readonly Segment[], names: Names): boolean {
	return walk(segments, names, {
		isWild: (segment) => segment === "folders",
		fits: (segment, name) => segment !== "folders" && segment(name),
	});
}

function matchesName(tokens: readonly Token[], name: readonly string[]): boolean {
	return walk(tokens, name, {
		isWild: (token) => token === "run",
		fits: (token, character) => token !== "run" && token.one(character),
	});
}

function tokensOf(characters: readonly string[]): Token[] {
	const tokens: Token[] = [];
	for (let index = 0; index < characters.length; index += 1) {
		const character = characters[index] as string;
		const set = character === "[" ? setAt(characters, index) : null;
		if (set !== null) {
			tokens.push({ one: set.one });
			index = set.end;
		} else if (character === "*") tokens.push("run");
		else if (character === "?") tokens.push({ one: () => true });
		else if (character === "\\" && index + 1 < characters.length) {
			index += 1;
			tokens.push(exactly(characters[index] as string));
		} else tokens.push(exactly(character));
	}
	return tokens;
}

function exactly(wanted: string): Token {
	return { one: (character) => character === wanted, exact: wanted };
}

interface CharacterSet {
	readonly one: (character: string) => boolean;
	/** Where its `]` stands. */
	readonly end: number;
}

/** `[abc]`, `[a-z]`, `[!a]`; null where it never ends, so that the bracket is meant. */
function setAt(characters: readonly string[], start: number): CharacterSet | null {
	const negated = characters[start + 1] === "!" || characters[start + 1] === "^";
	const first = start + (negated ? 2 : 1);
	const end = characters.indexOf("]", first + 1);
	if (end < 0) return null;
	const ranges: (readonly [string, string])[] = [];
	for (let index = first; index < end; index += 1) {
		const from = characters[index] as string;
		const isRange = characters[index + 1] === "-" && index + 2 < end;
		ranges.push([from, isRange ? (characters[index + 2] as string) : from]);
		if (isRange) index += 2;
	}
	return { end, one: (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated };
}

/** `a{b,c}d` → `abd`, `acd`, nested ones too. Braces without a comma are meant. */
function expand(pattern: string): string[] {
	const done: string[] = [];
	const waiting = [pattern];
	for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
		const group = groupIn(text);
		if (group === null) done.push(text);
		else waiting.push(...group);
		if (done.length + waiting.length > maxAlternatives) {
			throw new Error(`The pattern ${pattern} stands for more than ${maxAlternatives} patterns.`);
		}
	}
	return done;
}

/** The first group that has a comma and an end, taken apart once. */
function groupIn(text: string): string[] | null {
	for (let start = nextOf(text, "{", 0); start >= 0; start = nextOf(text, "{", start + 1)) {
		const cuts = cutsOf(text, start);
		if (cuts === null || cuts.length < 3) continue;
		const [before, after] = [text.slice(0, start), text.slice((cuts.at(-1) as number) + 1)];
		return cuts.slice(1).map((cut, index) => before + text.slice((cuts[index] as number) + 1, cut) + after);
	}
	return null;
}

/** Where the group's brace, commas and closing brace stand; null where it never ends. */
function cutsOf(text: string, start: number): number[] | null {
	const cuts = [start];
	let depth = 0;
	for (let index = start; index < text.length; index += 1) {
		const character = text[index];
		if (character === "\\") index += 1;
		else if (character === "{") depth += 1;
		else if (character === "," && depth === 1) cuts.push(index);
		else if (character === "}") depth -= 1;
		if (depth === 0) return [...cuts, index];
	}
	return null;
}

function nextOf(text: string, wanted: string, from: number): number {
	for (let index = from; index < text.length; index += 1) {
		if (text[index] === "\\") index += 1;
		else if (text[index] === wanted) return index;
	}
	return -1;
}
