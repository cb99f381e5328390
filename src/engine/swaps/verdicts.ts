// What people decide: approve, reject, withdraw, confirm, roll back, extend. Looks at the world where core cannot (the tree that
// runs, the branch), then lets core decide by compare-and-set.

import { limits } from "../../core/limits.js";
import { type Command, decide } from "../../core/machine/decide.js";
import { isEnded, isInFlight } from "../../core/machine/phases.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, hostTarget, type Proposal, type Swap } from "../../core/swap.js";
import { createQueue, within } from "../../ports/waiting.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { applying, excludes, isApplied, targetNames } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Verdicts } from "../verbs/supervisor.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	/** Goes on with a swap; returns at once. */
	readonly kick: (swapId: string) => void;
	readonly audit: Audit;
}

type Personal = Extract<Command, { readonly by: Actor }>;

export function createVerdicts({ engine, store, kick, audit }: Parts): Verdicts {
	/** Core refuses first, so that strangers and late clicks cost nothing; then `look`; then core decides for good. */
	async function settle(id: string, command: Personal, look?: (swap: Swap) => Promise<Refusal | null>) {
		const swap = await store.read(id);
		if (swap === null) return refuse("swap_unknown", { id });
		const answer = await answerTo(swap, command, look);
		if (isRefusal(answer)) {
			const shown = `epoch ${("epoch" in command ? command.epoch : null) ?? swap.epoch}`;
			await audit({ swapId: id, by: command.by, verb: command.verb, refusal: answer, shown });
		}
		return answer;
	}

	/** One at a time, where what one decides is what the other looks at. */
	const inTurn = createQueue();

	async function answerTo(swap: Swap, command: Personal, look?: (swap: Swap) => Promise<Refusal | null>) {
		const early = decide(swap, command, engine.ports.clock.now(), engine.settings.authority);
		const refusal = isRefusal(early) ? early : ((await look?.(swap)) ?? null);
		try {
			return refusal ?? (await store.record(swap.id, command));
		} finally {
			// Also after a failed append: it may have landed all the same.
			kick(swap.id);
		}
	}

	return {
		approve: ({ id, by, insist, typed, epoch, seen = null }) =>
			inTurn(() =>
				settle(id, { verb: "approve", by, typed, epoch, seen }, (swap) =>
					approvalRefusal(engine, store, swap, { insist }),
				),
			),
		reject: ({ id, by, reason, epoch }) =>
			settle(id, { verb: "reject", by, reason: engine.ports.scrub(reason), epoch }),
		promote: ({ id, by, epoch }) =>
			inTurn(() => settle(id, { verb: "promote", by, epoch }, (swap) => promotionRefusal(store, swap))),
		keep: ({ id, by, epoch }) => settle(id, { verb: "keep", by, epoch }),
		withdraw: ({ id, by }) => settle(id, { verb: "withdraw", by }),
		confirm: async ({ id, by, epoch }) => {
			const answer = await settle(id, { verb: "confirm", by, epoch }, (swap) => sideDoorRefusal(engine, swap));
			return isRefusal(answer) ? answer : onceKept(engine, answer);
		},
		rollback: async ({ id, by, epoch, reason }) => {
			const answer = await settle(id, { verb: "rollback", by, epoch, reason: engine.ports.scrub(reason) });
			return isRefusal(answer) || store.isOnDisk(id) ? answer : refuse("verdict_unwritten", { id });
		},
		extend: ({ id, by, epoch, byMs }) => settle(id, { verb: "extend", by, epoch, byMs }),
	};
}

/** Acknowledged only when live.json says it too: a start that cannot read the journal looks there (F35). */
async function onceKept({ kept, ports, stopping }: Engine, swap: Swap): Promise<Swap | Refusal> {
	if (isEnded(swap.status)) return swap;
	const over = new AbortController();
	const limit = { sleep: ports.clock.sleep, limitMs: limits.confirmMs, signal: stopping.signal, late: () => false };
	const isKept = await within(kept.wait(swap.id, over.signal), limit).finally(() => over.abort());
	return isKept ? swap : refuse("confirm_unsettled", { id: swap.id });
}

export async function approvalRefusal(
	engine: Engine,
	store: Store,
	swap: Swap,
	{ insist }: { readonly insist: boolean },
): Promise<Refusal | null> {
	const { blocked = null } = engine.settings;
	if (blocked !== null) return blocked;
	const gone = targetNames(swap).find((target) => !engine.targets.includes(target));
	if (gone !== undefined) return refuse("target_unknown", { target: JSON.stringify(gone) });
	const busy = await busyRefusal(store, swap, targetNames(swap));
	if (busy !== null) return busy;
	const { proposal } = swap;
	if (proposal === null || (await isMoved(engine, proposal))) return refuse("base_moved", { id: swap.id });
	const bad = await engine.ports.journal.knownBad({ tree: proposal.tree, target: swap.target });
	return bad === null || insist ? null : refuse("insist_needed", { id: swap.id });
}

/** The template is a commit on the branch that a swap of the host would land on: never while one is on its way. */
function promotionRefusal(store: Store, swap: Swap): Promise<Refusal | null> {
	return busyRefusal(store, swap, [hostTarget], (one) => targetNames(one).includes(hostTarget));
}

async function busyRefusal(
	store: Store,
	swap: Swap,
	targets: readonly string[],
	counts: (other: Swap) => boolean = () => true,
): Promise<Refusal | null> {
	const others = (await store.unfinished()).filter((one) => one.id !== swap.id);
	const other = others.find((one) => isInFlight(one.status) && excludes(targetNames(one), targets) && counts(one));
	if (other !== undefined) return refuse("swap_in_flight", { id: other.id, status: other.status });
	const applied = targets.includes(hostTarget) ? others.find(isApplied) : undefined;
	return applied === undefined ? null : refuse("swap_in_flight", { id: applied.id, status: applying });
}

/** Something else went live since, so that what was reviewed is not what would come of it. */
async function isMoved(engine: Engine, proposal: Proposal): Promise<boolean> {
	for (const { target, previous } of proposal.targets) {
		const live = await engine.of(target).ports.releases.readLive();
		if (live?.release.id !== previous.id) return true;
		const head = live.head ?? live.release.commit;
		if (target === hostTarget && head !== (proposal.templateBase ?? proposal.base)) return true;
	}
	return false;
}

/** What was tried must be what is kept (F24): the files that run. A branch that moved is no side door: it gets a merge, or the commit waits. */
async function sideDoorRefusal(engine: Engine, swap: Swap): Promise<Refusal | null> {
	const { proposal, candidateRelease } = swap;
	if (proposal === null || candidateRelease === null || isEnded(swap.status)) return null;
	for (const { target } of proposal.targets) {
		const edited = await engine.of(target).ports.releases.verify(candidateRelease);
		if (edited.length > 0) return refuse("release_edited", { paths: edited.slice(0, 5).join(", ") });
	}
	return null;
}
