// What older versions left when they let the operator's checkout follow its branch: files and locks in the git folder, and a checkout that stayed behind, or is half
// switched. Removes what is surely ours; of the working tree it changes nothing.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { TidiedCheckout } from "../../../ports/ports.js";
import { indexLock } from "../repository/operator.js";
import { fetchCommit } from "../trees/intake.js";
import { touchedBetween } from "../trees/touched.js";
import { type AdvanceContext, branchHead } from "./advance.js";
import { whereIsBranch } from "./checkouts.js";
import { followingLock, staleEntries } from "./follow-index.js";
import { type FollowEntry, pendingPlans } from "./follow-plan.js";
import { editedPaths } from "./in-place-touched.js";

/** Nothing while a plan is under way: what lies there then is needed. */
export async function tidyCheckout(context: AdvanceContext, branch: string): Promise<TidiedCheckout> {
	const { own, files } = context;
	if ((await pendingPlans(own.layout)).length > 0) return { removed: [], behind: null };
	const { gitDir } = own.operator;
	const known = [
		indexLock(own.operator),
		...["deadman-index", "deadman-files", "deadman-promote"].map((name) => join(gitDir, name)),
	];
	const there = await present(context, known);
	await followingLock(own.operator).clear();
	for (const name of ["deadman-files", "deadman-promote"]) await files.remove(join(gitDir, name));
	const still = new Set(await present(context, known));
	return { removed: there.filter((path) => !still.has(path)), behind: await behind(context, branch) };
}

async function present({ files }: AdvanceContext, paths: readonly string[]): Promise<string[]> {
	const found: string[] = [];
	for (const path of paths) if (await files.exists(path)) found.push(path);
	return found;
}

/** The last commit is a confirmed one, and the index has the version before it of files that it changed. */
async function behind(context: AdvanceContext, branch: string): Promise<TidiedCheckout["behind"]> {
	const { own } = context;
	const commit = await branchHead(context, branch);
	if (commit === null || (await whereIsBranch(own, branch)).kind !== "here") return null;
	if ((await fetchCommit(own, commit)) !== null) return null;
	const message = await own.git.text(["show", "--no-patch", "--format=%P%n%B", commit]);
	const [parent = ""] = message.split(/[ \n]/);
	if (parent === "" || !/^Deadman-Swap: /m.test(message)) return null;
	const entries = (await touchedBetween(context.own.git, parent, commit)).map((one) => ({ ...one, flag: null }));
	const stale = await staleEntries(context, { entries }).catch(() => []);
	if (stale.length === 0) return null;
	const edited = await editedAmong(context, stale);
	const paths = stale.map(({ path }) => path).filter((path) => !edited.has(path));
	return { commit, paths, edited: [...edited], command: commandFor(paths, [...edited]) };
}

/** Neither the version before nor the confirmed one: no command of ours may put anything in their place. */
async function editedAmong(context: AdvanceContext, entries: readonly FollowEntry[]): Promise<ReadonlySet<string>> {
	const place = { ...context, root: context.own.operator.root };
	const other = async (side: "before" | "after") => {
		const blobs = new Map(entries.flatMap(({ path, [side]: blob }) => (blob === null ? [] : [[path, blob] as const])));
		const differing = new Set(await editedPaths(place, blobs));
		for (const { path } of entries) if (!blobs.has(path) && (await isThere(place.root, path))) differing.add(path);
		return differing;
	};
	const [notOld, notNew] = [await other("before"), await other("after")];
	return new Set([...notOld].filter((path) => notNew.has(path)).sort());
}

async function isThere(root: string, path: string): Promise<boolean> {
	return (await lstat(join(root, path)).catch(() => null)) !== null;
}

function commandFor(paths: readonly string[], edited: readonly string[]): string {
	const commands = [
		{ start: "git restore --source=HEAD --staged --worktree --", paths },
		{ start: "git restore --staged --", paths: edited },
	];
	return commands
		.filter((one) => one.paths.length > 0)
		.map(({ start, paths: all }) => `${start} ${all.map(quoted).join(" ")}`)
		.join(" && ");
}

function quoted(path: string): string {
	return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
