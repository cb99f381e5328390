// One keeper for each target: the host's program and those of the agents live and die by themselves.
import type { Engine } from "../base/context.js";
import type { Store } from "../base/store.js";
import { createKeeper, type Keeper } from "./keeper.js";
import type { Reports } from "./reports.js";

export interface Keepers {
	of(target: string): Keeper;
	/** Starts keeping what no swap owns. */
	ensure(): Promise<void>;
	close(): Promise<void>;
}

export function createKeepers(engine: Engine, store: Store, reports: Reports): Keepers {
	const keepers = new Map(engine.targets.map((name) => [name, createKeeper(engine.of(name), store, reports)]));
	return {
		of(target) {
			const found = keepers.get(target);
			if (found === undefined) throw new Error(`There is no target ${target} in the configuration any more.`);
			return found;
		},
		async ensure() {
			await Promise.all([...keepers.values()].map((keeper) => keeper.ensure()));
		},
		async close() {
			await Promise.all([...keepers.values()].map((keeper) => keeper.close()));
		},
	};
}
