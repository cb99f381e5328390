// Probation: the new version is on trial. Watches its life, its probe and its heartbeats until somebody or something decides.
import type { FactBody } from "../../core/facts.js";
import { limits } from "../../core/limits.js";
import { causeOf } from "../../core/swap.js";
import type { Run } from "../../ports/ports.js";
import { untilAborted } from "../../ports/waiting.js";
import { ask } from "../programs/readiness.js";
import { exitOf, findRun } from "../programs/running.js";
import { exited, releaseOf, runCandidate, type Trial } from "./candidate.js";
import { type Part, partsOf, type Step } from "./step.js";
import { tellUncovered } from "./uncovered.js";
import { mismatchOf } from "./whole.js";

type Verdict = readonly FactBody[] | "again";

/** Whichever of the targets fails first fails the swap. */
export const probation: Step = async (context) => {
	const mixed = await mismatchOf(partsOf(context));
	if (mixed !== null) return [{ type: "undone", cause: mixed }];
	const over = new AbortController();
	const signal = AbortSignal.any([context.signal, over.signal]);
	const watched = partsOf(context).map((part) => attend({ ...part, signal }));
	const told = partsOf(context).map((part) => tellUncovered({ ...part, signal }));
	try {
		return await Promise.race(watched);
	} finally {
		over.abort();
		await Promise.allSettled([...watched, ...told]);
	}
};

async function attend(part: Part): Promise<readonly FactBody[]> {
	part.engine.ports.snapshots.warm("restore");
	while (!part.signal.aborted) {
		const trial = await currentRun(part);
		if (trial.kind === "dead") return trial.facts;
		if (trial.kind === "interrupted") return [];
		const verdict = await watch(part, trial.run);
		if (verdict !== "again") return verdict;
	}
	return [];
}

/** The run that was proven, also when an earlier supervisor started it; else it died unseen, which counts as a boot. */
async function currentRun(context: Part): Promise<Trial> {
	const { engine, swap, keeper } = context;
	const run = await findRun(engine, releaseOf(swap));
	if (run !== null && swap.evidence !== null) {
		keeper.tell({ state: "swapping", run, detail: run.release });
		return { kind: "proven", run, evidence: swap.evidence };
	}
	return runCandidate(context, "probation");
}

async function watch(context: Part, run: Run): Promise<Verdict> {
	const over = new AbortController();
	const signal = AbortSignal.any([context.signal, over.signal]);
	try {
		return await Promise.race([
			untilExit(context, run, signal),
			untilUnhealthy(context, run, signal),
			untilSilent(context, run, signal),
		]);
	} finally {
		over.abort();
	}
}

async function untilExit(context: Part, run: Run, signal: AbortSignal): Promise<Verdict> {
	const exit = await exitOf(context.engine, run, signal);
	if (exit === null) return [];
	const trial = await exited(context, run, exit);
	return trial === null || trial.kind !== "dead" ? "again" : trial.facts;
}

/** One bad answer is weather, several in a row are a dead program (F12: hangs, spins, wedges). */
async function untilUnhealthy(context: Part, run: Run, signal: AbortSignal): Promise<Verdict> {
	const { engine, reports } = context;
	if (engine.ports.probe.awaitsReport) return untilAborted(signal).then(() => []);
	let failures = 0;
	while (!signal.aborted) {
		await engine.ports.clock.sleep(engine.settings.readiness.intervalMs, signal);
		if (signal.aborted) return [];
		const answer = await ask(engine, reports, { run, site: "probation.probe", signal });
		failures = answer.healthy || signal.aborted ? 0 : failures + 1;
		if (failures < limits.probeFailures) continue;
		const log = await engine.ports.programs.logTail(run.release, 20).catch(() => []);
		const message = `The new version stopped answering: ${answer.detail}.`;
		return [{ type: "candidateDied", cause: causeOf("unhealthy", engine.ports.scrub(message), null, log) }];
	}
	return [];
}

async function untilSilent(context: Part, run: Run, signal: AbortSignal): Promise<Verdict> {
	const { clock } = context.engine.ports;
	const limitMs = context.engine.settings.heartbeatMs;
	if (limitMs === null) return untilAborted(signal).then(() => []);
	const begunMs = clock.now().bootMs;
	while (!signal.aborted) {
		const lastMs = context.reports.lastHeartbeatMs(run) ?? begunMs;
		const silentMs = clock.now().bootMs - lastMs;
		if (silentMs >= limitMs) {
			const message = `No heartbeat for ${Math.round(silentMs)} ms (limit ${limitMs} ms).`;
			return [{ type: "heartbeatLost", cause: causeOf("heartbeat_lost", message) }];
		}
		await clock.sleep(Math.max(1, limitMs - silentMs), signal);
	}
	return [];
}
