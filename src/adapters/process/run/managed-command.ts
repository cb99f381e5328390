// Runs the restart or stop command of a program that somebody else runs. What it leaves running stays: that may be the program.
import { limits } from "../../../core/limits.js";
import { type Clock, CommandFailed, type Log, type Scrub } from "../../../ports/ports.js";
import { within } from "../../../ports/waiting.js";
import { endFamily } from "./family.js";
import { baseEnvironment, exitOf, launch, spawnFailure } from "./launch.js";
import { closeLog, logFileOf, openLog, tailOf } from "./program-log.js";

const GRACE_MS = 2_000;

export interface ManagedCommand {
	readonly command: string | readonly string[];
	/** Where it runs; told to it as `DEADMAN_ROOT`. */
	readonly root: string;
	readonly stateDir: string;
	readonly release: string;
	readonly runId: string;
	readonly swapId: string | null;
	readonly timeoutMs: number;
	readonly clock: Clock;
	readonly scrub: Scrub;
	readonly log: Log;
}

/** Its output stands where the program's own would, by a descriptor that outlives us. Rejects with CommandFailed. */
export async function runManagedCommand(request: ManagedCommand): Promise<void> {
	const { command, root, stateDir, release, runId, swapId, timeoutMs, scrub, clock, log } = request;
	const output = await openLog(stateDir, { release, runId, atMs: clock.now().wallMs }, log);
	const told = { DEADMAN_RELEASE: release, ...(swapId === null ? {} : { DEADMAN_SWAP_ID: swapId }) };
	const environment = { ...baseEnvironment(), ...told, DEADMAN_ROOT: root };
	try {
		const child = launch({ command, folder: root, environment, logDescriptor: output?.fd ?? null });
		if (child.pid === undefined) throw await spawnFailure(child, root);
		const exit = await within(exitOf(child), { sleep: clock.sleep, limitMs: timeoutMs, late: () => null });
		if (exit?.code === 0) return;
		if (exit === null)
			await endFamily({ marker: { name: "DEADMAN_RUN", value: runId }, groups: [child.pid] }, { graceMs: GRACE_MS });
		const tail = await tailOf(logFileOf(stateDir, release), limits.causeLogLines, scrub).catch(() => []);
		const shown = scrub(typeof command === "string" ? command : command.join(" "));
		throw new CommandFailed(shown, exit === null ? "timeout" : "exit", exit?.code ?? null, tail);
	} finally {
		await closeLog(output);
	}
}
