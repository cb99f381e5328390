// What is written beside copies of files: what was there when they were taken, what a restore is about to replace, what was put back.
import { readFile } from "node:fs/promises";
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
	/** Where a link leads. */
	leads: z.string().optional(),
});

const entry = z.object({
	/** As it is configured, relative to the operator's folder. */
	path: z.string(),
	/** `watch`: no entry covers it; what was written there is told, and stays. */
	policy: z.enum(["restore", "keep", "watch"]),
	/** The folder itself, where links have been followed; null: there was none. */
	folder: z.string().nullable(),
	/** By path below the folder, which is "". Null: too many to be compared. */
	items: z.record(z.string(), item).nullable(),
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

export type Item = z.infer<typeof item>;
export type Entry = z.infer<typeof entry>;
export type Manifest = z.infer<typeof manifest>;
export type Plan = z.infer<typeof plan>;
export type Replayed = z.infer<typeof replayed>;

export const readManifest = (path: string) => read(path, manifest);
export const readPlan = (path: string) => read(path, plan);
export const readRestored = (path: string) => read(path, restored);
export const readReplayed = (path: string) => read(path, replayed);

export function write(
	files: Files,
	path: string,
	value: Manifest | Plan | Replayed | z.infer<typeof restored>,
): Promise<void> {
	return files.writeAtomic(path, `${JSON.stringify(value)}\n`);
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
