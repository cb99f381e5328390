// Where a command's words go: results on stdout, as text or as one JSON object; everything else on stderr.
import { printableBlock, printableLine } from "../../../core/rules/printable.js";
import { schemaVersion } from "../../view.js";
import type { Failure } from "./failure.js";

export interface Output {
	readonly json: boolean;
	/** The command's one result. */
	result(object: object, text: () => string): void;
	/** Something beside the result, for people. */
	note(line: string): void;
	/** Longer text beside the result, for people; line ends and tabs stay. */
	show(text: string): void;
	/** A line of progress: it replaces the last one on a terminal. Silent with --json. */
	progress(line: string): void;
	failure(failure: Failure): void;
}

export interface Streams {
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
}

export function createOutput(options: Streams & { readonly json: boolean }): Output {
	const { stdout, stderr, json } = options;
	let lineOpen = false;

	function clear(): void {
		if (lineOpen) stderr.write("\r\u001b[2K");
		lineOpen = false;
	}

	function note(line: string): void {
		clear();
		stderr.write(`${printableLine(line)}\n`);
	}

	return {
		json,
		note,
		show(text) {
			clear();
			stderr.write(`${printableBlock(text)}\n`);
		},
		result(object, text) {
			clear();
			stdout.write(json ? `${JSON.stringify({ schemaVersion, ...object })}\n` : `${text().replace(/\n$/, "")}\n`);
		},
		progress(line) {
			if (json) return;
			if (!stderr.isTTY) return note(line);
			clear();
			stderr.write(printableLine(line).slice(0, Math.max(10, (stderr.columns ?? 80) - 1)));
			lineOpen = true;
		},
		failure({ view }) {
			clear();
			if (json) stdout.write(`${JSON.stringify({ schemaVersion, error: view })}\n`);
			else stderr.write(`deadman: ${printableLine(view.message)}\n  ${printableLine(view.next)}\n`);
		},
	};
}
