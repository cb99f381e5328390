// Works out what a confirm may do to the operator's checkout: every file and index entry with what is there and what comes, or what stands in the way. The new
// files are made aside and are on disk when this is done; the checkout itself is only looked at.
import { constants } from "node:fs";
import { access, chmod, lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bitsLike, hashOf, isBlob, type Standing, standingAt } from "../releases/private-content.js";
import type { Git } from "../repository/git.js";
import { copyIndex } from "../repository/index-lock.js";
import { giveTo } from "../repository/operator.js";
import { modifiedPaths, viewGit } from "../repository/view.js";
import { type Touched, touchedBetween } from "../trees/touched.js";
import type { AdvanceContext, BranchMove } from "./advance.js";
import type { FollowEntry, FollowFile } from "./follow-plan.js";
import { mergeInto, stagedCommit, type Trees, uncommitted } from "./follow-trees.js";
import { materialize } from "./in-place-materialize.js";
import { isFree, removedOf, withScratchIndex } from "./in-place-touched.js";

export interface Survey {
	readonly kept: string | null;
	/** Its tree is what will be staged, where that is more than the confirmed tree: the operator's index must not name what is not there. */
	readonly staged: string | null;
	readonly files: readonly FollowFile[];
	readonly entries: readonly FollowEntry[];
}

export interface SurveyRequest extends BranchMove {
	readonly name: string;
	/** Emptied, then filled. */
	readonly fresh: string;
}

export type Surveyed = Survey | { readonly clash: readonly string[] } | "changing";

/** How often somebody may edit while we look. */
const TRIES = 3;

/** The index is locked by us, so only files can change meanwhile: "changing" when they always did. */
export async function survey(context: AdvanceContext, request: SurveyRequest): Promise<Surveyed> {
	const { own, commands } = context;
	for (let tries = 0; tries < TRIES; tries += 1) {
		const found = await withScratchIndex(context, async (index) => {
			await copyIndex(join(own.operator.gitDir, "index"), index);
			return surveyOnce(context, request, viewGit(commands, own, { workTree: own.operator.root, index }));
		});
		if (found !== "changing") return found;
	}
	return "changing";
}

async function surveyOnce(context: AdvanceContext, request: SurveyRequest, view: Git): Promise<Surveyed> {
	const { expected: from, to, branch, name } = request;
	const { root } = context.own.operator;
	const between = (one: string, other: string) => touchedBetween(view, one, other);
	const touched = (await between(from, to)).map(({ path }) => path);
	const isThere = async (path: string) => (await lstat(join(root, path)).catch(() => null)) !== null;
	const trees = await uncommitted(view, { from, touched, isThere, message: `${branch} before ${name}` });
	if ("clash" in trees) return trees;
	const merged = await mergeInto(view, trees, { from, to });
	if ("clash" in merged) return merged;
	const changes = await visible(await between(trees.edited, merged.edited), trees, isThere);
	await makeFresh(context, { tree: merged.edited, folder: request.fresh, changes });
	const placed = await placeAll(context, request, changes);
	if ("clash" in placed) return placed;
	const changed = new Set(await modifiedPaths(view));
	if (changes.some(({ path }) => changed.has(path))) return "changing";
	const entries = (await between(trees.staged, merged.staged)).map((one) => ({
		...one,
		flag: one.after === null ? null : (trees.index.entries.get(one.path)?.flag ?? null),
	}));
	const staged = await stagedCommit(view, merged.staged, to);
	return { kept: trees.kept, staged, files: placed.files, entries };
}

/** A sparse checkout stays as sparse. */
async function visible(changes: readonly Touched[], { index }: Trees, isThere: (path: string) => Promise<boolean>) {
	const found: Touched[] = [];
	for (const one of changes) {
		const hidden = index.entries.get(one.path)?.flag === "--skip-worktree" && !(await isThere(one.path));
		if (!hidden) found.push(one);
	}
	return found;
}

interface Fresh {
	readonly tree: string;
	readonly folder: string;
	readonly changes: readonly Touched[];
}

async function makeFresh(context: AdvanceContext, { tree, folder, changes }: Fresh): Promise<void> {
	await context.files.remove(folder);
	await mkdir(folder, { recursive: true });
	const paths = changes.filter(({ after }) => after !== null).map(({ path }) => path);
	await materialize(context, { tree, folder, paths });
}

type Placed = { readonly files: readonly FollowFile[] } | { readonly clash: readonly string[] };

async function placeAll(
	context: AdvanceContext,
	{ fresh }: SurveyRequest,
	changes: readonly Touched[],
): Promise<Placed> {
	const removed = removedOf(changes);
	const clash: string[] = [];
	const files: FollowFile[] = [];
	for (const one of changes) {
		const placed = await place(context, { fresh, removed }, one);
		if (placed === "clash") clash.push(one.path);
		else if (placed !== "done") files.push(placed);
	}
	if (clash.length > 0) return { clash };
	await context.files.syncTree(fresh);
	return { files };
}

interface Places {
	readonly fresh: string;
	readonly removed: ReadonlySet<string>;
}

/** "done": it lies there as it will be, such as a file that nobody has added yet. */
async function place(
	context: AdvanceContext,
	{ fresh, removed }: Places,
	one: Touched,
): Promise<FollowFile | "clash" | "done"> {
	const { root } = context.own.operator;
	const { path, before, after } = one;
	const hash = hashOf((before ?? after)?.oid ?? "");
	const standing = await standingAt(root, path, hash);
	const made = after === null ? null : await standingAt(fresh, path, hash);
	if (made !== null && made.kind !== "blob") throw new Error(`${JSON.stringify(path)} could not be written.`);
	const isUntracked = before === null && standing.kind === "blob";
	if (isUntracked && made !== null && (isBlob(standing, made.blob) || isBlob(standing, after ?? made.blob)))
		return "done";
	if (before === null && after === null) return "done";
	if (!(await isFree({ root }, one, { standing, removed })) || !(await isWritable(root, path))) return "clash";
	const was = standing.kind === "blob" ? { ...standing.blob, ...ownerOf(standing) } : null;
	if (made === null) return { path, was, becomes: null };
	await dressLike(join(fresh, path), was, made);
	return { path, was, becomes: made.blob };
}

type StandingBlob = Extract<Standing, { kind: "blob" }>;

function ownerOf({ bits, uid, gid }: StandingBlob) {
	return { bits, uid, gid };
}

/** What git does not know of a file stays as it is. */
async function dressLike(full: string, was: FollowFile["was"], made: StandingBlob): Promise<void> {
	if (was === null) return;
	if (was.mode !== "120000" && made.blob.mode !== "120000") {
		await chmod(full, bitsLike(was.bits, made.blob.mode === "100755"));
	}
	await giveTo(full, was);
}

/** A rename gets there: the nearest folder is ours to write, on the checkout's own file system. */
async function isWritable(root: string, path: string): Promise<boolean> {
	const { dev } = await lstat(root);
	for (let folder = dirname(path); ; folder = dirname(folder)) {
		const full = join(root, folder);
		const found = await lstat(full).catch(() => null);
		if (found === null && folder !== ".") continue;
		const allowed = await access(full, constants.W_OK | constants.X_OK).then(
			() => true,
			() => false,
		);
		return found?.dev === dev && (allowed || !found.isDirectory());
	}
}
