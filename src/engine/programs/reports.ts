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
	isReady(run: Run): boolean;
	progressCount(run: Run): number;
	/** The transport that it reported as connected; null: it has not. */
	agentReady(run: Run): string | null;
	/** Of this run, or of one by that id in an earlier life. */
	becameAgentReady(runId: string, transport: string): void;
	/** Whose token this is, looked up once in a while; null: of no living program. */
	holderOf(token: string): Promise<Holder | null>;
	/** Any authenticated contact but a read: a sign of life like a heartbeat. */
	contact(run: Run): void;
	/** Boot-clock milliseconds of the last contact; null before the first. */
	lastHeartbeatMs(run: Run): number | null;
}

export interface Holder {
	readonly run: Run;
	readonly target: string;
}

interface Said {
	ready: boolean;
	transport: string | null;
	progress: number;
	heartbeatMs: number | null;
}

export function createReports(engine: Engine): Reports {
	const said = new Map<string, Said>();

	function of({ runId }: Pick<Run, "runId">): Said {
		const known = said.get(runId) ?? { ready: false, transport: null, progress: 0, heartbeatMs: null };
		said.set(runId, known);
		return known;
	}

	function contact(run: Run): void {
		of(run).heartbeatMs = engine.ports.clock.now().bootMs;
	}

	async function hear(token: string, note: (known: Said) => void): Promise<Refusal | null> {
		const run = await runOf(engine, token);
		if (run === null) return refuse("token_invalid");
		contact(run);
		note(of(run));
		return null;
	}

	const beating = new Map<string, Holder & { readonly seenMs: number }>();

	/** Heartbeats come often and prove nothing but a living program: whose token it is, is looked up once in a while. */
	async function beatingHolder(token: string): Promise<Holder | null> {
		const nowMs = engine.ports.clock.now().bootMs;
		const known = beating.get(token);
		if (known !== undefined && nowMs - known.seenMs < limits.heartbeatTrustMs) return known;
		beating.delete(token);
		const holder = await holderOf(engine, token);
		if (holder === null) return null;
		for (const [other, { seenMs }] of beating) if (nowMs - seenMs >= limits.heartbeatTrustMs) beating.delete(other);
		beating.set(token, { ...holder, seenMs: nowMs });
		return holder;
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
		agentReady: (run) => said.get(run.runId)?.transport ?? null,
		becameAgentReady: (runId, transport) => {
			of({ runId }).transport = transport;
		},
		holderOf: beatingHolder,
		contact,
		isReady: (run) => said.get(run.runId)?.ready ?? false,
		progressCount: (run) => said.get(run.runId)?.progress ?? 0,
		lastHeartbeatMs: (run) => said.get(run.runId)?.heartbeatMs ?? null,
	};
}

async function runOf(engine: Engine, token: string): Promise<Run | null> {
	return (await holderOf(engine, token))?.run ?? null;
}
