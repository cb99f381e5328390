// The versions of an agent's private folders and the one link that says which is live. A version is written to while it is live; the one before
// stays as it was left, so going back is the switch alone.
import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, readlink, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import { RefusedError, refuse } from "../../../core/refusals.js";
import { copyFolder } from "../releases/private-copy.js";
import { linkBeside } from "../releases/spare.js";
import type { PrivateLayout } from "../repository/layout.js";
import { endJob } from "../repository/leftover-processes.js";
import { shownPaths } from "../repository/listing.js";
import { applyPlan } from "./private-apply.js";
import { copyJob, type PrivateContext } from "./private-context.js";
import { notAsAfter, notAsBefore } from "./private-plan.js";
import { type PrivateRecord, readRecord, removeRecord, writeRecord } from "./private-records.js";

export async function currentVersion(layout: PrivateLayout): Promise<string | null> {
	const target = await readlink(layout.current).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return null;
		throw error;
	});
	return target === null ? null : (/^versions\/([^/]+)$/.exec(target)?.[1] ?? null);
}

export function versionFolder(layout: PrivateLayout, id: string): string {
	return join(layout.versions, id);
}

/** The folder gets its name last, so a version that is there is whole. */
export async function readVersion(layout: PrivateLayout, id: string): Promise<PrivateRecord | null> {
	const record = await readRecord(layout, "versions", id);
	const found = await lstat(versionFolder(layout, id)).catch(ifAbsent(null));
	return found?.isDirectory() === true ? record : null;
}

/** A full copy of the live version with the candidate's changes. Refuses when what they touch is not as it was reviewed. */
export async function makeVersion(context: PrivateContext, record: PrivateRecord, contents: string): Promise<void> {
	const { layout, gate } = context;
	const live = await currentVersion(layout);
	if (live === null) throw new Error(`${context.name} has no private folders that a change could be applied to.`);
	const making = `${versionFolder(layout, record.id)}.making`;
	await clearVersion(context, record.id);
	const copy = {
		from: versionFolder(layout, live),
		to: making,
		job: copyJob(context.name),
		timeoutMs: limits.gitTimeoutMs,
	};
	await gate.around("privates.copy", () => copyFolder(context, copy));
	const moved = await notAsBefore(making, record.plan);
	if (moved.length > 0) {
		await context.files.remove(making);
		throw movedError(context, moved);
	}
	await gate.around("privates.apply", () => applyPlan(making, contents, record.plan));
	const wrong = await notAsAfter(making, record.plan);
	if (wrong.length > 0) throw new Error(`${shownPaths(wrong)} of ${context.name} did not become what was reviewed.`);
	await finishVersion(context, record, making);
}

export function movedError({ name }: PrivateContext, paths: readonly string[]): RefusedError {
	return new RefusedError(refuse("private_moved", { target: name, paths: shownPaths(paths) }));
}

/** The record first: the folder's name makes the version. */
export async function finishVersion(context: PrivateContext, record: PrivateRecord, making: string): Promise<void> {
	const { layout, files, gate } = context;
	await gate.around("privates.sync", async () => {
		await files.syncTree(making);
		await writeRecord(files, layout, "versions", record);
		await rename(making, versionFolder(layout, record.id));
		await files.syncFolder(layout.versions);
	});
}

/** Renamed before it is removed, so that a half-removed version is never taken for a whole one. */
export async function clearVersion(context: PrivateContext, id: string): Promise<void> {
	const { layout, files, stateDir, name } = context;
	await endJob(stateDir, copyJob(name));
	await mkdir(layout.versions, { recursive: true });
	const folder = versionFolder(layout, id);
	for (const leftover of [`${folder}.making`, `${folder}.gone`]) await files.remove(leftover);
	if (await files.exists(folder)) {
		await rename(folder, `${folder}.gone`);
		await files.syncFolder(layout.versions);
		await files.remove(`${folder}.gone`);
	}
	await removeRecord(files, layout, "versions", id);
}

/** Linked aside, renamed over, synced. */
export async function switchTo(context: PrivateContext, id: string): Promise<void> {
	const { layout, files, gate } = context;
	const before = await currentVersion(layout);
	if (before !== null && before !== id) await markLived(context, before);
	for (const name of await readdir(layout.targetDir)) {
		if (/^current\.[0-9a-f]+\.tmp$/.test(name)) await rm(join(layout.targetDir, name), { force: true });
	}
	const aside = `${layout.current}.${randomBytes(6).toString("hex")}.tmp`;
	await gate.around("privates.switch", async () => {
		await rename(await linkBeside(layout.current, `versions/${id}`, aside), layout.current);
		await files.syncFolder(layout.targetDir);
	});
}

/** A version that was live may hold what its program wrote, and is never made anew. On a full disk going back matters more. */
async function markLived({ layout, files, log, name }: PrivateContext, id: string): Promise<void> {
	const record = await readRecord(layout, "versions", id);
	if (record === null || record.lived) return;
	try {
		await writeRecord(files, layout, "versions", { ...record, lived: true });
	} catch (error) {
		log.warn("private.unmarked", { target: name, version: id, error: String(error) });
	}
}
