// The verbs about agents, as surfaces call them: what agents say through the gateway, and what people are shown of them and may give them.
import type { ReportedStatus, Severity } from "../../core/agents/agent.js";
import type { Json } from "../../core/agents/redaction.js";
import type { AgentTask, TaskMove } from "../../core/agents/task.js";
import type { Refusal } from "../../core/refusals.js";
import type { Actor } from "../../core/swap.js";
import type {
	AgentError,
	AgentRecord,
	Installation,
	RegisteredWorkspace,
	Run,
	WorkspaceFigures,
} from "../../ports/ports.js";

/** By what somebody says who it is; the strongest is the path, which the supervisor itself wrote into a program's environment. */
export interface AgentProof {
	/** Of the path: the token of a run. */
	readonly path: string | null;
	/** Of the header: the token of a run, of an agent, or of a workspace. */
	readonly bearer: string | null;
}

/** Who speaks. */
export interface AgentCaller {
	readonly agent: string;
	/** Whose agent it is; null: nobody's. */
	readonly target: string | null;
	/** The living program that speaks, as its token tells; null: what is said counts for no swap. */
	readonly run: Run | null;
	/** By the token that a registry issued: for this workspace alone. */
	readonly workspace: string | null;
}

export interface AgentHeartbeat {
	readonly status: ReportedStatus;
	readonly capabilities?: Json | undefined;
	readonly deviceInfo?: Json | undefined;
	readonly currentTask?: { readonly taskId: string; readonly progress?: number | undefined } | null | undefined;
	readonly error?: ReportedError | null | undefined;
}

export interface ReportedError {
	readonly severity: Severity;
	readonly message: string;
	readonly context?: Json | undefined;
	readonly taskId?: string | null | undefined;
}

export interface Registration {
	readonly workspaceId: string;
	readonly runtime: string;
}

/** The two secrets stand in this answer alone. */
export interface Registered {
	readonly workspaceId: string;
	readonly authToken: string;
	readonly inboundSecret: string;
}

export interface GatewayVerbs {
	/** Null: nobody who may speak here, and nobody learns why. */
	agentOf(proof: AgentProof): Promise<AgentCaller | null>;
	agentHeartbeat(
		caller: AgentCaller,
		heartbeat: AgentHeartbeat,
	): Promise<{ readonly hasHighPriorityTasks: boolean } | Refusal>;
	agentError(caller: AgentCaller, error: ReportedError): Promise<Refusal | null>;
	/** Assigned and running ones, and those that wait to be taken up again; oldest first. */
	agentTasks(caller: AgentCaller): Promise<readonly AgentTask[] | Refusal>;
	moveAgentTask(
		caller: AgentCaller,
		request: { readonly id: string; readonly move: TaskMove; readonly message: string | null },
	): Promise<AgentTask | Refusal>;
	agentReady(caller: AgentCaller, transport: string): Promise<Refusal | null>;
	firstMessageSent(caller: AgentCaller, ts: string): Promise<Refusal | null>;
	registerAgentWorkspace(caller: AgentCaller, registration: Registration): Promise<Registered | Refusal>;
	workspaceHeartbeat(
		caller: AgentCaller,
		request: { readonly workspaceId: string; readonly figures: WorkspaceFigures },
	): Promise<Refusal | null>;
	/** A read: it is no sign of life. */
	workspaceActivity(caller: AgentCaller, workspaceId: string): Promise<WorkspaceActivity | Refusal>;
}

export interface WorkspaceActivity {
	readonly workspace: RegisteredWorkspace;
	readonly errors: readonly AgentError[];
}

export interface AgentSummary extends Pick<AgentRecord, "target" | "status" | "release"> {
	readonly name: string;
	/** Heard within the last minute and a half, in whatever way. */
	readonly present: boolean;
	/** Of its last contact, in wall-clock milliseconds. */
	readonly lastActiveAtMs: number;
	readonly lastSeenAtMs: number | null;
}

export interface AgentDetails extends AgentSummary {
	readonly reason: string | null;
	readonly statusSinceMs: number;
	readonly capabilities: Json;
	readonly hardware: Json;
	/** The one it says it works on. */
	readonly task: AgentTask | null;
	readonly tasks: readonly AgentTask[];
	/** Newest first. */
	readonly errors: readonly AgentError[];
	/** How far the program whose agent it is came; null: nothing was reported. */
	readonly installation: Installation | null;
	readonly workspaces: readonly Omit<RegisteredWorkspace, "tokenSha256">[];
	/** Heartbeats and errors that were too many, since the start. */
	readonly throttled: number;
}

export interface AgentReadings {
	/** The one that was active last first; left out: as many as a list shows. */
	listAgents(limit?: number): Promise<readonly AgentSummary[]>;
	showAgent(name: string): Promise<AgentDetails | Refusal>;
	/** Refuses builders and programs: nobody gives itself work. */
	assignAgentTask(request: {
		readonly by: Actor;
		readonly agent: string;
		readonly id: string;
		readonly title: string;
		readonly priority: AgentTask["priority"];
	}): Promise<AgentTask | Refusal>;
}

export interface AgentVerbs extends GatewayVerbs, AgentReadings {}
