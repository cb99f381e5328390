// A shell script taken apart into its simple commands, far enough to see what it would run: quotes, substitutions, here-documents and
// redirections. Pure; runs and expands nothing.

export interface SimpleCommand {
	/** Quotes are gone; what would be expanded stands there as it is written. */
	readonly words: readonly string[];
	/** Files that it writes by `>` and its like. */
	readonly writes: readonly string[];
	/** The text of a here-document or a here-string. */
	readonly input: string | null;
	/** Whether it reads what the command before it prints. */
	readonly piped: boolean;
}

interface Draft {
	words: string[];
	writes: string[];
	input: string | null;
	piped: boolean;
}

interface Scan {
	readonly text: string;
	at: number;
	readonly found: SimpleCommand[];
	draft: Draft;
	/** Here-documents whose body begins with the next line. */
	readonly waiting: { readonly word: string; readonly tabs: boolean; readonly draft: Draft }[];
}

/** More nesting than anybody writes is left unread. */
const deepest = 12;

const reserved = /^(?:if|then|elif|else|fi|do|done|while|until|time|coproc|!|\{|\})$/;

/** Commands inside of substitutions come before the one that they stand in. */
export function commandsIn(script: string, depth = 0): SimpleCommand[] {
	const scan: Scan = { text: script, at: 0, found: [], draft: draft(false), waiting: [] };
	while (scan.at < script.length) step(scan, depth);
	finish(scan, false);
	return scan.found;
}

function draft(piped: boolean): Draft {
	return { words: [], writes: [], input: null, piped };
}

function finish(scan: Scan, piped: boolean): void {
	const { words } = scan.draft;
	while (words[0] !== undefined && reserved.test(words[0])) words.shift();
	if (words.length > 0 || scan.draft.writes.length > 0) scan.found.push(scan.draft);
	scan.draft = draft(piped);
}

function step(scan: Scan, depth: number): void {
	const { text, at } = scan;
	const here = text[at] ?? "";
	const redirection = /^(?:\d*|&)(?:<<<|<<-?|>>|>\||[<>]&|<>|[<>])(?!\()/.exec(text.slice(at, at + 12))?.[0];
	if (here === " " || here === "\t" || text.startsWith("\\\n", at)) scan.at += here === "\\" ? 2 : 1;
	else if (here === "#") scan.at = endOfLine(text, at);
	else if (here === "\n") newLine(scan);
	else if (redirection !== undefined) redirect(scan, redirection, depth);
	else if (/[;&|()]/.test(here)) {
		const operator = /^(?:\|&|\|\||&&|;;&?|;&|[;&|()])/.exec(text.slice(at, at + 3))?.[0] ?? here;
		scan.at += operator.length;
		finish(scan, operator === "|" || operator === "|&");
	} else scan.draft.words.push(readWord(scan, depth));
}

function newLine(scan: Scan): void {
	scan.at += 1;
	for (const { word, tabs, draft } of scan.waiting.splice(0)) {
		const body: string[] = [];
		while (scan.at < scan.text.length) {
			const end = endOfLine(scan.text, scan.at);
			const line = scan.text.slice(scan.at, end);
			scan.at = end + 1;
			if ((tabs ? line.replace(/^\t+/, "") : line) === word) break;
			body.push(line);
		}
		draft.input = body.join("\n");
	}
	finish(scan, false);
}

function redirect(scan: Scan, operator: string, depth: number): void {
	scan.at += operator.length;
	while (/[ \t]/.test(scan.text[scan.at] ?? "")) scan.at += 1;
	const word = readWord(scan, depth);
	const kind = operator.replace(/^[\d&]+/, "");
	if (kind === "<<<") scan.draft.input = word;
	else if (kind.startsWith("<<")) scan.waiting.push({ word, tabs: kind === "<<-", draft: scan.draft });
	else if (kind.startsWith(">") && !(kind === ">&" && /^[\d-]+$/.test(word))) scan.draft.writes.push(word);
}

function endOfLine(text: string, at: number): number {
	const end = text.indexOf("\n", at);
	return end < 0 ? text.length : end;
}

function readWord(scan: Scan, depth: number): string {
	let word = "";
	for (let here = scan.text[scan.at]; here !== undefined && !/[\s;&|()<>]/.test(here); here = scan.text[scan.at]) {
		word += readPart(scan, depth);
	}
	if (/^[<>]\(/.test(scan.text.slice(scan.at, scan.at + 2))) {
		scan.at += 1;
		word += substitution(scan, depth);
	}
	return word;
}

function readPart(scan: Scan, depth: number): string {
	const { text, at } = scan;
	if (text[at] === "'") return quoted(scan, 1);
	if (text.startsWith("$'", at)) return escaped(scan);
	if (text[at] === '"' || text.startsWith('$"', at)) return doubleQuoted(scan, depth);
	if (text[at] === "$" || text[at] === "`") return expansion(scan, depth);
	if (text[at] !== "\\") return take(scan, 1);
	scan.at += 2;
	return text[at + 1] === "\n" ? "" : (text[at + 1] ?? "");
}

function take(scan: Scan, length: number): string {
	scan.at += length;
	return scan.text.slice(scan.at - length, scan.at);
}

function quoted(scan: Scan, opening: number): string {
	const from = scan.at + opening;
	const end = scan.text.indexOf("'", from);
	scan.at = end < 0 ? scan.text.length : end + 1;
	return scan.text.slice(from, end < 0 ? undefined : end);
}

/** `$'...'`, whose escapes are read as far as they name plain characters. */
function escaped(scan: Scan): string {
	const body = /^\$'((?:[^'\\]|\\[\s\S])*)'?/.exec(scan.text.slice(scan.at));
	scan.at += body?.[0].length ?? 1;
	return (body?.[1] ?? "")
		.replace(/\\x([\da-f]{1,2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
		.replace(/\\n/g, "\n")
		.replace(/\\([\s\S])/g, "$1");
}

function doubleQuoted(scan: Scan, depth: number): string {
	scan.at += scan.text[scan.at] === "$" ? 2 : 1;
	let word = "";
	for (let here = scan.text[scan.at]; here !== undefined; here = scan.text[scan.at]) {
		if (here === '"') {
			scan.at += 1;
			return word;
		}
		if (here === "\\" && /[$`"\\\n]/.test(scan.text[scan.at + 1] ?? "")) {
			word += take(scan, 2).slice(1).replace("\n", "");
		} else word += here === "$" || here === "`" ? expansion(scan, depth) : take(scan, 1);
	}
	return word;
}

/** Stays in the word as it is written; the commands in it are found. */
function expansion(scan: Scan, depth: number): string {
	const { text, at } = scan;
	if (text.startsWith("$((", at)) return take(scan, balanced(text, at + 1) - at);
	if (text.startsWith("${", at)) return take(scan, balanced(text, at + 1) - at);
	if (text[at] === "`") {
		const end = /^`((?:[^`\\]|\\[\s\S])*)`?/.exec(text.slice(at));
		nested(scan, (end?.[1] ?? "").replace(/\\([`$\\])/g, "$1"), depth);
		return take(scan, end?.[0].length ?? 1);
	}
	if (!text.startsWith("$(", at)) return take(scan, 1);
	scan.at += 1;
	return `$${substitution(scan, depth)}`;
}

/** From an opening parenthesis. */
function substitution(scan: Scan, depth: number): string {
	const end = balanced(scan.text, scan.at);
	const words = take(scan, end - scan.at);
	nested(scan, words.slice(1).replace(/\)$/, ""), depth);
	return words;
}

function nested(scan: Scan, script: string, depth: number): void {
	if (depth < deepest) scan.found.push(...commandsIn(script, depth + 1));
}

/** Behind the bracket that closes the one at `at`; quotes in between count as such. */
function balanced(text: string, at: number): number {
	const pairs: Readonly<Record<string, string>> = { "(": ")", "{": "}" };
	const open = text[at] ?? "";
	let level = 0;
	for (let index = at; index < text.length; index += 1) {
		const here = text[index];
		if (here === "\\") index += 1;
		else if (here === "'") index = text.indexOf("'", index + 1) < 0 ? text.length : text.indexOf("'", index + 1);
		else if (here === open) level += 1;
		else if (here === pairs[open]) level -= 1;
		if (level === 0) return index + 1;
	}
	return text.length;
}
