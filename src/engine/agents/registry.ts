// The registry's side of presence: workspaces register, say that they live, and wait for their agent when they stop. A token is bound to the run
// that registered.
import { presenceMs } from "../../core/agents/presence.js";
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { WorkspaceFigures } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { AgentCaller, Registered, Registration, WorkspaceActivity } from "../verbs/agents.js";
import type { Contacts } from "./contacts.js";
import type { Hearing } from "./hearing.js";

export interface Registry {
	register(caller: AgentCaller, registration: Registration): Promise<Registered | Refusal>;
	heartbeat(
		caller: AgentCaller,
		request: { readonly workspaceId: string; readonly figures: WorkspaceFigures },
	): Promise<Refusal | null>;
	activity(caller: AgentCaller, workspaceId: string): Promise<WorkspaceActivity | Refusal>;
	/** External ones that were silent for too long wait for their agent. */
	sweep(): Promise<void>;
}

export function createRegistry({
	engine,
	contacts,
	hearing,
}: {
	engine: Engine;
	contacts: Contacts;
	hearing: Hearing;
}): Registry {
	const { clock, credentials, journal, log, scrub } = engine.ports;

	/** A token of a workspace speaks for that one alone. */
	const notYours = (caller: AgentCaller, id: string) =>
		caller.workspace !== null && caller.workspace !== id ? refuse("workspace_not_yours", { id: shown(id) }) : null;

	async function register(
		caller: AgentCaller,
		{ workspaceId: id, runtime }: Registration,
	): Promise<Registered | Refusal> {
		const refusal = notYours(caller, id);
		if (refusal !== null) return refusal;
		await hearing.enrol(caller);
		const others = (await journal.registeredWorkspaces(caller.agent)).filter((one) => one.id !== id);
		if (others.length >= limits.agentWorkspaces) return refuse("too_many_requests", { seconds: 3_600 });
		const auth = credentials.make();
		const figures = { errorRate: null, sampleError: null, activeTasks: null, uptimeSeconds: null, currentTask: null };
		const kept = await journal.registerWorkspace({
			...{ id, agentId: caller.agent, runtime, state: "online", tokenSha256: auth.sha256 },
			...{ runId: caller.run?.runId ?? null, lastHeartbeatAtMs: clock.now().wallMs, ...figures },
		});
		if (!kept) return refuse("workspace_not_yours", { id: shown(id) });
		contacts.note(caller);
		log.info("registry.registered", { workspace: id, agent: caller.agent, release: caller.run?.release ?? null });
		return { workspaceId: id, authToken: auth.secret, inboundSecret: credentials.make().secret };
	}

	async function heartbeat(caller: AgentCaller, { workspaceId: id, figures }: Parameters<Registry["heartbeat"]>[1]) {
		const refusal = notYours(caller, id) ?? (await unknown(caller, id));
		if (refusal !== null) return refusal;
		const clean = (text: string | null) => (text === null ? null : scrub(text));
		const said = { ...figures, sampleError: clean(figures.sampleError), currentTask: clean(figures.currentTask) };
		if (!(await journal.hearWorkspace({ id, atMs: clock.now().wallMs, figures: said }))) {
			return refuse("workspace_not_yours", { id: shown(id) });
		}
		contacts.note(caller);
		return null;
	}

	/** A program that speaks without the workspace's own token speaks for what it registered itself. */
	async function unknown(caller: AgentCaller, id: string): Promise<Refusal | null> {
		if (caller.workspace === id) return null;
		const own = (await journal.registeredWorkspaces(caller.agent)).find((one) => one.id === id);
		if (own !== undefined && own.runId === (caller.run?.runId ?? null)) return null;
		return refuse("workspace_not_yours", { id: shown(id) });
	}

	return {
		register,
		heartbeat,
		async activity(caller, id) {
			const own = (await journal.registeredWorkspaces(caller.agent)).find((one) => one.id === id);
			const refusal = notYours(caller, id);
			if (refusal !== null || own === undefined) return refuse("workspace_not_yours", { id: shown(id) });
			const errors = await journal.agentErrors({ agentId: caller.agent, limit: limits.agentErrorsListed });
			return { workspace: own, errors };
		},
		async sweep() {
			const { wallMs } = clock.now();
			const waiting = await journal.sweepWorkspaces({ fromMs: wallMs - presenceMs, toMs: wallMs + presenceMs });
			for (const workspace of waiting) log.info("registry.awaiting_agent", { workspace });
		},
	};
}

function shown(id: string): string {
	return JSON.stringify(id.slice(0, 80));
}
