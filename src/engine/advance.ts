// The heart: read the journal, ask core/next-step, journal the intent, run the step, journal the outcome, again. One at a time per
// swap. Boot, timer, click and command all end here.
import type { FactBody } from "../core/facts.js";
import { limits } from "../core/limits.js";
import { nextStep } from "../core/machine/next-step.js";
import { isPassing } from "../core/machine/passing-causes.js";
import { phases, type StepName } from "../core/machine/phases.js";
import { backoffMs } from "../core/people/policy.js";
import { isRefusal } from "../core/refusals.js";
import type { Cause, Swap } from "../core/swap.js";
import { VersionConflict } from "../ports/ports.js";
import type { Engine } from "./base/context.js";
import { causeFrom, Interrupted } from "./base/effects.js";
import type { Store } from "./base/store.js";
import type { Keepers } from "./programs/keepers.js";
import type { Reports } from "./programs/reports.js";
import { cutOver } from "./steps/cut-over.js";
import { probation } from "./steps/probation.js";
import { promote } from "./steps/promote.js";
import { rollBack } from "./steps/roll-back.js";
import { stage } from "./steps/stage.js";
import type { Step } from "./steps/step.js";
import { template } from "./steps/template.js";
import { tidy } from "./steps/tidy.js";

const steps: Readonly<Record<StepName, Step>> = { stage, cutOver, probation, promote, rollBack, template, tidy };

export interface Advancer {
	/** Goes on with this swap as far as it goes; returns at once. */
	kick(swapId: string): void;
	/** Ends the running step of a swap that moved on. */
	moved(swap: Swap): void;
	/** Interrupts every step and resolves when none runs. */
	close(): Promise<void>;
}

interface Going {
	again: boolean;
	abort: AbortController;
	status: Swap["status"] | null;
	readonly done: Promise<void>;
}

export interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly keepers: Keepers;
	readonly reports: Reports;
}

export function createAdvancer(parts: Parts): Advancer {
	const { engine } = parts;
	const going = new Map<string, Going>();
	let closing = false;

	function kick(swapId: string): void {
		const running = going.get(swapId);
		if (running !== undefined) {
			running.again = true;
			return;
		}
		if (closing) return;
		const entry: Going = { again: false, abort: new AbortController(), status: null, done: Promise.resolve() };
		going.set(swapId, entry);
		Object.assign(entry, { done: go(swapId, entry) });
	}

	async function go(swapId: string, entry: Going): Promise<void> {
		let failures = 0;
		do {
			entry.again = false;
			try {
				while (!closing && (await advanceOnce(parts, swapId, entry))) failures = 0;
			} catch (error) {
				failures += 1;
				await afterFailure(error, swapId, failures);
			}
		} while (entry.again && !closing);
		going.delete(swapId);
		if (!closing) await parts.keepers.ensure().catch((error) => report("keeper.failed", swapId, error));
	}

	/** Bookkeeping failed, not a step: nothing was lost, so pause and look again. */
	async function afterFailure(error: unknown, swapId: string, failures: number): Promise<void> {
		const entry = going.get(swapId);
		if (entry !== undefined) entry.again = true;
		if (error instanceof VersionConflict) return;
		report("advance.failed", swapId, error);
		// A verdict may have ended the step before: its signal would end the pause too.
		if (entry?.abort.signal.aborted === true && !closing) entry.abort = new AbortController();
		await engine.ports.clock.sleep(
			backoffMs(limits.retryPauseMs, limits.outboxBackoffCapMs, failures),
			entry?.abort.signal,
		);
	}

	function report(event: string, swapId: string, error: unknown): void {
		engine.ports.log.error(event, { swap: swapId, cause: causeFrom(error, null, engine.ports.scrub) });
	}

	function moved(swap: Swap): void {
		const entry = going.get(swap.id);
		if (entry?.status != null && entry.status !== swap.status) entry.abort.abort();
	}

	async function close(): Promise<void> {
		closing = true;
		for (const entry of going.values()) entry.abort.abort();
		await Promise.all([...going.values()].map((entry) => entry.done));
	}

	return { kick, moved, close };
}

/** False when there is nothing to do until something happens. */
async function advanceOnce(parts: Parts, swapId: string, entry: Going): Promise<boolean> {
	const { engine, store } = parts;
	const swap = await store.read(swapId);
	if (swap === null) return false;
	const next = nextStep(swap, engine.life, engine.ports.clock.now());
	if (next.do === "wait") return false;
	if (next.do === "record") {
		await store.append(swap, next.facts);
		return true;
	}
	return runStep(parts, swap, next.step, entry);
}

async function runStep(parts: Parts, before: Swap, name: StepName, entry: Going): Promise<boolean> {
	const { engine, store } = parts;
	const resumed = before.restartPlannedBy !== null && before.openStep?.step === name;
	// From here on a move ends the step, also one that comes while the intent is being written.
	entry.abort = new AbortController();
	entry.status = before.status;
	const swap = await store.append(before, [{ type: "stepStarted", step: name, life: engine.life }]);
	engine.emit({ type: "step:progress", swapId: swap.id, step: name, line: `${name} begins` });
	const outcome = await outcomeOf(parts, { swap, resumed, name, signal: entry.abort.signal });
	entry.status = null;
	if (outcome.length === 0) return isElsewhere(store, swap);
	const after = await conclude(parts, swap, outcome, entry.abort.signal);
	if (outcome.some((fact) => fact.type === "attemptFailed")) await pauseAfter(engine, after, entry.abort.signal);
	return true;
}

/** What a step has brought is not thrown away with a write that fails: a cut-over that ran again would arm the clock anew. */
async function conclude({ engine, store }: Parts, swap: Swap, facts: readonly FactBody[], signal: AbortSignal) {
	for (let failures = 0; ; failures += 1) {
		try {
			const after = await store.record(swap.id, { verb: "conclude", facts });
			if (isRefusal(after)) throw new Error(after.message);
			return after;
		} catch (error) {
			if (signal.aborted) throw error;
			engine.ports.log.error("advance.failed", { swap: swap.id, cause: causeFrom(error, null, engine.ports.scrub) });
			await engine.ports.clock.sleep(backoffMs(limits.retryPauseMs, limits.outboxBackoffCapMs, failures), signal);
			if (signal.aborted) throw error;
		}
	}
}

/** An interrupted step goes on only where the swap has moved to another status. */
async function isElsewhere(store: Store, swap: Swap): Promise<boolean> {
	return (await store.read(swap.id))?.status !== swap.status;
}

interface Running {
	readonly swap: Swap;
	readonly resumed: boolean;
	readonly name: StepName;
	readonly signal: AbortSignal;
}

/** What only passes with time is waited for, under the same intent, for as long as it takes (F39). */
async function outcomeOf(parts: Parts, running: Running): Promise<readonly FactBody[]> {
	const { clock } = parts.engine.ports;
	let { swap } = running;
	for (let tries = 0; ; tries += 1) {
		const tried = await tryStep(parts, { ...running, swap });
		if (!("blockedBy" in tried)) return tried.facts;
		const told = await tellBlocked(parts, running, tried.blockedBy);
		await clock.sleep(pauseWhileBlocked(told, tries, clock.now().wallMs), running.signal);
		if (running.signal.aborted) return [];
		swap = (await parts.store.read(swap.id).catch(() => null)) ?? swap;
	}
}

/** Not beyond the moment at which people are told. */
function pauseWhileBlocked({ blockedBy }: Swap, tries: number, nowMs: number): number {
	const pauseMs = backoffMs(limits.retryPauseMs, limits.blockedPauseMs, tries);
	const untilToldMs = blockedBy === null || blockedBy.told ? pauseMs : blockedBy.sinceMs + limits.blockedTellMs - nowMs;
	return Math.max(limits.retryPauseMs, Math.min(pauseMs, untilToldMs));
}

/** On record once for each cause, and once more when it is time to tell people. A record that cannot be written holds nothing up. */
async function tellBlocked({ engine, store }: Parts, { swap, name }: Running, cause: Cause): Promise<Swap> {
	const { clock, log, scrub } = engine.ports;
	try {
		const now = (await store.read(swap.id)) ?? swap;
		const known = now.blockedBy;
		const isLong = known !== null && !known.told && clock.now().wallMs - known.sinceMs >= limits.blockedTellMs;
		const isNews = known === null || known.cause.code !== cause.code || known.cause.site !== cause.site;
		if (!isLong && !isNews) return now;
		const fact: FactBody = isLong ? { type: "blockedLong", cause } : { type: "blocked", step: name, cause };
		const after = await store.record(swap.id, { verb: "conclude", facts: [fact] });
		return isRefusal(after) ? now : after;
	} catch (error) {
		log.error("advance.failed", { swap: swap.id, cause: causeFrom(error, null, scrub) });
		return swap;
	}
}

type Tried = { readonly facts: readonly FactBody[] } | { readonly blockedBy: Cause };

async function tryStep(parts: Parts, { swap, resumed, name, signal }: Running): Promise<Tried> {
	try {
		return { facts: await steps[name]({ ...parts, swap, resumed, signal }) };
	} catch (error) {
		if (error instanceof Interrupted) return { facts: [] };
		const cause = causeFrom(error, null, parts.engine.ports.scrub);
		parts.engine.ports.log.error("step.failed", { swap: swap.id, step: name, cause });
		if (signal.aborted) return { facts: [{ type: "noted", text: `${cause.code}: ${cause.message}` }] };
		return waits.has(name) && isPassing(cause) ? { blockedBy: cause } : { facts: [failureFact(swap, name, cause)] };
	}
}

/** These have nobody to go back to. A stage goes back to its builder, a cut-over rolls back. */
const waits: ReadonlySet<StepName> = new Set(["rollBack", "promote", "template"]);

/** Where the row can move on `stepFailed`, it does; a probation that fails is a candidate nobody can vouch for; the rest tries again. */
function failureFact(swap: Swap, step: StepName, cause: ReturnType<typeof causeFrom>): FactBody {
	const moves = phases[swap.status].on;
	if (moves.stepFailed !== undefined) return { type: "stepFailed", step, cause };
	if (moves.candidateDied !== undefined) return { type: "candidateDied", cause };
	return { type: "attemptFailed", step, cause };
}

async function pauseAfter(engine: Engine, swap: Swap, signal: AbortSignal): Promise<void> {
	await engine.ports.clock.sleep(backoffMs(limits.retryPauseMs, limits.outboxBackoffCapMs, swap.attempts - 1), signal);
}
