// The marker beside a release that says it is whole: its form, its name and its reading. Written by the seal alone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import type { Layout } from "./layout.js";

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);

const marker = z.object({
	schemaVersion: z.literal(1),
	id: z.string(),
	commit: hash,
	tree: hash,
	sealed: z.literal(true),
	/** Wall clock: only orders releases among each other for pruning. */
	sealedAtMs: z.number(),
});

export type Marker = z.output<typeof marker>;

/** Ids are ours; one that could name another folder is a bug. */
export function assertReleaseId(id: string): string {
	assert.match(id, /^[A-Za-z0-9][\w-]{0,63}$/, `${JSON.stringify(id)} is no release id`);
	return id;
}

export function markerPath(layout: Layout, id: string): string {
	return join(layout.releases, `${id}.json`);
}

/** Null when absent, torn or of another release: then the release is not whole. Rejects where it could not be read now. */
export async function readMarker(layout: Layout, id: string): Promise<Marker | null> {
	const text = await readFile(markerPath(layout, id), "utf8").catch(ifAbsent(""));
	try {
		const found = marker.parse(JSON.parse(text));
		return found.id === id ? found : null;
	} catch {
		return null;
	}
}
