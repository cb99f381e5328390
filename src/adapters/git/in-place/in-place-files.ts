// Changes the touched files of the checkout, one by one, each by a rename: at every moment each is old or new. Says nothing of index and branch.
import { chmod, copyFile, link, lstat, readlink, rename, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { parentsOf } from "../checkout/follow-plan.js";
import { type InPlaceContext, type Kit, kitOf } from "../checkout/in-place-context.js";
import { makeFolders, removeEmptied, removeEmptyTree, restoreFolders, setAside } from "../checkout/in-place-folders.js";
import { materialize } from "../checkout/in-place-materialize.js";
import type { InPlacePlan, PlanEntry, Side } from "../checkout/in-place-plan.js";
import { standingIn } from "../checkout/in-place-touched.js";
import { hashOf, isBlob, type Standing, standingAt } from "../releases/private-content.js";
import { giveTo } from "../repository/operator.js";
import type { Blob } from "../trees/tree-edit.js";
import { assertNoEdits } from "./in-place-prepare.js";

interface Work {
	readonly context: InPlaceContext;
	readonly plan: InPlacePlan;
	readonly kit: Kit;
	readonly side: Side;
	/** On the way back: whatever it is, it is kept. */
	readonly obstacle: (path: string) => Promise<void>;
}

type Numbered = PlanEntry & { readonly number: number };

export async function changeFiles(context: InPlaceContext, plan: InPlacePlan, side: Side): Promise<void> {
	const aside = (path: string) => setAside(context, plan.candidate.id, path);
	const refused = async (path: string) => assertNoEdits([path]);
	const obstacle = side === "previous" ? aside : refused;
	const work: Work = { context, plan, kit: kitOf(context, plan.candidate.id), side, obstacle };
	if (side === "candidate") await keepOld(work);
	const todo = await clearWay(work);
	await remove(work, todo);
	if (side === "previous") await restoreFolders(context.root, plan.folders, obstacle);
	for (const entry of todo) await put(work, entry);
	await syncTouched(work);
}

function targetOf(entry: PlanEntry, side: Side): Blob | null {
	return side === "candidate" ? entry.becomes : entry.was;
}

function fits(standing: Standing, wanted: Blob | null): boolean {
	return wanted === null ? standing.kind !== "blob" && standing.kind !== "special" : isBlob(standing, wanted);
}

/** Under a second name, before anything is replaced: what comes back is the very file, with all that git does not know of it. */
async function keepOld({ context, plan, kit }: Work): Promise<void> {
	for (const [number, { path, was }] of plan.entries.entries()) {
		if (was === null) continue;
		const kept = join(kit.kept, String(number));
		if (await context.files.exists(kept)) continue;
		await link(join(context.root, path), kept).catch(async (error: NodeJS.ErrnoException) => {
			if (!["EPERM", "EXDEV", "EMLINK", "ENOTSUP"].includes(error.code ?? "")) throw error;
			await copyOne(join(context.root, path), kept);
		});
	}
	await context.files.syncFolder(kit.kept);
}

/** Where a second name cannot be had. */
async function copyOne(from: string, to: string): Promise<void> {
	const found = await lstat(from);
	if (found.isSymbolicLink()) await symlink(await readlink(from, { encoding: "buffer" }), to);
	else {
		await copyFile(from, to);
		await chmod(to, found.mode & 0o7777);
	}
	await giveTo(to, found);
}

/** What is still to be done. Neither old nor new: on the way there a refusal, on the way back kept aside. */
async function clearWay({ context, plan, side, obstacle }: Work): Promise<Numbered[]> {
	const other = side === "candidate" ? "previous" : "candidate";
	const todo: Numbered[] = [];
	for (const [number, entry] of plan.entries.entries()) {
		const standing = await standingIn(context, entry);
		if (fits(standing, targetOf(entry, side))) continue;
		todo.push({ ...entry, number });
		const isEdit = standing.kind === "blob" || standing.kind === "special";
		if (isEdit && !fits(standing, targetOf(entry, other))) await obstacle(entry.path);
	}
	return todo;
}

async function remove({ context, plan, side }: Work, todo: readonly Numbered[]): Promise<void> {
	const kept = new Set(side === "previous" ? plan.folders.map(({ path }) => path) : []);
	for (const entry of todo) {
		if (targetOf(entry, side) !== null) continue;
		await unlink(join(context.root, entry.path)).catch(ifAbsent(undefined));
		await removeEmptied(context.root, dirname(entry.path), kept);
	}
}

async function put(work: Work, entry: Numbered): Promise<void> {
	const { context, side, obstacle } = work;
	if (targetOf(entry, side) === null) return;
	const full = join(context.root, entry.path);
	const source = await sourceOf(work, entry);
	await makeFolders(context.root, dirname(entry.path), obstacle);
	const found = await lstat(full).catch(ifAbsent(null));
	if (found?.isDirectory() === true && !(await removeEmptyTree(full))) await obstacle(entry.path);
	if (entry.was === null) await giveTo(source, await lstat(dirname(full)));
	await rename(source, full);
}

/** The kept file may share its bytes with one that was written into meanwhile; then, or when it is gone, it is made from objects. */
async function sourceOf({ context, plan, kit, side }: Work, { number, path, was, before }: Numbered): Promise<string> {
	if (side === "candidate") return join(kit.fresh, path);
	if (was === null || before === null) throw new Error(`${JSON.stringify(path)} was not there before.`);
	const kept = await standingAt(kit.kept, String(number), hashOf(was.oid));
	if (isBlob(kept, was)) return join(kit.kept, String(number));
	context.log.warn("in_place.made_again", { path });
	await context.files.remove(kit.again);
	await materialize(context, { tree: plan.base, folder: kit.again, paths: [path] });
	const made = join(kit.again, path);
	if (was.mode !== "120000") await chmod(made, was.bits & 0o7777);
	await giveTo(made, was);
	await context.files.syncTree(kit.again);
	return made;
}

/** Every folder around a touched path, also where an earlier try did the work and died before this. */
async function syncTouched({ context, plan }: Work): Promise<void> {
	const folders = new Set([".", ...plan.entries.flatMap(({ path }) => parentsOf(path))]);
	for (const folder of folders) {
		await context.files.syncFolder(join(context.root, folder)).catch(ifAbsent(undefined));
	}
}
