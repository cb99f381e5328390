// Programs without processes: each release behaves as scripted, on the fake clock. They outlive a supervisor, not a reboot.
import type { Exit, Programs, Run } from "../../../src/ports/ports.js";
import type { MemoryClock } from "./clock.js";

/** All times from the start of a run, in milliseconds; null: never. */
export interface Behaviour {
	readonly readyAfterMs: number | null;
	readonly diesAfterMs: number | null;
	readonly exit: Exit;
	/** Alive, but no longer healthy. */
	readonly wedgesAfterMs: number | null;
	/** One line of progress each time this has passed; null: none. */
	readonly progressEveryMs: number | null;
	readonly ignoresTerm: boolean;
	readonly failsToStart: boolean;
	/** Answers its probe in the name of this release instead of its own. */
	readonly answersAs: string | null;
}

const wellBehaved: Behaviour = {
	readyAfterMs: 0,
	diesAfterMs: null,
	exit: { code: 1, signal: null },
	wedgesAfterMs: null,
	progressEveryMs: null,
	ignoresTerm: false,
	failsToStart: false,
	answersAs: null,
};

interface Living {
	readonly run: Run;
	readonly token: string;
	readonly behaviour: Behaviour;
	readonly startedBootMs: number;
	exit: Exit | null;
	readonly waiting: Set<() => void>;
}

export interface MemoryPrograms extends Programs {
	/** From the next start of the release on; `nth` counts its starts from 1, to fail only some. */
	script(release: string, behaviour: Partial<Behaviour> | ((nth: number) => Partial<Behaviour>)): void;
	/** The program ends by itself, now. */
	die(runId: string, exit?: Exit): void;
	write(release: string, line: string): void;
	tokenOf(runId: string): string;
	/** Every start so far, in order. */
	readonly starts: readonly Run[];
	isAlive(run: Run): boolean;
	/** What a probe would see of a living run: null when it is dead. */
	look(run: Run): { readonly healthy: boolean; readonly answersAs: string; readonly progress: number } | null;
}

export function createMemoryPrograms(options: {
	readonly clock: MemoryClock;
	readonly hasCommand?: boolean;
	readonly stopGraceMs?: number;
	/** Whose they are: runs and tokens of two targets differ. */
	readonly of?: string;
	/** Somebody else runs them: pid 0, and no exit is ever seen. */
	readonly managed?: boolean;
}): MemoryPrograms {
	const { clock, hasCommand = true, stopGraceMs = 5_000, managed = false } = options;
	const prefix = options.of === undefined ? "" : `${options.of}-`;
	const scripts = new Map<string, (nth: number) => Partial<Behaviour>>();
	const logs = new Map<string, string[]>();
	const lives = new Map<string, Living>();
	const starts: Run[] = [];

	const living = () => [...lives.values()].filter((life) => life.exit === null);
	const lifeOf = (run: Run) => {
		const life = lives.get(run.runId);
		return life !== undefined && life.exit === null && run.bootId === clock.now().bootId ? life : null;
	};

	function end(life: Living, exit: Exit): void {
		if (life.exit !== null) return;
		life.exit = exit;
		for (const wake of [...life.waiting]) wake();
	}

	clock.onReboot(() => {
		for (const life of living()) end(life, { code: null, signal: null });
	});

	async function start(request: Parameters<Programs["start"]>[0]): Promise<Run> {
		const nth = starts.filter((run) => run.release === request.release).length + 1;
		const behaviour = { ...wellBehaved, ...scripts.get(request.release)?.(nth) };
		if (behaviour.failsToStart) throw new Error(`The program of ${request.release} could not be started.`);
		const { wallMs, bootMs, bootId } = clock.now();
		const number = starts.length + 1;
		const run: Run = {
			runId: `${prefix}run-${number}`,
			release: request.release,
			swapId: request.swapId,
			pid: managed ? 0 : 1_000 + number,
			startTicks: managed ? 0 : Math.floor(bootMs / 10),
			bootId,
			startedAtMs: wallMs,
		};
		const life: Living = {
			run,
			token: `${prefix}token-${number}`,
			behaviour,
			startedBootMs: bootMs,
			exit: null,
			waiting: new Set(),
		};
		lives.set(run.runId, life);
		starts.push(run);
		if (behaviour.diesAfterMs !== null) clock.timer(behaviour.diesAfterMs, () => end(life, behaviour.exit));
		return run;
	}

	async function stopAll(except?: Run): Promise<void> {
		const ending = living().filter((life) => life.run.runId !== except?.runId);
		for (const life of ending) if (!life.behaviour.ignoresTerm) end(life, { code: null, signal: "SIGTERM" });
		if (ending.every((life) => life.exit !== null)) return;
		await clock.sleep(stopGraceMs);
		for (const life of ending) end(life, { code: null, signal: "SIGKILL" });
	}

	function exited(run: Run, signal: AbortSignal): Promise<Exit | null> {
		const life = lives.get(run.runId);
		return new Promise((resolve) => {
			if (signal.aborted) return resolve(null);
			if (managed) return signal.addEventListener("abort", () => resolve(null), { once: true });
			if (life === undefined || life.exit !== null) return resolve(life?.exit ?? { code: null, signal: null });
			const wake = () => {
				life.waiting.delete(wake);
				signal.removeEventListener("abort", wake);
				resolve(signal.aborted ? null : life.exit);
			};
			life.waiting.add(wake);
			signal.addEventListener("abort", wake, { once: true });
		});
	}

	function look(run: Run) {
		const life = lifeOf(run);
		if (life === null) return null;
		const { readyAfterMs, wedgesAfterMs, progressEveryMs, answersAs } = life.behaviour;
		const ageMs = clock.now().bootMs - life.startedBootMs;
		const ready = readyAfterMs !== null && ageMs >= readyAfterMs;
		const wedged = wedgesAfterMs !== null && ageMs >= wedgesAfterMs;
		const progress =
			progressEveryMs === null ? 0 : Math.floor(Math.min(ageMs, readyAfterMs ?? ageMs) / progressEveryMs);
		return { healthy: ready && !wedged, answersAs: answersAs ?? run.release, progress };
	}

	return {
		hasCommand,
		start,
		running: async () => living().map((life) => life.run),
		stopAll,
		members: async () => (managed ? [] : living().map((life) => life.run.pid)),
		exited,
		logTail: async (release, lines) => (lines > 0 ? (logs.get(release) ?? []).slice(-lines) : []),
		runOfToken: async (token) => living().find((life) => life.token === token)?.run ?? null,
		script(release, behaviour) {
			scripts.set(release, typeof behaviour === "function" ? behaviour : () => behaviour);
		},
		die(runId, exit = { code: 1, signal: null }) {
			const life = lives.get(runId);
			if (life !== undefined) end(life, exit);
		},
		write(release, line) {
			logs.set(release, [...(logs.get(release) ?? []), line]);
		},
		tokenOf: (runId) => lives.get(runId)?.token ?? "",
		starts,
		isAlive: (run) => lifeOf(run) !== null,
		look,
	};
}
