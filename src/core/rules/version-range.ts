// Ranges of versions of Node, as `engines`, `.nvmrc` and people write them: which versions they hold. No other package's rules, and no pre-releases.

type Version = readonly [number, number, number];

/** `from` ≤ version < `below`. */
interface Span {
	readonly from: Version;
	readonly below: Version;
}

/** Any of these. */
export type Range = readonly Span[];

const zero: Version = [0, 0, 0];
const endless: Version = [Number.POSITIVE_INFINITY, 0, 0];

/** Node's names for its long-term lines. Source: https://github.com/nodejs/Release */
const lines: Readonly<Record<string, number>> = {
	argon: 4,
	boron: 6,
	carbon: 8,
	dubnium: 10,
	erbium: 12,
	fermium: 14,
	gallium: 16,
	hydrogen: 18,
	iron: 20,
	jod: 22,
	krypton: 24,
};

/** Null where it is no range that is understood. */
export function parseRange(text: string): Range | null {
	const spans = text.split("||").map((part) => parseAlternative(part.trim()));
	return spans.some((one) => one === null) ? null : spans.filter((one) => one !== null).flat();
}

export function parseVersion(text: string): Version | null {
	const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim()) ?? [];
	return major === undefined ? null : [Number(major), Number(minor), Number(patch)];
}

export function isInRange(version: string, range: Range): boolean {
	const parsed = parseVersion(version);
	return parsed !== null && range.some(({ from, below }) => compare(parsed, from) >= 0 && compare(parsed, below) < 0);
}

export function compareVersions(one: string, other: string): number {
	return compare(parseVersion(one) ?? zero, parseVersion(other) ?? zero);
}

function compare(one: Version, other: Version): number {
	const at = [0, 1, 2].find((index) => one[index] !== other[index]);
	return at === undefined ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

function parseAlternative(text: string): Range | null {
	const named = parseNamed(text.toLowerCase());
	if (named !== null) return named;
	const [, low, high] = /^(\S+)\s+-\s+(\S+)$/.exec(text) ?? [];
	if (low !== undefined && high !== undefined) return intersected([comparator(">=", low), comparator("<=", high)]);
	const parts = [...text.matchAll(/(>=|<=|>|<|=|\^|~>?)?\s*([^\s<>=^~]+)/g)];
	if (
		parts
			.map(([part]) => part)
			.join("")
			.replace(/\s/g, "") !== text.replace(/\s/g, "")
	)
		return null;
	return intersected(parts.map(([, operator = "", version = ""]) => comparator(operator, version)));
}

function parseNamed(text: string): Range | null {
	if (["", "*", "x", "node", "stable", "latest", "current"].includes(text)) return [{ from: zero, below: endless }];
	if (text === "lts/*" || text === "lts") {
		return Object.values(lines).map((major) => ({ from: [major, 0, 0] as const, below: [major + 1, 0, 0] as const }));
	}
	const major = lines[text.replace(/^lts\//, "")];
	return major === undefined ? null : [{ from: [major, 0, 0], below: [major + 1, 0, 0] }];
}

function intersected(spans: readonly (Span | null)[]): Range | null {
	let whole: Span = { from: zero, below: endless };
	for (const span of spans) {
		if (span === null) return null;
		whole = {
			from: compare(span.from, whole.from) > 0 ? span.from : whole.from,
			below: compare(span.below, whole.below) < 0 ? span.below : whole.below,
		};
	}
	return [whole];
}

/** `20`, `20.x` and `20.1` leave out what stands behind. */
function comparator(operator: string, text: string): Span | null {
	const found = /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][\w.+-]*)?$/.exec(text);
	if (found === null) return null;
	const given = found.slice(1).map((part) => (part === undefined || /[xX*]/.test(part) ? null : Number(part)));
	const known = given.indexOf(null) < 0 ? 3 : given.indexOf(null);
	if (known === 0) return { from: zero, below: endless };
	const from = [given[0] ?? 0, given[1] ?? 0, given[2] ?? 0] as const;
	const within = raised(from, known - 1);
	switch (operator) {
		case ">=":
			return { from, below: endless };
		case ">":
			return { from: within, below: endless };
		case "<":
			return { from: zero, below: from };
		case "<=":
			return { from: zero, below: within };
		case "^":
			return { from, below: raised(from, Math.min(firstOf(from), known - 1)) };
		case "~":
		case "~>":
			return { from, below: raised(from, Math.min(1, known - 1)) };
		default:
			return { from, below: within };
	}
}

function firstOf(version: Version): number {
	const at = version.findIndex((part) => part !== 0);
	return at < 0 ? 2 : at;
}

/** The first version behind all that agree up to this part. */
function raised(version: Version, part: number): Version {
	if (part <= 0) return [version[0] + 1, 0, 0];
	return part === 1 ? [version[0], version[1] + 1, 0] : [version[0], version[1], version[2] + 1];
}
