// What a candidate changes in private folders: each path with what it was when it was reviewed and what it becomes. Computed from objects, checked against folders.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hashOf, isBlob, type Standing, standingsAt } from "../releases/private-content.js";
import { changedBlobsArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { parsePaths } from "../repository/listing.js";
import { type Place, placeOf } from "./private-places.js";

const blob = z.object({ mode: z.enum(["100644", "100755", "120000"]), oid: z.string().regex(/^[0-9a-f]{40,64}$/) });

export const plannedPath = z.object({
	slot: z.number().int().nonnegative(),
	/** Below the slot. */
	path: z.string().min(1),
	/** In the reviewed tree: what people know it by. */
	shown: z.string().min(1),
	before: blob.nullable(),
	after: blob.nullable(),
});

export type PlannedPath = z.output<typeof plannedPath>;
export type Plan = readonly PlannedPath[];

/** From the overlay that was reviewed to the reviewed tree, at the places' templates. */
export async function planOf(git: Git, places: readonly Place[], { from, to }: { from: string; to: string }) {
	const templates = places.map(({ template }) => template);
	const fields = parsePaths((await git.run(changedBlobsArgs(from, to, templates))).stdout);
	const plan: PlannedPath[] = [];
	for (let index = 0; index < fields.length; index += 2) {
		const [oldMode = "", mode = "", oldOid = "", oid = ""] = (fields[index] ?? "").slice(1).split(" ");
		const path = fields[index + 1] ?? "";
		const before = blobOf(oldMode, oldOid);
		const after = blobOf(mode, oid);
		plan.push({ ...landing(places, path), shown: path, before, after });
	}
	return plan;
}

function blobOf(mode: string, oid: string): PlannedPath["before"] {
	if (mode === "000000") return null;
	return blob.parse({ mode: mode === "100664" ? "100644" : mode, oid });
}

function landing(places: readonly Place[], path: string): Pick<PlannedPath, "slot" | "path"> {
	const place = placeOf(places, path);
	if (place === null || path === place.template) {
		throw new Error(`The change makes ${JSON.stringify(path)} a file, but a private folder is made from it.`);
	}
	return { slot: place.slot, path: path.slice(place.template.length + 1) };
}

/** Paths that are not in `folder`, a version, as they were when they were reviewed. */
export function notAsBefore(folder: string, plan: Plan): Promise<string[]> {
	const removed = removedOf(plan);
	return differing(folder, plan, async (planned, standing) => {
		if (planned.before !== null) return isBlob(standing, planned.before);
		if (standing.kind === "nothing") return true;
		if (standing.kind === "blocked") return removed.has(`${planned.slot}/${standing.by}`);
		return standing.kind === "folder" && onlyHolds(folder, `${planned.slot}/${planned.path}`, removed);
	});
}

/** Paths that are not in `folder` as the approver saw them. */
export function notAsAfter(folder: string, plan: Plan): Promise<string[]> {
	return differing(folder, plan, async ({ after }, standing) =>
		after === null ? standing.kind !== "blob" && standing.kind !== "special" : isBlob(standing, after),
	);
}

type Fits = (planned: PlannedPath, standing: Standing) => Promise<boolean>;

async function differing(folder: string, plan: Plan, fits: Fits): Promise<string[]> {
	const found: string[] = [];
	for (const [planned, standing] of await standingsOf(folder, plan)) {
		if (!(await fits(planned, standing))) found.push(planned.shown);
	}
	return found;
}

/** What stands in `folder`, a version or a copy of one, at the plan's paths; in the plan's order. */
export async function standingsOf(folder: string, plan: Plan): Promise<Map<PlannedPath, Standing>> {
	const all = new Map<PlannedPath, Standing>();
	for (const slot of new Set(plan.map((planned) => planned.slot))) {
		const inSlot = plan.filter((planned) => planned.slot === slot);
		const wanted = inSlot.map(({ path, before, after }) => ({ path, hash: hashOf((before ?? after)?.oid ?? "") }));
		const standings = await standingsAt(join(folder, String(slot)), wanted);
		for (const [index, planned] of inSlot.entries()) all.set(planned, standings[index] as Standing);
	}
	return all;
}

function removedOf(plan: Plan): ReadonlySet<string> {
	return new Set(plan.filter(({ after }) => after === null).map(({ slot, path }) => `${slot}/${path}`));
}

/** A folder makes way for a file only when the change itself removes all that is in it. */
async function onlyHolds(folder: string, path: string, removed: ReadonlySet<string>): Promise<boolean> {
	for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
		const inner = `${path}/${entry.name}`;
		const fine = entry.isDirectory() ? await onlyHolds(folder, inner, removed) : removed.has(inner);
		if (!fine) return false;
	}
	return true;
}
