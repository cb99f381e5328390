// Workspaces are frozen while their change is decided or tried, and thawed when the builder may go on. Follows the swaps; decides nothing.
import { createQueue } from "../../ports/waiting.js";
import type { Engine } from "../base/context.js";
import { causeFrom, effect } from "../base/effects.js";
import { isOpen } from "../base/owners.js";
import type { Store } from "../base/store.js";

export interface Freezing {
	/** Makes the swap's workspace what the swap asks for now. Never rejects. */
	follow(swapId: string): Promise<void>;
}

export function createFreezing(engine: Engine, store: Store): Freezing {
	/** Each by the swap as it is then: a slow thaw never overtakes the freeze of the next try. */
	const inTurn = createQueue();
	return { follow: (swapId) => inTurn(() => freezeAsNeeded(engine, store, swapId)) };
}

/** A failure is only told: what is applied is a commit, which no later edit can change. */
async function freezeAsNeeded({ ports }: Engine, store: Store, swapId: string): Promise<void> {
	try {
		const swap = await store.read(swapId);
		const workspace = swap?.workspace ?? null;
		if (swap === null || workspace === null || (swap.status !== "drafting" && !isOpen(swap))) return;
		await effect(ports, "propose.freeze", () => setFrozen(ports, workspace, isOpen(swap)));
	} catch (error) {
		ports.log.warn("workspace.freeze_failed", { swap: swapId, cause: causeFrom(error, null, ports.scrub) });
	}
}

/** What its builder was told of an earlier try goes with the new submission. */
async function setFrozen({ workspaces }: Engine["ports"], name: string, frozen: boolean): Promise<void> {
	if (frozen) await workspaces.leave(name, null);
	await workspaces.freeze(name, frozen);
}

/** At a start: half-made leftovers go, and a workspace that a killed life left frozen, or unfrozen, becomes what its swap asks for. */
export async function tendWorkspaces(engine: Engine, store: Store): Promise<void> {
	const { log, scrub, workspaces } = engine.ports;
	try {
		await workspaces.sweep();
		const deciding = new Set((await store.unfinished()).filter(isOpen).map((swap) => swap.workspace));
		for (const { name, frozen } of await workspaces.list()) {
			const wanted = deciding.has(name);
			if (frozen === wanted) continue;
			await effect(engine.ports, "propose.freeze", () => setFrozen(engine.ports, name, wanted));
		}
	} catch (error) {
		log.warn("workspaces.untended", { cause: causeFrom(error, null, scrub) });
	}
}
