// The startup sweep: every unfinished swap goes on. There is no recovery code, only this loop over `advance`.
import type { Advancer } from "./advance.js";
import type { Engine } from "./context.js";
import type { Store } from "./store.js";

export async function sweep(engine: Engine, store: Store, advancer: Advancer): Promise<void> {
	const unfinished = await store.unfinished();
	for (const swap of unfinished) {
		engine.ports.log.info("sweep", { swap: swap.id, status: swap.status });
		advancer.kick(swap.id);
	}
}
