// The machine: one row per status. Everything that moves a swap reads this table; nothing else decides where a fact leads.
import type { Move } from "../facts.js";
import type { Status, StepName } from "../swap.js";

export type { StepName } from "../swap.js";

/** What becomes of a step whose intent is journaled without an outcome. */
export type CrashRule = "keep" | "redo" | "undo" | "ask";

/** Every field is obligatory: a row without its crash rule or its moves does not compile. */
export interface Phase {
	readonly step: StepName | null;
	readonly afterCrash: CrashRule;
	readonly liveTouched: boolean;
	readonly on: Readonly<Partial<Record<Move, Status>>>;
}

export const phases: Readonly<Record<Status, Phase>> = {
	drafting: {
		step: null,
		afterCrash: "keep",
		liveTouched: false,
		on: { submitted: "pending_approval", withdrawn: "rejected" },
	},
	pending_approval: {
		step: null,
		afterCrash: "keep",
		liveTouched: false,
		on: { approved: "staging", rejected: "rejected", expired: "rejected", withdrawn: "rejected" },
	},
	staging: {
		step: "stage",
		afterCrash: "redo",
		liveTouched: false,
		on: { staged: "cutting_over", stepFailed: "drafting" },
	},
	cutting_over: {
		step: "cutOver",
		afterCrash: "undo",
		liveTouched: true,
		on: {
			ready: "awaiting_confirmation",
			stepFailed: "rolling_back",
			candidateDied: "rolling_back",
			deadlinePassed: "rolling_back",
			rollbackRequested: "rolling_back",
			undone: "rolling_back",
		},
	},
	awaiting_confirmation: {
		step: "probation",
		afterCrash: "keep",
		liveTouched: true,
		on: {
			confirmed: "promoting",
			rollbackRequested: "rolling_back",
			deadlinePassed: "rolling_back",
			candidateDied: "rolling_back",
			fatalReported: "rolling_back",
			heartbeatLost: "rolling_back",
			undone: "rolling_back",
		},
	},
	promoting: {
		step: "promote",
		afterCrash: "redo",
		liveTouched: true,
		on: { promoted: "finalized", undone: "rolling_back" },
	},
	rolling_back: {
		step: "rollBack",
		afterCrash: "redo",
		liveTouched: true,
		on: { restored: "rolled_back", attemptsExhausted: "stranded" },
	},
	stranded: {
		step: null,
		afterCrash: "ask",
		liveTouched: true,
		on: { rollbackRequested: "rolling_back", undone: "rolling_back" },
	},
	finalized: { step: "tidy", afterCrash: "redo", liveTouched: false, on: {} },
	rolled_back: { step: "tidy", afterCrash: "redo", liveTouched: false, on: {} },
	rejected: { step: "tidy", afterCrash: "redo", liveTouched: false, on: {} },
};

export function isEnded(status: Status): boolean {
	return Object.keys(phases[status].on).length === 0;
}

/** In flight: between approval and the end, so that no other swap may start. */
export function isInFlight(status: Status): boolean {
	return status === "staging" || phases[status].liveTouched;
}

/** The deadman runs while the candidate is on trial. */
export function isOnTrial(status: Status): boolean {
	return "deadlinePassed" in phases[status].on;
}

export function isStatus(name: string): name is Status {
	return Object.hasOwn(phases, name);
}
