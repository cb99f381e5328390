// The words about agents: what they may say of themselves, what is kept of each, and the events that tell of it.

/** What an agent may report. */
export const reportedStatuses = ["online", "busy", "error", "benchmarked"] as const;

export type ReportedStatus = (typeof reportedStatuses)[number];

/** `registered`: it may speak, and has reported nothing yet. */
export const agentStatuses = ["registered", ...reportedStatuses] as const;

export type AgentStatus = (typeof agentStatuses)[number];

export const severities = ["warning", "error", "fatal"] as const;

export type Severity = (typeof severities)[number];

/** `waiting`: no channel has connected yet. `active`: it has sent its first message, the one signal that counts as live. */
export const installationStates = ["waiting", "ready", "active"] as const;

export type InstallationState = (typeof installationStates)[number];

export const workspaceStates = ["online", "awaiting_agent"] as const;

export type WorkspaceState = (typeof workspaceStates)[number];

/** What happened to an agent or an installation: one row, and at once the audit line and what readers of the feed are told. */
export type AgentEvent =
	| {
			readonly type: "agent.status";
			readonly atMs: number;
			readonly agentId: string;
			/** Whose agent it is. */
			readonly projectId: string | null;
			readonly fromStatus: string;
			readonly toStatus: string;
			readonly reason: string;
	  }
	| {
			readonly type: "agent.error";
			readonly atMs: number;
			readonly agentId: string;
			readonly severity: Severity;
			readonly message: string;
			readonly taskId: string | null;
			readonly swapId: string | null;
	  }
	| {
			readonly type: "installation.ready" | "installation.active";
			readonly atMs: number;
			readonly target: string;
			/** The transport, or the time stamp of the message. */
			readonly about: string;
			readonly release: string | null;
	  };
