// The planned restart: on disk first, then the supervisor leaves with "restart me", and whoever respawns it finds the sweep going on.
import type { FactBody } from "../../core/facts.js";
import type { Site } from "../../core/machine/sites.js";
import { untilAborted } from "../../ports/waiting.js";
import { effect } from "../base/effects.js";
import { note, type StepContext } from "./step.js";

/** EX_TEMPFAIL of sysexits.h: the process manager is to start us again. */
export const restartMeExitCode = 75;

/** Never resolves in a process that really leaves: nothing may happen behind it. */
export async function leave(context: StepContext, site: Site): Promise<readonly FactBody[]> {
	const { engine, signal } = context;
	await note(context, [{ type: "restartPlanned", life: engine.life, exitCode: restartMeExitCode }]);
	await effect(engine.ports, site, async () => engine.ports.exiting.exit(restartMeExitCode));
	await untilAborted(signal);
	return [];
}
