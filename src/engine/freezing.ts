// Workspaces are frozen while their change is decided or tried, and thawed when the builder may go on. Follows the swaps; decides nothing.
import type { Swap } from "../core/swap.js";
import type { Engine } from "./context.js";
import { causeFrom, effect } from "./effects.js";
import { isOpen } from "./owners.js";
import type { Store } from "./store.js";

/** A failure is only told: what is applied is a commit, which no later edit can change. */
export async function freezeAsNeeded(engine: Engine, swap: Swap): Promise<void> {
	const { workspace } = swap;
	if (workspace === null || (swap.status !== "drafting" && !isOpen(swap))) return;
	const { ports } = engine;
	try {
		await effect(ports, "propose.freeze", () => ports.workspaces.freeze(workspace, isOpen(swap)));
	} catch (error) {
		ports.log.warn("workspace.freeze_failed", { workspace, cause: causeFrom(error, null, ports.scrub) });
	}
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
			await effect(engine.ports, "propose.freeze", () => workspaces.freeze(name, wanted));
		}
	} catch (error) {
		log.warn("workspaces.untended", { cause: causeFrom(error, null, scrub) });
	}
}
