// Where the files of a new release come from that did not change: a stage costs what changes. One decision with its reason, then the taking.
// Whatever comes from elsewhere than the objects must look as it did when its bytes were last read (proof.ts); what does not is written anew.
import { constants } from "node:fs";
import { chmod, copyFile, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { inLanes } from "../../../ports/waiting.js";
import { endJob, jobMarker } from "../repository/leftover-processes.js";
import { inParts } from "../repository/listing.js";
import { markerPath, readMarker } from "../repository/marker.js";
import { touchedBetween } from "../trees/touched.js";
import type { Blob } from "../trees/tree-edit.js";
import { GRANULARITY_MS, type Looks, lookThrough, readSeal, sealPath, writeSeal } from "./proof.js";
import type { Proof, ReleaseContext } from "./release-context.js";

export interface Ground {
	/** Whether the program's user could write into a release's files. */
	readonly programWrites: boolean;
	readonly reflinks: boolean;
	/** A removed release stands by. */
	readonly spare: boolean;
}

export interface Taking {
	readonly how: "link" | "reflink" | "spare" | "objects";
	readonly why: string;
}

/**
 * A hard link is one file with two names: whoever can write it in one release writes it in all, the one to go back to too. So a link only where
 * the program's user cannot; else a clone that shares blocks until one is written; else the files of a removed release, which nobody goes back to.
 */
export function takingOf({ programWrites, reflinks, spare }: Ground): Taking {
	if (!programWrites) return { how: "link", why: "the program's user cannot write them" };
	if (reflinks) return { how: "reflink", why: "the file system shares blocks between copies" };
	if (spare) return { how: "spare", why: "a removed release has most of them" };
	return { how: "objects", why: "the program's user could write through a link, and the file system clones nothing" };
}

/** Today the supervisor, its builds and its program are one user. */
const programWrites = true;

/** What is there already, and what is still to be written from objects. */
export interface Taken {
	/** Of what was taken: the rest is not known yet. */
	readonly proof: Proof;
	readonly missing: readonly string[];
}

/** Into the release's folder, which holds nothing but its `.git`. Null: nothing was taken. What fails here is no failure of the stage. */
export async function takeUnchanged(context: ReleaseContext, release: ReleaseRef): Promise<Taken | null> {
	const spare = await context.files.exists(spareFolder(context));
	const { how } = takingOf({ programWrites, reflinks: await clones(context), spare });
	try {
		if (how === "spare") return await takeSpare(context, release);
		return how === "objects" ? null : await takeFromLive(context, release, how);
	} catch (error) {
		context.log.warn("releases.not_taken", { release: release.id, how, error: String(error) });
		await dropSpare(context);
		await emptied(context, release);
		return null;
	}
}

const answers = new Map<string, Promise<boolean>>();

/** Tried once in a life. */
function clones({ own }: ReleaseContext): Promise<boolean> {
	const { stateDir, scratch } = own.layout;
	const known = answers.get(stateDir) ?? triesToClone(join(scratch, "clone"));
	answers.set(stateDir, known);
	return known;
}

async function triesToClone(path: string): Promise<boolean> {
	try {
		await writeFile(path, "x");
		await copyFile(path, `${path}.copy`, constants.COPYFILE_FICLONE_FORCE);
		return true;
	} catch {
		return false;
	} finally {
		for (const one of [path, `${path}.copy`]) await rm(one, { force: true }).catch(() => {});
	}
}

interface Sorted {
	readonly now: Looks;
	readonly proof: Proof;
	readonly kept: readonly string[];
	readonly missing: readonly string[];
}

/** What of `known`, as it looks now in `from`, can stay in a release of `tree`. */
async function sortOut(context: ReleaseContext, known: Proof, from: string, tree: string): Promise<Sorted> {
	const tracked = new Map<string, Blob>(known.tracked);
	const touched = new Set<string>();
	const [now, changes] = await Promise.all([
		lookThrough(context, from),
		touchedBetween(context.own.git, known.tree, tree),
	]);
	for (const { path, after } of changes) {
		touched.add(path);
		if (after === null) tracked.delete(path);
		else tracked.set(path, after);
	}
	const looks = new Map<string, string>();
	const missing: string[] = [];
	await inParts(tracked.keys(), (path) => {
		const seen = now.files.get(path);
		if (seen !== undefined && !touched.has(path) && known.looks.get(path) === seen) looks.set(path, seen);
		else missing.push(path);
	});
	return { now, proof: { tree, tracked, looks }, kept: [...looks.keys()], missing };
}

/** Clones or links from the live release, as it was sealed. */
async function takeFromLive(context: ReleaseContext, release: ReleaseRef, how: "link" | "reflink") {
	const id = await context.current();
	const known = id === null || (await readMarker(context.own.layout, id)) === null ? null : await sealOf(context, id);
	if (id === null || known === null) return null;
	const from = context.folder(id);
	const { proof, kept, missing } = await sortOut(context, known, from, release.tree);
	const folder = context.folder(release.id);
	await context.commands.run({
		command: ["xargs", "-0", "-r", "cp", "--archive", "--parents", copyFlags[how], "--target-directory", folder, "--"],
		cwd: from,
		env: {
			PATH: process.env.PATH ?? "/usr/bin:/bin",
			LC_ALL: "C",
			...jobMarker(context.own.layout.stateDir, release.id),
		},
		input: kept.map((path) => `${path}\0`).join(""),
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.commandOutputBytes,
	});
	await sleep(GRANULARITY_MS * 2);
	const now = await lookThrough(context, folder);
	if (how === "link") await sealAnew(context, id, known, now);
	return { proof: { ...proof, looks: await seenOf(kept, now) }, missing };
}

const copyFlags = { link: "--link", reflink: "--reflink=always" } as const;

/** A link of ours changes the ctime of the file that it names, and nothing else: in both releases it is one file. */
async function sealAnew(context: ReleaseContext, id: string, known: Proof, now: Looks): Promise<void> {
	await writeSeal(context, id, {
		...known,
		looks: new Map([...known.looks, ...(await seenOf(known.looks.keys(), now))]),
	});
}

async function seenOf(paths: Iterable<string>, now: Looks): Promise<Map<string, string>> {
	const looks = new Map<string, string>();
	await inParts(paths, (path) => {
		const seen = now.files.get(path);
		if (seen !== undefined) looks.set(path, seen);
	});
	return looks;
}

function sealOf({ own }: ReleaseContext, id: string): Promise<Proof | null> {
	return readSeal(own.layout, id);
}

/** No release id begins with a dot. */
const SPARE = ".spare";

function spareFolder({ own }: ReleaseContext): string {
	return join(own.layout.releases, SPARE);
}

/** Instead of removing a sealed release that nobody goes back to. One is enough; where files are shared none is. */
export async function keepAsSpare(context: ReleaseContext, id: string): Promise<void> {
	const { own, files } = context;
	const folder = context.folder(id);
	if (!programWrites || (await clones(context)) || (await files.exists(spareFolder(context)))) return;
	if ((await readMarker(own.layout, id)) === null || (await sealOf(context, id)) === null) return;
	await endJob(own.layout.stateDir, id);
	await files.remove(markerPath(own.layout, id));
	await files.remove(join(folder, ".git"));
	await files.remove(join(folder, "node_modules"));
	await rename(sealPath(own.layout, id), sealPath(own.layout, SPARE));
	await rename(folder, spareFolder(context));
}

export async function dropSpare(context: ReleaseContext): Promise<void> {
	for (const path of [sealPath(context.own.layout, SPARE), spareFolder(context)]) {
		await context.files.remove(path);
	}
}

async function takeSpare(context: ReleaseContext, release: ReleaseRef): Promise<Taken | null> {
	const known = await sealOf(context, SPARE);
	if (known === null) {
		await dropSpare(context);
		return null;
	}
	const from = spareFolder(context);
	const { now, proof, kept, missing } = await sortOut(context, known, from, release.tree);
	await strip(context, from, { now, kept: new Set(kept) });
	const to = context.folder(release.id);
	await rename(join(to, ".git"), join(from, ".git"));
	await rmdir(to);
	await rename(from, to);
	await dropSpare(context);
	return { proof, missing };
}

interface Stripping {
	readonly now: Looks;
	readonly kept: ReadonlySet<string>;
}

/** All that a build, a program or another tree left: what stays are kept files, and folders around them as git makes them. */
async function strip({ files }: ReleaseContext, folder: string, { now, kept }: Stripping): Promise<void> {
	const around = new Set<string>(["."]);
	for (const path of kept) {
		for (let parent = dirname(path); !around.has(parent); parent = dirname(parent)) around.add(parent);
	}
	const goes = [...now.folders.keys()].filter((path) => !around.has(path) && around.has(dirname(path)));
	for (const path of goes) await files.remove(join(folder, path));
	const left = [...now.files.keys()].filter((path) => !kept.has(path) && around.has(dirname(path)));
	await inLanes(16, left, (path) => unlink(join(folder, path)).catch(ifAbsent(undefined)));
	for (const [path, mode] of now.folders)
		if (around.has(path) && mode !== "755") await chmod(join(folder, path), 0o755);
	await chmod(folder, 0o755);
}

/** What was half taken goes; the registration's file stays. */
async function emptied(context: ReleaseContext, { id }: ReleaseRef): Promise<void> {
	const folder = context.folder(id);
	const now = await lookThrough(context, folder);
	await strip(context, folder, { now, kept: new Set() });
}
