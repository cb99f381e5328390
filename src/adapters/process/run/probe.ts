// Asks one run whether it serves, in the one way that is configured. A no is an answer, never an error. The pace is the engine's.
import type { Settings } from "../../../config/config.js";
import type { Clock, Commands, NodeChoice, Probe, ProbeAnswer, Run, Scrub } from "../../../ports/ports.js";
import { isRunAlive } from "./find-runs.js";
import { createLogWatch } from "./log-watch.js";
import { type Ask, askCommand, askHttp, askTcp, unhealthy } from "./probe-ways.js";

type Readiness = Settings["program"]["readiness"];

export interface ProbeOptions {
	readonly readiness: Readiness;
	readonly stateDir: string;
	readonly scrub: Scrub;
	readonly commands: Commands;
	readonly clock: Clock;
	/** What a command finds as `node`; left out: whatever a search finds. */
	readonly node?: NodeChoice;
}

export function createProbe(options: ProbeOptions): Probe {
	const { readiness, stateDir, scrub, clock } = options;
	const logWatch = createLogWatch({ stateDir, logLine: readiness.logLine, progressLine: readiness.progressLine });
	const way = wayOf(options, logWatch);
	return {
		description: scrub(way.description),
		awaitsReport: readiness.report === true || readiness.agentReady === true,
		report: readiness.agentReady === true ? "agent_ready" : "ready",
		async ask(run, folder, signal) {
			try {
				const ended = run.pid !== 0 && !(await isRunAlive(run, clock));
				if (ended && !way.outside) return unhealthy(ENDED);
				const answer = await way.ask(run, folder, signal);
				return ended ? ofEnded(answer, scrub) : { ...answer, detail: scrub(answer.detail) };
			} catch (error) {
				return unhealthy(scrub(error instanceof Error ? error.message : String(error)));
			}
		},
		progress: (run) => logWatch.progress(run).catch(() => 0),
	};
}

const ENDED = "The program has ended.";

/** It is not healthy, whoever answers; but a port that another holds may be why it ended. */
function ofEnded({ foreign, holder, detail }: ProbeAnswer, scrub: Scrub): ProbeAnswer {
	if (foreign !== true) return unhealthy(ENDED);
	return { ...unhealthy(`${ENDED} ${scrub(detail)}`), foreign, ...(holder === undefined ? {} : { holder }) };
}

interface Way {
	readonly description: string;
	/** An address is asked, where others may answer too. */
	readonly outside?: boolean;
	readonly ask: Ask;
}

function wayOf({ readiness, commands, node }: ProbeOptions, logWatch: ReturnType<typeof createLogWatch>): Way {
	const { http, tcp, command, logLine, report, agentReady } = readiness;
	if (http !== undefined)
		return { description: `GET ${http}`, outside: true, ask: (run, _, signal) => askHttp(http, run, signal) };
	if (tcp !== undefined)
		return { description: `connect ${tcp}`, outside: true, ask: (run, _, signal) => askTcp(tcp, run, signal) };
	if (command !== undefined && command !== null) {
		const shown = typeof command === "string" ? command : command.join(" ");
		return { description: `run ${shown}`, ask: askCommand({ commands, node }, command) };
	}
	if (logLine !== undefined) return { description: `log line /${logLine}/`, ask: (run) => askLog(logWatch, run) };
	if (report === true)
		return { description: "ready()", ask: async () => unhealthy("The program has not called ready() yet.") };
	if (agentReady === true) {
		return { description: "agent_ready", ask: async () => unhealthy("The program has not reported agent_ready yet.") };
	}
	return { description: "the program is alive", ask: askNothing };
}

async function askLog(logWatch: ReturnType<typeof createLogWatch>, run: Run): Promise<ProbeAnswer> {
	const line = await logWatch.found(run);
	if (line === null) return unhealthy("No line of its log matches yet.");
	return { healthy: true, detail: `It wrote ${JSON.stringify(line)}.`, tiedBy: "process" };
}

async function askNothing(run: Run): Promise<ProbeAnswer> {
	const detail = run.pid === 0 ? "Neither a command nor a probe is configured." : `Process ${run.pid} is alive.`;
	return { healthy: true, detail, tiedBy: "process" };
}
