// What goes when nobody needs it any more, by one rule for after each swap and for an operator's word. What a verdict, a trial or an operator may still need
// is in the lists that are kept: unfinished swaps, those whose promotion nobody has decided, the live release, what a trial goes back to, and the newest of each kind.
import { limits } from "../../core/limits.js";
import { isInFlight } from "../../core/machine/phases.js";
import type { Swap } from "../../core/swap.js";
import type { Releases, Removal } from "../../ports/ports.js";
import type { Engine, TargetEngine } from "../base/context.js";
import { causeFrom, effect } from "../base/effects.js";

export interface Pruning {
	/** Whose swaps are not over. */
	readonly unfinished: readonly Swap[];
	readonly dry: boolean;
}

/** Of one target: its releases, and the copies of its data. */
export async function pruneTarget(
	{ ports, settings }: TargetEngine,
	{ unfinished, dry }: Pruning,
): Promise<readonly Removal[]> {
	const { releases, snapshots } = ports;
	const pinned = await pinnedBy(releases, unfinished);
	const { releases: retain, snapshots: retained, discarded } = settings.retain;
	const only = dry ? { dry } : {};
	const gone = await releases.prune({ pinned, retain, ...only });
	const ids = unfinished.map((swap) => swap.id);
	const data = await snapshots.prune({ pinned: ids, retain: retained, discarded, ...only });
	return [...gone.map((name) => ({ kind: "release", name }) as const), ...data];
}

/** Also what is being staged right now, under the name that it will have. */
async function pinnedBy(releases: Releases, unfinished: readonly Swap[]): Promise<string[]> {
	const live = await releases.readLive();
	const trial = live?.trial == null ? [] : [live.trial.previous.id, live.trial.candidate.id];
	const wanted = unfinished.flatMap(({ id, epoch, candidateRelease, proposal }) => [
		candidateRelease,
		`${id}-${epoch}`,
		...(proposal === null
			? []
			: proposal.targets.flatMap(({ target, previous }) => [previous.id, `${id}-${epoch}-${target}`])),
	]);
	return [...wanted, live?.release.id, ...trial].filter((id) => typeof id === "string");
}

/** Somebody's release is being made, or is on trial. */
export function isBusy(unfinished: readonly Swap[]): boolean {
	return unfinished.some(({ status }) => isInFlight(status));
}

function isUndecided(promotion: Swap["promotion"]): boolean {
	return promotion?.state === "offered" || promotion?.state === "approved";
}

/** Of the own repository: nothing while another swap is in flight. */
export async function tidyRepository(
	{ ports, settings }: Engine,
	{ unfinished, dry }: Pruning,
): Promise<readonly Removal[]> {
	if (isBusy(unfinished)) return [];
	const { swaps: retain } = settings.retain;
	const newest = await ports.journal.swaps(Math.max(retain, limits.listed));
	const needed = newest.filter(({ promotion }, index) => index < retain || isUndecided(promotion));
	const swaps = [...needed, ...unfinished].map(({ id }) => id);
	const isKnown = async (id: string) => (await ports.journal.swap(id)) !== null;
	if (!dry) await ports.journal.forget(limits.outboxKept);
	return ports.upkeep.tidy({ swaps, isKnown, standIns: retain, dry });
}

/** Whatever becomes of it, nothing waits for it and nothing fails by it. */
export async function compactRepository({ ports, stopping }: Engine, unfinished: readonly Swap[]): Promise<void> {
	if (isBusy(unfinished)) return;
	await effect(ports, "tidy.compact", () => ports.upkeep.compact(stopping.signal)).catch((error: unknown) =>
		ports.log.warn("upkeep.not_compacted", { cause: causeFrom(error, null, ports.scrub) }),
	);
}
