// Makes a candidate's kit: its files and outputs, whole and on disk beside the checkout, and the plan that says what they replace. Touches nothing that runs.
import { chmod, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { RefusedError, refuse } from "../../../core/refusals.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { inLanes } from "../../../ports/waiting.js";
import { type InPlaceContext, type Kit, kitAt, kitOf } from "../checkout/in-place-context.js";
import { materialize } from "../checkout/in-place-materialize.js";
import { type InPlacePlan, type PlanEntry, readPlan, writePlan } from "../checkout/in-place-plan.js";
import {
	isFree,
	removedOf,
	type Survey,
	stagedAmong,
	standingsIn,
	surveyCheckout,
} from "../checkout/in-place-touched.js";
import { bitsLike, hashOf, isBlob, type Standing, standingsAt } from "../releases/private-content.js";
import { isAncestorArgs } from "../repository/argv.js";
import { shownPaths } from "../repository/listing.js";
import { giveTo } from "../repository/operator.js";
import { type Touched, touchedBetween } from "../trees/touched.js";
import { readyHead } from "./in-place-checkout.js";
import { assertOutputs, clearCopying, copyOutputs, presentOutputs } from "./in-place-outputs.js";
import type { InPlaceRecord } from "./in-place-record.js";

/** Files that are written or looked at side by side. */
const AT_ONCE = 16;

interface Ground {
	readonly base: string;
	readonly touched: readonly Touched[];
	readonly survey: Survey;
}

/** Throws a RefusedError when the checkout is elsewhere or busy, or the operator has changes in files that the candidate touches. */
export async function groundOf(context: InPlaceContext, record: InPlaceRecord, candidate: ReleaseRef): Promise<Ground> {
	const base = await readyHead(context);
	await assertLeadsOn(context, { base, record, candidate });
	await assertOutputs(context, [base, candidate.tree]);
	const touched = await touchedBetween(context.own.git, base, candidate.tree);
	const survey = await surveyCheckout(context, touched, base);
	assertNoEdits(survey.edits);
	return { base, touched, survey };
}

export function assertNoEdits(paths: readonly string[]): void {
	if (paths.length > 0) throw new RefusedError(refuse("edits_in_the_way", { paths: shownPaths(paths) }));
}

interface Landing {
	readonly base: string;
	readonly record: InPlaceRecord;
	readonly candidate: ReleaseRef;
}

/** The branch only ever moves forward: what stands on it is in the candidate's history, or is where we ourselves left it. */
async function assertLeadsOn({ own, branch }: InPlaceContext, { base, record, candidate }: Landing): Promise<void> {
	// 128: the commit never arrived here, so it is no ancestor.
	const { code } = await own.git.run(isAncestorArgs(base, candidate.commit), { accept: [0, 1, 128] });
	if (code !== 0 && base !== record.head) throw new RefusedError(refuse("branch_moved", { branch, head: base }));
}

/** The kit as it was made at staging, if everything is still as it was then; else made anew. */
export async function kitFor(
	context: InPlaceContext,
	record: InPlaceRecord,
	candidate: ReleaseRef,
): Promise<InPlacePlan> {
	const kit = kitOf(context, candidate.id);
	const tried = record.change?.candidate.id === candidate.id;
	const known = tried ? null : await readPlan(kit);
	if (known !== null && known.previous.id === record.release.id && sameOutputs(context, known)) {
		if ((await readyHead(context)) === known.base && (await lookAgain(context, known)).different.length === 0) {
			return known;
		}
	}
	return makeKit(context, record, candidate);
}

/** The configuration may be another one than at staging. */
function sameOutputs({ outputs }: InPlaceContext, plan: InPlacePlan): boolean {
	return outputs.length === plan.outputs.length && outputs.every((path, index) => path === plan.outputs[index]?.path);
}

export interface Found {
	/** Touched paths and outputs that are no longer as the plan found them, in the checkout or in the index. */
	readonly different: readonly string[];
	/** What stands at the plan's entries, in their order. */
	readonly standings: readonly Standing[];
}

export async function lookAgain(context: InPlaceContext, plan: InPlacePlan): Promise<Found> {
	const found = await stagedAmong(context, plan.entries, plan.base);
	const removed = removedOf(plan.entries);
	const standings = await standingsIn(context, plan.entries);
	for (const [index, entry] of plan.entries.entries()) {
		const standing = standings[index] as Standing;
		const { was } = entry;
		const same = was === null ? await isFree(context, entry, { standing, removed }) : isBlob(standing, was);
		if (!same) found.push(entry.path);
	}
	for (const { path, before, present } of await presentOutputs(context, plan.outputs)) {
		if (before !== present) found.push(path);
	}
	return { different: found, standings };
}

export async function makeKit(
	context: InPlaceContext,
	record: InPlaceRecord,
	candidate: ReleaseRef,
): Promise<InPlacePlan> {
	const { files, home } = context;
	const { base, touched, survey } = await groundOf(context, record, candidate);
	const kit = kitOf(context, candidate.id);
	const making = kitAt(`${kit.folder}.making`);
	await clearCopying(context);
	for (const path of [kit.plan, kit.folder, making.folder]) await files.remove(path);
	for (const folder of [making.fresh, making.kept, making.built, making.replaced, making.used]) {
		await mkdir(folder, { recursive: true });
	}
	const written = touched.filter(({ after }) => after !== null).map(({ path }) => path);
	await materialize(context, { tree: candidate.tree, folder: making.fresh, paths: written });
	const entries = await entriesOf(making, touched, survey);
	const outputs = await copyOutputs(context, candidate, making);
	const folders = [...survey.folders];
	const plan: InPlacePlan = { schemaVersion: 1, previous: record.release, candidate, base, outputs, folders, entries };
	await writePlan(files, making, plan);
	await files.syncTree(making.folder);
	await rename(making.folder, kit.folder);
	await files.syncFolder(home);
	return plan;
}

async function entriesOf(kit: Kit, touched: readonly Touched[], survey: Survey): Promise<PlanEntry[]> {
	const wanted = touched.map(({ path, after }) => ({ path, hash: hashOf(after?.oid ?? "") }));
	const standings = await standingsAt(kit.fresh, wanted);
	const entries: PlanEntry[] = [];
	await inLanes(AT_ONCE, touched, async (one, index) => {
		entries[index] = await entryOf(kit, { one, standing: standings[index] as Standing }, survey);
	});
	return entries;
}

interface Made {
	readonly one: Touched;
	/** In the kit. */
	readonly standing: Standing;
}

/** What git does not know of the file that it replaces, it takes over: here, so that it is on disk with the rest. */
async function entryOf(kit: Kit, { one, standing }: Made, { was }: Survey): Promise<PlanEntry> {
	const before = was.get(one.path) ?? null;
	if (one.after === null) return { ...one, was: before, becomes: null };
	if (standing.kind !== "blob") throw new Error(`${JSON.stringify(one.path)} of the candidate could not be written.`);
	const full = join(kit.fresh, one.path);
	if (before !== null && before.mode !== "120000" && standing.blob.mode !== "120000") {
		await chmod(full, bitsLike(before.bits, standing.blob.mode === "100755"));
	}
	if (before !== null) await giveTo(full, before);
	return { ...one, was: before, becomes: standing.blob };
}
