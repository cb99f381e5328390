// The port Releases for a host that runs from the operator's own checkout: staged as ever in immutable worktrees, then brought into the checkout file by
// file. Only joins the parts.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { ReleaseRef, Releases } from "../../../ports/ports.js";
import { createQueue } from "../../../ports/waiting.js";
import { branchHead } from "../checkout/advance.js";
import { type InPlaceContext, type InPlaceOptions, prepareInPlace } from "../checkout/in-place-context.js";
import { assertReleaseId } from "../repository/marker.js";
import { startOfProposals } from "./in-place-branch.js";
import { flip } from "./in-place-flip.js";
import { inPlaceLock } from "./in-place-index.js";
import { mend } from "./in-place-mend.js";
import { clearCopying } from "./in-place-outputs.js";
import { groundOf, makeKit } from "./in-place-prepare.js";
import { currentOf, readRecord } from "./in-place-record.js";
import { verifyInPlace } from "./in-place-verify.js";

export type { InPlaceOptions } from "../checkout/in-place-context.js";

/**
 * The program runs in `root`, whichever release is current. A flip changes exactly the touched paths, swaps the outputs, moves the branch forward and lets the
 * index follow; the first one takes the checkout as it is. Throws a RefusedError (`edits_in_the_way`, `checkout_elsewhere`, `git_busy`, `git_locked`,
 * `branch_moved`) before anything is touched; on the way back it never refuses.
 */
export function createInPlace(options: InPlaceOptions): Releases {
	const { root, staged } = options;
	const queue = createQueue();
	const on = <T>(work: (context: InPlaceContext) => Promise<T>) =>
		queue(async () => work(await prepareInPlace(options))) as Promise<T>;
	return {
		...staged,
		seal: (release) => on((context) => seal(context, release)),
		verify: async (id) => verifyInPlace(await prepareInPlace(options), assertReleaseId(id)),
		/** The flip looks at every file that it changes. */
		mend: async () => [],
		current: async () => {
			const record = await readRecord(await prepareInPlace(options));
			return record === null ? null : currentOf(record).id;
		},
		flip: (id) => on((context) => flip(context, assertReleaseId(id))),
		folder: () => root,
		head: async () => {
			const context = await prepareInPlace(options);
			const record = await readRecord(context);
			return record === null ? null : startOfProposals(context, record.head);
		},
		prune: (request) => on((context) => prune(context, request)),
	};
}

/** What the operator has changed in touched files is found before anybody waits for a cut-over, and what a flip needs is made ready. */
async function seal(context: InPlaceContext, release: ReleaseRef): Promise<void> {
	await inPlaceLock(context).clear();
	const known = await readRecord(context);
	if (known === null) return context.staged.seal(release);
	const record = await mend(context, known);
	if (record.change?.candidate.id === release.id) return context.staged.seal(release);
	const isBaseline = record.change === null && (await branchHead(context, context.branch)) === release.commit;
	if (isBaseline) return context.staged.seal(release);
	await groundOf(context, record, release);
	await context.staged.seal(release);
	await makeKit(context, record, release);
}

type PruneRequest = Parameters<Releases["prune"]>[0];

/** The kit of the last move stays as long as it is the last: what it holds is the way back. */
async function prune(
	context: InPlaceContext,
	{ pinned, retain, dry = false }: PruneRequest,
): Promise<readonly string[]> {
	const known = await readRecord(context);
	const record = known === null || dry ? known : await mend(context, known).catch(() => known);
	const live = record === null ? [] : [record.release.id, currentOf(record).id];
	const gone = await context.staged.prune({ pinned: [...pinned, ...live], retain, dry });
	if (dry) return gone;
	await clearCopying(context);
	const kept = new Set([...pinned, record?.change?.candidate.id]);
	for (const name of await readdir(context.home).catch(ifAbsent([]))) {
		if (kept.has(name)) continue;
		await context.files.remove(join(context.home, name, "plan"));
		await context.files.remove(join(context.home, name));
	}
	return gone;
}
