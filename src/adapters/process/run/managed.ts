// A program that somebody else runs, such as systemd: it is restarted and stopped by commands. What it is doing, only probes can tell.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "../../../config/config.js";
import type { Clock, Log, Programs, Run, Scrub } from "../../../ports/ports.js";
import { untilAborted } from "../../../ports/waiting.js";
import { attempt } from "./bookkeeping.js";
import { runManagedCommand } from "./managed-command.js";
import { createManagedRecord, type ManagedRecord, runOfRecord } from "./managed-record.js";
import { logFileOf, pruneLogs, tailOf } from "./program-log.js";

type Command = string | readonly string[];

export interface ManagedOptions {
	/** `restart` is a command; see `isManaged`. */
	readonly program: Pick<Settings["program"], "restart" | "stop" | "stopGrace">;
	/** The operator's repository: where the commands run, and what they are told as `DEADMAN_ROOT`. */
	readonly root: string;
	/** Of the target: the record of its last restart lies there. */
	readonly stateDir: string;
	readonly scrub: Scrub;
	readonly clock: Clock;
	readonly log: Log;
}

type StartRequest = Parameters<Programs["start"]>[0];

/** Beyond the grace that the program has to stop. */
const PATIENCE_MS = 60_000;

/** Whose log a stop is written to when nobody knows what runs. */
const UNKNOWN_RELEASE = "unknown";

/**
 * `start` runs the restart command, `stopAll` the stop command where there is one. A run counts from the end of its restart until the next
 * stop or reboot, and has the pid 0: it is never seen to exit. A command that fails rejects with CommandFailed.
 */
export function createManaged(options: ManagedOptions): Programs {
	const { program, stateDir, clock, log, scrub } = options;
	const record = createManagedRecord(join(stateDir, "managed.json"), log);
	const run = (command: Command, what: { release: string; runId: string; swapId: string | null }) =>
		runManagedCommand({ ...options, ...what, command, timeoutMs: program.stopGrace + PATIENCE_MS });

	/** Recorded behind the command: one that was cut off is repeated. */
	async function start({ release, swapId }: StartRequest): Promise<Run> {
		const { wallMs, bootId } = clock.now();
		const next: ManagedRecord = {
			schemaVersion: 1,
			runId: randomUUID(),
			release,
			swapId,
			bootId,
			startedAtMs: wallMs,
		};
		await record.remove();
		await run(restartOf(program), next);
		const started = { ...next, startedAtMs: clock.now().wallMs };
		await record.write(started);
		await attempt({ log, event: "program.tidying_failed" }, () => pruneLogs(stateDir, new Set([release])));
		log.info("program.restarted", { release, runId: next.runId });
		return runOfRecord(started);
	}

	/** After a reboot whoever manages it has started it, with what nobody here knows. */
	async function running(): Promise<readonly Run[]> {
		const last = await record.read();
		return last === null || last.bootId !== clock.now().bootId ? [] : [runOfRecord(last)];
	}

	async function stopAll(except?: Run): Promise<void> {
		const last = await record.read();
		if (except !== undefined && last?.runId === except.runId) return;
		await record.remove();
		if (program.stop === null) return;
		await run(program.stop, last ?? { release: UNKNOWN_RELEASE, runId: randomUUID(), swapId: null });
		log.info("program.stopped", { release: last?.release ?? null });
	}

	return {
		hasCommand: true,
		start,
		running,
		stopAll,
		members: async () => [],
		exited: (_run, signal) => untilAborted(signal).then(() => null),
		logTail: (release, lines) => tailOf(logFileOf(stateDir, release), lines, scrub),
		runOfToken: async () => null,
	};
}

function restartOf({ restart }: ManagedOptions["program"]): Command {
	if (restart === "program" || restart === "exit") throw new Error(`The restart ${restart} is no command.`);
	return restart;
}
