// The emergency log in memory: entries as JSON, so that nothing is shared, and a disk that can be handed to the next life.
import type { EmergencyEntry, EmergencyLog } from "../../../src/ports/ports.js";

export interface MemoryEmergencies {
	lines: string[];
}

export function createMemoryEmergencyLog(disk: MemoryEmergencies = { lines: [] }): EmergencyLog {
	return {
		append: async (entry) => void disk.lines.push(JSON.stringify(entry)),
		pending: async () => disk.lines.map((line) => JSON.parse(line) as EmergencyEntry),
		taken: async () => {
			disk.lines = [];
		},
	};
}
