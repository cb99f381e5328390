// The startup sweep: every unfinished swap goes on. There is no recovery code, only this loop over `advance`.
import type { Actor, Swap } from "../core/swap.js";
import type { Advancer } from "./advance.js";
import type { Engine } from "./base/context.js";
import type { Store } from "./base/store.js";

export async function sweep(engine: Engine, store: Store, advancer: Advancer): Promise<void> {
	const unfinished = await store.unfinished();
	for (const swap of unfinished) {
		if (isOrphan(swap)) await store.record(swap.id, { verb: "conclude", facts: [{ type: "withdrawn", by: sweeper }] });
		engine.ports.log.info("sweep", { swap: swap.id, status: swap.status });
		advancer.kick(swap.id);
	}
}

const sweeper: Actor = { surface: "supervisor", id: "sweep" };

/** Drafted by an earlier deadman that died before it was submitted: nobody knows of it. */
function isOrphan({ status, epoch }: Swap): boolean {
	return status === "drafting" && epoch === 0;
}
