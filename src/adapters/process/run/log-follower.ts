// Reads the lines that one run has written so far, each once, through rotations. Holds no file open between two readings.
import { type FileHandle, open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { createQueue } from "../../../ports/waiting.js";
import { markOf } from "./program-log.js";

const CHUNK_BYTES = 64 * 1024;
const LINE_CHARACTERS = 8_192;

export interface LogFollower {
	/** Hands every new complete line to `onLine`. Readings never overlap. */
	read(onLine: (line: string) => void): Promise<void>;
}

/** `writes`: whether the run writes to this file at all, asked where its mark is missing; it does when left out. */
export function createLogFollower(options: {
	readonly file: string;
	readonly runId: string;
	readonly writes?: () => Promise<boolean>;
}): LogFollower {
	const { writes = async () => true } = options;
	const mark = markOf(options.runId);
	let position = start(false);
	const inTurn = createQueue();

	async function readOn(onLine: (line: string) => void): Promise<void> {
		const handle = await open(options.file, "r").catch(() => null);
		if (handle === null) return;
		try {
			const { size } = await handle.stat();
			if (size < position.offset) position = start(true);
			await readTo(handle, size, onLine);
			// The mark was rotated away: the run began before everything that stands here. Or the disk took none, and nothing here is the run's.
			if (!position.begun && size > 0 && (await writes())) {
				position = start(true);
				await readTo(handle, size, onLine);
			}
		} finally {
			await handle.close();
		}
	}

	async function readTo(handle: FileHandle, size: number, onLine: (line: string) => void): Promise<void> {
		while (position.offset < size) {
			const wanted = Math.min(CHUNK_BYTES, size - position.offset);
			const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, position.offset);
			if (bytesRead === 0) return;
			position.offset += bytesRead;
			takeLines(position.decoder.write(buffer.subarray(0, bytesRead)), onLine);
		}
	}

	function takeLines(text: string, onLine: (line: string) => void): void {
		const parts = (position.rest + text).split("\n");
		position.rest = (parts.pop() ?? "").slice(-LINE_CHARACTERS);
		for (const line of parts) {
			if (position.begun) onLine(line.slice(0, LINE_CHARACTERS));
			else position.begun = line.startsWith(mark);
		}
	}

	return { read: (onLine) => inTurn(() => readOn(onLine)) };
}

function start(begun: boolean) {
	return { offset: 0, rest: "", begun, decoder: new StringDecoder("utf8") };
}
