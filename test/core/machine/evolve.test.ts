// State from facts: the journal alone makes the swap, the first cause wins, and a new try starts with nothing of the last.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arm } from "../../../src/core/deadman.js";
import type { FactBody } from "../../../src/core/facts.js";
import { emptySwap, evolve, evolveAll } from "../../../src/core/machine/evolve.js";
import { causeOf, type Swap } from "../../../src/core/swap.js";
import {
	at,
	broken,
	builder,
	evidence,
	evolved,
	journeys,
	operator,
	proposal,
	settings,
	stamped,
	statuses,
	swapIn,
} from "../journeys.js";

describe("every journey", () => {
	it.each(statuses)("leads to %s", (status) => {
		const swap = swapIn(status);
		expect(swap.status).toBe(status);
		expect(swap.version).toBe(journeys[status].length);
		expect(swap.createdAtMs).toBe(at(0).wallMs);
		expect(swap.updatedAtMs).toBe(at(journeys[status].length - 1).wallMs);
	});

	it.each(statuses)("to %s is the same from one batch, fact by fact, and from its stored projection", (status) => {
		const facts = stamped(journeys[status]);
		const stepwise = facts.reduce<Swap>(
			(swap, fact) => evolve(JSON.parse(JSON.stringify(swap)), fact),
			emptySwap("sw_abc234"),
		);
		expect(stepwise).toEqual(evolveAll("sw_abc234", facts));
		expect(JSON.parse(JSON.stringify(stepwise))).toEqual(stepwise);
	});

	it("never changes the swap that it starts from", () => {
		const before = swapIn("cutting_over");
		const kept = structuredClone(before);
		evolved(
			before,
			{ type: "ready", evidence },
			{ type: "noted", text: "a note" },
			{ type: "confirmed", by: operator },
		);
		expect(before).toEqual(kept);
	});
});

describe("the handshake", () => {
	const steps: readonly [FactBody, string][] = [
		[{ type: "armed", deadman: arm(settings, at(0)) }, "pending_restart"],
		[{ type: "ready", evidence }, "pending_restart"],
		[{ type: "cardDelivered", channel: "page", deadman: null }, "message1_sent"],
		[{ type: "confirmed", by: operator }, "confirmed"],
		[{ type: "promoted", by: "cli:1000", sentence: "Confirmed." }, "confirmed"],
	];

	it("goes none → pending_restart → message1_sent → confirmed", () => {
		let swap = evolved(swapIn("staging"), { type: "staged", release: "sw_abc234-1" });
		expect(swap.handshake).toBe("none");
		for (const [fact, handshake] of steps) {
			swap = evolved(swap, fact);
			expect(swap.handshake).toBe(handshake);
		}
		expect(swap.status).toBe("finalized");
	});

	it("ends rolled_back only when the previous version is proven", () => {
		expect(swapIn("rolling_back").handshake).toBe("pending_restart");
		expect(swapIn("stranded").handshake).toBe("pending_restart");
		expect(swapIn("rolled_back").handshake).toBe("rolled_back");
	});
});

describe("causes", () => {
	const later = causeOf("rollback_requested", "cli:1000 asked for it.");

	it("keep the first and note the later ones", () => {
		const swap = evolved(
			swapIn("rolling_back"),
			{ type: "attemptFailed", step: "rollBack", cause: causeOf("eio", "The disk failed.") },
			{ type: "attemptsExhausted", cause: causeOf("attempts_exhausted", "Three tries.") },
			{ type: "rollbackRequested", by: operator, cause: later },
		);
		expect(swap.cause).toEqual(broken);
		expect(swap.notes).toEqual([
			"eio: The disk failed.",
			"attempts_exhausted: Three tries.",
			"rollback_requested: cli:1000 asked for it.",
		]);
		expect(swap.decidedBy).toBe("cli:1000");
	});

	it("become the outcome's sentence, with the proof of the previous version", () => {
		expect(swapIn("rolled_back").outcome).toEqual({
			verdict: "rolled_back",
			by: "supervisor",
			sentence: broken.message,
			evidence,
		});
		expect(swapIn("finalized").outcome).toEqual({
			verdict: "finalized",
			by: "cli:1000",
			sentence: "Confirmed.",
			evidence,
		});
		expect(swapIn("rejected").outcome).toMatchObject({ verdict: "rejected", by: "cli:1000", sentence: "Not now." });
	});

	it("name expiry and withdrawal too", () => {
		const expired = evolved(swapIn("pending_approval"), {
			type: "expired",
			cause: causeOf("expired", "Nobody approved."),
		});
		expect(expired).toMatchObject({
			status: "rejected",
			cause: { code: "expired" },
			outcome: { sentence: "Nobody approved." },
		});
		const withdrawn = evolved(swapIn("pending_approval"), { type: "withdrawn", by: builder });
		expect(withdrawn).toMatchObject({ status: "rejected", cause: null, outcome: { by: "builder:agent" } });
	});
});

describe("steps", () => {
	it("open with their intent and close with a move, a failed try or their end", () => {
		const open = evolved(swapIn("staging"), { type: "stepStarted", step: "stage", life: "life-1" });
		expect(open.openStep).toEqual({ step: "stage", life: "life-1" });
		const failed = evolved(open, { type: "attemptFailed", step: "stage", cause: broken });
		expect(failed).toMatchObject({ openStep: null, attempts: 1, status: "staging" });
		const again = evolved(failed, { type: "stepStarted", step: "stage", life: "life-2" });
		expect(evolved(again, { type: "staged", release: "r" })).toMatchObject({ openStep: null, attempts: 0 });
		const tidying = evolved(swapIn("rejected"), { type: "stepStarted", step: "tidy", life: "life-1" });
		expect(evolved(tidying, { type: "tidied" })).toMatchObject({ openStep: null, tidied: true, status: "rejected" });
	});

	it("forget a planned restart once the next life has begun its step", () => {
		const planned = evolved(swapIn("cutting_over"), { type: "restartPlanned", life: "life-1", exitCode: 75 });
		expect(planned.restartPlannedBy).toBe("life-1");
		expect(evolved(planned, { type: "stepStarted", step: "cutOver", life: "life-2" }).restartPlannedBy).toBeNull();
		expect(evolved(planned, { type: "candidateDied", cause: broken }).restartPlannedBy).toBeNull();
	});

	it("count starts and quick deaths", () => {
		const exit = { type: "candidateExited", uptimeMs: 40, code: 1, signal: null } as const;
		const swap = evolved(
			swapIn("cutting_over"),
			{ ...exit, quick: true },
			{ type: "bootStarted", boots: 2 },
			{ ...exit, quick: false },
		);
		expect(swap).toMatchObject({ boots: 2, quickDeaths: 1, status: "cutting_over" });
	});
});

describe("a new submission", () => {
	it("is a new epoch and keeps nothing of the last try (F22)", () => {
		const used = evolved(
			swapIn("staging"),
			{ type: "attemptFailed", step: "stage", cause: broken },
			{ type: "noted", text: "a note" },
		);
		const back = evolved(used, { type: "stepFailed", step: "stage", cause: broken });
		expect(back).toMatchObject({ status: "drafting", epoch: 1, cause: broken });
		const again = evolved(back, { type: "submitted", proposal: { ...proposal, tree: "f".repeat(40) } });
		const { version, createdAtMs, updatedAtMs } = again;
		expect(again).toEqual({
			...emptySwap("sw_abc234"),
			epoch: 2,
			version,
			status: "pending_approval",
			workspace: "greet",
			proposer: builder,
			proposal: { ...proposal, tree: "f".repeat(40) },
			createdAtMs,
			updatedAtMs,
			statusAtMs: updatedAtMs,
		});
		expect(version).toBe(back.version + 1);
		expect(createdAtMs).toBe(back.createdAtMs);
	});
});

describe("facts that are no move where they come", () => {
	it("never change a status against the table", () => {
		const any = fc.constantFrom<FactBody>(
			{ type: "confirmed", by: operator },
			{ type: "promoted", by: "cli:1000", sentence: "" },
			{ type: "restored", evidence, discarded: [] },
			{ type: "approved", by: operator },
			{ type: "ready", evidence },
			{ type: "deadlinePassed", cause: broken },
			{ type: "tidied" },
		);
		const ends = fc.constantFrom("finalized", "rolled_back", "rejected" as const);
		fc.assert(
			fc.property(ends, fc.array(any), (status, facts) => {
				expect(evolved(swapIn(status), ...facts).status).toBe(status);
			}),
		);
	});
});
