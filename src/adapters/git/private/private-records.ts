// The files beside versions and staged candidates that say what they are made of, and that they are whole.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import type { Files, ReleaseRef } from "../../../ports/ports.js";
import type { PrivateLayout } from "../repository/layout.js";
import { assertReleaseId } from "../repository/marker.js";
import { plannedPath } from "./private-plan.js";

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);

const schema = z.object({
	schemaVersion: z.literal(1),
	id: z.string(),
	commit: hash,
	tree: hash,
	/** Wall clock: only orders them among each other for pruning. */
	madeAtMs: z.number(),
	/** Somebody may have run from it, and written into it. */
	lived: z.boolean(),
	/** What it changed; nothing where folders were taken over as they were. */
	plan: z.array(plannedPath),
});

export type PrivateRecord = z.output<typeof schema>;
export type Shelf = "versions" | "staged";

/** `lived` and the time are the writer's. */
export function recordOf(release: ReleaseRef, plan: PrivateRecord["plan"]): PrivateRecord {
	const { id, commit, tree } = release;
	return { schemaVersion: 1, id, commit, tree, madeAtMs: Date.now(), lived: false, plan };
}

export function releaseOf({ id, commit, tree }: PrivateRecord): ReleaseRef {
	return { id, commit, tree };
}

function recordPath(layout: PrivateLayout, shelf: Shelf, id: string): string {
	return join(layout[shelf], `${assertReleaseId(id)}.json`);
}

/** Null when absent, torn or another's. Rejects where it could not be read now. */
export async function readRecord(layout: PrivateLayout, shelf: Shelf, id: string): Promise<PrivateRecord | null> {
	const text = await readFile(recordPath(layout, shelf, id), "utf8").catch(ifAbsent(""));
	try {
		const found = schema.parse(JSON.parse(text));
		return found.id === id ? found : null;
	} catch {
		return null;
	}
}

export function writeRecord(files: Files, layout: PrivateLayout, shelf: Shelf, record: PrivateRecord): Promise<void> {
	return files.writeAtomic(recordPath(layout, shelf, record.id), `${JSON.stringify(schema.parse(record))}\n`);
}

export function removeRecord(files: Files, layout: PrivateLayout, shelf: Shelf, id: string): Promise<void> {
	return files.remove(recordPath(layout, shelf, id));
}

/** Seen as a folder, a record, or what a killed making or removal leaves. */
export async function knownIds(layout: PrivateLayout, shelf: Shelf): Promise<string[]> {
	const names = await readdir(layout[shelf]).catch(ifAbsent([]));
	const ids = names.map((name) => name.replace(/\.(json|making|gone)$/, ""));
	return [...new Set(ids)].filter((name) => /^[A-Za-z0-9][\w-]{0,63}$/.test(name)).sort();
}
