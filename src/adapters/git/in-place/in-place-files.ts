// Changes the touched files of the checkout, each by a rename: at every moment each is old or new. All contents are written and synced before the first
// rename (the kit), and the folders are synced after the last, so a sync is not paid for each file. Says nothing of index and branch.
import type { Stats } from "node:fs";
import { chmod, copyFile, link, lstat, readlink, rename, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { inLanes } from "../../../ports/waiting.js";
import { parentsOf } from "../checkout/follow-plan.js";
import { type InPlaceContext, type Kit, kitOf } from "../checkout/in-place-context.js";
import { makeFolders, removeEmptied, removeEmptyTree, restoreFolders, setAside } from "../checkout/in-place-folders.js";
import { materialize } from "../checkout/in-place-materialize.js";
import type { InPlacePlan, PlanEntry, Side } from "../checkout/in-place-plan.js";
import { standingIn, standingsIn } from "../checkout/in-place-touched.js";
import { hashOf, isBlob, looksOf, type Standing, standingsAt } from "../releases/private-content.js";
import { giveTo } from "../repository/operator.js";
import type { Blob } from "../trees/tree-edit.js";
import { assertNoEdits } from "./in-place-prepare.js";

export interface Move {
	readonly plan: InPlacePlan;
	readonly side: Side;
	/** What stands at the plan's entries, looked at just now; left out: it is looked at here. */
	readonly standings?: readonly Standing[] | undefined;
}

interface Work extends Move {
	readonly context: InPlaceContext;
	readonly kit: Kit;
	/** On the way back: whatever it is, it is kept. */
	readonly obstacle: (path: string) => Promise<void>;
}

type Numbered = PlanEntry & {
	readonly number: number;
	/** Of the file that was looked at; null where none stood. */
	readonly looks: string | null;
};

/** Renames, links and syncs that are under way side by side. */
const AT_ONCE = 16;

export async function changeFiles(context: InPlaceContext, move: Move): Promise<void> {
	const { plan, side } = move;
	const aside = (path: string) => setAside(context, plan.candidate.id, path);
	const refused = async (path: string) => assertNoEdits([path]);
	const obstacle = side === "previous" ? aside : refused;
	const work: Work = { ...move, context, kit: kitOf(context, plan.candidate.id), obstacle };
	if (side === "candidate") await keepOld(work);
	const todo = await clearWay(work);
	const puts = todo.filter((entry) => targetOf(entry, side) !== null);
	await remove(
		work,
		todo.filter((entry) => targetOf(entry, side) === null),
	);
	if (side === "previous") await restoreFolders(context.root, plan.folders, obstacle);
	for (const folder of new Set(puts.map(({ path }) => dirname(path)))) {
		await makeFolders(context.root, folder, obstacle);
	}
	await putAll(work, puts);
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
	await inLanes(AT_ONCE, plan.entries, async ({ path, was }, number) => {
		if (was === null) return;
		const kept = join(kit.kept, String(number));
		await link(join(context.root, path), kept).catch(async (error: NodeJS.ErrnoException) => {
			if (error.code === "EEXIST" || (await context.files.exists(kept))) return;
			if (!["EPERM", "EXDEV", "EMLINK", "ENOTSUP"].includes(error.code ?? "")) throw error;
			await copyOne(join(context.root, path), kept);
		});
	});
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
async function clearWay({ context, plan, side, obstacle, standings }: Work): Promise<Numbered[]> {
	const todo: Numbered[] = [];
	const found = standings ?? (await standingsIn(context, plan.entries));
	for (const [number, entry] of plan.entries.entries()) {
		const standing = found[number] as Standing;
		if (fits(standing, targetOf(entry, side))) continue;
		const isEdit = isNeither(standing, entry);
		todo.push({ ...entry, number, looks: standing.kind === "blob" && !isEdit ? standing.looks : null });
		if (isEdit) await obstacle(entry.path);
	}
	return todo;
}

function isNeither(standing: Standing, entry: PlanEntry): boolean {
	if (standing.kind !== "blob" && standing.kind !== "special") return false;
	return !fits(standing, entry.becomes) && !fits(standing, entry.was);
}

async function remove({ context, plan, side, obstacle }: Work, todo: readonly Numbered[]): Promise<void> {
	const kept = new Set(side === "previous" ? plan.folders.map(({ path }) => path) : []);
	await inLanes(AT_ONCE, todo, async (entry) => {
		if (await isChanged(context, entry)) await obstacle(entry.path);
		else await unlink(join(context.root, entry.path)).catch(ifAbsent(undefined));
	});
	for (const folder of new Set(todo.map(({ path }) => dirname(path)))) {
		await removeEmptied(context.root, folder, kept);
	}
}

async function put({ context, obstacle }: Work, entry: Numbered, source: string): Promise<void> {
	const full = join(context.root, entry.path);
	const found = await lstat(full).catch(ifAbsent(null));
	if (found?.isDirectory() === true) {
		if (!(await removeEmptyTree(full))) await obstacle(entry.path);
	} else if (await isChanged(context, entry, found)) await obstacle(entry.path);
	if (entry.was === null) await giveTo(source, await lstat(dirname(full)));
	await rename(source, full);
}

/** Written to since it was looked at, and into neither of the two versions. */
async function isChanged(context: InPlaceContext, entry: Numbered, known: Stats | null = null) {
	const found = known ?? (await lstat(join(context.root, entry.path)).catch(ifAbsent(null)));
	if (found === null || found.isDirectory() || looksOf(found) === entry.looks) return false;
	return isNeither(await standingIn(context, entry), entry);
}

/** Backward, what needs no room goes first. */
async function putAll(work: Work, puts: readonly Numbered[]): Promise<void> {
	const { kit, side } = work;
	const from = (entry: Numbered, source: string) => put(work, entry, source);
	if (side === "candidate") return inLanes(AT_ONCE, puts, (entry) => from(entry, join(kit.fresh, entry.path)));
	const wanted = puts.map(({ number, was }) => ({ path: String(number), hash: hashOf(was?.oid ?? "") }));
	const kept = await standingsAt(kit.kept, wanted);
	const lost = puts.filter(({ was }, index) => was === null || !isBlob(kept[index] as Standing, was));
	const isLost = new Set(lost);
	const whole = puts.filter((entry) => !isLost.has(entry));
	await inLanes(AT_ONCE, whole, (entry) => from(entry, join(kit.kept, String(entry.number))));
	await makeAgain(work, lost);
	await inLanes(AT_ONCE, lost, (entry) => from(entry, join(kit.again, entry.path)));
}

/** A kept file may share its bytes with one that was written into meanwhile; then, or when it is gone, it is made from objects. */
async function makeAgain({ context, plan, kit }: Work, lost: readonly Numbered[]): Promise<void> {
	if (lost.length === 0) return;
	context.log.warn("in_place.made_again", { count: lost.length, paths: lost.slice(0, 5).map(({ path }) => path) });
	await context.files.remove(kit.again);
	await materialize(context, { tree: plan.base, folder: kit.again, paths: lost.map(({ path }) => path) });
	for (const { path, was, before } of lost) {
		if (was === null || before === null) throw new Error(`${JSON.stringify(path)} was not there before.`);
		const made = join(kit.again, path);
		if (was.mode !== "120000") await chmod(made, was.bits & 0o7777);
		await giveTo(made, was);
	}
	await context.files.syncTree(kit.again);
}

/** Every folder around a touched path, also where an earlier try did the work and died before this. */
async function syncTouched({ context, plan }: Work): Promise<void> {
	const folders = new Set([".", ...plan.entries.flatMap(({ path }) => parentsOf(path))]);
	await inLanes(AT_ONCE, [...folders], (folder) =>
		context.files.syncFolder(join(context.root, folder)).catch(ifAbsent(undefined)),
	);
}
