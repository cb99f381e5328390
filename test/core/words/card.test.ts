// What people read: every status has a card and a sentence, all from stored state, and nothing in it can forge a line.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiresAtMs } from "../../../src/core/deadman.js";
import { happened } from "../../../src/core/machine/standing.js";
import { openAuthority } from "../../../src/core/people/authority.js";
import { type ChangedFile, causeOf, type Status, type Swap, type TableCounts } from "../../../src/core/swap.js";
import { type CardKind, cardOf as cardOfKind } from "../../../src/core/words/card.js";
import { at, builder, evolved, operator, proposal, statuses, swapIn } from "../journeys.js";

const cardOf = (swap: Swap, kind: CardKind = "card") => cardOfKind(swap, kind);

const file = (path: string): ChangedFile => ({ path, change: "modified", from: null, summary: null });

describe("the card", () => {
	const titles: Readonly<Record<Status, string>> = {
		drafting: "sw_abc234 is drafting.",
		pending_approval: "sw_abc234 is pending_approval.",
		staging: "sw_abc234 is staging.",
		cutting_over: "sw_abc234 is cutting_over.",
		awaiting_confirmation: "I'm back with the new version (sw_abc234). Confirm to keep it, or Rollback.",
		promoting: "sw_abc234 is being decided: cli:1000 confirmed it, and it is being kept.",
		rolling_back: "sw_abc234 is being decided: it is being rolled back.",
		stranded: "sw_abc234 is STRANDED: the previous version does not answer. Somebody has to look.",
		finalized: "sw_abc234 is confirmed: the new version stays.",
		rolled_back: "sw_abc234 was rolled back: the previous version serves again.",
		rejected: "sw_abc234 is rejected.",
	};

	it.each(statuses)("has a title in %s", (status) => expect(cardOf(swapIn(status)).title).toBe(titles[status]));

	it.each(statuses)("has buttons and a countdown only while somebody can decide: %s", (status) => {
		const open = status === "awaiting_confirmation";
		const swap = swapIn(status);
		const card = cardOf(swap);
		expect(card.buttons).toEqual(open ? ["confirm", "rollback", "extend"] : []);
		expect(card.decided).toBe(!open);
		expect(card.expiresAtMs).toBe(open && swap.deadman ? expiresAtMs(swap.deadman) : null);
		expect(card).toMatchObject({ swapId: "sw_abc234", epoch: swap.epoch, kind: "card", phrase: null });
	});

	it("says at once who asked to go back; where nobody did, the cause says why", () => {
		const cause = causeOf("rollback_requested", "cli:1000 asked for it.");
		const asked = evolved(swapIn("awaiting_confirmation"), { type: "rollbackRequested", by: operator, cause });
		expect(cardOf(asked).title).toBe(
			"sw_abc234 is being decided: cli:1000 asked to go back, and it is being rolled back.",
		);
		expect(cardOf(asked).buttons).toEqual([]);
		const late = causeOf("deadline_passed", "Nobody confirmed before the window ended.");
		const silent = evolved(swapIn("awaiting_confirmation"), { type: "deadlinePassed", cause: late });
		expect(cardOf(silent).title).toBe("sw_abc234 is being decided: it is being rolled back.");
		expect(cardOf(silent).lines).toContain("Cause: Nobody confirmed before the window ended.");
	});

	it("names the person whose identity it was", () => {
		const people = [{ name: "ana", identities: ["cli:1000"], roles: ["owner" as const], targets: [] }];
		const authority = { ...openAuthority, people };
		expect(cardOfKind(swapIn("promoting"), "card", authority)).toMatchObject({
			title: "sw_abc234 is being decided: ana confirmed it, and it is being kept.",
			lines: [proposal.summary, "Decided by cli:1000 (ana)."],
		});
	});

	it("of a stranded swap tells why nothing answers", () => {
		expect(cardOf(swapIn("stranded")).lines).toEqual([
			proposal.summary,
			"Cause: The new version ended with code 1.",
			"Going back failed: Nothing answers.",
		]);
	});

	it("tells of what was kept where it went", () => {
		expect(cardOf(swapIn("finalized")).lines).toEqual([proposal.summary, "Decided by cli:1000.", "Confirmed."]);
	});

	it("claims `rolled back` for nothing that is not proven (F27)", () => {
		for (const status of statuses.filter((name) => name !== "rolled_back")) {
			expect(cardOf(swapIn(status)).title).not.toContain("was rolled back");
		}
	});

	it("shows the stored expiry after an extension (F8)", () => {
		const { deadman } = swapIn("awaiting_confirmation");
		if (deadman === null) throw new Error("The journey has no clock.");
		const longer = { ...deadman, lengthMs: 300_000 };
		const swap = evolved(swapIn("awaiting_confirmation"), { type: "extended", by: operator, deadman: longer });
		expect(cardOf(swap).expiresAtMs).toBe(at(300_000).wallMs);
	});
});

describe("its lines", () => {
	it("tell the summary, the files, who decided and why", () => {
		expect(cardOf(swapIn("awaiting_confirmation")).lines).toEqual([
			proposal.summary,
			"Changes server.js.",
			"A rollback brings back the code. Mails, payments and calls to other systems are not undone.",
		]);
		expect(cardOf(swapIn("promoting")).lines).toEqual([proposal.summary, "Decided by cli:1000."]);
		expect(cardOf(swapIn("rolled_back")).lines).toEqual([
			proposal.summary,
			"Cause: The new version ended with code 1.",
		]);
	});

	it("count files beyond the first five", () => {
		const files = ["a", "b", "c", "d", "e", "f", "g"].map(file);
		const { lines } = cardOf(swapIn("awaiting_confirmation", { proposal: { ...proposal, files } }));
		expect(lines).toContain("Changes a, b, c, d, e and 2 more.");
	});

	it("count what was set aside, per table that has something", () => {
		const counts = (table: string, inserted: number, updated: number, deleted: number): TableCounts => ({
			database: "data/app.db",
			table,
			inserted,
			updated,
			deleted,
			replayed: null,
			note: null,
		});
		const discarded = [
			counts("orders", 3, 0, 1),
			counts("users", 0, 0, 0),
			{ ...counts("visits", 0, 2, 0), replayed: 2 },
			{ ...counts("odd", 0, 0, 0), note: "It cannot be counted: no such function: f." },
		];
		const { lines } = cardOf(swapIn("rolled_back", { discarded }));
		expect(lines.slice(-3)).toEqual([
			"Set aside from orders: 3 inserted, 1 deleted.",
			"Set aside from visits: 2 updated; 2 put back.",
			"Set aside from odd: It cannot be counted: no such function: f.",
		]);
	});

	it("escape control characters of a path: no name forges a line", () => {
		const named = (path: string) =>
			cardOf(swapIn("awaiting_confirmation", { proposal: { ...proposal, files: [file(path)] } }));
		expect(named("a\nDecided by cli:0.").lines).toContain("Changes a\\nDecided by cli:0..");
		fc.assert(
			fc.property(fc.string({ unit: "binary-ascii", minLength: 1 }), (path) => {
				for (const line of named(path).lines) {
					// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
					expect(line).not.toMatch(/[\u0000-\u001f]/);
				}
			}),
		);
	});

	it.each(statuses)("never are empty strings, and need no proposal: %s", (status) => {
		const { lines } = cardOf(swapIn(status, { proposal: null }));
		expect(lines).not.toContain("");
	});
});

describe("the trial's evidence", () => {
	const snapshot = (database: string, policy: "restore" | "keep" | "replay") =>
		({ database, policy, file: null, bytes: 0, sha256: null, fingerprint: null }) as const;

	it("is the checks that passed, the flags, and what a rollback brings back of each database", () => {
		const swap = swapIn("awaiting_confirmation", {
			checks: [{ command: "npm test", durationMs: 3_120 }],
			snapshots: [snapshot("data/app.db", "restore"), snapshot("data/log.db", "keep"), snapshot("q.db", "replay")],
			proposal: { ...proposal, flags: [{ kind: "migration", path: "db/migrations/1.sql", rule: "**/migrations/**" }] },
		});
		const text = cardOf(swap).lines.join("\n");
		expect(text).toContain("Checks: npm test passed in 3.1 s.");
		expect(text).toContain("Migrations, so a rollback may be lossy: db/migrations/1.sql.");
		expect(text).toContain("data/app.db as it was at the swap;");
		expect(text).toContain("data/log.db left as it is, with what was written since;");
		expect(text).toContain("q.db as it was at the swap, with rows written since put back where they still fit.");
		expect(text).toContain("Mails, payments and calls to other systems are not undone.");
	});
});

describe("the sentence of an old card", () => {
	const sentences: Readonly<Record<Status, string>> = {
		drafting: "It is drafting.",
		pending_approval: "It is pending_approval.",
		staging: "It is staging.",
		cutting_over: "It is cutting_over.",
		awaiting_confirmation: "It is awaiting_confirmation.",
		promoting: "It was confirmed by cli:1000.",
		rolling_back: "It is being rolled back. The new version ended with code 1.",
		stranded: "It is stranded.",
		finalized: "It was confirmed by cli:1000.",
		rolled_back: "It was rolled back. The new version ended with code 1.",
		rejected: "It was rejected: Not now.",
	};

	it.each(statuses)("tells what happened: %s", (status) => expect(happened(swapIn(status))).toBe(sentences[status]));

	it("names who asked for the rollback", () => {
		expect(happened(swapIn("rolled_back", { decidedBy: "page:bob" }))).toMatch(/^It was rolled back by page:bob\./);
	});

	it("says so when a rejection had no reason", () => {
		expect(happened(swapIn("rejected", { outcome: null }))).toBe("It was rejected: no reason was given.");
		const silent = evolved(swapIn("pending_approval"), { type: "rejected", by: operator, reason: "" });
		expect(happened(silent)).toBe("It was rejected: no reason was given.");
	});

	it("ends with a full stop, whoever wrote it", () => {
		const asked = swapIn("pending_approval");
		const rejected = evolved(asked, { type: "rejected", by: operator, reason: "too large" });
		expect(happened(rejected)).toBe("It was rejected: too large.");
		expect(happened(evolved(asked, { type: "withdrawn", by: builder }))).toBe("It was withdrawn by builder:agent.");
		const cause = causeOf("approval_expired", "Nobody approved it in time.");
		expect(happened(evolved(asked, { type: "expired", cause }))).toBe("It expired: nobody approved it in time.");
		const back = evolved(swapIn("awaiting_confirmation"), {
			type: "rollbackRequested",
			by: operator,
			cause: causeOf("rollback_requested", "cli:1000 asked for it: blank page"),
		});
		expect(happened(back)).toBe("It is being rolled back by cli:1000. cli:1000 asked for it: blank page.");
	});
});
