// The supervisor's own state as JSON: who runs, what is live, whether the program serves, and the swap that matters now.
import type { Swap } from "../../../core/swap.js";
import type { BuilderHeartbeat, BuilderPresence } from "../../../engine/verbs/builders.js";
import type { ChannelStatus } from "../../../engine/verbs/channels.js";
import type { ProgramStatus, SupervisorStatus } from "../../../engine/verbs/supervisor.js";
import { isoOf, type SwapView, schemaVersion } from "../../view.js";
import { type AgentSummaryView, agentSummaryOf } from "./agents.js";

export interface SupervisorView {
	readonly life: string;
	readonly pid: number;
	readonly startedAt: string;
	readonly live: SupervisorStatus["live"];
	readonly program: ProgramView;
	/** The agents beside the host. */
	readonly targets: readonly TargetView[];
	readonly channels: readonly ChannelView[];
	/** Where the door over TCP listens; null: there is none. */
	readonly http: string | null;
	/** Who builds, as they say it: the one that was heard last first. */
	readonly builders: readonly BuilderView[];
	/** Those that were active last; `deadman agents` shows them all. */
	readonly agents: readonly AgentSummaryView[];
	/** Confirmed changes that the operator's branch does not have yet. */
	readonly unsettled: SupervisorStatus["unsettled"];
	/** How far the operator's branch is ahead of what is live. */
	readonly ahead: SupervisorStatus["ahead"];
	/** Why who builds and who decides cannot be told apart here, as a clause; left out where they can. */
	readonly notApart?: string;
}

/** What messages wait is counted, and when the oldest of them was written. */
export interface ChannelView extends Omit<ChannelStatus, "oldestAtMs"> {
	readonly oldestPendingAt: string | null;
}

export interface BuilderView extends BuilderHeartbeat {
	readonly name: string;
	readonly lastSeenAt: string;
}

export interface TargetView {
	readonly name: string;
	readonly release: string | null;
	readonly program: ProgramView;
}

export interface ProgramView {
	readonly state: ProgramStatus["state"];
	readonly pid: number | null;
	readonly release: string | null;
	readonly startedAt: string | null;
	readonly restarts: number;
	readonly proven: boolean;
	readonly detail: string;
}

/** `supervisor` is null where none answers and the journal was read instead. */
export interface StatusView {
	readonly schemaVersion: typeof schemaVersion;
	readonly supervisor: SupervisorView | null;
	readonly swap: SwapView | null;
}

/** `http`: the address of the door over TCP. */
export function statusViewOf(
	status: SupervisorStatus,
	view: (swap: Swap) => SwapView,
	http: string | null = null,
): StatusView {
	const { life, pid, startedAtMs, live, swap, unsettled, ahead, notApart = null } = status;
	const channels = status.channels.map(channelViewOf);
	const builders = status.builders.map(builderViewOf);
	const agents = status.agents.map(agentSummaryOf);
	const program = programViewOf(status.program);
	const targets = status.targets.map((target) => ({ ...target, program: programViewOf(target.program) }));
	const startedAt = isoOf(startedAtMs);
	const known = { life, pid, startedAt, live, program, targets, channels, http, agents, builders, unsettled, ahead };
	const supervisor = notApart === null ? known : { ...known, notApart };
	return { schemaVersion, supervisor, swap: swap === null ? null : view(swap) };
}

function channelViewOf({ oldestAtMs, ...channel }: ChannelStatus): ChannelView {
	return { ...channel, oldestPendingAt: oldestAtMs === null ? null : isoOf(oldestAtMs) };
}

function builderViewOf({ name, status, task, error, lastSeenAtMs }: BuilderPresence): BuilderView {
	return { name, status, task, error, lastSeenAt: isoOf(lastSeenAtMs) };
}

function programViewOf({ state, run, restarts, proven, detail }: ProgramStatus): ProgramView {
	return {
		state,
		pid: run === null || run.pid === 0 ? null : run.pid,
		release: run?.release ?? null,
		startedAt: run === null ? null : isoOf(run.startedAtMs),
		restarts,
		proven,
		detail,
	};
}
