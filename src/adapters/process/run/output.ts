// Collects what a command prints: stdout whole, stderr and a common tail for people, and lines for whoever follows. Scrubs all but stdout.
import { StringDecoder } from "node:string_decoder";
import { setImmediate } from "node:timers/promises";
import { limits } from "../../../core/limits.js";
import { createLineScrub } from "../../../core/rules/redact.js";
import type { Scrub } from "../../../ports/ports.js";

const LINE_CHARACTERS = 8_192;
/** Scrubbing holds the event loop for as long as the text is, so what people read is a tail. */
const TAIL_BYTES = 64 * 1024;

export interface Output {
	take(stream: "stdout" | "stderr", chunk: Buffer): void;
	/** Hands out what is left, the last lines that had no end with it; resolves when all lines are handed out. */
	finish(): Promise<void>;
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
	const pace = createPace();
	const splitters = onLine && {
		stdout: createSplitter(createLineScrub(scrub), onLine, pace),
		stderr: createSplitter(createLineScrub(scrub), onLine, pace),
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
		async finish() {
			splitters?.stdout.finish();
			splitters?.stderr.finish();
			await pace.done();
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

/** Of one turn of the loop, for lines: who prints millions of them must not hold it. */
const TURN_MS = 4;
/** More lines do not wait for their turn: nobody follows them, and the output itself is kept elsewhere. How many are left out is said. */
const WAITING = 10_000;

interface Lines {
	readonly texts: readonly string[];
	readonly hand: (line: string) => void;
}

function createPace() {
	const waiting: Lines[] = [];
	let count = 0;
	let leftOut = 0;
	let working = Promise.resolve();
	let isWorking = false;
	async function work(): Promise<void> {
		let until = performance.now() + TURN_MS;
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
			for (const line of next.texts) {
				if (performance.now() >= until) {
					await setImmediate();
					until = performance.now() + TURN_MS;
				}
				count -= 1;
				next.hand(line);
			}
		}
		isWorking = false;
	}
	function queue(lines: Lines): void {
		waiting.push(lines);
		count += lines.texts.length;
		if (isWorking) return;
		isWorking = true;
		working = work();
	}
	function sayLeftOut(hand: Lines["hand"]): void {
		if (leftOut > 0) queue({ texts: [`(${leftOut} lines left out)`], hand });
		leftOut = 0;
	}
	return {
		add({ texts, hand }: Lines): void {
			const room = Math.max(0, WAITING - count);
			if (room > 0) {
				sayLeftOut(hand);
				queue({ texts: texts.slice(0, room), hand });
			}
			leftOut += Math.max(0, texts.length - room);
		},
		sayLeftOut,
		done: () => working,
	};
}

function createSplitter(scrubLine: Scrub, onLine: (line: string) => void, pace: ReturnType<typeof createPace>) {
	const decoder = new StringDecoder("utf8");
	let rest = "";
	const hand = (line: string) => onLine(scrubLine(line.replace(/\r$/, "")));
	const take = (text: string) => {
		const texts = (rest + text).split("\n");
		rest = texts.pop() ?? "";
		if (rest.length > LINE_CHARACTERS) {
			texts.push(rest);
			rest = "";
		}
		if (texts.length > 0) pace.add({ texts, hand });
	};
	return {
		take: (chunk: Buffer) => take(decoder.write(chunk)),
		finish: () => {
			take(decoder.end());
			if (rest !== "") pace.add({ texts: [rest], hand });
			rest = "";
			pace.sayLeftOut(hand);
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
