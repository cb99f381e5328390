// Runs the candidate of a swap until it is proven or counts as dead: each start is counted on disk before it happens (F12).
import { remainingMs, renew } from "../../core/deadman.js";
import type { FactBody } from "../../core/facts.js";
import { isCandidateDead, isQuickDeath } from "../../core/people/policy.js";
import { type Cause, causeOf, type Evidence, hostTarget, type Swap } from "../../core/swap.js";
import type { Exit, Run } from "../../ports/ports.js";
import { awaitReady, type Proof, portHeldBy, uptimeOf } from "../programs/readiness.js";
import { describeExit, findRun, startProgram } from "../programs/running.js";
import { note, type Part } from "./step.js";

export type Trial =
	| { readonly kind: "proven"; readonly run: Run; readonly evidence: Evidence }
	| { readonly kind: "dead"; readonly facts: readonly FactBody[] }
	| { readonly kind: "interrupted" };

/** Part of the first window: each line of progress need not be a fact. */
const renewBelow = 0.75;

type Room = "cutOver" | "probation";

export async function runCandidate(context: Part, room: Room): Promise<Trial> {
	while (!context.signal.aborted) {
		const run = (await takeOver(context)) ?? (await boot(context, room));
		if (run === null) return { kind: "dead", facts: [{ type: "candidateDied", cause: await unseenCause(context) }] };
		context.keeper.tell({ state: "swapping", run, detail: run.release });
		const proof = await awaitReady(context.engine, context.reports, {
			run,
			site: `${room}.probe`,
			signal: context.signal,
			...(room === "cutOver" ? { onProgress: () => keepOpen(context) } : {}),
		});
		const trial = await judge(context, run, proof);
		if (trial !== null) return trial;
	}
	return { kind: "interrupted" };
}

/** A start that makes progress keeps its window open, under the cap (F14). The window for people begins only behind it. */
async function keepOpen(context: Part): Promise<void> {
	const { clock } = context.engine.ports;
	const { initialMs } = context.engine.settings.deadman;
	const deadman = (await context.store.read(context.swap.id))?.deadman ?? null;
	if (deadman === null) return;
	const leftMs = remainingMs(deadman, clock.now());
	const longer = renew(deadman, initialMs, clock.now());
	if (leftMs > initialMs * renewBelow || remainingMs(longer, clock.now()) <= leftMs) return;
	await note(context, [{ type: "extended", by: { surface: "program", id: releaseOf(context.swap) }, deadman: longer }]);
}

async function takeOver({ engine, swap }: Part): Promise<Run | null> {
	return bootsOf(swap, engine.target) > 0 ? findRun(engine, releaseOf(swap)) : null;
}

/** Null when it has had its boots: also deaths that nobody saw, as when it takes the machine down with it, are counted by them. */
async function boot(context: Part, room: Room): Promise<Run | null> {
	const { target } = context.change;
	const current = (await context.store.read(context.swap.id)) ?? context.swap;
	if (isCandidateDead(livesOf(current, target))) return null;
	const boots = bootsOf(current, target) + 1;
	await note(context, [{ type: "bootStarted", boots, ...named(target) }]);
	// From now on the data is this start's: what was restored for an earlier one is restored anew.
	await context.engine.ports.snapshots.begin(context.swap.id, boots);
	return startProgram(context.engine, `${room}.start`, {
		release: releaseOf(context.swap),
		swapId: context.swap.id,
	});
}

async function judge(context: Part, run: Run, proof: Proof): Promise<Trial | null> {
	switch (proof.kind) {
		case "ready":
			return { kind: "proven", run, evidence: proof.evidence };
		case "interrupted":
			return { kind: "interrupted" };
		case "silent":
			return { kind: "dead", facts: [{ type: "candidateDied", cause: proof.cause }] };
		case "exited":
			return exited(context, run, proof.exit);
	}
}

/** Null when it may be started once more. */
export async function exited(context: Part, run: Run, exit: Exit): Promise<Trial | null> {
	const uptimeMs = uptimeOf(context.engine, run);
	const quick = isQuickDeath(uptimeMs);
	const { target } = context.change;
	const swap = await note(context, [{ type: "candidateExited", uptimeMs, ...exit, quick, ...named(target) }]);
	if (!isCandidateDead(livesOf(swap, target))) return null;
	return { kind: "dead", facts: [{ type: "candidateDied", cause: await deathCause(context, run, exit) }] };
}

async function unseenCause({ engine, swap }: Part): Promise<Cause> {
	const log = await engine.ports.programs.logTail(releaseOf(swap), 20).catch(() => []);
	return causeOf("candidate_died", "The new version died again and again while no supervisor saw it.", null, log);
}

async function deathCause(context: Part, run: Run, exit: Exit): Promise<Cause> {
	const held = await portHeldBy(context.engine, run);
	if (held !== null) return held;
	const log = await context.engine.ports.programs.logTail(run.release, 20).catch(() => []);
	return causeOf("candidate_died", `The new version ${describeExit(exit)}.`, null, log);
}

export function releaseOf(swap: Swap): string {
	if (swap.candidateRelease === null) throw new Error(`The swap ${swap.id} is ${swap.status} without a candidate.`);
	return swap.candidateRelease;
}

function bootsOf(swap: Swap, target: string): number {
	return swap.bootsBy[target] ?? 0;
}

function livesOf(swap: Swap, target: string): { readonly boots: number; readonly quickDeaths: number } {
	return { boots: bootsOf(swap, target), quickDeaths: swap.quickDeathsBy[target] ?? 0 };
}

/** Facts name a target only where it is not the host, so that journals of one program read simply. */
function named(target: string): { readonly target?: string } {
	return target === hostTarget ? {} : { target };
}
