// The link `current` and the file `live.json`: which release is live, and what a rollback goes back to. Each change is old or new, never between.
import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import type { Live, Releases } from "../../../ports/ports.js";
import type { Layout } from "../repository/layout.js";
import { assertReleaseId } from "../repository/marker.js";
import type { ReleasesOptions } from "./release-context.js";
import { linkBeside, reserveLink, reserveSpare, writeSpared } from "./spare.js";

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
			dueMs: z.number().optional(),
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
		writeLive: (live) => options.gate.around("releases.liveFile", () => writeLive(options, live)),
	};
}

/** Whoever pins a trial has room for what undoes it before anything else happens. */
async function writeLive({ layout, files }: LiveOptions, live: Live): Promise<void> {
	const text = `${JSON.stringify(liveSchema.parse(live), null, "\t")}\n`;
	if (live.trial !== null) {
		await reserveSpare(files, layout.live, Buffer.byteLength(text));
		await reserveLink(files, layout.current, linkTo(layout, live.trial.previous.id));
	}
	await writeSpared(files, layout.live, text);
}

function linkTo(layout: LiveOptions["layout"], id: string): string {
	return `${basename(layout.releases)}/${id}`;
}

async function current(layout: LiveOptions["layout"]): Promise<string | null> {
	const target = await readlink(layout.current).catch(ifAbsent(null));
	return target === null ? null : (/^releases\/([^/]+)$/.exec(target)?.[1] ?? null);
}

/** Linked aside, renamed over, synced. A link that a killed flip left aside is cleared. */
async function flip({ layout, files, gate }: LiveOptions, id: string): Promise<void> {
	if ((await stat(join(layout.releases, id)).catch(ifAbsent(null))) === null) {
		throw new Error(`There is no release ${id} to point to.`);
	}
	const folder = dirname(layout.current);
	for (const name of await readdir(folder)) {
		if (/^current\.[0-9a-f]+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
	}
	const aside = `${layout.current}.${randomBytes(6).toString("hex")}.tmp`;
	const made = await gate.around("releases.symlink", () => linkBeside(layout.current, linkTo(layout, id), aside));
	await gate.around("releases.rename", () => rename(made, layout.current));
	await gate.around("releases.sync", () => files.syncFolder(folder));
}

/** Null where it is absent or nothing whole; the journal then decides. What could not be read this once decides nothing. */
async function readLive({ layout, log }: LiveOptions): Promise<Live | null> {
	const text = await readFile(layout.live, "utf8").catch(ifAbsent(null));
	if (text === null) return null;
	try {
		return liveSchema.parse(JSON.parse(text));
	} catch (error) {
		log.warn("live.unreadable", { path: layout.live, error: String(error) });
		return null;
	}
}
