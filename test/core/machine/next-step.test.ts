// What a swap needs now: every row's crash rule, the planned restart, the clock before everything, and tries that end.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { nextStep } from "../../../src/core/machine/next-step.js";
import { phases } from "../../../src/core/machine/phases.js";
import { causeOf, type OpenStep, type Status } from "../../../src/core/swap.js";
import { at, evolved, settings, statuses, swapIn } from "../journeys.js";

const now = at(1_000);
const run = (step: string) => ({ do: "run", step });
const wait = { do: "wait" };

/** The first fact that is to be recorded, or what is to be done. */
function told(status: Status, change: Parameters<typeof swapIn>[1] = {}, instant = now) {
	const next = nextStep(swapIn(status, change), "life-2", instant);
	return next.do === "record" ? next.facts[0]?.type : next.do === "run" ? next.step : "wait";
}

describe("without an open step", () => {
	const expected: Readonly<Record<Status, object>> = {
		drafting: wait,
		pending_approval: wait,
		staging: run("stage"),
		cutting_over: run("cutOver"),
		awaiting_confirmation: run("probation"),
		promoting: run("promote"),
		rolling_back: run("rollBack"),
		stranded: wait,
		finalized: run("tidy"),
		rolled_back: run("tidy"),
		rejected: run("tidy"),
	};

	it.each(statuses)("%s runs its row's step", (status) => {
		expect(nextStep(swapIn(status, { openStep: null }), "life-2", now)).toEqual(expected[status]);
	});

	it.each(["finalized", "rolled_back", "rejected"] as const)("%s is done when it is tidied", (status) => {
		expect(nextStep(swapIn(status, { tidied: true }), "life-2", now)).toEqual(wait);
	});
});

describe("after a crash (an open step of another life)", () => {
	const opened = (status: Status, life = "life-1"): { openStep: OpenStep | null } => {
		const { step } = phases[status];
		return { openStep: step === null ? null : { step, life } };
	};
	const expected: Readonly<Record<Status, string>> = {
		drafting: "wait",
		pending_approval: "wait",
		staging: "attemptFailed",
		cutting_over: "stepFailed",
		awaiting_confirmation: "probation",
		promoting: "promote",
		rolling_back: "rollBack",
		stranded: "wait",
		finalized: "tidy",
		rolled_back: "tidy",
		rejected: "tidy",
	};

	it.each(statuses)("%s follows its row's rule", (status) =>
		expect(told(status, opened(status))).toBe(expected[status]),
	);

	it("names what the supervisor was doing", () => {
		const next = nextStep(swapIn("cutting_over", opened("cutting_over")), "life-2", now);
		expect(next).toMatchObject({ facts: [{ step: "cutOver", cause: { code: "supervisor_died" } }] });
		expect(JSON.stringify(next)).toContain("The supervisor died during cutOver.");
	});

	it("is none in the life that opened the step", () => {
		expect(told("cutting_over", opened("cutting_over", "life-2"))).toBe("cutOver");
		expect(told("staging", opened("staging", "life-2"))).toBe("stage");
	});

	it("is none when the restart was planned", () => {
		expect(told("cutting_over", { ...opened("cutting_over"), restartPlannedBy: "life-1" })).toBe("cutOver");
		expect(told("rolling_back", { ...opened("rolling_back"), restartPlannedBy: "life-1" })).toBe("rollBack");
	});

	it("counts again once the planned restart has come back and died", () => {
		const planned = evolved(swapIn("cutting_over"), { type: "restartPlanned", life: "life-1", exitCode: 75 });
		const resumed = evolved(planned, { type: "stepStarted", step: "cutOver", life: "life-2" });
		expect(nextStep(resumed, "life-3", now)).toMatchObject({ facts: [{ type: "stepFailed" }] });
	});

	it("ends: a stage that kills every supervisor goes back to its builder", () => {
		let swap = swapIn("staging");
		const lives: string[] = [];
		for (let life = 1; swap.status === "staging" && life < 20; life += 1) {
			const next = nextStep(swap, `life-${life}`, now);
			lives.push(next.do);
			if (next.do === "record") swap = evolved(swap, ...next.facts);
			else swap = evolved(swap, { type: "stepStarted", step: "stage", life: `life-${life}` });
		}
		expect(swap.status).toBe("drafting");
		expect(swap.cause?.code).toBe("supervisor_died");
		expect(lives.filter((kind) => kind === "run")).toHaveLength(limits.stepAttempts);
	});
});

describe("the clock", () => {
	const expired = at(settings.initialMs);

	it.each(["cutting_over", "awaiting_confirmation"] as const)("comes before everything in %s (F10)", (status) => {
		expect(told(status, {}, expired)).toBe("deadlinePassed");
		expect(told(status, { openStep: { step: "cutOver", life: "life-1" } }, expired)).toBe("deadlinePassed");
		expect(told(status, { restartPlannedBy: "life-1" }, expired)).toBe("deadlinePassed");
	});

	it.each(statuses.filter((status) => !["cutting_over", "awaiting_confirmation"].includes(status)))(
		"decides nothing in %s (F22)",
		(status) => expect(told(status, {}, expired)).not.toBe("deadlinePassed"),
	);

	it("is rebased once after a reboot, so that it is monotonic again", () => {
		const rebooted = at(30_000, { bootId: "boot-2", bootMs: 4_000 });
		const swap = swapIn("awaiting_confirmation");
		const next = nextStep(swap, "life-2", rebooted);
		expect(next).toMatchObject({ do: "record", facts: [{ type: "clockRebased", deadman: { lengthMs: 90_000 } }] });
		const rebased = evolved(swap, ...(next.do === "record" ? next.facts : []));
		expect(nextStep(rebased, "life-2", rebooted)).toEqual(run("probation"));
	});

	it("fails closed on a stored clock that is no number (F11)", () => {
		const { deadman } = swapIn("awaiting_confirmation");
		if (deadman === null) throw new Error("The journey has no clock.");
		expect(told("awaiting_confirmation", { deadman: { ...deadman, lengthMs: Number.NaN } })).toBe("deadlinePassed");
	});
});

describe("tries", () => {
	const tired = { attempts: limits.stepAttempts, openStep: null };

	it("are bounded: each step gives up in its own way (F26)", () => {
		expect(told("staging", tired)).toBe("stepFailed");
		expect(told("rolling_back", tired)).toBe("attemptsExhausted");
		expect(told("finalized", tired)).toBe("tidied");
		expect(told("promoting", tired)).toBe("promote");
	});

	it("go on below the limit", () => {
		const fresh = { ...tired, attempts: limits.stepAttempts - 1 };
		for (const status of ["staging", "rolling_back", "finalized", "promoting"] as const) {
			expect(told(status, fresh)).toBe(phases[status].step);
		}
	});

	it("end stranded with the last failure told, and begin anew when somebody asks", () => {
		const failing = { type: "attemptFailed", step: "rollBack", cause: causeOf("eio", "The disk failed.") } as const;
		const swap = evolved(swapIn("rolling_back"), failing, failing, failing);
		const next = nextStep(swap, "life-1", now);
		expect(JSON.stringify(next)).toContain("Rolling back failed 3 times: eio: The disk failed.");
		const stranded = evolved(swap, ...(next.do === "record" ? next.facts : []));
		expect(stranded.status).toBe("stranded");
		const cause = causeOf("rollback_requested", "cli:1000 asked for it.");
		const asked = evolved(stranded, { type: "rollbackRequested", by: { surface: "cli", id: "1000" }, cause });
		expect(nextStep(asked, "life-1", now)).toEqual(run("rollBack"));
	});
});
