// Who plays the trials of the errors run, two at a time, and what came of them: a ground and a port for each, one tally for a file.
import { afterAll, expect } from "vitest";
import { type Ground, openFolder } from "./ground.js";
import { type Plan, runTrial, type Trial } from "./trial.js";

/** As many as vitest runs side by side; see vitest.errors.config.ts. */
const workers = 2;
const firstPort = 22_000 + (process.pid % 1_000) * 10;

interface Worker {
	readonly port: number;
	readonly ground: Ground;
}

export interface Crew {
	/** One trial on a free ground; whatever it throws is a trial that told nothing. */
	play(plan: Omit<Plan, "port">): Promise<Trial>;
	/** The same, counted, and judged: it has to end all old or all new, with everything true that was acknowledged. */
	judge(name: string, plan: Omit<Plan, "port">): Promise<Trial>;
}

/** Prints what came of all trials when the file's tests are done. */
export async function openCrew(title: string): Promise<Crew> {
	const free: Worker[] = [];
	const waiting: ((worker: Worker) => void)[] = [];
	for (let index = 0; index < workers; index += 1) free.push({ port: firstPort + index, ground: await openFolder() });
	const all = [...free];
	const tally = { trials: 0, lives: 0, fell: 0, acks: 0, old: 0, new: 0, mixed: 0, lost: 0, stuck: 0, silent: 0 };

	async function play(plan: Omit<Plan, "port">): Promise<Trial> {
		const worker = free.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
		try {
			return await runTrial(worker.ground, { ...plan, port: worker.port });
		} finally {
			const next = waiting.shift();
			if (next === undefined) free.push(worker);
			else next(worker);
		}
	}

	async function judge(name: string, plan: Omit<Plan, "port">): Promise<Trial> {
		const startedMs = performance.now();
		const trial = await play(plan);
		tally.trials += 1;
		tally.lives += trial.lives;
		tally.fell += trial.fell;
		tally.acks += trial.acks.length;
		tally[trial.end] += 1;
		if (!trial.fired) tally.silent += 1;
		if (process.env.DEADMAN_CRASH_TIMES !== undefined)
			console.log(
				`${Math.round(performance.now() - startedMs)} ms ${trial.end} ${trial.acks} (${trial.fell} fell) ${name}`,
			);
		// In full: what vitest prints of a difference is cut.
		if (!trial.fired) throw new Error(`The fault did not fire; it ended ${trial.end}: ${trial.why}`);
		expect(["old", "new"], `${trial.end}: ${trial.why}`).toContain(trial.end);
		return trial;
	}

	afterAll(async () => {
		for (const { ground } of all) await ground.close();
		const { trials, lives, fell, acks, mixed, lost, stuck, silent, ...ends } = tally;
		console.log(
			`${title}: ${trials} trials, ${ends.old} old, ${ends.new} new, ${mixed} mixed, ${lost} lost acknowledgements, ${stuck} stuck; ` +
				`${acks} acknowledgements held against ${lives} lives, of which ${fell} fell before they were killed; ${silent} faults did not fire`,
		);
	});
	return { play, judge };
}
