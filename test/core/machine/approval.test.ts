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
