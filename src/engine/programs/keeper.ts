// Keeps the live program running outside of any swap: restarts a crashed one with back-off, takes over one that outlived its
// supervisor, and hands it to a swap's step on request.
import { limits } from "../../core/limits.js";
import { backoffMs } from "../../core/people/policy.js";
import type { Run } from "../../ports/ports.js";
import type { TargetEngine } from "../base/context.js";
import { causeFrom, effect } from "../base/effects.js";
import { owns } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { ProgramStatus, SupervisorEvent } from "../verbs/supervisor.js";
import { awaitReady, uptimeOf } from "./readiness.js";
import type { Reports } from "./reports.js";
import { describeExit, exitOf, findRun, startProgram } from "./running.js";

export interface Keeper {
	/** Starts keeping, unless a swap owns the program or it is kept already. */
	ensure(): Promise<void>;
	/** Stops keeping and leaves the program as it is. */
	handOver(): Promise<void>;
	/** A step reports what it made of the program. */
	tell(status: Partial<ProgramStatus>): void;
	status(): ProgramStatus;
	/** Resolves when the live program is no longer just starting. */
	settled(): Promise<void>;
	close(): Promise<void>;
}

export function createKeeper(engine: TargetEngine, store: Store, reports: Reports): Keeper {
	const { programs, releases, clock, log } = engine.ports;
	let status: ProgramStatus = { state: "none", run: null, restarts: 0, proven: false, detail: "" };
	let keeping: { readonly stop: AbortController; readonly loop: Promise<void> } | null = null;
	let closed = false;

	function tell(change: Partial<ProgramStatus>): void {
		status = { ...status, ...change };
		engine.emit({ type: "program:changed", target: engine.target, state: status.state, detail: status.detail });
	}

	async function ensure(): Promise<void> {
		if (closed || keeping !== null) return;
		const owners = (await store.unfinished()).filter((swap) => owns(swap, engine.target));
		if (owners.length > 0 || keeping !== null || closed) return;
		if ((await releases.current()) === null) return tellNothing();
		if (keeping !== null || closed) return;
		const stop = new AbortController();
		tell({ state: "starting", proven: false });
		keeping = { stop, loop: keep(stop.signal) };
	}

	async function handOver(): Promise<void> {
		const kept = keeping;
		keeping = null;
		kept?.stop.abort();
		await kept?.loop;
		tell({ state: "swapping", proven: false });
	}

	async function keep(signal: AbortSignal): Promise<void> {
		let failures = 0;
		while (!signal.aborted) {
			const livedMs = await keepOnce(signal);
			if (signal.aborted) return;
			failures = livedMs >= limits.restartResetMs ? 0 : failures + 1;
			const pauseMs = backoffMs(limits.restartBackoffMs, limits.restartBackoffCapMs, failures);
			tell({ state: "backing_off", run: null, proven: false, restarts: status.restarts + 1 });
			await clock.sleep(pauseMs, signal);
		}
	}

	/** One life of the live program; answers with how long it lived, in milliseconds. */
	async function keepOnce(signal: AbortSignal): Promise<number> {
		try {
			const release = await releases.current();
			if (release === null) throw new Error("No release is live any more.");
			const found = await findRun(engine, release);
			await effect(engine.ports, "keeper.stop", () => programs.stopAll(found ?? undefined));
			if (signal.aborted) return 0;
			tell({ state: "starting", run: found, proven: false, detail: release });
			const run = found ?? (await startProgram(engine, "keeper.start", { release, swapId: null }));
			tell({ run });
			const vouched = found !== null && (await saidReady(release));
			return await watch(run, { vouched, signal });
		} catch (error) {
			const cause = causeFrom(error, null, engine.ports.scrub);
			log.error("program.start_failed", { cause });
			tell({ detail: cause.message });
			return 0;
		}
	}

	/** Where the baseline said why there is none, that stays. */
	function tellNothing(): void {
		tell({ state: "none", run: null, detail: status.detail === "" ? "No release is live yet." : status.detail });
	}

	/** A program says `ready()` once: what an earlier supervisor heard of this very run still holds. */
	async function saidReady(release: string): Promise<boolean> {
		if (!engine.ports.probe.awaitsReport) return false;
		const live = await releases.readLive();
		return live?.proven === true && live.release.id === release;
	}

	async function watch(run: Run, { vouched, signal }: { vouched: boolean; signal: AbortSignal }): Promise<number> {
		if (vouched) tell({ state: "running", proven: true, detail: "ready() in an earlier life" });
		let proof = vouched ? null : await awaitReady(engine, reports, { run, site: "keeper.probe", signal });
		// Nobody waits for this one: it may still answer later, and only then is it proven.
		while (proof?.kind === "silent") {
			tell({ state: "running", proven: false, detail: proof.cause.message });
			proof = await awaitReady(engine, reports, { run, site: "keeper.probe", signal });
		}
		if (proof?.kind === "ready") {
			await markProven();
			await tellMissing();
			tell({ state: "running", proven: true, detail: proof.evidence.probe });
		}
		const exit = proof?.kind === "exited" ? proof.exit : await exitOf(engine, run, signal);
		const livedMs = uptimeOf(engine, run);
		if (exit === null) return livedMs;
		tell({ detail: `${run.release} ${describeExit(exit)} after ${livedMs} ms.` });
		log.warn("program.exited", { release: run.release, ...exit, livedMs });
		return livedMs;
	}

	async function markProven(): Promise<void> {
		const live = await releases.readLive();
		if (live === null || live.proven) return;
		const failed = (error: unknown) =>
			log.warn("keeper.unmarked", { cause: causeFrom(error, null, engine.ports.scrub) });
		await releases.writeLive({ ...live, proven: true }).catch(failed);
	}

	/** It runs, and should have made them by now: until they are there nothing of them is protected. */
	async function tellMissing(): Promise<void> {
		const missing = await engine.ports.snapshots.missing().catch(() => []);
		if (missing.length > 0) log.warn("databases.missing", { target: engine.target, paths: missing });
	}

	async function settled(): Promise<void> {
		const unsettled = () => keeping !== null && status.state === "starting";
		while (unsettled())
			await once(engine, (event) => event.type === "program:changed" && event.target === engine.target);
	}

	async function close(): Promise<void> {
		closed = true;
		await handOver();
	}

	return { ensure, handOver, tell, status: () => status, settled, close };
}

function once(engine: TargetEngine, matches: (event: SupervisorEvent) => boolean): Promise<void> {
	return new Promise((resolve) => {
		const unsubscribe = engine.subscribe((event) => {
			if (!matches(event)) return;
			unsubscribe();
			resolve();
		});
	});
}
