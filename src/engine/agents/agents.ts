// Agents: what they say through the gateway, what follows from it, and what people are shown of them. Puts the parts of this room together.
import { presenceMs } from "../../core/agents/presence.js";
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Run } from "../../ports/ports.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";
import type { Reports } from "../programs/reports.js";
import type { AgentCaller, AgentHeartbeat, AgentVerbs } from "../verbs/agents.js";
import type { TokenRecord } from "../verbs/tokens.js";
import { createCallers } from "./callers.js";
import { createContacts } from "./contacts.js";
import { createHearing, type Hearing } from "./hearing.js";
import { createMilestones, type Milestones } from "./milestones.js";
import { createAgentReadings } from "./readings.js";
import { createRegistry, type Registry } from "./registry.js";
import { createTasks, type Tasks } from "./tasks.js";
import { createTrials } from "./trials.js";

export interface AgentsParts {
	readonly engine: Engine;
	readonly store: Store;
	readonly reports: Reports;
	readonly audit: Audit;
	readonly tokenOf: (secret: string) => Promise<TokenRecord | null>;
	/** The program of a target that is known to run now. */
	readonly currentRun: (target: string) => Run | null;
}

export interface AgentsRoom {
	readonly verbs: AgentVerbs;
	/** A heartbeat as `deadman/client` sends it, by the token of its run. */
	programHeartbeat(token: string, fatal: string | null): Promise<Refusal | null>;
	/** A builder's sign of life: an agent like others, of nobody's program. */
	builderHeartbeat(name: string, heartbeat: AgentHeartbeat): Promise<void>;
	start(): Promise<void>;
	stop(): void;
}

export function createAgents(parts: AgentsParts): AgentsRoom {
	const { engine, reports, store, audit } = parts;
	const callers = createCallers(parts);
	const contacts = createContacts(engine, reports);
	const tasks = createTasks(engine);
	const trials = createTrials(engine, store);
	const hearing = createHearing({ engine, contacts, tasks, trials });
	const milestones = createMilestones({ engine, reports, contacts, trials });
	const registry = createRegistry({ engine, contacts, hearing });
	const sweeping = createSweeping(engine, registry);
	const readings = createAgentReadings({ engine, contacts, hearing, tasks, audit });
	return {
		verbs: { ...gatewayVerbs({ callers, contacts, hearing, milestones, registry, tasks }), ...readings },
		async programHeartbeat(token, fatal) {
			const caller = await callers.of({ path: null, bearer: token });
			if (caller?.run == null) return refuse("token_invalid");
			if (fatal === null) {
				reports.contact(caller.run);
				await hearing.alive(caller);
				return null;
			}
			const said = await hearing.heartbeat(caller, { status: "error", error: { severity: "fatal", message: fatal } });
			return "refused" in said ? said : null;
		},
		builderHeartbeat: (name, heartbeat) =>
			hearing.sign({ agent: name, target: null, run: null, workspace: null }, heartbeat),
		async start() {
			await milestones.remember();
			await tasks.failStranded();
			sweeping.start();
		},
		stop() {
			sweeping.stop();
			trials.close();
		},
	};
}

interface GatewayParts {
	readonly callers: ReturnType<typeof createCallers>;
	readonly contacts: ReturnType<typeof createContacts>;
	readonly hearing: Hearing;
	readonly milestones: Milestones;
	readonly registry: Registry;
	readonly tasks: Tasks;
}

type Gateway = Omit<AgentVerbs, "listAgents" | "showAgent" | "assignAgentTask">;

/** Who comes with a workspace's token speaks to the registry alone. */
function gatewayVerbs({ callers, contacts, hearing, milestones, registry, tasks }: GatewayParts): Gateway {
	const foreign = ({ workspace }: AgentCaller) => (workspace === null ? null : refuse("token_rejected"));
	const shut = async (caller: AgentCaller) => foreign(caller) ?? (await hearing.barred(caller));
	return {
		agentOf: callers.of,
		agentHeartbeat: async (caller, heartbeat) => foreign(caller) ?? hearing.heartbeat(caller, heartbeat),
		agentError: async (caller, error) => (await shut(caller)) ?? hearing.error(caller, error),
		agentTasks: async (caller) => hearing.limited(caller, "reads") ?? (await shut(caller)) ?? tasks.of(caller.agent),
		async moveAgentTask(caller, request) {
			const refusal = hearing.limited(caller, "tasks") ?? (await shut(caller));
			if (refusal !== null) return refusal;
			contacts.note(caller);
			return tasks.move(caller.agent, request);
		},
		agentReady: async (caller, transport) =>
			foreign(caller) ?? hearing.limited(caller, "milestones") ?? milestones.ready(caller, transport),
		firstMessageSent: async (caller, ts) =>
			foreign(caller) ?? hearing.limited(caller, "milestones") ?? milestones.firstMessage(caller, ts),
		registerAgentWorkspace: async (caller, registration) =>
			hearing.limited(caller, "registrations") ?? registry.register(caller, registration),
		workspaceHeartbeat: async (caller, request) =>
			hearing.limited(caller, `workspace ${request.workspaceId}`) ?? registry.heartbeat(caller, request),
		workspaceActivity: async (caller, id) => hearing.limited(caller, "reads") ?? registry.activity(caller, id),
	};
}

/** Who is silent, and what is kept no longer: looked for on the clock's timers, never before whoever is there could have been heard. */
function createSweeping({ ports, settings }: Engine, registry: Registry) {
	const { clock, journal, log, scrub } = ports;
	let cancel = () => {};
	let prunedBootMs = Number.NEGATIVE_INFINITY;

	async function sweep(): Promise<void> {
		try {
			await registry.sweep();
			const { bootMs, wallMs } = clock.now();
			if (bootMs - prunedBootMs < limits.agentPruneMs) return;
			prunedBootMs = bootMs;
			await journal.pruneAgents({ beforeMs: wallMs - settings.agents.retainMs });
		} catch (error) {
			log.warn("agents.sweep_failed", { cause: causeFrom(error, null, scrub) });
		}
	}

	function ringIn(delayMs: number): void {
		cancel = clock.timer(delayMs, () => {
			ringIn(limits.presenceSweepMs);
			void sweep();
		});
	}

	return { start: () => ringIn(presenceMs), stop: () => cancel() };
}
