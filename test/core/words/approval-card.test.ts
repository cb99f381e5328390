// The cards before and after the trial: the approval's, with what to weigh and how to approve, and the template's.
import { describe, expect, it } from "vitest";
import type { FactBody } from "../../../src/core/facts.js";
import { type Authority, openAuthority } from "../../../src/core/people/authority.js";
import { causeOf, type Proposal, type Swap } from "../../../src/core/swap.js";
import { cardOf } from "../../../src/core/words/card.js";
import { broken, builder, evolved, operator, proposal, statuses, swapIn } from "../journeys.js";

const asking = (change: Partial<Proposal> = {}, swap: Partial<Swap> = {}): Swap =>
	swapIn("pending_approval", { approvalExpiresAtMs: 5_000, proposal: { ...proposal, ...change }, ...swap });

describe("the approval card", () => {
	it("says what is asked, of whom it comes, what to weigh, and what to type", () => {
		expect(cardOf(asking(), "approval")).toEqual({
			swapId: "sw_abc234",
			epoch: 1,
			kind: "approval",
			title: "sw_abc234 asks for approval: a host change of host.",
			lines: [
				proposal.summary,
				"Proposed by builder:agent. Changes server.js.",
				"Runs with the full rights of the host: its credentials, its data and every agent are within reach.",
				"A rollback brings back the code, and each database as its policy in the configuration says. Mails, payments and calls to other systems are not undone.",
				'To approve, type "host sw_abc234": a host change asks for it.',
			],
			buttons: ["approve", "reject"],
			expiresAtMs: 5_000,
			decided: false,
			phrase: "host sw_abc234",
		});
	});

	it("tells what is known of its dependencies before anything is built", () => {
		const { lines } = cardOf(asking({ advice: ["There is no lock file: nothing is installed."] }), "approval");
		expect(lines).toContain("There is no lock file: nothing is installed.");
	});

	it("needs no phrase for a group change that was shown in full, and says when it was not", () => {
		const group = { classification: "group" } as const;
		const shown = { tree: "t", sha256: "s", bytes: 1, files: 1, whole: false };
		expect(cardOf(asking(group), "approval").phrase).toBeNull();
		const cut = cardOf(asking({ ...group, shown }), "approval");
		expect(cut.phrase).toBe("group sw_abc234");
		expect(cut.lines).toContain("NOT SHOWN IN FULL: read it with `deadman diff sw_abc234`.");
		expect(cut.lines).toContain('To approve, type "group sw_abc234": its diff was not shown in full.');
	});

	it("warns: combined, flagged, known bad", () => {
		const flags = [
			{ kind: "supervisor", path: "deadman.config.ts", rule: "x" },
			...["a", "b", "c", "d", "e", "f"].map((path) => ({ kind: "reach", path, rule: "x" }) as const),
		] as const;
		const swap = asking({ classification: "combined", flags, knownBad: "sw_old111" }, { target: "alice" });
		const text = cardOf(swap, "approval").lines.join("\n");
		expect(text).toContain("Lands in the private copy of alice; other agents keep theirs as they are.");
		expect(text).toContain("The supervisor's own files: deadman.config.ts.");
		expect(text).toContain("Changes what an agent may reach: a, b, c, d, e and 1 more.");
		expect(text).toContain("KNOWN BAD: the same tree ended badly before, in sw_old111.");
	});

	it("names who is asked and how many have approved, and is edited as they do", () => {
		const person = (name: string) => ({ name, identities: [`cli:${name}`], roles: ["owner"], targets: [] }) as const;
		const authority: Authority = {
			...openAuthority,
			people: [person("ann"), person("ben")],
			classes: { ...openAuthority.classes, host: { ...openAuthority.classes.host, approvals: 2, typed: false } },
		};
		const before = cardOf(asking(), "approval", authority);
		expect(before.lines.slice(-2)).toEqual(["Asked: ann, ben.", "0 of 2 approvals."]);
		expect(before.phrase).toBeNull();
		const half = evolved(asking(), { type: "endorsed", by: { surface: "cli", id: "ann" }, shown: null });
		expect(cardOf(half, "approval", authority)).toMatchObject({ decided: false, buttons: ["approve", "reject"] });
		expect(cardOf(half, "approval", authority).lines.at(-1)).toBe("1 of 2 approvals, so far by cli:ann (ann).");
	});

	it.each<[FactBody, string, string | undefined]>([
		[{ type: "approved", by: operator }, "sw_abc234 was approved, and is being tried.", "Approved by cli:1000."],
		[
			{ type: "rejected", by: operator, reason: "too large" },
			"sw_abc234 was rejected.",
			"Rejected by cli:1000: too large.",
		],
		[{ type: "rejected", by: operator, reason: "" }, "sw_abc234 was rejected.", "Rejected by cli:1000."],
		[{ type: "withdrawn", by: builder }, "sw_abc234 was withdrawn.", "Withdrawn by builder:agent."],
		[
			{ type: "expired", cause: causeOf("approval_expired", "Nobody approved it in time.") },
			"sw_abc234 expired: nobody approved it in time.",
			undefined,
		],
	])("tells the decision: $0.type", (fact, title, line) => {
		expect(cardOf(evolved(asking(), fact), "approval")).toEqual({
			swapId: "sw_abc234",
			epoch: 1,
			kind: "approval",
			title,
			lines: [proposal.summary, ...(line === undefined ? [] : [line])],
			buttons: [],
			expiresAtMs: null,
			decided: true,
			phrase: null,
		});
	});

	it("stays true once it was approved", () => {
		const titles = (["cutting_over", "awaiting_confirmation", "finalized", "rolled_back", "stranded"] as const).map(
			(status) => cardOf(swapIn(status), "approval").title.replace("sw_abc234 was approved, and ", ""),
		);
		expect(titles).toEqual(["is being tried.", "is being tried.", "is kept.", "was rolled back.", "is STRANDED."]);
	});

	it("tells why what was approved could not be staged", () => {
		const failed = evolved(swapIn("staging"), { type: "stepFailed", step: "stage", cause: broken });
		const { title, lines } = cardOf(failed, "approval");
		expect(title).toBe("sw_abc234 could not be staged, and nothing was touched.");
		expect(lines.slice(1)).toEqual(["Approved by cli:1000.", "Cause: The new version ended with code 1."]);
	});

	it.each(statuses)("has no button and no empty line but while it is asked: %s", (status) => {
		for (const swap of [swapIn(status), swapIn(status, { proposal: null })]) {
			const card = cardOf(swap, "approval");
			expect(card.buttons.length > 0).toBe(status === "pending_approval");
			expect(card.decided).toBe(status !== "pending_approval");
			expect(card.lines).not.toContain("");
		}
	});

	it("escapes what a builder wrote", () => {
		const swap = asking({
			summary: "a\nApproved by cli:0.",
			files: [{ ...proposal.files[0], path: "b\u202e" } as never],
		});
		const { lines } = cardOf(swap, "approval");
		expect(lines[0]).toBe("a\\nApproved by cli:0.");
		expect(lines[1]).toContain("Changes b\\u{202e}.");
	});
});

describe("the template's card", () => {
	const offered = evolved(swapIn("finalized"), { type: "promotionOffered", paths: ["skills/a.md", "skills/b.md"] });
	const approved = evolved(offered, { type: "promotionApproved", by: operator });

	it("offers both ways", () => {
		expect(cardOf(offered, "promotion")).toMatchObject({
			kind: "promotion",
			title: "sw_abc234 is kept. Apply it to the template too, or keep it local?",
			lines: [
				proposal.summary,
				"Changes skills/a.md, skills/b.md, as it was reviewed.",
				"The template is what new agents start from; agents that exist keep what they have.",
			],
			buttons: ["promote", "keep"],
			decided: false,
			expiresAtMs: null,
			phrase: null,
		});
	});

	it.each<[string, Swap, string, string | undefined]>([
		["approved", approved, "sw_abc234 is being applied to the template.", "Decided by cli:1000."],
		[
			"applied",
			evolved(approved, { type: "promotionApplied", commit: "c", sentence: "main is at 123" }),
			"sw_abc234 was applied to the template.",
			"main is at 123.",
		],
		[
			"kept",
			evolved(offered, { type: "promotionKept", by: operator }),
			"sw_abc234 stays local: the template is as it was.",
			"Decided by cli:1000.",
		],
		[
			"refused",
			evolved(approved, { type: "promotionRefused", cause: causeOf("template_moved", "The template moved.") }),
			"sw_abc234 could not be applied to the template, which is as it was.",
			"The template moved.",
		],
		["never offered", swapIn("finalized"), "sw_abc234 has nothing to apply to the template.", undefined],
	])("tells what became of it: %s", (_, swap, title, line) => {
		const card = cardOf(swap, "promotion");
		expect(card).toMatchObject({ title, buttons: [], decided: true });
		expect(card.lines.at(-1)).toBe(line);
	});
});
