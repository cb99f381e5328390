// What people decide: approve, reject, withdraw, confirm, roll back, extend. Looks at the world where core cannot (the tree that
// runs, the branch), then lets core decide by compare-and-set.
import { type Command, decide } from "../core/decide.js";
import { isEnded, isInFlight } from "../core/phases.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Swap } from "../core/swap.js";
import type { Advancer } from "./advance.js";
import type { Engine } from "./context.js";
import type { Store } from "./store.js";
import type { DecideRequest } from "./supervisor.js";

export interface Verdicts {
	approve(request: DecideRequest & { readonly insist: boolean }): Promise<Swap | Refusal>;
	reject(request: DecideRequest & { readonly reason: string }): Promise<Swap | Refusal>;
	withdraw(request: DecideRequest): Promise<Swap | Refusal>;
	confirm(request: DecideRequest): Promise<Swap | Refusal>;
	rollback(request: DecideRequest & { readonly reason: string }): Promise<Swap | Refusal>;
	extend(request: DecideRequest & { readonly byMs: number }): Promise<Swap | Refusal>;
}

export function createVerdicts(engine: Engine, store: Store, advancer: Advancer): Verdicts {
	/** Core refuses first, so that strangers and late clicks cost nothing; then `look`; then core decides for good. */
	async function settle(id: string, command: Command, look?: (swap: Swap) => Promise<Refusal | null>) {
		const swap = await store.read(id);
		if (swap === null) return refuse("swap_unknown", { id });
		const early = decide(swap, command, engine.ports.clock.now());
		const refusal = isRefusal(early) ? early : ((await look?.(swap)) ?? null);
		try {
			return refusal ?? (await store.record(id, command));
		} finally {
			// Also after a failed append: it may have landed all the same.
			advancer.kick(id);
		}
	}

	return {
		approve: ({ id, by, insist }) =>
			settle(id, { verb: "approve", by }, (swap) => approvalRefusal(engine, store, swap, { insist })),
		reject: ({ id, by, reason }) => settle(id, { verb: "reject", by, reason: engine.ports.scrub(reason) }),
		withdraw: ({ id, by }) => settle(id, { verb: "withdraw", by }),
		confirm: ({ id, by, epoch }) => settle(id, { verb: "confirm", by, epoch }, (swap) => sideDoorRefusal(engine, swap)),
		rollback: ({ id, by, epoch, reason }) =>
			settle(id, { verb: "rollback", by, epoch, reason: engine.ports.scrub(reason) }),
		extend: ({ id, by, epoch, byMs }) => settle(id, { verb: "extend", by, epoch, byMs }),
	};
}

export async function approvalRefusal(
	engine: Engine,
	store: Store,
	swap: Swap,
	{ insist }: { readonly insist: boolean },
): Promise<Refusal | null> {
	const other = (await store.unfinished()).find((one) => one.id !== swap.id && isInFlight(one.status));
	if (other !== undefined) return refuse("swap_in_flight", { id: other.id, status: other.status });
	const { proposal } = swap;
	const live = await engine.ports.releases.readLive();
	if (proposal === null || live?.release.commit !== proposal.base) return refuse("base_moved", { id: swap.id });
	const bad = await engine.ports.journal.knownBad(proposal.tree);
	return bad === null || insist ? null : refuse("insist_needed", { id: swap.id });
}

/** What was tried must be what is kept (F24): the files that run, and the branch they would land on. */
async function sideDoorRefusal(engine: Engine, swap: Swap): Promise<Refusal | null> {
	const { releases, repository } = engine.ports;
	const { proposal, candidateRelease, id } = swap;
	if (proposal === null || candidateRelease === null || isEnded(swap.status)) return null;
	const edited = await releases.verify(candidateRelease);
	if (edited.length > 0) return refuse("release_edited", { paths: edited.slice(0, 5).join(", ") });
	const head = await repository.head();
	if (isRefusal(head)) return head;
	const { branch, commit } = head;
	if (commit === proposal.branchHead || commit === proposal.commit) return null;
	return refuse("branch_moved_meanwhile", { branch, head: commit, id, expected: proposal.branchHead });
}
