// What agents post of themselves: heartbeats and errors. One core behind every face of the gateway: cleaned first, written in one transaction, told
// behind the commit; a fatal then fails the agent's tasks and ends a trial.
import type { AgentStatus, ReportedStatus } from "../../core/agents/agent.js";
import { type Json, redactedContext } from "../../core/agents/redaction.js";
import { limits } from "../../core/limits.js";
import { createRate, type Rate } from "../../core/rate.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { remember } from "../../core/remember.js";
import type { AgentBeat, AgentRecord, HeardAgent, NewAgentError } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { AgentCaller, AgentHeartbeat, ReportedError } from "../verbs/agents.js";
import type { Contacts } from "./contacts.js";
import type { Tasks } from "./tasks.js";
import type { Trials } from "./trials.js";

export interface HearingParts {
	readonly engine: Engine;
	readonly contacts: Contacts;
	readonly tasks: Tasks;
	readonly trials: Trials;
}

export interface Hearing {
	heartbeat(
		caller: AgentCaller,
		heartbeat: AgentHeartbeat,
	): Promise<{ readonly hasHighPriorityTasks: boolean } | Refusal>;
	error(caller: AgentCaller, error: ReportedError): Promise<Refusal | null>;
	/** The sign of life of a program of ours, which comes often: written when it changes something, else to the minute. */
	alive(caller: AgentCaller): Promise<void>;
	/** One that comes often: written when it says something else than before, else to the minute. Never rejects, and no limit refuses it. */
	sign(caller: AgentCaller, heartbeat: AgentHeartbeat): Promise<void>;
	/** The same limit for what it does beside its heartbeats, each for itself: nobody floods the journal. */
	limited(caller: AgentCaller, about: string): Refusal | null;
	/** Why it may do nothing but send a heartbeat; null: it may. */
	barred(caller: AgentCaller): Promise<Refusal | null>;
	/** Makes its row where there is none in this life's memory. */
	enrol(caller: Pick<AgentCaller, "agent" | "target">): Promise<AgentStatus>;
	throttled(agent: string): number;
}

export function createHearing({ engine, contacts, tasks, trials }: HearingParts): Hearing {
	const { clock, journal, log } = engine.ports;
	const rates = ratesOf(engine);
	const clean = createCleaning(engine);
	/** How those that were heard in this life stand: only their own transactions change it. */
	const standing = new Map<string, AgentStatus>();
	const throttled = new Map<string, number>();

	const stand = (agent: string, status: AgentStatus) =>
		remember(standing, { key: agent, value: status, most: limits.agentsRemembered });

	async function enrol({ agent, target }: Pick<AgentCaller, "agent" | "target">): Promise<AgentStatus> {
		const known = standing.get(agent);
		if (known !== undefined) return known;
		const record: AgentRecord = await journal.enrolAgent({ id: agent, target, atMs: clock.now().wallMs });
		stand(agent, record.status);
		return record.status;
	}

	function tooMany(caller: AgentCaller, fatal: boolean): Refusal | null {
		return refusedBy(caller, (fatal ? rates.fatals : rates.beats).take(caller.agent));
	}

	const limited = (caller: AgentCaller, about: string) =>
		refusedBy(caller, rates.beats.take(`${caller.agent} ${about}`));

	function refusedBy({ agent }: AgentCaller, waitMs: number): Refusal | null {
		if (waitMs === 0) return null;
		const count = (throttled.get(agent) ?? 0) + 1;
		remember(throttled, { key: agent, value: count, most: limits.agentsRemembered });
		if (rates.lines.take(agent) === 0) log.warn("agent.throttled", { agent, count });
		return refuse("too_many_requests", { seconds: Math.ceil(waitMs / 1_000) });
	}

	/** A fatal ends a trial even where it cannot be written down. */
	async function hear(caller: AgentCaller, beat: AgentBeat): Promise<HeardAgent> {
		const written = write(caller, beat);
		const { error } = beat;
		if (error?.severity === "fatal" && caller.run !== null) {
			await written.catch(() => {});
			await trials.fatal(caller.run, error.message, detailOf(error));
		}
		const heard = await written;
		if (heard.kind === "heard" && error?.severity === "fatal") {
			await tasks.failAll({ agentId: caller.agent, ids: heard.activeTasks, message: error.message });
		} else if (error !== null && caller.run !== null) await trials.warning(caller.run, error.message);
		return heard;
	}

	async function write(caller: AgentCaller, beat: AgentBeat): Promise<HeardAgent> {
		await enrol(caller);
		const heard = await journal.hearAgent(beat);
		if (heard.kind === "vanished") {
			standing.delete(caller.agent);
			log.warn("agent.vanished", {
				agentId: caller.agent,
				message: "Heartbeat for an agent row that no longer exists",
			});
			return heard;
		}
		stand(caller.agent, heard.status);
		contacts.written(caller.agent);
		tell(caller, heard);
		return heard;
	}

	/** Behind the commit: what was undone is never told. */
	function tell(
		{ agent, target }: AgentCaller,
		{ standing: decided, foreignTask, events }: Extract<HeardAgent, { kind: "heard" }>,
	): void {
		if (foreignTask !== null) log.warn("agent.task_foreign", { agentId: agent, taskId: foreignTask });
		if (decided.kind === "transition") {
			const { from: fromStatus, to: toStatus, reason } = decided;
			log.info("agent.transition", { agentId: agent, projectId: target, fromStatus, toStatus, reason });
		}
		for (const event of events) engine.emit({ type: "agent:changed", event });
	}

	function beatOf(
		caller: AgentCaller,
		reported: ReportedStatus | null,
		said: Omit<AgentHeartbeat, "status">,
	): AgentBeat {
		const { agent: agentId, run } = caller;
		const error = said.error == null ? null : clean(said.error);
		return {
			agentId,
			atMs: clock.now().wallMs,
			reported,
			...(said.capabilities === undefined ? {} : { capabilities: said.capabilities }),
			...(said.deviceInfo === undefined ? {} : { hardware: said.deviceInfo }),
			task: taskOf(said),
			error,
			run: run === null ? null : { runId: run.runId, release: run.release, swapId: run.swapId },
			keptErrors: engine.settings.agents.errors,
			tellError: error !== null && rates.told.take(agentId) === 0,
		};
	}

	async function heartbeat(caller: AgentCaller, { status, ...said }: AgentHeartbeat) {
		const refusal = tooMany(caller, said.error?.severity === "fatal");
		if (refusal !== null) return refusal;
		contacts.note(caller);
		const heard = await hear(caller, beatOf(caller, status, said));
		return { hasHighPriorityTasks: heard.kind === "heard" && heard.hasHighPriorityTasks };
	}

	async function error(caller: AgentCaller, said: ReportedError): Promise<Refusal | null> {
		const refusal = tooMany(caller, said.severity === "fatal");
		if (refusal !== null) return refusal;
		contacts.note(caller);
		await hear(caller, beatOf(caller, null, { error: said }));
		return null;
	}

	async function alive(caller: AgentCaller): Promise<void> {
		const status = await enrol(caller);
		if (status === "registered" || status === "error") await hear(caller, beatOf(caller, "online", {}));
		else contacts.note(caller);
	}

	async function sign(caller: AgentCaller, { status, ...said }: AgentHeartbeat): Promise<void> {
		try {
			const same = said.error == null && (await enrol(caller)) === status;
			if (same || rates.beats.take(caller.agent) > 0) contacts.note(caller);
			else await hear(caller, beatOf(caller, status, said));
		} catch (failure) {
			log.warn("agent.unheard", { agent: caller.agent, cause: causeFrom(failure, null, engine.ports.scrub) });
		}
	}

	async function barred(caller: AgentCaller): Promise<Refusal | null> {
		return (await enrol(caller)) === "error" ? refuse("agent_in_error", { agent: caller.agent }) : null;
	}

	return { heartbeat, error, alive, sign, limited, barred, enrol, throttled: (agent) => throttled.get(agent) ?? 0 };
}

function taskOf({ currentTask, error }: Omit<AgentHeartbeat, "status">): AgentBeat["task"] {
	if (currentTask != null) return { id: currentTask.taskId, progress: currentTask.progress ?? null };
	return error?.taskId == null ? null : { id: error.taskId, progress: null };
}

interface Rates {
	readonly beats: Rate;
	readonly fatals: Rate;
	readonly told: Rate;
	readonly lines: Rate;
}

function ratesOf({ ports }: Engine): Rates {
	const rate = (perMinute: number) => createRate({ perMinute, nowMs: () => ports.clock.now().bootMs });
	return {
		beats: rate(limits.agentBeatsPerMinute),
		fatals: rate(limits.agentFatalsPerMinute),
		told: rate(limits.agentErrorsTold),
		lines: rate(1),
	};
}

const unsaid = { fatal: "Agent fatal error", error: "Agent error", warning: "Agent warning" } as const;

/** Nothing of it is kept, told or shown before. */
function createCleaning({ ports }: Engine): (error: ReportedError) => NewAgentError {
	return ({ severity, message, context = null }) => ({
		severity,
		message: ports.scrub(message.trim() === "" ? unsaid[severity] : message),
		context: redactedContext(context, ports.scrub),
	});
}

/** For whoever mends it. */
function detailOf({ context }: { readonly context: Json }): readonly string[] {
	return context === null ? [] : [JSON.stringify(context).slice(0, limits.causeLogCharacters)];
}
