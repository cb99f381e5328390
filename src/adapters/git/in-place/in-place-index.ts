// The operator's index follows in the touched paths, under git's own lock; whatever else is staged there stays as it is.
import { join } from "node:path";
import type { InPlaceContext } from "../checkout/in-place-context.js";
import type { InPlacePlan, PlanEntry, Side } from "../checkout/in-place-plan.js";
import { withScratchIndex } from "../checkout/in-place-touched.js";
import { indexInfoArgs } from "../repository/argv.js";
import { copyIndex, type IndexLock, indexLockOf } from "../repository/index-lock.js";
import { parsePaths } from "../repository/listing.js";
import { viewGit } from "../repository/view.js";
import type { Blob } from "../trees/tree-edit.js";

/** Not the name that following takes: neither clears the other's while it works. */
export function inPlaceLock({ own }: InPlaceContext): IndexLock {
	return indexLockOf(own.operator, "deadman-in-place-index");
}

export interface IndexChange {
	readonly plan: InPlacePlan;
	readonly side: Side;
	/** Only entries that are still the other side's: the operator went on since. */
	readonly onlyStale: boolean;
}

/** The lock is held, and given up with the new index in one rename. */
export async function changeIndex(context: InPlaceContext, lock: IndexLock, change: IndexChange): Promise<void> {
	const { gitDir } = context.own.operator;
	await withScratchIndex(context, async (index) => {
		await copyIndex(join(gitDir, "index"), index);
		const view = viewGit(context.commands, context.own, { workTree: context.root, index });
		const staged = change.onlyStale ? await stagedBlobs((args) => view.run(args)) : null;
		const entries = change.plan.entries.filter((entry) => staged === null || isStale(entry, change.side, staged));
		const lines = [...entries.map(removal), ...entries.map((entry) => addition(entry, change.side))];
		if (entries.length > 0) await view.run(indexInfoArgs(), { input: lines.join("") });
		await view.run(["update-index", "-q", "--refresh"], { accept: [0, 1] });
		await lock.replace(index);
	});
	await context.files.syncFolder(gitDir);
}

function removal({ path, before, after }: PlanEntry): string {
	return `0 ${"0".repeat((before ?? after)?.oid.length ?? 40)}\t${path}\0`;
}

function addition(entry: PlanEntry, side: Side): string {
	const blob = side === "candidate" ? entry.after : entry.before;
	return blob === null ? "" : `${blob.mode} ${blob.oid}\t${entry.path}\0`;
}

function isStale(entry: PlanEntry, side: Side, staged: ReadonlyMap<string, Blob>): boolean {
	const other = side === "candidate" ? entry.before : entry.after;
	const found = staged.get(entry.path);
	return other === null ? found === undefined : found?.oid === other.oid && found.mode === other.mode;
}

/** `<mode> SP <object> SP <stage> TAB <path> NUL`; those of a conflict are nobody's to replace. */
async function stagedBlobs(run: (args: readonly string[]) => Promise<{ readonly stdout: Buffer }>) {
	const found = new Map<string, Blob>();
	for (const line of parsePaths((await run(["ls-files", "-z", "--stage"])).stdout)) {
		const [mode = "", oid = "", stage = ""] = line.slice(0, line.indexOf("\t")).split(" ");
		found.set(line.slice(line.indexOf("\t") + 1), stage === "0" ? { mode, oid } : { mode: "conflict", oid });
	}
	return found;
}
