// How far a program came, as it reports itself: its channel has connected, its first message went out. On disk first, then it counts.
import type { Refusal } from "../../core/refusals.js";
import { refuse } from "../../core/refusals.js";
import type { Reached } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { Reports } from "../programs/reports.js";
import type { AgentCaller } from "../verbs/agents.js";
import type { Contacts } from "./contacts.js";
import type { Trials } from "./trials.js";

export interface Milestones {
	ready(caller: AgentCaller, transport: string): Promise<Refusal | null>;
	firstMessage(caller: AgentCaller, ts: string): Promise<Refusal | null>;
	/** A program says it once: what an earlier life heard of a run still holds for that run. */
	remember(): Promise<void>;
}

interface MilestoneParts {
	readonly engine: Engine;
	readonly reports: Reports;
	readonly contacts: Contacts;
	readonly trials: Trials;
}

export function createMilestones({ engine, reports, contacts, trials }: MilestoneParts): Milestones {
	const { clock, journal, log, scrub } = engine.ports;

	async function reach(
		{ target, run }: AgentCaller,
		milestone: Reached["milestone"],
		about: string,
	): Promise<Refusal | null> {
		if (target === null) return refuse("token_rejected");
		const by = run === null ? null : { runId: run.runId, release: run.release, swapId: run.swapId };
		const said = { target, milestone, about: scrub(about), run: by, atMs: clock.now().wallMs };
		const events = await journal.reachMilestone(said);
		if (events.length > 0) log.info(`agent.${milestone}`, { target, about: said.about, release: run?.release ?? null });
		for (const event of events) engine.emit({ type: "agent:changed", event });
		return null;
	}

	return {
		async ready(caller, transport) {
			contacts.note(caller);
			const refusal = await reach(caller, "agent_ready", transport);
			if (refusal === null && caller.run !== null) reports.becameAgentReady(caller.run.runId, transport);
			return refusal;
		},
		async firstMessage(caller, ts) {
			contacts.note(caller);
			const refusal = await reach(caller, "first_dm_sent", ts);
			if (refusal === null && caller.run !== null) await trials.firstMessage(caller.run);
			return refusal;
		},
		async remember() {
			for (const { readyRun, transport } of await journal.installations()) {
				if (readyRun !== null && transport !== null) reports.becameAgentReady(readyRun, transport);
			}
		},
	};
}
