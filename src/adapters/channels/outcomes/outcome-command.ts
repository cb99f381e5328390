// Runs the operator's command for each outcome, with the report as JSON on its stdin. It inherits nothing but what finds programs.
import { limits } from "../../../core/limits.js";
import type { BuilderChannel, Commands, Telling } from "../../../ports/ports.js";

export interface OutcomeCommandOptions {
	/** A string is run by the shell, an array as it is. */
	readonly command: string | readonly string[];
	/** Where it runs: the operator's repository. */
	readonly root: string;
	readonly commands: Commands;
	/** Of the supervisor: PATH, HOME, LANG, TZ and USER are passed on. */
	readonly env: Readonly<Record<string, string | undefined>>;
}

const passed = ["PATH", "HOME", "LANG", "TZ", "USER"] as const;

/**
 * Exit code 0 within `limits.tellMs` means received; everything else is tried again later, with back-off. Its stdin is
 * `{"schemaVersion":1,"outcome":OutcomeReport}`; DEADMAN_DELIVERY is the same for every try of one outcome, and DEADMAN_SWAP_ID names the swap.
 */
export function createOutcomeCommand({ command, root, commands, env }: OutcomeCommandOptions): BuilderChannel {
	return { name: "builder:command", tell };

	async function tell({ report, delivery, signal }: Telling): Promise<void> {
		await commands.run({
			command,
			cwd: root,
			env: { ...environment(), DEADMAN_SWAP_ID: report.swapId, DEADMAN_DELIVERY: delivery },
			input: JSON.stringify({ schemaVersion: 1, outcome: report }),
			timeoutMs: limits.tellMs,
			maxOutputBytes: limits.commandOutputBytes,
			signal,
		});
	}

	function environment(): Record<string, string> {
		return Object.fromEntries(passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
	}
}
