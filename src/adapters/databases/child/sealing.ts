// Ends a copy: what its logs hold goes into the one file that a snapshot is, and its hash is made from what is known of its chunks. A plain copy of a
// closed database is not even opened: its bytes are the proof. Runs in the child process.
import { closeSync, fsyncSync, openSync, rmSync, statSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { CHUNK_BYTES, complete, digestOf, dropHashes, type Hashes, readAt, readHashes } from "./chunks.js";
import { problemIn } from "./integrity.js";

const MAGIC = "SQLite format 3\0";
const HOT_JOURNAL = "d9d505f920a163d7";
/** Of the log: its header, and what stands before each page in it. */
const [LOG_HEADER, FRAME_HEADER] = [32, 24];

export interface Sealed {
	readonly problem: string | null;
	readonly bytes: number;
	/** Over the hashes of its chunks. */
	readonly sha256: string;
}

export function sealCopy(file: string): Sealed {
	const hashes = onOpened(file, "r", (descriptor) => readHashes(file, descriptor));
	const problem = settle(file, hashes) ?? onOpened(file, "r", headerProblem);
	if (problem !== null) return { problem, bytes: 0, sha256: "" };
	for (const suffix of ["-wal", "-shm", "-journal"]) clear(`${file}${suffix}`);
	dropHashes(file);
	return onOpened(file, "r+", (descriptor) => {
		complete(descriptor, hashes);
		fsyncSync(descriptor);
		const bytes = statSync(file).size;
		return { problem: null, bytes, sha256: digestOf(hashes, bytes) };
	});
}

/** Recovers what a killed program left, as its next start would. */
function settle(file: string, hashes: Hashes): string | null {
	if (sizeOf(`${file}-wal`) > 0) for (const chunk of chunksInLog(`${file}-wal`)) delete hashes[chunk];
	else if (isHot(`${file}-journal`)) hashes.length = 0;
	else return null;
	const database = new SqliteDatabase(file, { fileMustExist: true });
	try {
		database.pragma("synchronous = FULL");
		const [row] = database.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
		if (row?.busy === 1) throw new Error("The copy could not be checkpointed: it is in use.");
		return null;
	} catch (error) {
		return problemIn(error);
	} finally {
		database.close();
	}
}

/** A checkpoint writes the pages that have a frame, and no others. */
function chunksInLog(log: string): Set<number> {
	return onOpened(log, "r", (descriptor) => {
		const chunks = new Set<number>();
		const header = readAt(descriptor, Buffer.alloc(LOG_HEADER), 0);
		if (header.length < LOG_HEADER) return chunks;
		const pageBytes = header.readUInt32BE(8);
		const frame = Buffer.alloc(4);
		for (let at = LOG_HEADER; readAt(descriptor, frame, at).length === 4; at += FRAME_HEADER + pageBytes) {
			const from = (frame.readUInt32BE(0) - 1) * pageBytes;
			chunks.add(Math.floor(from / CHUNK_BYTES));
		}
		return chunks;
	});
}

/** One that is ended, and kept for the next transaction, has zeros for a header. */
function isHot(journal: string): boolean {
	if (sizeOf(journal) === 0) return false;
	return onOpened(journal, "r", (descriptor) => readAt(descriptor, Buffer.alloc(8), 0).toString("hex") === HOT_JOURNAL);
}

/** What is no database at all, or was cut. An empty file is one. */
function headerProblem(descriptor: number): string | null {
	const header = readAt(descriptor, Buffer.alloc(100), 0);
	if (header.length === 0) return null;
	if (header.length < 100 || header.toString("latin1", 0, 16) !== MAGIC) return "file is not a database";
	const stored = header.readUInt16BE(16);
	const pageBytes = stored === 1 ? 65_536 : stored;
	// Only then does the header say how many pages there are.
	if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return null;
	const pages = header.readUInt32BE(28);
	const isWhole = readAt(descriptor, Buffer.alloc(1), pages * pageBytes - 1).length === 1;
	return isWhole ? null : `it is shorter than its ${pages} pages`;
}

/** SQLite removes the log when it closes; what is left is an empty one, or a rollback journal that was played back. */
function clear(path: string): void {
	if (path.endsWith("-wal") && sizeOf(path) > 0) throw new Error(`${path} still holds content.`);
	rmSync(path, { force: true });
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function onOpened<T>(path: string, flags: "r" | "r+", work: (descriptor: number) => T): T {
	const descriptor = openSync(path, flags);
	try {
		return work(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
