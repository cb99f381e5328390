// What a run's log says so far: whether the line that means ready was written, and how many lines of progress.
import { remember } from "../../../core/remember.js";
import type { Run } from "../../../ports/ports.js";
import { createLogFollower, type LogFollower } from "./log-follower.js";
import { logFileOf, writesTo } from "./program-log.js";

interface Watched {
	readonly follower: LogFollower;
	found: string | null;
	progress: number;
}

const REMEMBERED_RUNS = 8;
const SHOWN_CHARACTERS = 200;

export function createLogWatch(options: {
	readonly stateDir: string;
	readonly logLine: string | undefined;
	readonly progressLine: string | undefined;
}) {
	const { stateDir } = options;
	const logLine = options.logLine === undefined ? null : new RegExp(options.logLine);
	const progressLine = options.progressLine === undefined ? null : new RegExp(options.progressLine);
	const runs = new Map<string, Watched>();

	function watchedOf(run: Run): Watched {
		const file = logFileOf(stateDir, run.release);
		const follower = createLogFollower({ file, runId: run.runId, writes: () => writesTo(run.pid, file) });
		const watched = runs.get(run.runId) ?? { follower, found: null, progress: 0 };
		remember(runs, { key: run.runId, value: watched, most: REMEMBERED_RUNS });
		return watched;
	}

	async function refresh(run: Run): Promise<Watched> {
		const watched = watchedOf(run);
		await watched.follower.read((line) => {
			if (watched.found === null && logLine?.test(line)) watched.found = line.slice(0, SHOWN_CHARACTERS);
			if (progressLine?.test(line)) watched.progress += 1;
		});
		return watched;
	}

	return {
		/** The first line that matched. */
		found: async (run: Run) => (logLine === null ? null : (await refresh(run)).found),
		progress: async (run: Run) => (progressLine === null ? 0 : (await refresh(run)).progress),
	};
}
