// What people read: every status has a card and a sentence, all from stored state, and nothing in it can forge a line.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardOf, happened } from "../../src/core/card.js";
import { expiresAtMs } from "../../src/core/deadman.js";
import type { ChangedFile, Status, TableCounts } from "../../src/core/swap.js";
import { at, evolved, operator, proposal, statuses, swapIn } from "./journeys.js";

const file = (path: string): ChangedFile => ({ path, change: "modified", from: null, summary: null });

describe("the card", () => {
	const titles: Readonly<Record<Status, string>> = {
		drafting: "sw_abc234 is drafting.",
		pending_approval: "sw_abc234 is pending_approval.",
		staging: "sw_abc234 is staging.",
		cutting_over: "sw_abc234 is cutting_over.",
		awaiting_confirmation: "I'm back with the new version (sw_abc234). Confirm to keep it, or Rollback.",
		promoting: "sw_abc234 is confirmed: the new version stays.",
		rolling_back: "sw_abc234 is being rolled back.",
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
		expect(card).toMatchObject({ swapId: "sw_abc234", epoch: swap.epoch });
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
		expect(cardOf(swapIn("awaiting_confirmation")).lines).toEqual([proposal.summary, "Changes server.js."]);
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
		const discarded = [counts("orders", 3, 0, 1), counts("users", 0, 0, 0), counts("visits", 0, 2, 0)];
		const { lines } = cardOf(swapIn("rolled_back", { discarded }));
		expect(lines.slice(-2)).toEqual([
			"Set aside from orders: 3 inserted, 1 deleted.",
			"Set aside from visits: 2 updated.",
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
	});
});
