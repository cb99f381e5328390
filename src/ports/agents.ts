// The journal's concern of agents: who they are and how they stand, their errors and tasks, how far installations came, and the workspaces of
// registries. One transaction each; times are wall-clock milliseconds.
import type {
	AgentEvent,
	AgentStatus,
	InstallationState,
	ReportedStatus,
	Severity,
	WorkspaceState,
} from "../core/agents/agent.js";
import type { Json } from "../core/agents/redaction.js";
import type { Standing } from "../core/agents/standing.js";
import type { AgentTask, TaskMove, TaskState } from "../core/agents/task.js";

export interface AgentRecord {
	readonly id: string;
	/** Whose agent it is; null: nobody's. */
	readonly target: string | null;
	readonly status: AgentStatus;
	readonly statusSinceMs: number;
	/** Why it stands so; null: nothing was heard yet. */
	readonly reason: string | null;
	/** Of its last heartbeat. */
	readonly lastSeenAtMs: number | null;
	/** Of its last contact of any kind, to the minute. */
	readonly lastActiveAtMs: number;
	readonly capabilities: Json;
	readonly hardware: Json;
	readonly taskId: string | null;
	/** Of the program that spoke last; null: of none of ours. */
	readonly release: string | null;
	readonly createdAtMs: number;
}

export type ListedAgent = Omit<AgentRecord, "capabilities" | "hardware">;

/** The program of ours that spoke. */
export interface SpokenBy {
	readonly runId: string;
	readonly release: string;
	readonly swapId: string | null;
}

/** Scrubbed and redacted. */
export interface NewAgentError {
	readonly severity: Severity;
	readonly message: string;
	readonly context: Json;
}

export interface AgentError extends NewAgentError {
	readonly id: number;
	readonly agentId: string;
	readonly taskId: string | null;
	readonly release: string | null;
	readonly swapId: string | null;
	readonly atMs: number;
}

/** One heartbeat, or one error that came by itself (`reported` null). */
export interface AgentBeat {
	readonly agentId: string;
	readonly atMs: number;
	readonly reported: ReportedStatus | null;
	/** Left out: as it was. */
	readonly capabilities?: Json;
	readonly hardware?: Json;
	readonly task: { readonly id: string; readonly progress: number | null } | null;
	readonly error: NewAgentError | null;
	readonly run: SpokenBy | null;
	/** Errors that are kept of this agent, the newest. */
	readonly keptErrors: number;
	/** Whether an error is told to the readers of the feed; it is kept in any case. */
	readonly tellError: boolean;
}

export type HeardAgent =
	/** There is no such agent any more: nothing was written. */
	| { readonly kind: "vanished" }
	| {
			readonly kind: "heard";
			readonly standing: Standing;
			readonly status: AgentStatus;
			/** Its own task, which it named. */
			readonly taskId: string | null;
			/** What it named and is no task of its. */
			readonly foreignTask: string | null;
			readonly hasHighPriorityTasks: boolean;
			/** Of a fatal: what it was working on. */
			readonly activeTasks: readonly string[];
			/** In the order in which they are fed. */
			readonly events: readonly AgentEvent[];
	  };

/** How far the program of one target came; the first message counts once, whatever is said later. */
export interface Installation {
	readonly target: string;
	readonly state: InstallationState;
	readonly transport: string | null;
	readonly readyAtMs: number | null;
	readonly readyRun: string | null;
	readonly firstMessageAtMs: number | null;
	readonly firstMessageTs: string | null;
	/** The newest program that reported a first message. */
	readonly messageRun: string | null;
	readonly messageRelease: string | null;
}

export interface Reached {
	readonly target: string;
	readonly milestone: "agent_ready" | "first_dm_sent";
	/** The transport, or the time stamp of the message. */
	readonly about: string;
	readonly run: SpokenBy | null;
	readonly atMs: number;
}

/** Of a registry: only hashes of its secrets are kept. */
export interface RegisteredWorkspace {
	readonly id: string;
	readonly agentId: string;
	readonly runtime: string;
	readonly state: WorkspaceState;
	readonly tokenSha256: string;
	/** The run that registered, to which the token is bound; null: an agent of nobody's program. */
	readonly runId: string | null;
	readonly lastHeartbeatAtMs: number;
	readonly errorRate: number | null;
	readonly sampleError: string | null;
	readonly activeTasks: number | null;
	readonly uptimeSeconds: number | null;
	readonly currentTask: string | null;
}

export type WorkspaceFigures = Pick<
	RegisteredWorkspace,
	"errorRate" | "sampleError" | "activeTasks" | "uptimeSeconds" | "currentTask"
>;

export interface Agents {
	/** Makes it where it is not there; one that is there keeps all but its target. */
	enrolAgent(agent: {
		readonly id: string;
		readonly target: string | null;
		readonly atMs: number;
	}): Promise<AgentRecord>;
	/** Prior status, error and new status together or not at all. */
	hearAgent(beat: AgentBeat): Promise<HeardAgent>;
	/** Contacts of any kind; a later one that is known stays. */
	touchAgents(contacts: readonly { readonly id: string; readonly atMs: number }[]): Promise<void>;
	agent(id: string): Promise<AgentRecord | null>;
	/** The one that was active last first, without what may be long. */
	agents(limit: number): Promise<readonly ListedAgent[]>;
	/** Newest first. */
	agentErrors(request: { readonly agentId: string; readonly limit: number }): Promise<readonly AgentError[]>;
	/** Rejects where there is such a task, or no such agent. */
	assignTask(task: AgentTask): Promise<void>;
	/** Oldest first. */
	agentTasks(request: {
		readonly agentId: string;
		readonly states: readonly TaskState[];
		readonly limit: number;
	}): Promise<readonly AgentTask[]>;
	/** The task after it; null: it is no task of this agent, or does not stand where it could be moved so. */
	moveTask(request: {
		readonly agentId: string;
		readonly id: string;
		readonly move: TaskMove;
		readonly message: string | null;
		readonly atMs: number;
	}): Promise<AgentTask | null>;
	/** Agents in `error` that still have active tasks: a life ended between the two. */
	strandedAgents(): Promise<readonly string[]>;
	/** Answers with the events that it caused: none where it was known. */
	reachMilestone(reached: Reached): Promise<readonly AgentEvent[]>;
	installations(): Promise<readonly Installation[]>;
	/** Takes the place of one of the same id and agent; false: it is another agent's. */
	registerWorkspace(workspace: RegisteredWorkspace): Promise<boolean>;
	workspaceOfToken(sha256: string): Promise<RegisteredWorkspace | null>;
	/** False: it is not there any more. */
	hearWorkspace(request: {
		readonly id: string;
		readonly atMs: number;
		readonly figures: WorkspaceFigures;
	}): Promise<boolean>;
	/** External ones that were heard last before `fromMs`, or after `toMs` (a clock that was wrong), wait for their agent from now on. Answers with their ids. */
	sweepWorkspaces(request: { readonly fromMs: number; readonly toMs: number }): Promise<readonly string[]>;
	registeredWorkspaces(agentId: string): Promise<readonly RegisteredWorkspace[]>;
	/** Errors, events and ended tasks from before, and agents that were silent since. Nothing of swaps. */
	pruneAgents(request: { readonly beforeMs: number }): Promise<void>;
}
