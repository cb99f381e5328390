// The link `current` and the file `live.json`: which release is live, and what a rollback goes back to. Each change is old or new, never between.
import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Live, Releases } from "../../ports.js";
import type { Layout } from "./layout.js";
import { assertReleaseId } from "./marker.js";
import type { ReleasesOptions } from "./release-context.js";

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);
const releaseRef = z.object({ id: z.string().min(1), commit: hash, tree: hash });
const liveSchema = z.object({
	schemaVersion: z.literal(1),
	release: releaseRef,
	proven: z.boolean(),
	trial: z
		.object({
			swapId: z.string().min(1),
			previous: releaseRef,
			candidate: releaseRef,
			configuration: z.unknown().optional(),
		})
		.nullable(),
	/** Left out by 0.1 and wherever it is the release's commit. */
	head: hash.optional(),
});

export type LiveOptions = Pick<ReleasesOptions, "files" | "gate" | "log"> & {
	readonly layout: Pick<Layout, "current" | "live" | "releases">;
};

export function createLive(options: LiveOptions): Pick<Releases, "current" | "flip" | "readLive" | "writeLive"> {
	return {
		current: () => current(options.layout),
		flip: async (id) => flip(options, assertReleaseId(id)),
		readLive: () => readLive(options),
		writeLive: (live) =>
			options.gate.around("releases.liveFile", () =>
				options.files.writeAtomic(options.layout.live, `${JSON.stringify(liveSchema.parse(live), null, "\t")}\n`),
			),
	};
}

async function current(layout: LiveOptions["layout"]): Promise<string | null> {
	const target = await readlink(layout.current).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return null;
		throw error;
	});
	return target === null ? null : (/^releases\/([^/]+)$/.exec(target)?.[1] ?? null);
}

/** Linked aside, renamed over, synced. A link that a killed flip left aside is cleared. */
async function flip({ layout, files, gate }: LiveOptions, id: string): Promise<void> {
	if ((await stat(join(layout.releases, id)).catch(() => null)) === null) {
		throw new Error(`There is no release ${id} to point to.`);
	}
	const folder = dirname(layout.current);
	for (const name of await readdir(folder)) {
		if (/^current\.[0-9a-f]+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
	}
	const aside = `${layout.current}.${randomBytes(6).toString("hex")}.tmp`;
	await gate.around("releases.symlink", () => symlink(`releases/${id}`, aside));
	await gate.around("releases.rename", () => rename(aside, layout.current));
	await gate.around("releases.sync", () => files.syncFolder(folder));
}

/** Null where it is absent or cannot be read as a whole; the journal then decides. */
async function readLive({ layout, log }: LiveOptions): Promise<Live | null> {
	try {
		return liveSchema.parse(JSON.parse(await readFile(layout.live, "utf8")));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		log.warn("live.unreadable", { path: layout.live, error: String(error) });
		return null;
	}
}
