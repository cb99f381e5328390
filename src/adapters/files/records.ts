// What is written beside copies of files: what was there when they were taken, what a restore is about to replace, what was put back.
import { createReadStream } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { ifAbsent } from "../../core/absent.js";
import type { Files } from "../../ports/ports.js";

/** One path as it was. Nanoseconds and inode numbers as decimal digits: they do not fit into a number. */
const item = z.object({
	kind: z.enum(["file", "folder", "link", "pipe"]),
	mode: z.number(),
	uid: z.number(),
	gid: z.number(),
	size: z.number(),
	modified: z.string(),
	changed: z.string(),
	inode: z.string(),
	/** Names that it has. */
	links: z.number(),
	/** Where a link leads. */
	leads: z.string().optional(),
});

const entry = z.object({
	/** As it is configured, relative to the operator's folder. */
	path: z.string(),
	/** `watch`: no entry covers it; what was written there is told, and stays. */
	policy: z.enum(["restore", "keep", "watch"]),
	/** The folder itself, absolute, where links have been followed. */
	folder: z.string(),
	/** False: there was none, and what is there by a rollback goes aside. */
	isThere: z.boolean(),
	/** As configured at that time. */
	exclude: z.array(z.string()),
	/** Absolute: other entries, and our own state. */
	others: z.array(z.string()),
	/** Absolute. */
	databases: z.array(z.string()),
	/** False: there were too many to be compared. */
	isKnown: z.boolean(),
	bytes: z.number(),
});

const manifest = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	takenAtMs: z.number(),
	entries: z.array(entry),
});

const paths = z.array(z.string());

/** By path below the entry's folder, in the order of the alphabet. */
const plan = z.object({ added: paths, changed: paths, removed: paths });

const restored = z.object({ generation: z.number().int(), restoredAtMs: z.number() });

/** By number of the entry: how many files were put back again, and which were not. */
const replayed = z.object({ entries: z.record(z.string(), z.object({ replayed: z.number(), left: paths })) });

/** What was copied ahead, of an entry with this number. */
const aheadEntry = z.object({
	index: z.number().int(),
	folder: z.string(),
	/** When it began, in nanoseconds. */
	startedNs: z.string(),
	/** The file system shows every later write in the times. */
	isTold: z.boolean(),
	bytes: z.number(),
});

const ahead = z.object({ entries: z.array(aheadEntry) });

export type AheadEntry = z.infer<typeof aheadEntry>;
export type Item = z.infer<typeof item>;
/** By path below a folder, which is "" itself; parents before children. */
export type Tree = Map<string, Item>;
export type Entry = z.infer<typeof entry>;
export type Manifest = z.infer<typeof manifest>;
export type Plan = z.infer<typeof plan>;
export type Replayed = z.infer<typeof replayed>;

export const readManifest = (path: string) => read(path, manifest);
export const readAhead = (path: string) => read(path, ahead);
export const readPlan = (path: string) => read(path, plan);
export const readRestored = (path: string) => read(path, restored);
export const readReplayed = (path: string) => read(path, replayed);

export function write(
	files: Files,
	path: string,
	value: Manifest | z.infer<typeof ahead> | Plan | Replayed | z.infer<typeof restored>,
): Promise<void> {
	return files.writeAtomic(path, `${JSON.stringify(value)}\n`);
}

/** Lines written, and read, between two turns of the loop. */
const LINES = 500;

/** One line for each path: of a hundred thousand no single text is made. */
export async function writeItems(path: string, tree: Tree): Promise<void> {
	const file = await open(path, "w", 0o600);
	try {
		const all = [...tree];
		for (let index = 0; index < all.length; index += LINES) {
			const some = all.slice(index, index + LINES);
			await file.appendFile(some.map((one) => `${JSON.stringify(one)}\n`).join(""));
		}
		await file.sync();
	} finally {
		await file.close();
	}
}

const line = z.tuple([z.string(), item]);

export async function readItems(path: string): Promise<Tree> {
	const tree: Tree = new Map();
	const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
	for await (const text of lines) {
		const [at, found] = line.parse(JSON.parse(text));
		tree.set(at, found);
		if (tree.size % LINES === 0) await setImmediate();
	}
	return tree;
}

const SPARE_BYTES = 512;

/** Written, not only made longer: a hole takes no space. */
export async function reserve(path: string): Promise<void> {
	const file = await open(path, "w", 0o600);
	await file.writeFile(" ".repeat(SPARE_BYTES));
	await file.sync().finally(() => file.close());
}

interface Marked {
	readonly restored: string;
	readonly spare: string;
}

/** Into the space that was reserved for it, where the disk is full: a rollback that has done everything ends. */
export async function writeRestored(files: Files, place: Marked, generation: number): Promise<void> {
	const { restored, spare } = place;
	const value = { generation, restoredAtMs: Date.now() };
	try {
		await write(files, restored, value);
	} catch (error) {
		if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
		const file = await open(spare, "r+");
		await file.write(JSON.stringify(value).padEnd(SPARE_BYTES), 0);
		await file.sync().finally(() => file.close());
		await rename(spare, restored);
		await files.syncFolder(dirname(restored));
	}
}

/** Null where there is none. Throws where there is one that does not read as such. */
async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
	const text = await readFile(path, "utf8").catch(ifAbsent(null));
	if (text === null) return null;
	try {
		return schema.parse(JSON.parse(text));
	} catch (error) {
		throw new Error(`${path} does not read as it was written: ${(error as Error).message}`);
	}
}
