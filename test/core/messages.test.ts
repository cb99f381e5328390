// Who is told what: each change that concerns people puts exactly one card or notice into the outbox, and noise puts none.
import { describe, expect, it } from "vitest";
import type { FactBody } from "../../src/core/facts.js";
import { announcementsFor } from "../../src/core/messages.js";
import { causeOf, type Status } from "../../src/core/swap.js";
import { at, broken, evidence, evolved, operator, proposal, stamped, statuses, swapIn } from "./journeys.js";

function told(from: Status, ...bodies: readonly FactBody[]) {
	const before = swapIn(from);
	return announcementsFor(before, evolved(before, ...bodies), stamped(bodies));
}

const card = [{ kind: "card", text: null }];

describe("a move", () => {
	it.each<[Status, FactBody]>([
		["cutting_over", { type: "ready", evidence }],
		["awaiting_confirmation", { type: "confirmed", by: operator }],
		["awaiting_confirmation", { type: "deadlinePassed", cause: broken }],
		["promoting", { type: "promoted", by: "cli:1000", sentence: "" }],
		["rolling_back", { type: "restored", evidence, discarded: [] }],
		["rolling_back", { type: "attemptsExhausted", cause: broken }],
	])("out of %s by $type renders the card anew", (from, fact) => expect(told(from, fact)).toEqual(card));

	it("out of cutting over shows no card: nobody has one yet, its end will tell", () => {
		expect(told("cutting_over", { type: "candidateDied", cause: broken })).toEqual([]);
	});

	it("asks for approval, and tells a failed stage and a rejection as a notice", () => {
		expect(told("drafting", { type: "submitted", proposal })).toMatchObject([
			{ kind: "notice", text: expect.stringContaining("deadman approve sw_abc234") },
		]);
		const failed: FactBody = { type: "stepFailed", step: "stage", cause: causeOf("command_exit", "The build failed.") };
		expect(told("staging", failed)).toMatchObject([{ text: expect.stringContaining("The build failed.") }]);
		expect(told("pending_approval", { type: "rejected", by: operator, reason: "Not now." })).toMatchObject([
			{ text: "sw_abc234 was rejected: Not now." },
		]);
	});
});

describe("what is no move", () => {
	it("updates the card when its countdown changed", () => {
		const { deadman } = swapIn("awaiting_confirmation");
		if (deadman === null) throw new Error("The journey has no clock.");
		expect(told("awaiting_confirmation", { type: "extended", by: operator, deadman })).toEqual(card);
		expect(told("awaiting_confirmation", { type: "cardDelivered", channel: "page", deadman })).toEqual(card);
	});

	it.each(statuses)("tells nobody about notes and starts: %s", (status) => {
		const noise: FactBody[] = [
			{ type: "noted", text: "a note" },
			{ type: "bootStarted", boots: 2 },
			{ type: "stepStarted", step: "tidy", life: "life-2" },
		];
		expect(told(status, ...noise)).toEqual([]);
	});

	it("keeps the journeys honest", () => expect(at(1).wallMs - at(0).wallMs).toBe(1));
});
