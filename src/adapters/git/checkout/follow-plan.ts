// What a confirm does to the operator's branch and checkout, put down on disk before the first effect: a file with one line for each path. Once it is done, the
// answer stands beside it, so that asking again gives the same one.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Files, Moved } from "../../../ports/ports.js";
import type { Layout } from "../repository/layout.js";
import { inParts } from "../repository/listing.js";

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);
const blob = z.object({ mode: z.string(), oid: hash });
const owner = { bits: z.number(), uid: z.number(), gid: z.number() };

const header = z.object({
	schemaVersion: z.literal(1),
	/** Of the swap, or of its promotion to the template: refs and files are named after it. */
	name: z.string().min(1),
	branch: z.string().min(1),
	from: hash,
	to: hash,
	/** Where `to` merges the confirmed commit with what had come onto the branch: the confirmed one. */
	brings: hash.optional(),
	checkout: z.enum(["followed", "merged", "elsewhere"]),
	kept: z.string().nullable(),
	/** Holds the new files, by path: on the checkout's file system, so that a rename moves them in. */
	fresh: z.string(),
	/** Found to be edited since this was written. */
	left: z.array(z.string()),
});

/** In the checkout: the bytes as they lie there, with the operator's line endings. */
const file = z.object({ path: z.string().min(1), was: blob.extend(owner).nullable(), becomes: blob.nullable() });

/** In the index. `flag`: what `git update-index` sets again, since a new entry loses it. */
const entry = z.object({
	path: z.string().min(1),
	before: blob.nullable(),
	after: blob.nullable(),
	flag: z.enum(["--assume-unchanged", "--skip-worktree"]).nullable(),
});

export type FollowFile = z.output<typeof file>;
export type FollowEntry = z.output<typeof entry>;
export type FollowPlan = z.output<typeof header> & {
	readonly files: readonly FollowFile[];
	readonly entries: readonly FollowEntry[];
};

const line = z.union([z.object({ file }), z.object({ entry })]);

/** Plans and answers, and the new files where they can lie there. */
export function followHome({ stateDir }: Layout): string {
	return join(stateDir, "promote");
}

function planPath(layout: Layout, name: string): string {
	return join(followHome(layout), `${name}.plan`);
}

function answerPath(layout: Layout, name: string): string {
	return join(followHome(layout), `${name}.moved.json`);
}

export async function writePlan(
	files: Files,
	layout: Layout,
	{ files: all, entries, ...rest }: FollowPlan,
): Promise<void> {
	const lines = [JSON.stringify(header.parse(rest))];
	await inParts(all, (one) => void lines.push(JSON.stringify({ file: one })));
	await inParts(entries, (one) => void lines.push(JSON.stringify({ entry: one })));
	await files.writeAtomic(planPath(layout, rest.name), `${lines.join("\n")}\n`);
}

/** Those whose end nobody has put down. */
export async function pendingPlans(layout: Layout): Promise<FollowPlan[]> {
	const names = await readdir(followHome(layout)).catch(() => []);
	const found: FollowPlan[] = [];
	for (const name of names.filter((one) => /^[^.].*\.plan$/.test(one)).sort()) {
		found.push(await readPlan(join(followHome(layout), name)));
	}
	return found;
}

async function readPlan(path: string): Promise<FollowPlan> {
	const [first = "", ...lines] = (await readFile(path, "utf8")).trimEnd().split("\n");
	const files: FollowFile[] = [];
	const entries: FollowEntry[] = [];
	await inParts(lines, (text) => {
		const one = line.parse(JSON.parse(text));
		if ("file" in one) files.push(one.file);
		else entries.push(one.entry);
	});
	return { ...header.parse(JSON.parse(first)), files, entries };
}

export async function removePlan(files: Files, layout: Layout, { name, fresh }: FollowPlan): Promise<void> {
	await files.remove(fresh);
	await files.remove(planPath(layout, name));
	await files.syncFolder(followHome(layout));
}

const answer = z.object({
	schemaVersion: z.literal(1),
	to: hash,
	merge: hash.optional(),
	checkout: z.enum(["followed", "merged", "elsewhere", "left"]),
	kept: z.string().nullable(),
	left: z.array(z.string()),
});

/** The last one is enough: a later swap begins only when this one's end is in the journal. */
export async function writeAnswer(files: Files, layout: Layout, plan: FollowPlan): Promise<void> {
	const { name, checkout, kept, left } = plan;
	const which = plan.brings === undefined ? { to: plan.to } : { to: plan.brings, merge: plan.to };
	for (const other of await readdir(followHome(layout))) {
		if (other.endsWith(".moved.json") && other !== `${name}.moved.json`)
			await files.remove(join(followHome(layout), other));
	}
	await files.writeAtomic(
		answerPath(layout, name),
		JSON.stringify({ schemaVersion: 1, ...which, checkout, kept, left }),
	);
}

export async function readAnswer(layout: Layout, name: string, to: string): Promise<Moved | null> {
	const text = await readFile(answerPath(layout, name), "utf8").catch(() => null);
	const found = text === null ? null : answer.parse(JSON.parse(text));
	if (found === null || found.to !== to) return null;
	const { checkout, kept, left, merge } = found;
	return { moved: true, checkout, kept, left, ...(merge === undefined ? {} : { merge }) };
}

/** `a/b/c` → `a`, `a/b` */
export function parentsOf(path: string): string[] {
	const parts = path.split("/");
	return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Of a folder that makes way: files that go, and folders of such. */
export async function onlyRemoved(root: string, folder: string, removed: ReadonlySet<string>): Promise<boolean> {
	for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
		const path = join(folder, entry.name);
		const fine = entry.isDirectory() ? await onlyRemoved(root, path, removed) : removed.has(path);
		if (!fine) return false;
	}
	return true;
}
