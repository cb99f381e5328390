// Stages a candidate of private folders: what it changes as a plan, the new content beside it, both from objects. Live is looked at, never touched.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RefusedError } from "../../../core/refusals.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { hashOf, isBlob, type Standing, standingsAt } from "../releases/private-content.js";
import { checkoutToArgs, readTreeArgs, revisionArgs } from "../repository/argv.js";
import { createGit } from "../repository/git.js";
import type { PrivateLayout } from "../repository/layout.js";
import { jobMarker } from "../repository/leftover-processes.js";
import { checkTree } from "../trees/tree-check.js";
import { copyJob, type PrivateContext } from "./private-context.js";
import { type Place, placesOf } from "./private-places.js";
import { notAsBefore, type Plan, plannedPath, planOf } from "./private-plan.js";
import { readRecord, recordOf, removeRecord, writeRecord } from "./private-records.js";
import { currentVersion, movedError, readVersion, versionFolder } from "./private-versions.js";

export function stagedFolder(layout: PrivateLayout, id: string): string {
	return join(layout.staged, id);
}

/** The new files, under their paths in the reviewed tree. */
export function contentsFolder(layout: PrivateLayout, id: string): string {
	return join(stagedFolder(layout, id), "files");
}

/** A sealed candidate or a version of the same commit is kept as it is. */
export async function stageCandidate(context: PrivateContext, release: ReleaseRef): Promise<void> {
	const { layout, gate } = context;
	const known = (await readVersion(layout, release.id)) ?? (await readRecord(layout, "staged", release.id));
	if (known?.commit === release.commit) return;
	if (known !== null) throw new Error(`${release.id} is sealed with commit ${known.commit}, not ${release.commit}.`);
	await clearStaged(context, release.id);
	await assertTree(context, release);
	const places = await placesOf(context);
	const plan = await planOf(context.own.git, places, { from: `${release.commit}^1`, to: release.tree });
	await assertLinks(context, places, release);
	await gate.around("privates.stage", () => fill(context, release, plan));
	await assertContents(context, release, plan);
	await context.files.writeAtomic(planFile(layout, release.id), JSON.stringify(plan));
}

function planFile(layout: PrivateLayout, id: string): string {
	return join(stagedFolder(layout, id), "plan.json");
}

async function assertTree({ own }: PrivateContext, release: ReleaseRef): Promise<void> {
	const tree = await own.git.text(revisionArgs(`${release.commit}^{tree}`));
	if (tree === release.tree) return;
	throw new Error(`Commit ${release.commit} has the tree ${tree}, not the reviewed ${release.tree}.`);
}

/** A link that stays inside the repository can lead out of a private folder, which stands somewhere else. */
async function assertLinks({ own }: PrivateContext, places: readonly Place[], release: ReleaseRef): Promise<void> {
	for (const { template } of places) {
		const found = await own.git.run(revisionArgs(`${release.tree}:${template}`), { accept: [0, 1, 128] });
		const tree = found.stdout.toString().trim();
		if (found.code !== 0 || tree === "") continue;
		const refusal = await checkTree(own.git, { tree, shared: [], reserved: [] });
		if (refusal !== null) throw new RefusedError(refusal);
	}
}

async function fill(context: PrivateContext, release: ReleaseRef, plan: Plan): Promise<void> {
	const { own, layout, stateDir, name } = context;
	const contents = contentsFolder(layout, release.id);
	await mkdir(contents, { recursive: true });
	const index = join(stagedFolder(layout, release.id), "index");
	const git = createGit(context.commands, own.layout, [`--git-dir=${own.layout.own}`, `--work-tree=${contents}`]);
	const placed = { cwd: contents, env: { ...jobMarker(stateDir, copyJob(name)), GIT_INDEX_FILE: index } };
	const input = plan.map(({ shown, after }) => (after === null ? "" : `${shown}\0`)).join("");
	await git.run(readTreeArgs(release.tree), placed);
	await git.run(checkoutToArgs(contents), { ...placed, input, plainModes: true });
	await context.files.remove(index);
}

async function assertContents({ layout }: PrivateContext, release: ReleaseRef, plan: Plan): Promise<void> {
	const wanted = plan.flatMap(({ shown, after }) => (after === null ? [] : [{ shown, after }]));
	const standings = await standingsAt(
		contentsFolder(layout, release.id),
		wanted.map(({ shown, after }) => ({ path: shown, hash: hashOf(after.oid) })),
	);
	for (const [index, { shown, after }] of wanted.entries()) {
		if (isBlob(standings[index] as Standing, after)) continue;
		throw new Error(`${JSON.stringify(shown)} was not staged as it was reviewed.`);
	}
}

/** Refuses when live files that the plan touches are not as they were reviewed. */
export async function sealCandidate(context: PrivateContext, release: ReleaseRef): Promise<void> {
	const { layout, files, gate } = context;
	if ((await readVersion(layout, release.id)) !== null) return;
	const live = await currentVersion(layout);
	if (live === null) throw new Error(`${context.name} has no private folders that a change could be applied to.`);
	const plan = z.array(plannedPath).parse(JSON.parse(await readFile(planFile(layout, release.id), "utf8")));
	await assertContents(context, release, plan);
	const moved = await notAsBefore(versionFolder(layout, live), plan);
	if (moved.length > 0) throw movedError(context, moved);
	await gate.around("privates.sync", async () => {
		await files.syncTree(stagedFolder(layout, release.id));
		await writeRecord(files, layout, "staged", recordOf(release, plan));
	});
}

/** The record goes first: without it the candidate is not whole. */
export async function clearStaged({ layout, files }: PrivateContext, id: string): Promise<void> {
	await mkdir(layout.staged, { recursive: true });
	await removeRecord(files, layout, "staged", id);
	await files.remove(stagedFolder(layout, id));
}
