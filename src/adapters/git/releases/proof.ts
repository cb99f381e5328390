// What is known of a release's tracked files without reading them again: how each looked when its bytes were last compared with the tree. The system's ctime
// changes with every write, rename, link and change of permissions, and no program can set it; so a file that looks the same holds the same.
// By content is verified what a checkout, a build or a check wrote; by this, what nobody touched since. A verdict always reads every byte (verify.ts).
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import type { Layout } from "../repository/layout.js";
import { inParts, parsePaths } from "../repository/listing.js";
import { type Blob, type Blobs, blobsOf } from "../trees/tree-edit.js";
import { hashOf, isBlob, standingsAt } from "./private-content.js";
import type { Proof, ReleaseContext } from "./release-context.js";
import { differingPaths } from "./verify.js";

export interface Looks {
	/** Before the first file was looked at, wall clock. */
	readonly atMs: number;
	/** Of everything that is no folder. */
	readonly files: ReadonlyMap<string, string>;
	/** Path → mode. */
	readonly folders: ReadonlyMap<string, string>;
}

/** A write so close before a look may come with the same ctime again: the kernel's clock goes in steps of at most 10 ms. */
export const GRANULARITY_MS = 20;

/** `.git` is ours, and dependencies are compared by their own listing. */
export function looksArgs(): readonly string[] {
	const skipped = ["./.git", "./node_modules"].flatMap((path) => ["-path", path, "-prune", "-o"]);
	return ["find", ".", "-mindepth", "1", ...skipped, "-printf", "%P\t%y %m %s %i %D %T@ %C@\\0"];
}

export async function lookThrough({ commands }: ReleaseContext, folder: string): Promise<Looks> {
	const atMs = Date.now();
	const { stdout } = await commands.run({
		command: looksArgs(),
		cwd: folder,
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.gitOutputBytes,
	});
	const files = new Map<string, string>();
	const folders = new Map<string, string>();
	await inParts(parsePaths(stdout), (record) => {
		const tab = record.lastIndexOf("\t");
		const [path, looks] = [record.slice(0, tab), record.slice(tab + 1)];
		if (looks.startsWith("d ")) folders.set(path, looks.split(" ")[1] ?? "");
		else files.set(path, looks);
	});
	return { atMs, files, folders };
}

/** Old enough to be told from a later change. */
function isSettled(looks: string, atMs: number): boolean {
	return Number(looks.slice(looks.lastIndexOf(" ") + 1)) * 1_000 < atMs - GRANULARITY_MS;
}

/** So many files are read faster by git, all at once. */
export const MANY = 200;

export interface Proven {
	readonly differing: readonly string[];
	readonly proof: Proof;
}

/** Reads what is not known from `known`, and answers with what is known from now on. */
export async function prove(
	context: ReleaseContext,
	{ id, tree }: { readonly id: string; readonly tree: string },
	known: Proof | null,
): Promise<Proven> {
	const usable = known?.tree === tree ? known : null;
	const tracked = usable?.tracked ?? (await blobsOf(context.own.git, tree));
	const folder = context.folder(id);
	const now = await lookThrough(context, folder).catch(ifAbsent(null));
	const unknown: string[] = [];
	await inParts(tracked.keys(), (path) => {
		const looks = now?.files.get(path);
		if (looks === undefined || looks !== usable?.looks.get(path)) unknown.push(path);
	});
	const differing = new Set(
		unknown.length > MANY || now === null
			? await differingPaths(context, id, tree)
			: await differingAmong(folder, tracked, unknown),
	);
	const looks = new Map<string, string>();
	await inParts(tracked.keys(), (path) => {
		const seen = now?.files.get(path);
		if (now !== null && seen !== undefined && !differing.has(path) && isSettled(seen, now.atMs)) looks.set(path, seen);
	});
	return { differing: [...differing].sort(), proof: { tree, tracked, looks } };
}

export async function differingAmong(folder: string, tracked: Blobs, paths: readonly string[]): Promise<string[]> {
	const blobOf = (path: string) => plain(tracked.get(path) as Blob);
	const wanted = paths.map((path) => ({ path, hash: hashOf(blobOf(path).oid) }));
	const standings = await standingsAt(folder, wanted);
	return paths.filter((path, index) => !isBlob(standings[index] ?? { kind: "nothing" }, blobOf(path)));
}

/** Group-writable files, as very old commits hold them, are checked out as any other. */
function plain(blob: Blob): Blob {
	return blob.mode === "100664" ? { ...blob, mode: "100644" } : blob;
}

export function sealPath(layout: Pick<Layout, "releases">, id: string): string {
	return join(layout.releases, `${id}.seal`);
}

/** One record for each tracked file: object, mode, looks (nothing where they are not known), path. */
export async function writeSeal({ files, own }: ReleaseContext, id: string, proof: Proof): Promise<void> {
	const lines = [`1 ${proof.tree}\0`];
	await inParts(proof.tracked, ([path, { mode, oid }]) => {
		lines.push(`${oid} ${mode}\t${proof.looks.get(path) ?? ""}\t${path}\0`);
	});
	await files.writeAtomic(sealPath(own.layout, id), lines.join(""));
}

/** Null where there is none, as of releases that older versions sealed, or it is nothing whole. */
export async function readSeal(layout: Pick<Layout, "releases">, id: string): Promise<Proof | null> {
	const content = await readFile(sealPath(layout, id)).catch(ifAbsent(null));
	const [first = "", ...records] = content === null ? [] : parsePaths(content);
	const tree = /^1 ([0-9a-f]{40,64})$/.exec(first)?.[1];
	if (tree === undefined) return null;
	const tracked = new Map<string, Blob>();
	const looks = new Map<string, string>();
	let broken = false;
	await inParts(records, (record) => {
		const [, oid, mode, seen, path] = /^([0-9a-f]+) (\d+)\t([^\t]*)\t(.+)$/s.exec(record) ?? [];
		if (oid === undefined || mode === undefined || path === undefined) broken = true;
		else {
			tracked.set(path, { mode, oid });
			if (seen !== undefined && seen !== "") looks.set(path, seen);
		}
	});
	return broken ? null : { tree, tracked, looks };
}
