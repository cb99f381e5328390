// The supervisor's own state as JSON: who runs, what is live, whether the program serves, and the swap that matters now.
import type { Instant } from "../../core/deadman.js";
import type { SupervisorStatus } from "../../engine/supervisor.js";
import { isoOf, type SwapView, schemaVersion, viewOf } from "../view.js";

export interface SupervisorView {
	readonly life: string;
	readonly pid: number;
	readonly startedAt: string;
	readonly live: SupervisorStatus["live"];
	readonly program: ProgramView;
	readonly channels: SupervisorStatus["channels"];
}

export interface ProgramView {
	readonly state: SupervisorStatus["program"]["state"];
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

export function statusViewOf(status: SupervisorStatus, now: Instant): StatusView {
	const { life, pid, startedAtMs, live, channels, swap } = status;
	const supervisor = { life, pid, startedAt: isoOf(startedAtMs), live, program: programViewOf(status), channels };
	return { schemaVersion, supervisor, swap: swap === null ? null : viewOf(swap, now) };
}

function programViewOf({ program }: SupervisorStatus): ProgramView {
	const { state, run, restarts, proven, detail } = program;
	return {
		state,
		pid: run?.pid ?? null,
		release: run?.release ?? null,
		startedAt: run === null ? null : isoOf(run.startedAtMs),
		restarts,
		proven,
		detail,
	};
}
