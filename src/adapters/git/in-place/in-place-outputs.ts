// Built folders that git ignores and that belong to a version: copied from the staged worktree beside the checkout, then swapped as wholes by renames.
import { lstat, realpath, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { type InPlaceContext, type Kit, kitOf } from "../checkout/in-place-context.js";
import { copyingJob, copyWhole, makeFolders, setAside } from "../checkout/in-place-folders.js";
import type { InPlacePlan, PlanOutput, Side } from "../checkout/in-place-plan.js";
import { endJob } from "../repository/leftover-processes.js";
import { reservedPaths } from "../trees/tree-check.js";
import { blobsOf } from "../trees/tree-edit.js";

/** What git tracks is a file of the change, and our own state is nobody's output. */
export async function assertOutputs(
	{ outputs, own, stateDir, root }: InPlaceContext,
	trees: readonly string[],
): Promise<void> {
	const reserved = [...reservedPaths(root, stateDir), ".git"];
	for (const path of outputs) {
		const clash = reserved.find((one) => one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`));
		if (clash !== undefined) throw new Error(`The output ${path} would move ${clash}: take it out of \`outputs\`.`);
	}
	for (const tree of trees) {
		const [tracked] = (await blobsOf(own.git, tree, outputs)).keys();
		if (tracked === undefined) continue;
		throw new Error(
			`git tracks ${JSON.stringify(tracked)}, which lies in an output: only folders that git ignores can be swapped.`,
		);
	}
}

/** Ends what a killed life still copies. */
export function clearCopying({ stateDir }: InPlaceContext): Promise<void> {
	return endJob(stateDir, copyingJob);
}

/** The staged worktree stays whole: it is copied, links into shared dependencies as what they lead to. */
export async function copyOutputs(context: InPlaceContext, candidate: ReleaseRef, kit: Kit): Promise<PlanOutput[]> {
	const found: PlanOutput[] = [];
	for (const [index, path] of context.outputs.entries()) {
		const source = await sourceOf(context, join(context.staged.folder(candidate.id), path));
		if (source !== null) await copyWhole(context, { from: source, to: join(kit.built, String(index)) });
		found.push({ path, before: await isThere(join(context.root, path)), after: source !== null });
	}
	return found;
}

async function sourceOf({ own }: InPlaceContext, path: string): Promise<string | null> {
	if (!(await isThere(path))) return null;
	const real = await realpath(path).catch(() => path);
	return real.startsWith(`${await realpath(own.layout.dependencies)}/`) ? real : path;
}

export async function presentOutputs({ root }: InPlaceContext, outputs: readonly PlanOutput[]) {
	const found: (PlanOutput & { readonly present: boolean })[] = [];
	for (const output of outputs) found.push({ ...output, present: await isThere(join(root, output.path)) });
	return found;
}

async function isThere(path: string): Promise<boolean> {
	return (await lstat(path).catch(ifAbsent(null))) !== null;
}

/** Each rename leaves a state that tells how far it came: what is still in the kit has not been moved yet. */
export async function swapOutputs(context: InPlaceContext, plan: InPlacePlan, side: Side): Promise<void> {
	const kit = kitOf(context, plan.candidate.id);
	for (const [index, output] of plan.outputs.entries()) {
		const swap = side === "candidate" ? bringIn : bringBack;
		await swap(context, plan, { output, ...numbered(kit, index), place: join(context.root, output.path) });
	}
}

function numbered(kit: Kit, index: number) {
	const at = (folder: string) => join(folder, String(index));
	return { built: at(kit.built), replaced: at(kit.replaced), used: at(kit.used) };
}

interface Slot {
	readonly output: PlanOutput;
	readonly place: string;
	readonly built: string;
	readonly replaced: string;
	readonly used: string;
}

async function bringIn(context: InPlaceContext, { candidate }: InPlacePlan, slot: Slot): Promise<void> {
	const { output, place, built, replaced } = slot;
	if (output.after ? !(await isThere(built)) : !output.before || (await isThere(replaced))) return;
	if (output.before && !(await isThere(replaced))) await move(context, place, replaced);
	if (!output.after) return;
	await makeRoom(context, candidate.id, output.path);
	await move(context, built, place);
}

/** The candidate's goes first, so a place that is taken is never one that came back already. */
async function bringBack(context: InPlaceContext, { candidate }: InPlacePlan, slot: Slot): Promise<void> {
	const { output, place, built, replaced, used } = slot;
	const back = output.before && (await isThere(replaced));
	const added = !output.before && output.after && !(await isThere(built)) && !(await isThere(used));
	if ((back || added) && (await isThere(place))) {
		if (await isThere(used)) await setAside(context, candidate.id, output.path);
		else await move(context, place, used);
	}
	if (!back) return;
	await makeRoom(context, candidate.id, output.path);
	await move(context, replaced, place);
}

/** Somebody may have made one anew between two tries. */
async function makeRoom(context: InPlaceContext, candidateId: string, path: string): Promise<void> {
	const aside = (one: string) => setAside(context, candidateId, one);
	await makeFolders(context.root, dirname(path), aside);
	if (await isThere(join(context.root, path))) await aside(path);
}

async function move({ files }: InPlaceContext, from: string, to: string): Promise<void> {
	await rename(from, to);
	await files.syncFolder(dirname(to));
	await files.syncFolder(dirname(from));
}
