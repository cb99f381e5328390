// Which paths a move touches, and which of them the operator has changed: looked at with git's eyes, line endings and all, whatever the index claims.
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { hashOf, type Standing, standingAt, standingsAt } from "../releases/private-content.js";
import { indexInfoArgs } from "../repository/argv.js";
import { copyIndex } from "../repository/index-lock.js";
import type { Own } from "../repository/own-repository.js";
import { modifiedPaths, stagedPaths, viewGit } from "../repository/view.js";
import type { Touched } from "../trees/touched.js";
import type { Blobs } from "../trees/tree-edit.js";
import { onlyRemoved, parentsOf } from "./follow-plan.js";
import type { InPlaceContext } from "./in-place-context.js";
import type { PlanEntry, PlanFolder } from "./in-place-plan.js";

export interface Survey {
	/** Local edits in touched files, staged ones, and what stands in the way of new ones. */
	readonly edits: readonly string[];
	readonly was: ReadonlyMap<string, PlanEntry["was"]>;
	readonly folders: readonly PlanFolder[];
}

export async function surveyCheckout(
	context: InPlaceContext,
	touched: readonly Touched[],
	base: string,
): Promise<Survey> {
	const edits = new Set(await stagedAmong(context, touched, base));
	const before = new Map(touched.flatMap(({ path, before }) => (before === null ? [] : [[path, before] as const])));
	for (const path of await editedPaths(context, before)) edits.add(path);
	const removed = removedOf(touched);
	const was = new Map<string, PlanEntry["was"]>();
	const folders = new Map<string, PlanFolder>();
	const standings = await standingsIn(context, touched);
	for (const [index, one] of touched.entries()) {
		const standing = standings[index] as Standing;
		if (!(await isFree(context, one, { standing, removed }))) edits.add(one.path);
		if (standing.kind === "blob") was.set(one.path, { ...standing.blob, ...ownerOf(standing) });
		const inner = standing.kind === "folder" ? await foldersBelow(context.root, one.path) : [];
		await noteFolders(context.root, [...parentsOf(one.path), ...inner], folders);
	}
	const sorted = [...folders.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
	return { edits: [...edits].sort(), was, folders: sorted };
}

export function standingIn({ root }: { readonly root: string }, touched: Touched): Promise<Standing> {
	const { path, hash } = wantedOf(touched);
	return standingAt(root, path, hash);
}

/** In their order. */
export function standingsIn({ root }: { readonly root: string }, touched: readonly Touched[]): Promise<Standing[]> {
	return standingsAt(root, touched.map(wantedOf));
}

function wantedOf({ path, before, after }: Touched) {
	return { path, hash: hashOf((before ?? after)?.oid ?? "") };
}

export function removedOf(touched: readonly Touched[]): ReadonlySet<string> {
	return new Set(touched.filter(({ after }) => after === null).map(({ path }) => path));
}

interface Place {
	readonly standing: Standing;
	readonly removed: ReadonlySet<string>;
}

/** What was there is there still; what is new meets nothing but what goes. */
export async function isFree(
	{ root }: { readonly root: string },
	{ path, before }: Touched,
	{ standing, removed }: Place,
) {
	if (before !== null) return standing.kind === "blob";
	if (standing.kind === "blocked") return removed.has(standing.by);
	return standing.kind === "nothing" || (standing.kind === "folder" && (await onlyRemoved(root, path, removed)));
}

/** Those of these blobs that the checkout does not hold, as git would say of a fresh index. */
export async function editedPaths(
	context: Pick<InPlaceContext, "own" | "commands" | "root">,
	blobs: Blobs,
): Promise<string[]> {
	if (blobs.size === 0) return [];
	return withScratchIndex(context, async (index) => {
		const view = viewGit(context.commands, context.own, { workTree: context.root, index });
		const input = [...blobs].map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\0`).join("");
		await view.run(indexInfoArgs(), { input });
		return modifiedPaths(view);
	});
}

/** Staged changes that the move would meet. */
export async function stagedAmong(
	context: InPlaceContext,
	touched: readonly Touched[],
	base: string,
): Promise<string[]> {
	const paths = new Set(touched.map(({ path }) => path));
	const above = new Set(touched.flatMap(({ path }) => parentsOf(path)));
	const staged = await withScratchIndex(context, async (index) => {
		await copyIndex(join(context.own.operator.gitDir, "index"), index);
		return stagedPaths(viewGit(context.commands, context.own, { workTree: context.root, index }), base);
	});
	return staged.filter((path) => paths.has(path) || above.has(path) || parentsOf(path).some((one) => paths.has(one)));
}

let questions = 0;

/** For one question; the operator's own index is never asked directly. */
export async function withScratchIndex<T>(
	{ own }: { readonly own: Pick<Own, "layout"> },
	ask: (index: string) => Promise<T>,
): Promise<T> {
	questions += 1;
	const index = join(own.layout.scratch, `in-place-${questions}`);
	try {
		return await ask(index);
	} finally {
		await rm(index, { force: true });
	}
}

function ownerOf({ bits, uid, gid }: Extract<Standing, { kind: "blob" }>) {
	return { bits, uid, gid };
}

/** Parents first: nothing is noted behind a link. */
async function noteFolders(root: string, paths: readonly string[], folders: Map<string, PlanFolder>): Promise<void> {
	for (const path of paths) {
		if (folders.has(path)) continue;
		const found = await lstat(join(root, path)).catch(ifAbsent(null));
		if (found?.isDirectory() !== true) return;
		folders.set(path, { path, bits: found.mode & 0o7777, uid: found.uid, gid: found.gid });
	}
}

/** It makes way for a file, and is to come back with all that is in it. */
async function foldersBelow(root: string, folder: string): Promise<string[]> {
	const found = [folder];
	for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
		if (entry.isDirectory()) found.push(...(await foldersBelow(root, `${folder}/${entry.name}`)));
	}
	return found;
}
