// What is written beside the data: the manifest of a complete snapshot, the marker of a finished restore, the result of a replay.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Files } from "../../ports/ports.js";
import { origin } from "./origin.js";
import { ifNowhere } from "./places.js";
import { writeSurely } from "./spare.js";

const record = z.object({
	database: z.string(),
	file: z.string().nullable(),
	bytes: z.number(),
	sha256: z.string().nullable(),
	hashed: z.literal("chunks").optional(),
	fingerprint: z.string().nullable(),
	policy: z.enum(["restore", "keep", "replay"]),
}) satisfies z.ZodType<SnapshotRecord>;

/** Mode and owner of the live file as it was; null where there was none. */
const access = z.object({ mode: z.number(), uid: z.number(), gid: z.number() }).nullable();

const manifest = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	takenAtMs: z.number(),
	/** `origin`: null where it is no file of ours, and in manifests of before 0.3. */
	/** `seal`: what a write into the snapshot's file would change; null where that is not known. */
	databases: z.array(
		z.object({ record, access, origin: origin.nullable().default(null), seal: z.string().nullable().default(null) }),
	),
});

const marker = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	restoredAtMs: z.number(),
	/** The start of the candidate whose data was replaced; markers of before 0.3 know none. */
	generation: z.number().int().default(0),
	/** In the order of the snapshot; `name` is that of the files that were set aside. */
	databases: z.array(z.object({ record, name: z.string() })),
});

/** Of a start of the candidate: the last one, beside the snapshot; the one that a restore was begun for, beside what it sets aside. */
const start = z.object({ schemaVersion: z.literal(1), generation: z.number().int().min(0) });

/** Left where data that was set aside has been removed. */
const tombstone = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	prunedAtMs: z.number(),
	by: z.enum(["retention", "operator"]),
});

const replayed = z.object({
	schemaVersion: z.literal(1),
	tables: z.array(
		z.object({ database: z.string(), table: z.string(), replayed: z.number().nullable(), note: z.string().nullable() }),
	),
});

export type Access = z.infer<typeof access>;
export type Manifest = z.infer<typeof manifest>;
export type Marker = z.infer<typeof marker>;
export type Tombstone = z.infer<typeof tombstone>;
export type Replayed = z.infer<typeof replayed>;

/** Null where there is none. Throws where there is one that does not read as such: then nobody knows what to restore. */
export const readManifest = (folder: string) => read(join(folder, "manifest.json"), manifest);
export const readMarker = (folder: string) => read(join(folder, "manifest.json"), marker);
export const readGeneration = async (folder: string) =>
	(await read(join(folder, "generation"), start))?.generation ?? null;
export const readReplayed = (folder: string) => read(join(folder, "replayed.json"), replayed);

export const readTombstone = (path: string) => read(path, tombstone);

export const writeManifest = (files: Files, folder: string, value: Manifest) =>
	files.writeAtomic(join(folder, "manifest.json"), format(value));
/** `spare`: a file that is reserved for it. */
export const writeMarker = (files: Files, folder: string, value: Marker, spare: string) =>
	writeSurely(files, join(folder, "manifest.json"), format(value), spare);
export const writeGeneration = (files: Files, folder: string, generation: number) =>
	files.writeAtomic(join(folder, "generation"), format({ schemaVersion: 1, generation }));
export const writeBegun = (files: Files, folder: string, generation: number, spare: string) =>
	writeSurely(files, join(folder, "generation"), format({ schemaVersion: 1, generation }), spare);
export const writeTombstone = (files: Files, path: string, value: Tombstone, spare: string) =>
	writeSurely(files, path, format(value), spare);
export const writeReplayed = (files: Files, folder: string, value: Replayed) =>
	files.writeAtomic(join(folder, "replayed.json"), format(value));

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
	const text = await readFile(path, "utf8").catch(ifNowhere(null));
	if (text === null) return null;
	try {
		return schema.parse(JSON.parse(text));
	} catch (error) {
		throw new Error(`${path} does not read as it was written: ${(error as Error).message}`);
	}
}

function format(value: unknown): string {
	return `${JSON.stringify(value, null, "\t")}\n`;
}
