// Commands against every status: what becomes a fact, what is refused, and with which sentence. Nothing but an operator ever decides.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { remainingMs } from "../../../src/core/deadman.js";
import type { FactBody } from "../../../src/core/facts.js";
import { type Command, type Decision, isMove } from "../../../src/core/machine/decide.js";
import { phases } from "../../../src/core/machine/phases.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { type Actor, actorName, causeOf, type Status } from "../../../src/core/swap.js";
import {
	at,
	broken,
	builder,
	decided,
	evidence,
	evolved,
	operator,
	proposal,
	settings,
	statuses,
	swapIn,
} from "../journeys.js";

const inWindow = at(60_000);
const expired = at(settings.initialMs);

const commands = {
	submit: { verb: "submit", proposal, by: builder },
	approve: { verb: "approve", by: operator, typed: "host sw_abc234" },
	reject: { verb: "reject", by: operator, reason: "Not now." },
	withdraw: { verb: "withdraw", by: builder },
	confirm: { verb: "confirm", by: operator, epoch: null },
	rollback: { verb: "rollback", by: operator, reason: "", epoch: null },
	extend: { verb: "extend", by: operator, byMs: 60_000 },
	ring: { verb: "ring" },
	delivered: { verb: "delivered", channel: "page", epoch: 1, afterDeliveryMs: 120_000 },
} as const satisfies Record<string, Command>;

/** A refusal's code, the types of the facts, or "nothing". */
function told(decision: Decision): string {
	if (isRefusal(decision)) return decision.code;
	return decision.map(({ type }) => type).join(" ") || "nothing";
}

const settled = "already_decided";
const early = "not_yet";

type Row = Readonly<Record<keyof typeof commands, string>>;
const ended: Row = {
	submit: settled,
	approve: settled,
	reject: settled,
	withdraw: settled,
	confirm: settled,
	rollback: settled,
	extend: settled,
	ring: "nothing",
	delivered: "nothing",
};
const waiting: Row = {
	submit: early,
	approve: early,
	reject: early,
	withdraw: early,
	confirm: early,
	rollback: early,
	extend: early,
	ring: "nothing",
	delivered: "nothing",
};

const rows: Readonly<Record<Status, Row>> = {
	drafting: { ...waiting, submit: "submitted", withdraw: "withdrawn" },
	pending_approval: { ...waiting, approve: "approved", reject: "rejected", withdraw: "withdrawn" },
	staging: waiting,
	cutting_over: { ...waiting, rollback: "rollbackRequested", extend: "extended" },
	awaiting_confirmation: {
		...waiting,
		confirm: "confirmed",
		rollback: "rollbackRequested",
		extend: "extended",
		delivered: "cardDelivered",
	},
	promoting: ended,
	rolling_back: ended,
	stranded: { ...waiting, rollback: "rollbackRequested" },
	finalized: ended,
	rolled_back: ended,
	rejected: ended,
};

describe("every verb in every status", () => {
	for (const status of statuses) {
		it.each(Object.entries(rows[status]))(`${status}: %s → %s`, (verb, expected) => {
			expect(told(decided(swapIn(status), commands[verb as keyof Row], inWindow))).toBe(expected);
		});
	}

	it("never decides what the table has no move for", () => {
		for (const status of statuses) {
			for (const command of Object.values(commands)) {
				const decision = decided(swapIn(status), command, inWindow);
				const moves = isRefusal(decision) ? [] : decision.filter(({ type }) => isMove(type));
				for (const { type } of moves) expect(phases[status].on).toHaveProperty(type);
			}
		}
	});
});

describe("who may decide (guarantee 7)", () => {
	const surface = fc.constantFrom<Actor["surface"]>("cli", "page", "builder", "program", "supervisor");
	const actor = fc.record({ surface, id: fc.string() });
	const deciding = fc.constantFrom("approve", "reject", "confirm", "rollback", "extend" as const);

	it("is never a builder or a program, in any status and with any name", () => {
		fc.assert(
			fc.property(fc.constantFrom(...statuses), deciding, actor, fc.nat(300_000), (status, verb, by, ms) => {
				const decision = decided(swapIn(status), { ...commands[verb as "approve"], by } as Command, at(ms));
				if (by.surface !== "builder" && by.surface !== "program") return;
				expect(decision).toMatchObject({ code: "not_authorised", kind: "not_allowed" });
				expect((decision as { message: string }).message).toContain(actorName(by));
			}),
			{ numRuns: 500 },
		);
	});

	it.each(["submit", "withdraw"] as const)("is a builder only for its own %s", (verb) => {
		const status = verb === "submit" ? "drafting" : "pending_approval";
		expect(isRefusal(decided(swapIn(status), commands[verb], inWindow))).toBe(false);
	});

	it("is a clicker of the page for verdicts, not for proposals", () => {
		const page: Actor = { surface: "page", id: "token" };
		expect(told(decided(swapIn("awaiting_confirmation"), { ...commands.confirm, by: page }, inWindow))).toBe(
			"confirmed",
		);
		expect(told(decided(swapIn("drafting"), { ...commands.submit, by: page }, inWindow))).toBe("not_authorised");
		expect(told(decided(swapIn("pending_approval"), { ...commands.withdraw, by: page }, inWindow))).toBe(
			"not_authorised",
		);
	});
});

describe("confirm", () => {
	const trial = swapIn("awaiting_confirmation");

	it("wins in the last millisecond and loses in the next (F3)", () => {
		expect(told(decided(trial, commands.confirm, at(settings.initialMs - 1)))).toBe("confirmed");
		expect(told(decided(trial, commands.confirm, expired))).toBe("window_over");
		expect(told(decided(trial, commands.ring, expired))).toBe("deadlinePassed");
	});

	it("is late before it is anything else once a suspended machine wakes (facts 4)", () => {
		expect(told(decided(trial, commands.confirm, at(7_200_000, { wallMs: at(1_000).wallMs })))).toBe("window_over");
	});

	it("is refused without a clock", () => {
		expect(told(decided({ ...trial, deadman: null }, commands.confirm, inWindow))).toBe("window_over");
	});

	it("tells a second click which verdict stands and whose it is (F6)", () => {
		const confirmed = evolved(trial, { type: "confirmed", by: operator });
		expect(decided(confirmed, commands.confirm, inWindow)).toMatchObject({
			code: "already_decided",
			message: expect.stringContaining("It was confirmed by cli:1000."),
		});
		expect(told(decided(confirmed, commands.rollback, inWindow))).toBe("already_decided");
	});

	it("refuses a card of an older epoch, whatever the swap's status (F6, F22)", () => {
		for (const status of statuses) {
			const swap = { ...swapIn(status), epoch: 2 };
			expect(told(decided(swap, { ...commands.confirm, epoch: 1 }, inWindow))).toBe("card_outdated");
			expect(told(decided(swap, { ...commands.rollback, epoch: 1 }, inWindow))).toBe("card_outdated");
		}
		expect(told(decided(trial, { ...commands.confirm, epoch: trial.epoch }, inWindow))).toBe("confirmed");
	});
});

describe("rollback", () => {
	it("carries its asker and the reason", () => {
		const command = { ...commands.rollback, reason: "The page is blank." };
		expect(decided(swapIn("awaiting_confirmation"), command, inWindow)).toMatchObject([
			{ by: operator, cause: { code: "rollback_requested", message: "cli:1000 asked for it: The page is blank." } },
		]);
	});

	it("works after the window too, and out of stranded", () => {
		expect(told(decided(swapIn("awaiting_confirmation"), commands.rollback, expired))).toBe("rollbackRequested");
		expect(told(decided(swapIn("stranded"), commands.rollback, expired))).toBe("rollbackRequested");
	});
});

describe("extend", () => {
	const trial = swapIn("awaiting_confirmation");

	it("adds to what is left, and stops at the cap", () => {
		const [fact] = decided(trial, { ...commands.extend, byMs: 30_000 }, inWindow) as FactBody[];
		expect(fact?.type === "extended" && remainingMs(fact.deadman, inWindow)).toBe(90_000);
		const [long] = decided(trial, { ...commands.extend, byMs: 86_400_000 }, inWindow) as FactBody[];
		expect(long?.type === "extended" && remainingMs(long.deadman, inWindow)).toBe(540_000);
		const full = evolved(trial, long as FactBody);
		expect(told(decided(full, commands.extend, inWindow))).toBe("cap_reached");
	});

	it("revives nothing", () => expect(told(decided(trial, commands.extend, expired))).toBe("window_over"));

	it.each([0, -1, -60_000, Number.NaN])("gives no fact for %d ms", (byMs) => {
		expect(told(decided(trial, { ...commands.extend, byMs }, inWindow))).toBe("cap_reached");
	});
});

describe("delivered", () => {
	const trial = swapIn("awaiting_confirmation");

	it("opens a fresh window once; further channels change nothing (F7)", () => {
		const [fact] = decided(trial, commands.delivered, inWindow) as FactBody[];
		expect(fact?.type === "cardDelivered" && fact.deadman && remainingMs(fact.deadman, inWindow)).toBe(120_000);
		const told1 = evolved(trial, fact as FactBody);
		expect(told1.handshake).toBe("message1_sent");
		expect(told(decided(told1, { ...commands.delivered, channel: "console" }, at(90_000)))).toBe("nothing");
	});

	it("is nothing for an older epoch, after the window, and without a clock", () => {
		expect(told(decided(trial, { ...commands.delivered, epoch: 0 }, inWindow))).toBe("nothing");
		expect(told(decided(trial, commands.delivered, expired))).toBe("nothing");
		expect(told(decided({ ...trial, deadman: null }, commands.delivered, inWindow))).toBe("nothing");
	});
});

describe("ring and conclude", () => {
	it("ring decides nothing early, and once only", () => {
		const trial = swapIn("awaiting_confirmation");
		expect(told(decided(trial, commands.ring, at(settings.initialMs - 1)))).toBe("nothing");
		const rung = evolved(trial, ...(decided(trial, commands.ring, expired) as FactBody[]));
		expect(rung.status).toBe("rolling_back");
		expect(told(decided(rung, commands.ring, expired))).toBe("nothing");
		expect(told(decided(swapIn("cutting_over"), commands.ring, expired))).toBe("deadlinePassed");
	});

	it("drops what a step brings after somebody else has decided", () => {
		const facts: FactBody[] = [
			{ type: "noted", text: "late" },
			{ type: "ready", evidence },
		];
		expect(decided(swapIn("cutting_over"), { verb: "conclude", facts }, inWindow)).toEqual(facts);
		for (const status of statuses.filter((name) => name !== "cutting_over")) {
			expect(decided(swapIn(status), { verb: "conclude", facts }, inWindow)).toEqual([]);
		}
		const death: FactBody[] = [{ type: "candidateDied", cause: broken }];
		expect(decided(swapIn("promoting"), { verb: "conclude", facts: death }, inWindow)).toEqual([]);
		const failed: FactBody[] = [{ type: "attemptFailed", step: "promote", cause: causeOf("eio", "Disk.") }];
		expect(decided(swapIn("promoting"), { verb: "conclude", facts: failed }, inWindow)).toEqual(failed);
	});
});
