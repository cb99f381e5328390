// Where the command line starts. The one place that hands a surface the supervisor's code: loaded only by the commands that cannot do without.
import { createClock } from "../adapters/system/clock.js";
import { runCommand } from "../surfaces/cli/run-command.js";

/** Runs one command; its ending is the process's exit code. `argv`: without node and the script. */
export async function main(argv: readonly string[]): Promise<void> {
	await runCommand(argv, {
		clock: createClock(),
		load: async () => ({
			...(await import("./compose.js")),
			...(await import("./examination.js")),
			...(await import("./state-verbs.js")),
		}),
	});
}
