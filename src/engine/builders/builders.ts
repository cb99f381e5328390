// What builders hear and say beside proposing: how their swaps ended, what judges their paths, that they live, and how far they are.
// Nothing that is said here decides anything, whatever it says.
import { limits } from "../../core/limits.js";
import { milestonesOf, milestoneText } from "../../core/machine/milestone.js";
import { createRate } from "../../core/rate.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, actorName, hostTarget, type Swap } from "../../core/swap.js";
import { type OutcomeReport, outcomeReportOf } from "../../core/words/outcome-report.js";
import type { Audit } from "../base/audit.js";
import type { Engine, SharedSettings } from "../base/context.js";
import type { Store } from "../base/store.js";
import type { AgentHeartbeat } from "../verbs/agents.js";
import type { BuilderLoop, Milestone, PolicyView } from "../verbs/builders.js";
import { createPresence, unheard } from "./presence.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly audit: Audit;
	/** Who builds is an agent too. */
	readonly heard: (name: string, heartbeat: AgentHeartbeat) => Promise<void>;
}

export function createBuilderLoop(parts: Parts): BuilderLoop {
	const { engine, audit, heard } = parts;
	const { list, report } = createPresence(engine);
	const nowMs = () => engine.ports.clock.now().bootMs;
	const rate = createRate({ perMinute: limits.milestonesPerMinute, nowMs });
	return {
		outcomes: (request) => outcomesOf(engine, request),
		policy: () => policyOf(engine),
		builders: list,
		reportPresence: async ({ by, heartbeat }) => {
			const refusal = report(by, heartbeat);
			if (refusal === null) await heard(actorName(by), { status: heartbeat.status, error: heartbeat.error });
			return refusal;
		},
		reportMilestone: async ({ by, milestone }) => {
			const unable = unheard(by, "report milestones of") ?? (rate.take(actorName(by)) > 0 ? flooding : null);
			const answer = unable ?? (await noteMilestone(parts, by, milestone));
			const { swapId } = milestone;
			if (answer !== null) await audit({ swapId: null, by, verb: "milestone", refusal: answer, shown: swapId });
			return answer;
		},
	};
}

const flooding = refuse("too_many_requests", { seconds: 60 });

async function outcomesOf(
	{ ports }: Engine,
	{ by, limit }: Parameters<BuilderLoop["outcomes"]>[0],
): Promise<readonly OutcomeReport[]> {
	const swaps = (await ports.journal.swaps(limits.listed)).filter((swap) => isOf(swap, by));
	const reports = swaps.map(outcomeReportOf).filter((report) => report !== null);
	return reports.slice(0, Math.min(limit, limits.outcomes));
}

/** People hear of everybody's. */
function isOf({ proposer }: Swap, by: Actor): boolean {
	return by.surface !== "builder" || actorName(proposer) === actorName(by);
}

function policyOf({ settings, targets }: Engine): PolicyView {
	const { rules, summaries, approval, approvalMs } = settings;
	return {
		targets: targets.map((name) => ({ name, ...placesOf(settings, name) })),
		neverWrite: unique([...rules.host.neverWrite, ...rules.agents.flatMap(({ neverWrite }) => neverWrite)]),
		migrations: unique([...rules.host.migrations, ...rules.agents.flatMap(({ migrations }) => migrations)]),
		supervisor: rules.supervisor,
		reach: rules.reach,
		summaries,
		approval,
		approvalExpiryMs: approvalMs,
		classes: Object.fromEntries(
			Object.entries(settings.authority.classes).map(([name, { approve, approvals, typed }]) => [
				name,
				{ approve, approvals, typed },
			]),
		),
	};
}

function placesOf({ rules }: SharedSettings, name: string) {
	const mappings = name === hostTarget ? [] : (rules.agents.find((agent) => agent.name === name)?.mappings ?? []);
	const own = mappings.find(({ template, folder }) => template === folder)?.folder ?? null;
	return { own, mappings: mappings.filter(({ template, folder }) => template !== folder) };
}

function unique(patterns: readonly string[]): readonly string[] {
	return [...new Set(patterns)];
}

async function noteMilestone(
	{ engine, store }: Pick<Parts, "engine" | "store">,
	by: Actor,
	milestone: Milestone,
): Promise<Refusal | null> {
	const text = engine.ports.scrub(milestoneText(by, milestone));
	const { swapId } = milestone;
	if (swapId === null) {
		engine.ports.log.info("builder.milestone", { by: actorName(by), text });
		return null;
	}
	const swap = await store.find(swapId);
	if (isRefusal(swap) || !isOf(swap, by)) return refuse("swap_unknown", { id: swapId });
	if (milestonesOf(swap).length >= limits.milestones) {
		return refuse("milestones_full", { id: swapId, limit: limits.milestones });
	}
	const noted = await store.record(swapId, { verb: "conclude", facts: [{ type: "noted", text }] });
	return isRefusal(noted) ? noted : null;
}
