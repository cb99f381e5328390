// Upkeep without a disk: remembers what it was asked to keep.
import type { Needed, Upkeep } from "../../../src/ports/ports.js";

export interface MemoryUpkeep extends Upkeep {
	readonly asked: Needed[];
	/** How often the repository was packed. */
	packed: number;
}

export function createMemoryUpkeep(): MemoryUpkeep {
	const memory: MemoryUpkeep = {
		asked: [],
		packed: 0,
		sizes: async () => [],
		tidy: async (needed) => {
			memory.asked.push(needed);
			return [];
		},
		compact: async () => {
			memory.packed += 1;
			return true;
		},
	};
	return memory;
}
