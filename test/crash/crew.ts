// Who plays the trials, somewhat more at a time than there are cores, and what came of them: grounds and a port for each, one tally for a file.
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { afterAll, expect } from "vitest";
import { type Ground, openDisk, openFolder } from "./ground.js";
import { bundleProduct } from "./product.js";
import { type Plan, runTrial, type Trial } from "./trial.js";

/** A trial waits a part of its time: for a disk that stays full, for a card, for a program to come up. */
const workers = Math.ceil(availableParallelism() * 1.5);
/** Below those that the kernel hands out by itself. */
const ports = { from: 20_000, to: 32_000 } as const;

/** Nobody's now. Two runs at once seldom draw the same one, and then find it taken. */
async function drawPort(): Promise<number> {
	for (;;) {
		const port = ports.from + Math.floor(Math.random() * (ports.to - ports.from));
		const server = createServer();
		const isFree = await new Promise<boolean>((resolve) => {
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (isFree) return port;
	}
}

interface Worker {
	readonly port: number;
	readonly folder: Ground;
	/** Opened when the first power cut is asked for. */
	disk: Ground | null;
}

/** The product is this repository's where none is named. */
export type Play = Omit<Plan, "port" | "product" | "sound"> & { readonly product?: string };

export interface Crew {
	/** One trial on a free ground; whatever it throws is a trial that told nothing. */
	play(plan: Play): Promise<Trial>;
	/** The same, counted, and judged: its fault has fired, and it ends all old or all new, with everything true that was acknowledged. */
	judge(name: string, plan: Play): Promise<Trial>;
}

/** Prints what came of all trials when the file's tests are done, and `also`. */
export async function openCrew(title: string, also: () => string = () => ""): Promise<Crew> {
	const product = await bundleProduct();
	const free: Worker[] = [];
	const waiting: ((worker: Worker) => void)[] = [];
	for (let index = 0; index < workers; index += 1)
		free.push({ port: await drawPort(), folder: await openFolder(), disk: null });
	const all = [...free];
	const tally = { trials: 0, lives: 0, fell: 0, acks: 0, old: 0, new: 0, mixed: 0, lost: 0, stuck: 0, silent: 0 };

	async function play(plan: Play): Promise<Trial> {
		const worker = free.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
		try {
			const cutsPower = plan.fault?.kind === "power";
			if (cutsPower) worker.disk ??= await openDisk();
			const ground = (cutsPower ? worker.disk : null) ?? worker.folder;
			return await runTrial(ground, { product: product.module, ...plan, sound: product.module, port: worker.port });
		} finally {
			const next = waiting.shift();
			if (next === undefined) free.push(worker);
			else next(worker);
		}
	}

	async function judge(name: string, plan: Play): Promise<Trial> {
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
		for (const { folder, disk } of all) await Promise.all([folder.close(), disk?.close()]);
		await product.close();
		const { trials, lives, fell, acks, mixed, lost, stuck, silent, ...ends } = tally;
		console.log(
			`${title}: ${trials} trials, ${ends.old} old, ${ends.new} new, ${mixed} mixed, ${lost} lost acknowledgements, ${stuck} stuck; ` +
				`${acks} acknowledgements held against ${lives} lives, of which ${fell} fell before they were killed; ${silent} faults did not fire${also()}`,
		);
	});
	return { play, judge };
}
