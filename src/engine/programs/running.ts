// Starting and finding programs for steps and keeper alike: never two copies at once, and a run of an earlier life is taken over.
import type { Site } from "../../core/machine/sites.js";
import type { Exit, Run } from "../../ports/ports.js";
import { untilAborted } from "../../ports/waiting.js";
import type { Engine, TargetEngine } from "../base/context.js";
import { effect } from "../base/effects.js";

/** Where no command is configured, the program is somebody else's: this stands for it, and only probes can tell. */
export function unmanaged(engine: TargetEngine, release: string): Run {
	const { wallMs, bootId } = engine.ports.clock.now();
	return { runId: `unmanaged-${release}`, release, swapId: null, pid: 0, startTicks: 0, bootId, startedAtMs: wallMs };
}

export async function startProgram(
	engine: TargetEngine,
	site: Site,
	request: { readonly release: string; readonly swapId: string | null },
): Promise<Run> {
	const { programs, releases } = engine.ports;
	if (!programs.hasCommand) return unmanaged(engine, request.release);
	return effect(engine.ports, site, () => programs.start({ ...request, folder: releases.folder(request.release) }));
}

/** The living run of a release, or null. */
export async function findRun(engine: TargetEngine, release: string): Promise<Run | null> {
	const { programs } = engine.ports;
	if (!programs.hasCommand) return unmanaged(engine, release);
	const runs = await programs.running();
	return runs.find((run) => run.release === release) ?? null;
}

/** The living run that was given this token, and whose it is: tokens are of one run each. */
export async function holderOf(
	engine: Engine,
	token: string,
): Promise<{ readonly run: Run; readonly target: string } | null> {
	for (const target of engine.targets) {
		const run = await engine.of(target).ports.programs.runOfToken(token);
		if (run !== null) return { run, target };
	}
	return null;
}

/** Resolves with the exit, or with null on abort. */
export async function exitOf(engine: TargetEngine, run: Run, signal: AbortSignal): Promise<Exit | null> {
	return run.pid === 0 ? untilAborted(signal).then(() => null) : engine.ports.programs.exited(run, signal);
}

export function describeExit(exit: Exit): string {
	if (exit.signal !== null) return `was ended by ${exit.signal}`;
	return exit.code === null ? "ended" : `ended with code ${exit.code}`;
}
