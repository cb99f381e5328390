// What an approval takes beyond the right to give it: time, the typed phrase, enough different people. And the template's own verdict.
import { describe, expect, it } from "vitest";
import type { FactBody } from "../../../src/core/facts.js";
import { type Command, type Decision, decide } from "../../../src/core/machine/decide.js";
import { type Authority, openAuthority } from "../../../src/core/people/authority.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Actor, Shown, Swap } from "../../../src/core/swap.js";
import { at, builder, decided, evolved, operator, proposal, swapIn } from "../journeys.js";

const shown: Shown = { tree: proposal.tree, sha256: "5".repeat(64), bytes: 120, files: 1, whole: true };
const group: Swap = swapIn("pending_approval", { proposal: { ...proposal, classification: "group", shown } });
const host: Swap = swapIn("pending_approval", { proposal: { ...proposal, shown } });
const now = at(60_000);

const approve = (change: Partial<Extract<Command, { verb: "approve" }>> = {}): Command => ({
	verb: "approve",
	by: operator,
	typed: null,
	seen: { kind: "read", sha256: shown.sha256 },
	...change,
});

function told(decision: Decision): string {
	return isRefusal(decision) ? decision.code : decision.map(({ type }) => type).join(" ");
}

describe("a typed phrase", () => {
	it("is needed for host and combined, and says which", () => {
		expect(decided(host, approve(), now)).toMatchObject({
			code: "phrase_needed",
			message: "sw_abc234 is approved by typing a phrase: a host change asks for it.",
			next: 'Read the change, then type "host sw_abc234": --type.',
		});
		expect(told(decided(host, approve({ typed: "  " }), now))).toBe("phrase_needed");
		expect(told(decided(group, approve(), now))).toBe("approved");
	});

	it.each(["host", "host sw_abc235", "HOST sw_abc234", "combined sw_abc234", "host  sw_abc234", "host sw_abc234."])(
		"is exact: not %j",
		(typed) => {
			expect(decided(host, approve({ typed }), now)).toMatchObject({
				code: "phrase_wrong",
				next: 'Type exactly "host sw_abc234".',
			});
		},
	);

	it.each(["host sw_abc234", " host sw_abc234\n"])("is taken with space around it: %j", (typed) => {
		expect(decided(host, approve({ typed }), now)).toEqual([{ type: "approved", by: operator, shown }]);
	});

	it("is needed for every class where the diff was not shown in full", () => {
		const cut = {
			...group,
			proposal: { ...proposal, classification: "group" as const, shown: { ...shown, whole: false } },
		};
		expect(decided(cut, approve(), now)).toMatchObject({
			code: "phrase_needed",
			message: expect.stringContaining("its diff was not shown in full"),
		});
		expect(told(decided(cut, approve({ typed: "group sw_abc234" }), now))).toBe("approved");
	});

	it("is needed by who was not shown the diff where they approve, and says why", () => {
		const place = { channel: "chat", place: "" };
		const here = { kind: "place", at: place } as const;
		const asked = (swap: Swap, seen: Extract<Command, { verb: "approve" }>["seen"]) =>
			told(decided(swap, approve({ seen: seen ?? null }), now));
		expect(asked(group, null)).toBe("reading_needed");
		expect(asked(group, { kind: "read", sha256: "6".repeat(64) })).toBe("reading_needed");
		expect(asked(group, here)).toBe("reading_needed");
		const arrived = evolved(group, { type: "reviewShown", ...place });
		expect(asked(arrived, here)).toBe("approved");
		expect(asked(arrived, { kind: "place", at: { channel: "chat", place: '["C2",null,null]' } })).toBe(
			"reading_needed",
		);
		expect(asked(arrived, { kind: "place", at: { channel: "other", place: "" } })).toBe("reading_needed");
		expect(told(decided(group, approve({ seen: null, typed: "group sw_abc234" }), now))).toBe("approved");
		expect(decided(group, approve({ seen: here }), now)).toMatchObject({
			message: expect.stringContaining("its diff was not shown here in full"),
			next: expect.stringContaining('type "group sw_abc234"'),
		});
	});

	it("is needed where the submission does not say whether its diff was whole", () => {
		const silent = { ...group, proposal: { ...proposal, classification: "group" as const } };
		expect(told(decided(silent, approve(), now))).toBe("reading_needed");
	});

	it("is no wish of the supervisor's, which approves where the operator configured that", () => {
		const by: Actor = { surface: "supervisor", id: "auto" };
		expect(told(decided(host, approve({ by }), now))).toBe("approved");
	});
});

describe("time", () => {
	const timed = { ...group, approvalExpiresAtMs: now.wallMs };

	it("ends an approval in the millisecond that was stored, before the row says so", () => {
		expect(told(decided(timed, approve(), at(59_999)))).toBe("approved");
		expect(decided(timed, approve(), now)).toMatchObject({
			code: "already_decided",
			message: "sw_abc234 is decided already. It expired: nobody approved it in time.",
		});
	});

	it("is stored with the submission", () => {
		const submit: Command = { verb: "submit", proposal, by: builder, approvalExpiresAtMs: 7 };
		expect(decided(swapIn("drafting"), submit, now)).toEqual([{ type: "submitted", proposal, approvalExpiresAtMs: 7 }]);
	});

	it("kills the cards of an earlier submission", () => {
		const later = { ...group, epoch: 2 };
		for (const verb of ["approve", "reject", "promote", "keep"] as const) {
			const command = { ...approve({ epoch: 1 }), verb, reason: "" } as Command;
			expect(told(decided(later, command, now))).toBe("card_outdated");
		}
	});
});

describe("a submission", () => {
	const second: Swap = { ...host, epoch: 2 };
	const phrases = (swap: Swap, typed: string | null, epoch: number | null = null) =>
		told(decided(swap, approve({ typed, epoch }), now));

	it("is named from the second on: the phrase has its number, and that of an earlier one is of an earlier card", () => {
		expect(phrases(host, "host sw_abc234")).toBe("approved");
		expect(phrases(second, "host sw_abc234 2")).toBe("approved");
		for (const old of ["host sw_abc234", "group sw_abc234", "host sw_abc234 1"]) {
			expect(phrases(second, old)).toBe("card_outdated");
			expect(phrases(second, old, 2)).toBe("card_outdated");
		}
		expect(phrases({ ...second, epoch: 3 }, "host sw_abc234 2")).toBe("card_outdated");
		expect(phrases(second, "host sw_abc234 3", 2)).toBe("phrase_wrong");
		expect(phrases(second, "host sw_abc234 2", 1)).toBe("card_outdated");
	});

	it("is asked for where an approval names none, and there was more than one", () => {
		const again: Swap = { ...group, epoch: 2 };
		expect(decided(again, approve(), now)).toMatchObject({
			code: "submission_missing",
			next: expect.stringContaining('"epoch": 2'),
		});
		expect(told(decided(again, approve({ epoch: 2 }), now))).toBe("approved");
		expect(told(decided(group, approve(), now))).toBe("approved");
	});

	it("takes nothing of what arrived for the one before", () => {
		const arrived = evolved(group, { type: "reviewShown", channel: "chat", place: "" });
		const again = evolved({ ...arrived, status: "drafting" }, { type: "submitted", proposal });
		expect([arrived.shownAt?.length, again.shownAt?.length]).toEqual([1, 0]);
	});

	it("has its diff on record once for each place, and only while it waits", () => {
		const at = { channel: "chat", place: "" };
		const note = (swap: Swap, epoch = swap.epoch) => decided(swap, { verb: "shown", at, epoch }, now);
		expect(note(group)).toEqual([{ type: "reviewShown", ...at }]);
		expect(note(evolved(group, { type: "reviewShown", ...at }))).toEqual([]);
		expect(note(group, group.epoch - 1)).toEqual([]);
		expect(note(swapIn("awaiting_confirmation"))).toEqual([]);
	});
});

describe("several approvals", () => {
	const person = (name: string) =>
		({ name, identities: [`cli:${name}`, `page:${name}`], roles: ["admin"], targets: [] }) as const;
	const authority: Authority = {
		...openAuthority,
		people: [person("ann"), person("ben"), person("cy")],
		classes: { ...openAuthority.classes, group: { ...openAuthority.classes.group, approvals: 2 } },
	};
	const cli = (id: string): Actor => ({ surface: "cli", id });
	const asked = (swap: Swap, by: Actor) => decide(swap, approve({ by }), now, authority);

	it("are endorsements until the last, each with what was shown", () => {
		const first = asked(group, cli("ann")) as FactBody[];
		expect(first).toEqual([{ type: "endorsed", by: cli("ann"), shown }]);
		const half = evolved(group, ...first);
		expect(half).toMatchObject({ status: "pending_approval", approvals: ["cli:ann"] });
		expect(asked(half, cli("ben"))).toEqual([{ type: "approved", by: cli("ben"), shown }]);
	});

	it("are of different people, not of different surfaces (F6)", () => {
		const half = evolved(group, ...(asked(group, cli("ann")) as FactBody[]));
		expect(asked(half, { surface: "page", id: "ann" })).toMatchObject({
			code: "endorsed_already",
			message: "page:ann has approved sw_abc234 already.",
			next: "It waits for 1 more to approve it.",
		});
	});

	it("start anew with a new submission", () => {
		const half = evolved(group, ...(asked(group, cli("ann")) as FactBody[]));
		const again = evolved({ ...half, status: "drafting" }, { type: "submitted", proposal });
		expect(again.approvals).toEqual([]);
	});
});

describe("the template", () => {
	const offered = evolved(swapIn("finalized"), { type: "promotionOffered", paths: ["skills/a.md"] });
	const verdict = (verb: "promote" | "keep", swap: Swap) => decided(swap, { verb, by: operator }, now);

	it("is decided once, either way", () => {
		expect(verdict("promote", offered)).toEqual([{ type: "promotionApproved", by: operator }]);
		expect(verdict("keep", offered)).toEqual([{ type: "promotionKept", by: operator }]);
		for (const verb of ["promote", "keep"] as const) {
			for (const other of ["promote", "keep"] as const) {
				const after = evolved(offered, ...(verdict(verb, offered) as FactBody[]));
				expect(told(verdict(other, after))).toBe("nothing_to_promote");
			}
		}
	});

	it("is not offered by anything else", () => {
		expect(told(verdict("promote", swapIn("finalized")))).toBe("nothing_to_promote");
		expect(told(verdict("keep", { ...offered, status: "awaiting_confirmation" }))).toBe("nothing_to_promote");
		expect(told(decided(offered, { verb: "promote", by: builder }, now))).toBe("not_authorised");
	});
});
