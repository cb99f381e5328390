// Collects what a command prints: stdout whole, stderr and a common tail for people, and lines for whoever follows. Scrubs all but stdout.
import { StringDecoder } from "node:string_decoder";
import { limits } from "../../../core/limits.js";
import { createLineScrub } from "../../../core/rules/redact.js";
import type { Scrub } from "../../../ports/ports.js";

const LINE_CHARACTERS = 8_192;
/** Scrubbing holds the event loop for as long as the text is, so what people read is a tail. */
const TAIL_BYTES = 64 * 1024;

export interface Output {
	take(stream: "stdout" | "stderr", chunk: Buffer): void;
	/** Hands out the last lines that had no end. */
	finish(): void;
	readonly bytes: number;
	stdout(): Buffer;
	stderr(): string;
	tail(): readonly string[];
}

/** Keeps no byte past `maxBytes`. */
export function createOutput(options: {
	readonly scrub: Scrub;
	readonly maxBytes: number;
	readonly onLine: ((line: string) => void) | undefined;
}): Output {
	const { scrub, maxBytes, onLine } = options;
	const whole: Buffer[] = [];
	const stderr = createTail();
	const both = createTail();
	const splitters = onLine && {
		stdout: createSplitter(createLineScrub(scrub), onLine),
		stderr: createSplitter(createLineScrub(scrub), onLine),
	};
	let bytes = 0;
	return {
		take(stream, chunk) {
			const kept = chunk.subarray(0, Math.max(0, maxBytes - bytes));
			bytes += chunk.length;
			if (kept.length === 0) return;
			if (stream === "stdout") whole.push(kept);
			else stderr.take(kept);
			both.take(kept);
			splitters?.[stream].take(kept);
		},
		finish() {
			splitters?.stdout.finish();
			splitters?.stderr.finish();
		},
		get bytes() {
			return bytes;
		},
		stdout: () => Buffer.concat(whole),
		stderr: () => scrub(stderr.text()),
		tail: () => lastLines(scrub(both.text()), limits.causeLogLines),
	};
}

/** The last bytes, from a line's start: a secret that the cut goes through is no longer recognised. */
function createTail() {
	let chunks: Buffer[] = [];
	let size = 0;
	let cut = false;
	const shorten = () => {
		const all = Buffer.concat(chunks);
		cut ||= all.length > TAIL_BYTES;
		chunks = [all.subarray(-TAIL_BYTES)];
		size = chunks[0]?.length ?? 0;
	};
	return {
		take(chunk: Buffer) {
			chunks.push(chunk);
			size += chunk.length;
			if (size > 4 * TAIL_BYTES) shorten();
		},
		text() {
			shorten();
			const text = Buffer.concat(chunks).toString("utf8");
			return cut ? text.slice(text.search(/\s/) + 1) : text;
		},
	};
}

function createSplitter(scrubLine: Scrub, onLine: (line: string) => void) {
	const decoder = new StringDecoder("utf8");
	let rest = "";
	const emit = (line: string) => onLine(scrubLine(line.replace(/\r$/, "")));
	const take = (text: string) => {
		const parts = (rest + text).split("\n");
		rest = parts.pop() ?? "";
		for (const line of parts) emit(line);
		if (rest.length > LINE_CHARACTERS) {
			emit(rest);
			rest = "";
		}
	};
	return {
		take: (chunk: Buffer) => take(decoder.write(chunk)),
		finish: () => {
			take(decoder.end());
			if (rest !== "") emit(rest);
			rest = "";
		},
	};
}

const SHOWN_LINE_CHARACTERS = 512;

/** The newest lines that fit, `count` at most. Long ones are cut, so that one of them does not push out the rest. */
export function lastLines(text: string, count: number): readonly string[] {
	const lines = text.split("\n").map((line) => line.trimEnd());
	while (lines.at(-1) === "") lines.pop();
	const kept: string[] = [];
	let left = Math.max(limits.causeLogCharacters, (count * limits.causeLogCharacters) / limits.causeLogLines);
	for (const line of count > 0 ? lines.slice(-count).reverse() : []) {
		const short = line.length > SHOWN_LINE_CHARACTERS ? `${line.slice(0, SHOWN_LINE_CHARACTERS - 1)}…` : line;
		left -= short.length;
		if (left < 0) break;
		kept.unshift(short);
	}
	return kept;
}
