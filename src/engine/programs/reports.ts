// What supervised programs say of themselves: ready, progress, heartbeat. Kept per run and in memory: a run that outlives this
// supervisor says it again or is probed again.
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Run } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { holderOf } from "./running.js";

export interface Reports {
	ready(token: string): Promise<Refusal | null>;
	progress(token: string): Promise<Refusal | null>;
	heartbeat(token: string, fatal: string | null): Promise<Refusal | null>;
	isReady(run: Run): boolean;
	progressCount(run: Run): number;
	/** Boot-clock milliseconds of the last heartbeat; null before the first. */
	lastHeartbeatMs(run: Run): number | null;
}

interface Said {
	ready: boolean;
	progress: number;
	heartbeatMs: number | null;
}

export function createReports(engine: Engine, onFatal: (run: Run, message: string) => Promise<void>): Reports {
	const said = new Map<string, Said>();

	function of(run: Run): Said {
		const known = said.get(run.runId) ?? { ready: false, progress: 0, heartbeatMs: null };
		said.set(run.runId, known);
		return known;
	}

	async function hear(
		token: string,
		note: (known: Said, run: Run) => void | Promise<void>,
		find: (token: string) => Promise<Run | null> = (given) => runOf(engine, given),
	): Promise<Refusal | null> {
		const run = await find(token);
		if (run === null) return refuse("token_invalid");
		await note(of(run), run);
		return null;
	}

	const beating = new Map<string, { readonly run: Run; readonly seenMs: number }>();

	/** Heartbeats come often and prove nothing but a living program: whose token it is, is looked up once in a while. */
	async function beatingRun(token: string): Promise<Run | null> {
		const nowMs = engine.ports.clock.now().bootMs;
		const known = beating.get(token);
		if (known !== undefined && nowMs - known.seenMs < limits.heartbeatTrustMs) return known.run;
		beating.delete(token);
		const run = await runOf(engine, token);
		if (run === null) return null;
		for (const [other, { seenMs }] of beating) if (nowMs - seenMs >= limits.heartbeatTrustMs) beating.delete(other);
		beating.set(token, { run, seenMs: nowMs });
		return run;
	}

	return {
		ready: (token) =>
			hear(token, (known) => {
				known.ready = true;
			}),
		progress: (token) =>
			hear(token, (known) => {
				known.progress += 1;
			}),
		heartbeat: (token, fatal) =>
			hear(
				token,
				async (known, run) => {
					known.heartbeatMs = engine.ports.clock.now().bootMs;
					if (fatal !== null) await onFatal(run, fatal);
				},
				fatal === null ? beatingRun : undefined,
			),
		isReady: (run) => said.get(run.runId)?.ready ?? false,
		progressCount: (run) => said.get(run.runId)?.progress ?? 0,
		lastHeartbeatMs: (run) => said.get(run.runId)?.heartbeatMs ?? null,
	};
}

async function runOf(engine: Engine, token: string): Promise<Run | null> {
	return (await holderOf(engine, token))?.run ?? null;
}
