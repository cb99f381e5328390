// Takes secrets out of text and of objects: values that are known, and everything shaped like one. Pure, and linear in its input.
import { atOnce } from "./at-once.js";
import { isSecretName } from "./secret-names.js";

export { isSecretName } from "./secret-names.js";

export const REDACTED = "[redacted]";

const SHORTEST_SECRET = 6;

/** So much text is looked at at once; who waits for the answer may let others run in between. */
const PART_CHARACTERS = 64 * 1024;

interface Secrets {
	/** Values to remove wherever they stand; shorter ones than 6 characters are left to the patterns. */
	readonly secrets: readonly string[];
}

export function createScrub(options: Secrets): (text: string) => string {
	const scrubbing = createScrubbing(options);
	return (text) => atOnce(scrubbing(text));
}

/** The same in parts, for long text. */
export function createScrubbing(options: Secrets): (text: string) => Generator<void, string> {
	const known = knownValues(options.secrets);
	return function* scrubbing(text) {
		const bare = withoutKeyBlocks(text);
		const unlabelled = yield* withoutShapes(known === null ? bare : bare.replace(known, REDACTED));
		const unassigned = yield* withoutNamedValues(unlabelled, assigned);
		return yield* withoutNamedValues(unassigned, flagged);
	};
}

/** For text that comes line by line: a private key's lines are recognised only by what stood before them. */
export function createLineScrub(scrub: (text: string) => string): (line: string) => string {
	let inside = false;
	return (line) => {
		const wasInside = inside;
		const begins = line.lastIndexOf(BEGIN);
		if (begins >= 0 && beginsKey(line, begins)) inside = true;
		if (inside && line.indexOf(END, Math.max(0, begins)) >= 0) inside = false;
		return wasInside ? REDACTED : scrub(line);
	};
}

/** In one expression, longest first; also as JSON, as part of a URL and in base64, and line by line. */
function knownValues(secrets: readonly string[]): RegExp | null {
	const forms = secrets
		.flatMap((secret) => [secret, ...(secret.includes("\n") ? secret.split(/\r?\n/) : [])])
		.map((secret) => secret.trim())
		.filter((secret) => secret.length >= SHORTEST_SECRET)
		.flatMap((secret) => [
			secret,
			JSON.stringify(secret).slice(1, -1),
			encodeURIComponent(secret.replace(/[\ud800-\udfff]/gu, "")),
			base64(secret),
		]);
	if (forms.length === 0) return null;
	const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
	return new RegExp(longestFirst.map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|"), "g");
}

function base64(text: string): string {
	const bytes = new TextEncoder().encode(text);
	return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/=+$/, "");
}

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const keyHeader = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y;

const strayEnd = /-----END (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY/;

function beginsKey(text: string, at: number): boolean {
	keyHeader.lastIndex = at;
	return keyHeader.test(text);
}

/** By hand instead of by expression: a text full of beginnings without an end stays linear. A block without an end goes to the end. */
function withoutKeyBlocks(text: string): string {
	let result = "";
	let from = endOfStrayKey(text);
	if (from > 0) result = REDACTED;
	for (let at = text.indexOf(BEGIN, from); at >= 0; at = text.indexOf(BEGIN, at + 1)) {
		if (!beginsKey(text, at)) continue;
		result += text.slice(from, at) + REDACTED;
		const end = text.indexOf(END, at);
		if (end < 0) return result;
		from = afterEnd(text, end);
		at = from - 1;
	}
	return result + text.slice(from);
}

/** A tail of text may hold the end of a key whose beginning was cut off: then all before it goes. */
function endOfStrayKey(text: string): number {
	const end = strayEnd.exec(text)?.index ?? -1;
	const begin = text.indexOf(BEGIN);
	return end < 0 || (begin >= 0 && begin < end) ? 0 : afterEnd(text, end);
}

function afterEnd(text: string, end: number): number {
	const dashes = text.indexOf("-----", end + END.length);
	return dashes < 0 ? text.length : dashes + 5;
}

/** Prefixes that only credentials have. Each starts a word, so that a long word is tried once. */
const tokens = new RegExp(
	`(?<![\\w-])(?:${[
		"gh[opsur]_[A-Za-z0-9]{16,}",
		"github_pat_\\w{16,}",
		"gl(?:pat|ptt|rt|dt|cbt|soat)-[\\w-]{16,}",
		"sk-[\\w-]{16,}",
		"(?:sk|rk|pk)_(?:live|test)_\\w{12,}",
		"whsec_[\\w+/=]{16,}",
		"xox[a-z]-[\\w-]{8,}",
		"xapp-[\\w-]{8,}",
		"A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{16}",
		"AIza[\\w-]{30,}",
		"ya29\\.[\\w-]{20,}",
		"npm_[A-Za-z0-9]{20,}",
		"pypi-[\\w-]{16,}",
		"hf_[A-Za-z0-9]{20,}",
		"dop_v1_[a-f0-9]{32,}",
		"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{16,}",
		"gsk_[A-Za-z0-9]{20,}",
		"xai-[\\w-]{20,}",
		"SG\\.[\\w-]{16,}\\.[\\w-]{16,}",
		"AGE-SECRET-KEY-1[A-Z0-9]{16,}",
		"eyJ[\\w-]{5,}\\.[\\w-]{5,}(?:\\.[\\w-]*)?",
		"\\d{7,12}:[\\w-]{32,}",
		"[MNO][\\w-]{22,28}\\.[\\w-]{6}\\.[\\w-]{27,}",
	].join("|")})`,
	"g",
);

/** Tokens of deadman's own, wherever they stand; a secret that was cut short at its end too. */
const own = /dm_[\w-]{40,}/g;

/** In the address that a program of ours is given: the token of its run. */
const runPath = /(\/run\/)[\w-]{40,}/g;

const webhooks = /(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/)[\w/-]+/gi;
const urlPassword = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/?#"'<>]{0,128}:)[^\s/"'<>]{1,512}@/gi;
const urlToken = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s:@/?#"'<>]{20,512}@/gi;
const bearer = /(?<!\w)(bearer[ \t]{1,8})[\w.~+/=-]{8,}/gi;
const header =
	/(?<!\w)((?:proxy-)?authorization|(?:set-)?cookie)(\\{0,7}["']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,7}["']?)(?:="[^"\r\n]*"|[^\r\n"'\\}])+/gi;

/** None of these shapes goes over the end of a line, so that lines may be taken by themselves. */
function* withoutShapes(text: string): Generator<void, string> {
	let result = "";
	for (let start = 0; start < text.length; ) {
		if (start > 0) yield;
		const lineEnd = text.indexOf("\n", start + PART_CHARACTERS);
		const end = lineEnd < 0 ? text.length : lineEnd + 1;
		result += withoutShapesIn(text.slice(start, end));
		start = end;
	}
	return result;
}

function withoutShapesIn(lines: string): string {
	return lines
		.replace(own, REDACTED)
		.replace(runPath, `$1${REDACTED}`)
		.replace(tokens, REDACTED)
		.replace(webhooks, `$1${REDACTED}`)
		.replace(urlPassword, `$1${REDACTED}@`)
		.replace(urlToken, `$1${REDACTED}@`)
		.replace(header, `$1$2${REDACTED}`)
		.replace(bearer, `$1${REDACTED}`);
}

/** A name and what stands between it and its value: `name=`, `"name": "`, `--name `. Long words are tried once, from their start. */
const assigned = /(?<![\w.-])(-{0,2}[A-Za-z_][\w.-]*)\\{0,7}["']?\s{0,8}(?::|=>?)\s{0,8}/g;
const flagged = /(?<![\w-])(--?[A-Za-z][\w-]*)["']?(?:,\s{0,8}|\s{1,8})/g;

/** An opening quote stays, and the closing one is never taken, so that JSON stays JSON. */
const value = /("|')?((?<=")(?:[^"\\\r\n]|\\.)*|(?<=')(?:[^'\\\r\n]|\\.)*|[^\s"'\\,;&}]+)/y;
const escapedValue = /(\\{1,7}["'])([^"'\\\r\n]*)/y;

/** Looks into the values of harmless names, where whole documents may stand. */
function* withoutNamedValues(text: string, names: RegExp): Generator<void, string> {
	let result = "";
	let from = 0;
	let at = 0;
	let pauseAt = PART_CHARACTERS;
	for (let match = nextFrom(names, text, 0); match !== null; match = nextFrom(names, text, at)) {
		at = match.index + match[0].length;
		if (at > pauseAt) {
			yield;
			pauseAt = at + PART_CHARACTERS;
		}
		const found = isSecretName(match[1] ?? "") ? valueAt(text, at) : null;
		if (found === null) continue;
		result += text.slice(from, found.start) + REDACTED;
		from = found.end;
		at = from;
	}
	return result + text.slice(from);
}

/** Whoever has a turn in between may use the same expression, so the place is told anew each time. */
function nextFrom(names: RegExp, text: string, at: number): RegExpExecArray | null {
	names.lastIndex = at;
	return names.exec(text);
}

function valueAt(text: string, at: number): { readonly start: number; readonly end: number } | null {
	for (const form of [value, escapedValue]) {
		form.lastIndex = at;
		const [whole, opening = "", bare = ""] = form.exec(text) ?? [];
		if (whole === undefined) continue;
		const nothing = bare === "" || bare.startsWith(REDACTED) || /^(?:null|undefined|true|false)$/.test(bare);
		return nothing ? null : { start: at + opening.length, end: at + whole.length };
	}
	return null;
}

/** A copy without the values of secret-shaped keys, `depthCap` levels deep; what lies deeper is left out. Knows `{ name, value }` pairs too. */
export function redactKeys(input: unknown, depthCap: number): unknown {
	if (typeof input !== "object" || input === null) return input;
	if (depthCap <= 0) return "[too deep]";
	if (Array.isArray(input)) return input.map((item) => redactKeys(item, depthCap - 1));
	if (input instanceof Error) return { name: input.name, message: input.message };
	const label = (input as Record<string, unknown>).name ?? (input as Record<string, unknown>).key;
	const labelled = typeof label === "string" && isSecretName(label);
	return Object.fromEntries(
		Object.entries(input).map(([key, item]) => {
			const secret = (isSecretName(key) || (labelled && key === "value")) && item !== null && typeof item !== "boolean";
			return [key, secret ? REDACTED : redactKeys(item, depthCap - 1)];
		}),
	);
}
