// Who is told what: each change that concerns people puts what they need into the outbox, in reading order, and noise puts nothing.
import { describe, expect, it } from "vitest";
import type { FactBody } from "../../../src/core/facts.js";
import { openAuthority } from "../../../src/core/people/authority.js";
import { causeOf, type Status, type Swap } from "../../../src/core/swap.js";
import { announcementsFor } from "../../../src/core/words/messages.js";
import { at, broken, builder, evidence, evolved, operator, proposal, stamped, statuses, swapIn } from "../journeys.js";

function toldAfter(before: Swap, ...bodies: readonly FactBody[]) {
	return announcementsFor(before, evolved(before, ...bodies), stamped(bodies));
}

function told(from: Status, ...bodies: readonly FactBody[]) {
	return toldAfter(swapIn(from), ...bodies);
}

const card = [{ kind: "card", text: null }];
const approval = [{ kind: "approval", text: null }];
/** Where cards are edited: the card that asked for approval stays true. */
const approvalAgain = [{ kind: "approval", text: null, besideEdit: true }];
const promotion = [{ kind: "promotion", text: null }];

describe("a move", () => {
	it.each<[Status, FactBody]>([
		["cutting_over", { type: "ready", evidence }],
		["awaiting_confirmation", { type: "confirmed", by: operator }],
		["awaiting_confirmation", { type: "deadlinePassed", cause: broken }],
		["stranded", { type: "rollbackRequested", by: operator, cause: broken }],
	])("out of %s by $type renders the card anew", (from, fact) => expect(told(from, fact)).toEqual(card));

	it.each<[Status, FactBody]>([
		["promoting", { type: "promoted", by: "cli:1000", sentence: "" }],
		["rolling_back", { type: "restored", evidence, discarded: [] }],
		["rolling_back", { type: "attemptsExhausted", cause: broken }],
	])("out of %s by $type also corrects the card that asked for approval, where anybody was asked", (from, fact) => {
		expect(told(from, fact)).toEqual([...card, ...approvalAgain]);
		expect(toldAfter({ ...swapIn(from), approvals: ["supervisor:auto"] }, fact)).toEqual(card);
	});

	it("out of cutting over shows no card: nobody has one yet, its end will tell", () => {
		expect(told("cutting_over", { type: "candidateDied", cause: broken })).toEqual([]);
	});
});

describe("what nobody may miss", () => {
	const restored: FactBody = { type: "restored", evidence, discarded: [] };
	const exhausted: FactBody = { type: "attemptsExhausted", cause: broken };
	const unasked = { approvals: ["supervisor:auto"], handshake: "message1_sent" } as const;
	const words = (text: string) => [...card, { kind: "notice", text, besideEdit: true }];

	it("is the restart, before live is touched", () => {
		const { deadman } = swapIn("awaiting_confirmation");
		if (deadman === null) throw new Error("The journey has no clock.");
		expect(told("cutting_over", { type: "armed", deadman })).toEqual([
			{ kind: "notice", text: "sw_abc234: restarting with the new version now." },
		]);
	});

	it("is the end that came by itself, where only an edited card would tell of it", () => {
		expect(toldAfter(swapIn("rolling_back", unasked), restored)).toEqual(
			words("sw_abc234 was rolled back: the previous version serves again. Cause: The new version ended with code 1."),
		);
		expect(toldAfter(swapIn("rolling_back", { ...unasked, decidedBy: "cli:1000" }), exhausted)).toEqual(
			words(
				"sw_abc234 is STRANDED: the previous version does not answer. Somebody has to look. Cause: The new version ended with code 1.",
			),
		);
	});

	it("is told once: not where somebody decided it, nor where the card of the end is the first one", () => {
		expect(toldAfter(swapIn("rolling_back", { ...unasked, decidedBy: "cli:1000" }), restored)).toEqual(card);
		expect(toldAfter(swapIn("rolling_back", { ...unasked, handshake: "pending_restart" }), restored)).toEqual(card);
	});

	it("is that the window ends", () => {
		expect(told("awaiting_confirmation", { type: "warned", leftMs: 60_000 })).toEqual([
			{ kind: "notice", text: "sw_abc234 rolls back in 1 min unless somebody confirms it." },
		]);
	});
});

describe("approval", () => {
	it("is asked for by its card", () => expect(told("drafting", { type: "submitted", proposal })).toEqual(approval));

	it("comes after what is to be read, where there is something: intro, files, pieces", () => {
		const before = swapIn("drafting");
		const submitted: FactBody = { type: "submitted", proposal };
		const limits = { message: 1_000, pieces: 3 };
		const authority = {
			...openAuthority,
			classes: { ...openAuthority.classes, host: { ...openAuthority.classes.host, typed: false } },
		};
		const reading = { diff: "@@ -1 +1 @@\n-a\n+b\n", limits, authority };
		const all = announcementsFor(before, evolved(before, submitted), stamped([submitted]), reading);
		expect(all.map(({ kind }) => kind)).toEqual(["notice", "notice", "notice", "approval"]);
		expect(all[0]?.text).toMatch(/^sw_abc234 asks for approval: a host change of host/);
		expect(all[0]?.text).not.toContain("To approve, type");
		expect(all[1]?.text).toMatch(/^sw_abc234: files, 1 of 1\n/);
		expect(all[2]?.text).toBe("sw_abc234: diff, 1 of 1\n```\n@@ -1 +1 @@\n-a\n+b\n```");
	});

	it.each<[string, FactBody]>([
		["approved", { type: "approved", by: operator }],
		["endorsed", { type: "endorsed", by: operator, shown: null }],
		["rejected", { type: "rejected", by: operator, reason: "Not now." }],
		["withdrawn", { type: "withdrawn", by: builder }],
		["expired", { type: "expired", cause: causeOf("approval_expired", "Nobody approved it in time.") }],
	])("is edited on every channel when it is %s", (_, fact) => expect(told("pending_approval", fact)).toEqual(approval));

	it("is not asked for anew while the approved change is staged", () => {
		expect(told("staging", { type: "staged", release: "r" })).toEqual([]);
	});

	it("is edited when a draft that had a card is withdrawn; without one a notice tells", () => {
		expect(told("drafting", { type: "withdrawn", by: builder })).toEqual([
			{ kind: "notice", text: "sw_abc234 was rejected: Withdrawn by its builder." },
		]);
		const failed = evolved(swapIn("staging"), { type: "stepFailed", step: "stage", cause: broken });
		expect(toldAfter(failed, { type: "withdrawn", by: builder })).toEqual(approval);
	});
});

describe("a failed stage", () => {
	const failed = (log: readonly string[]): FactBody => ({
		type: "stepFailed",
		step: "stage",
		cause: causeOf("command_exit", "The build failed.", "stage.build", log),
	});

	it("tells the cause and the log's last lines, which are nobody's markup", () => {
		expect(told("staging", failed(["> build", "error ``` @everyone\u001b[31m"]))).toEqual([
			{
				kind: "notice",
				text: "sw_abc234 could not be staged, nothing was touched: `The build failed.`\n```\n> build\nerror ''' (at)everyone\\x1b[31m\n```",
			},
			...approvalAgain,
		]);
	});

	it("shows no empty log, and no endless one", () => {
		expect(told("staging", failed([]))[0]?.text).toBe(
			"sw_abc234 could not be staged, nothing was touched: `The build failed.`",
		);
		const long = Array.from({ length: 1_000 }, (_, n) => `line ${n} ${"x".repeat(1_000)}`);
		const text = told("staging", failed(long))[0]?.text ?? "";
		expect(text.length).toBeLessThan(5_000);
		expect(text).toContain("line 999");
	});
});

describe("a promotion", () => {
	const offered: FactBody = { type: "promotionOffered", paths: ["skills/a.md"] };
	const decided: readonly FactBody[] = [
		{ type: "promotionApproved", by: operator },
		{ type: "promotionKept", by: operator },
		{ type: "promotionApplied", commit: "c", sentence: "Done." },
		{ type: "promotionRefused", cause: causeOf("template_moved", "It moved.") },
	];

	it("has its own card, from the offer to the end", () => {
		expect(told("finalized", offered)).toEqual(promotion);
		for (const fact of decided) expect(toldAfter(evolved(swapIn("finalized"), offered), fact)).toEqual(promotion);
	});

	it("comes beside the trial's last card", () => {
		const confirmed: FactBody = { type: "promoted", by: "cli:1000", sentence: "Kept." };
		expect(told("promoting", confirmed, offered)).toEqual([...card, ...approvalAgain, ...promotion]);
	});
});

describe("what is no move", () => {
	it("updates the card when its countdown changed", () => {
		const { deadman } = swapIn("awaiting_confirmation");
		if (deadman === null) throw new Error("The journey has no clock.");
		const extended: FactBody = { type: "extended", by: operator, deadman };
		expect(told("awaiting_confirmation", extended)).toEqual(card);
		expect(told("awaiting_confirmation", { type: "cardDelivered", channel: "page", deadman })).toEqual(card);
		expect(told("awaiting_confirmation", extended, extended)).toEqual(card);
		expect(told("cutting_over", extended)).toEqual([]);
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
