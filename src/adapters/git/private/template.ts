// Promotion: one commit on the operator's branch with the reviewed content of an agent's copy at its template paths. Reads nothing but objects, and refuses
// a template that is no longer the one that was reviewed.
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { Applied, Held, Moved, PromoteRequest } from "../../../ports/ports.js";
import type { AdvanceContext } from "../checkout/advance.js";
import { keepConfirmed } from "../checkout/confirmed.js";
import { follow, goOn, type Holding } from "../checkout/follow.js";
import { isAncestorArgs, revisionArgs } from "../repository/argv.js";
import { templateRef } from "../repository/layout.js";
import { inParts, shownPaths } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";
import { fetchCommit } from "../trees/intake.js";
import { checkTree } from "../trees/tree-check.js";
import { type Blob, type Blobs, blobsOf, commitAndKeep, editTree, sameBlob } from "../trees/tree-edit.js";

export interface PromoteContext extends AdvanceContext {
	/** The supervisor's state folder, relative to the repository's, when it lies inside. */
	readonly reserved: readonly string[];
	/** Where the branch stands now. */
	head(): Promise<string | Refusal>;
}

/** How often a branch may move between our look at it and our move. */
const TRIES = 3;

type Attempt = Omit<Applied, "advance"> & { readonly advance: Moved | Holding };

/** A repeated call answers with the commit of the first one. */
export async function promoteTemplate(context: PromoteContext, request: PromoteRequest): Promise<Applied | Refusal> {
	await goOn(context);
	let stood = request.base;
	for (let tries = 0; tries < TRIES; tries += 1) {
		const head = await context.head();
		if (isRefusal(head)) return head;
		stood = head;
		const refusal = await fetchCommit(context.own, head);
		if (refusal !== null) return refusal;
		const promoted = (await promotedBefore(context, request, head)) ?? (await promoteOnto(context, request, head));
		if (isRefusal(promoted)) return promoted;
		const { advance, ...applied } = promoted;
		if (advance.moved) return { ...applied, advance };
		if (advance.why !== "branch_moved") return { ...applied, advance: await held(context, request, promoted, advance) };
	}
	return refuse("branch_moved", { branch: request.branch, head: stood });
}

/** Local edits stand in the way: the commit waits for the operator. */
async function held(
	context: PromoteContext,
	{ swapId, branch }: PromoteRequest,
	{ commit, parent }: Pick<Applied, "commit" | "parent">,
	{ folder, ...holding }: Holding,
): Promise<Held> {
	const waiting = { name: nameOf(swapId), swapId, branch, expected: parent ?? commit, to: commit, folder };
	return { ...holding, ...(await keepConfirmed(context, waiting)) };
}

/** Refs and plans of the same swap on the host have its own. */
function nameOf(swapId: string): string {
	return `${swapId}-template`;
}

/** A kill can come between the branch's move and its journal entry, and the operator's next commit with it. */
async function promotedBefore(context: PromoteContext, request: PromoteRequest, head: string) {
	const { git } = context.own;
	const known = await git.run(revisionArgs(templateRef(request.swapId)), { accept: [0, 1] });
	const commit = known.stdout.toString().trim();
	if (commit === "") return null;
	const { code } = await git.run(isAncestorArgs(commit, head), { accept: [0, 1] });
	if (code !== 0) return null;
	const parent = await git.text(revisionArgs(`${commit}^1`));
	if (commit !== head)
		return { commit, parent, advance: { moved: true, checkout: "elsewhere", kept: null, left: [] } as const };
	return advanced(context, request, { from: parent, commit });
}

async function promoteOnto(context: PromoteContext, request: PromoteRequest, head: string) {
	const { own } = context;
	const { git } = own;
	const [base, wanted] = [await blobsOf(git, request.base), await blobsOf(git, request.tree)];
	const there = head === request.base ? base : await blobsOf(git, head);
	const change = changeOf(request.paths, wanted);
	const moved = request.paths.filter((path) => !sameBlob(base.get(path), there.get(path)));
	const blocked = [...moved, ...(await inTheWay(there, change))];
	if (blocked.length > 0) return refuse("template_moved", { id: request.swapId, paths: shownPaths(blocked) });
	const tree = await editTree(own, git, { tree: head, ...change });
	if (tree === (await git.text(revisionArgs(`${head}^{tree}`)))) return unchanged(head);
	const refusal = await checkTree(git, { tree, shared: [], reserved: context.reserved });
	if (refusal !== null) return refusal;
	return advanced(context, request, { from: head, commit: await commitTemplate(own, request, { tree, head }) });
}

interface Change {
	readonly remove: readonly string[];
	readonly add: Blobs;
}

function changeOf(paths: readonly string[], wanted: Blobs): Change {
	const add = new Map<string, Blob>();
	for (const path of paths) {
		const blob = wanted.get(path);
		if (blob !== undefined) add.set(path, blob);
	}
	return { remove: paths, add };
}

/** Files of the template as it is now that would have to go for a reviewed one, though nobody reviewed that. */
async function inTheWay(there: Blobs, { remove, add }: Change): Promise<string[]> {
	const going = new Set(remove);
	const above = new Set([...add.keys()].flatMap(parentsOf));
	const found: string[] = [];
	await inParts([...there.keys()], (path) => {
		if (going.has(path)) return;
		if (above.has(path) || parentsOf(path).some((parent) => add.has(parent))) found.push(path);
	});
	return found;
}

/** `a/b/c` → `a`, `a/b` */
function parentsOf(path: string): string[] {
	const parts = path.split("/");
	return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** The template holds it already. */
function unchanged(head: string): Attempt {
	return { commit: head, parent: null, advance: { moved: true, checkout: "followed", kept: null, left: [] } };
}

function commitTemplate(own: Own, request: PromoteRequest, { tree, head }: { tree: string; head: string }) {
	const ref = () => templateRef(request.swapId);
	return commitAndKeep(own, { tree, parents: [head], message: request.message, datedLike: head, ref });
}

async function advanced(
	context: PromoteContext,
	{ swapId, branch }: PromoteRequest,
	{ from, commit }: { readonly from: string; readonly commit: string },
): Promise<Attempt> {
	const request = { name: nameOf(swapId), branch, expected: from, to: commit };
	return { commit, parent: from, advance: await follow(context, request) };
}
