// The machine's table: every row as the design has it, stored names that nobody renames, and a row type that leaves nothing out.
import { describe, expect, it } from "vitest";
import { isEnded, isInFlight, isOnTrial, isStatus, type Phase, phases } from "../../../src/core/machine/phases.js";
import { statuses } from "../journeys.js";

const rows: Record<string, readonly [string | null, string, boolean, Record<string, string>]> = {
	drafting: [null, "keep", false, { submitted: "pending_approval", withdrawn: "rejected" }],
	pending_approval: [
		null,
		"keep",
		false,
		{ approved: "staging", rejected: "rejected", expired: "rejected", withdrawn: "rejected" },
	],
	staging: ["stage", "redo", false, { staged: "cutting_over", stepFailed: "drafting" }],
	cutting_over: [
		"cutOver",
		"undo",
		true,
		{
			ready: "awaiting_confirmation",
			stepFailed: "rolling_back",
			candidateDied: "rolling_back",
			deadlinePassed: "rolling_back",
			rollbackRequested: "rolling_back",
			undone: "rolling_back",
		},
	],
	awaiting_confirmation: [
		"probation",
		"keep",
		true,
		{
			confirmed: "promoting",
			rollbackRequested: "rolling_back",
			deadlinePassed: "rolling_back",
			candidateDied: "rolling_back",
			fatalReported: "rolling_back",
			heartbeatLost: "rolling_back",
			undone: "rolling_back",
		},
	],
	promoting: ["promote", "redo", true, { promoted: "finalized", undone: "rolling_back" }],
	rolling_back: ["rollBack", "redo", true, { restored: "rolled_back", attemptsExhausted: "stranded" }],
	stranded: [null, "ask", true, { rollbackRequested: "rolling_back", undone: "rolling_back" }],
	finalized: ["tidy", "redo", false, {}],
	rolled_back: ["tidy", "redo", false, {}],
	rejected: ["tidy", "redo", false, {}],
};

describe("the table", () => {
	it.each(Object.entries(rows))("has the row %s", (status, [step, afterCrash, liveTouched, on]) => {
		expect(phases[status as keyof typeof phases]).toEqual({ step, afterCrash, liveTouched, on });
	});

	it("has no other row: stored names are only added", () => {
		expect(Object.keys(phases)).toEqual(Object.keys(rows));
	});

	it("leads only to statuses that it has", () => {
		for (const { on } of Object.values(phases)) {
			for (const target of Object.values(on)) expect(isStatus(target)).toBe(true);
		}
	});

	it("leads every status to an end, and every touched one to a rollback or past the verdict (F28)", () => {
		const reachable = (from: string, seen = new Set<string>()): Set<string> => {
			if (seen.has(from)) return seen;
			seen.add(from);
			for (const to of Object.values(phases[from as keyof typeof phases].on)) reachable(to, seen);
			return seen;
		};
		for (const status of statuses) expect([...reachable(status)].some((name) => isEnded(name as never))).toBe(true);
		for (const status of statuses.filter((name) => phases[name].liveTouched && name !== "promoting")) {
			expect(reachable(status)).toContain("rolled_back");
		}
		// A confirmation that nobody was told of, where going back was begun without the journal.
		const backwards = Object.entries(phases.promoting.on).filter(([, to]) => to === "rolling_back");
		expect(backwards.map(([fact]) => fact)).toEqual(["undone"]);
	});

	it("touches live only in steps that undo, redo or are watched after a crash", () => {
		expect(statuses.filter((status) => phases[status].liveTouched)).toEqual([
			"cutting_over",
			"awaiting_confirmation",
			"promoting",
			"rolling_back",
			"stranded",
		]);
	});
});

describe("questions to the table", () => {
	it("knows the ends", () => expect(statuses.filter(isEnded)).toEqual(["finalized", "rolled_back", "rejected"]));

	it("knows what is in flight: one swap at a time (F23)", () => {
		expect(statuses.filter(isInFlight)).toEqual([
			"staging",
			"cutting_over",
			"awaiting_confirmation",
			"promoting",
			"rolling_back",
			"stranded",
		]);
	});

	it("knows when the deadman runs", () => {
		expect(statuses.filter(isOnTrial)).toEqual(["cutting_over", "awaiting_confirmation"]);
	});

	it("takes nothing for a status that is none", () => {
		for (const name of ["", "unknown", "toString", "__proto__", "constructor", "Finalized"]) {
			expect(isStatus(name)).toBe(false);
		}
	});
});

describe("the row type (held by the compiler)", () => {
	it("makes the crash rule and the moves obligatory", () => {
		const whole: Phase = { step: null, afterCrash: "keep", liveTouched: false, on: {} };
		// @ts-expect-error a row without its crash rule
		const noRule: Phase = { step: null, liveTouched: false, on: {} };
		// @ts-expect-error a row without its moves
		const noMoves: Phase = { step: null, afterCrash: "keep", liveTouched: false };
		// @ts-expect-error a move that no fact makes
		const madeUp: Phase = { ...whole, on: { wished: "finalized" } };
		// @ts-expect-error a status that does not exist
		const nowhere: Phase = { ...whole, on: { approved: "nowhere" } };
		// @ts-expect-error a table without a row for every status
		const table: typeof phases = { drafting: whole };
		expect([noRule, noMoves, madeUp, nowhere, table]).toHaveLength(5);
	});
});
