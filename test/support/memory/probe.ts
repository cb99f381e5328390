// The probe of the memory programs: healthy when the scripted program says so and answers in its own release's name.
import type { Probe, ProbeAnswer, Run } from "../../../src/ports/ports.js";
import type { MemoryPrograms } from "./programs.js";

export interface MemoryProbe extends Probe {
	/** How often it was asked. */
	readonly asked: number;
	/** Overrides every answer until it is called with null. For runs that nobody manages (pid 0) it is the only answer. */
	answer(forced: ((run: Run) => ProbeAnswer) | null): void;
}

export function createMemoryProbe(options: {
	readonly programs: MemoryPrograms;
	readonly awaitsReport?: boolean;
}): MemoryProbe {
	const { programs, awaitsReport = false } = options;
	let asked = 0;
	let forced: ((run: Run) => ProbeAnswer) | null = null;
	return {
		description: awaitsReport ? "ready()" : "GET memory",
		awaitsReport,
		async ask(run, _folder, signal) {
			asked += 1;
			if (signal.aborted) return unhealthy("Asking was given up.");
			try {
				return forced === null ? answerOf(run) : forced(run);
			} catch (error) {
				return unhealthy(String(error));
			}
		},
		progress: async (run) => programs.look(run)?.progress ?? 0,
		answer(next) {
			forced = next;
		},
		get asked() {
			return asked;
		},
	};

	function answerOf(run: Run): ProbeAnswer {
		if (run.pid === 0) return { healthy: true, detail: `200 from ${run.release}`, tiedBy: "header" };
		const seen = programs.look(run);
		if (seen === null) return unhealthy("The program has ended.");
		if (awaitsReport) return unhealthy("The program has not called ready() yet.");
		if (!seen.healthy) return unhealthy("It does not answer.");
		if (seen.answersAs !== run.release) return unhealthy(`${seen.answersAs} answered instead of ${run.release}.`);
		return { healthy: true, detail: `200 from ${run.release}`, tiedBy: "header" };
	}
}

function unhealthy(detail: string): ProbeAnswer {
	return { healthy: false, detail, tiedBy: null };
}
