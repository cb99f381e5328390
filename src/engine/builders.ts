// What builders hear and say beside proposing: how their swaps ended, what judges their paths, that they live, and how far they are.
import type { Audit } from "./audit.js";
import type { BuilderLoop } from "./beside.js";
import type { Engine } from "./context.js";
import type { Store } from "./store.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly audit: Audit;
}

export function createBuilderLoop(_parts: Parts): BuilderLoop {
	const unwritten = (): never => {
		throw new Error("unwritten");
	};
	return {
		outcomes: async () => [],
		policy: unwritten,
		reportPresence: async () => unwritten(),
		builders: () => [],
		reportMilestone: async () => unwritten(),
	};
}
