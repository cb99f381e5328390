// Asks one run until it has proved that it serves, died, or made no progress for the readiness timeout. Owns the pace of asking.
import { limits } from "../../core/limits.js";
import type { Site } from "../../core/machine/sites.js";
import { type Cause, causeOf, type Evidence } from "../../core/swap.js";
import type { Exit, ProbeAnswer, Run } from "../../ports/ports.js";
import type { TargetEngine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Reports } from "./reports.js";
import { exitOf } from "./running.js";

export type Proof =
	| { readonly kind: "ready"; readonly evidence: Evidence }
	| { readonly kind: "exited"; readonly exit: Exit; readonly uptimeMs: number }
	| { readonly kind: "silent"; readonly cause: Cause }
	| { readonly kind: "interrupted" };

const firstPauseMs = 20;

interface Question {
	readonly run: Run;
	readonly site: Site;
	readonly signal: AbortSignal;
	/** Called when the program has made progress since it was last asked. */
	readonly onProgress?: () => Promise<void>;
}

export async function awaitReady(engine: TargetEngine, reports: Reports, question: Question): Promise<Proof> {
	const over = new AbortController();
	const signal = AbortSignal.any([question.signal, over.signal]);
	const exited = exitOf(engine, question.run, signal).then((exit) => died(engine, question.run, exit));
	try {
		return await Promise.race([exited, poll(engine, reports, { ...question, signal })]);
	} finally {
		over.abort();
	}
}

function died(engine: TargetEngine, run: Run, exit: Exit | null): Proof {
	if (exit === null) return { kind: "interrupted" };
	return { kind: "exited", exit, uptimeMs: uptimeOf(engine, run) };
}

export function uptimeOf(engine: TargetEngine, run: Run): number {
	return Math.max(0, engine.ports.clock.now().wallMs - run.startedAtMs);
}

async function poll(
	engine: TargetEngine,
	reports: Reports,
	{ run, site, signal, onProgress }: Question,
): Promise<Proof> {
	const { clock } = engine.ports;
	const { timeoutMs, minUptimeMs, intervalMs } = engine.settings.readiness;
	const begunMs = clock.now().bootMs;
	let firstHealthyMs: number | null = null;
	let pauseMs = firstPauseMs;
	let progressed = { count: -1, atMs: begunMs };
	while (!signal.aborted) {
		const answer = await ask(engine, reports, { run, site, signal });
		const nowMs = clock.now().bootMs;
		if (answer.healthy) {
			firstHealthyMs ??= nowMs;
			if (nowMs - begunMs >= minUptimeMs) return ready(engine, { run, answer, begunMs, nowMs, firstHealthyMs });
		} else firstHealthyMs = null;
		const earlier = progressed;
		progressed = await progress(engine, reports, run, earlier);
		if (progressed !== earlier && earlier.count >= 0) await onProgress?.();
		if (nowMs - progressed.atMs >= timeoutMs) return silent(engine, run, answer, timeoutMs);
		const untilUpMs = answer.healthy ? minUptimeMs - (nowMs - begunMs) : intervalMs;
		await clock.sleep(Math.max(1, Math.min(pauseMs, untilUpMs)), signal);
		pauseMs = Math.min(intervalMs, pauseMs * 1.5);
	}
	return { kind: "interrupted" };
}

/** Never rejects: an error in a probe means unhealthy (F28). */
export async function ask(engine: TargetEngine, reports: Reports, question: Question): Promise<ProbeAnswer> {
	const { gate, probe, releases } = engine.ports;
	const { run, site, signal } = question;
	const reported = reportOf(reports, probe, run);
	if (reported !== null) return { healthy: true, detail: reported, tiedBy: "token" };
	if (probe.awaitsReport) return { healthy: false, detail: notReported[probe.report ?? "ready"], tiedBy: null };
	try {
		return await gate.around(site, () => probe.ask(run, releases.folder(run.release), signal));
	} catch (error) {
		return { healthy: false, detail: causeFrom(error, site, engine.ports.scrub).message, tiedBy: null };
	}
}

const notReported = {
	ready: "The program has not called ready() yet.",
	agent_ready: "The program has not reported agent_ready yet.",
} as const;

/** Where a connected channel is asked for, `ready()` does not stand in for it; elsewhere it is no proof of anything. */
function reportOf(reports: Reports, probe: TargetEngine["ports"]["probe"], run: Run): string | null {
	if (probe.report !== "agent_ready") return reports.isReady(run) ? "ready()" : null;
	const transport = reports.agentReady(run);
	return transport === null ? null : `over ${transport}`;
}

async function progress(engine: TargetEngine, reports: Reports, run: Run, last: { count: number; atMs: number }) {
	const count = reports.progressCount(run) + (await engine.ports.probe.progress(run).catch(() => 0));
	return count > last.count ? { count, atMs: last.count < 0 ? last.atMs : engine.ports.clock.now().bootMs } : last;
}

interface Answered {
	readonly run: Run;
	readonly answer: ProbeAnswer;
	readonly begunMs: number;
	readonly nowMs: number;
	readonly firstHealthyMs: number;
}

function ready(engine: TargetEngine, { run, answer, begunMs, nowMs, firstHealthyMs }: Answered): Proof {
	const { description, report } = engine.ports.probe;
	const probe = answer.tiedBy === "token" && report !== "agent_ready" ? "ready()" : description;
	const evidence: Evidence = {
		release: run.release,
		probe: `${probe}: ${answer.detail}`,
		tiedBy: answer.tiedBy ?? "process",
		uptimeMs: Math.round(nowMs - begunMs),
		coldStartMs: Math.round(firstHealthyMs - begunMs),
	};
	return { kind: "ready", evidence };
}

/** Why a program cannot serve that is no fault of its own: somebody else's process answers on its address. Null where nobody's does. */
export async function portHeldBy(engine: TargetEngine, run: Run): Promise<Cause | null> {
	const { probe, releases, scrub } = engine.ports;
	if (probe.awaitsReport) return null;
	const within = AbortSignal.any([engine.stopping.signal, AbortSignal.timeout(limits.probeTimeoutMs)]);
	const answer = await probe.ask(run, releases.folder(run.release), within).catch(() => null);
	return answer !== null && (await isStrangers(engine, answer)) ? causeOf("port_held", scrub(answer.detail)) : null;
}

/** What an earlier start of the same version left behind is that version's own fault. */
async function isStrangers({ ports }: TargetEngine, { foreign, holder }: ProbeAnswer): Promise<boolean> {
	if (foreign !== true) return false;
	return holder == null || !(await ports.programs.members().catch((): readonly number[] => [])).includes(holder);
}

async function silent(engine: TargetEngine, run: Run, answer: ProbeAnswer, timeoutMs: number): Promise<Proof> {
	const { programs, probe, scrub } = engine.ports;
	const log = await programs.logTail(run.release, 20).catch(() => []);
	const message = `${run.release} did not become ready: ${timeoutMs} ms without progress (${probe.description}: ${answer.detail}).`;
	return {
		kind: "silent",
		cause: causeOf((await isStrangers(engine, answer)) ? "port_held" : "not_ready", scrub(message), null, log),
	};
}
