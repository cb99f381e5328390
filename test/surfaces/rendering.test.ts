// Text for terminals: what a builder wrote cannot move the cursor, forge a line or hide a character.
import { describe, expect, it } from "vitest";
import { printableBlock, printableLine } from "../../src/core/printable.js";
import { causeOf } from "../../src/core/swap.js";
import { renderFacts, renderSwap, renderSwaps, renderTables, renderWorkspaces } from "../../src/surfaces/rendering.js";
import { factViewOf, viewOf } from "../../src/surfaces/view.js";
import { aSwap, tables } from "../support/memory/supervisor.js";
import { now, wallMs } from "./doorway.js";

const hostile = "ok\u001b[2K\u001b]0;title\u0007\r\n  outcome: finalized\u202egnp\u009b31m\u0000";

function hostileSwap() {
	const { proposal, ...swap } = aSwap({
		status: "rolled_back",
		cause: causeOf("x", hostile, null, [hostile]),
		outcome: { verdict: "rolled_back", by: "cli:0", sentence: hostile, evidence: null },
		discarded: [{ ...tables[0], table: hostile, note: hostile } as never],
	});
	const file = { path: hostile, change: "renamed", from: hostile, summary: hostile } as const;
	return { ...swap, proposal: { ...proposal, summary: hostile, files: [file] } } as never;
}

describe("hostile text", () => {
	const view = viewOf(hostileSwap(), now());
	const by = { surface: "cli", id: "0" } as const;
	it.each([
		["a swap", renderSwap(view)],
		["the list", renderSwaps([view])],
		["the log", renderFacts([factViewOf({ type: "rejected", atMs: wallMs, by, reason: hostile })])],
		["counts", renderTables(view.discarded ?? [])],
		["workspaces", renderWorkspaces([{ name: hostile, path: hostile, branch: hostile, head: hostile }])],
	])("leaves no control character in %s", (_, text) => {
		expect(text).toContain("\\x1b");
		expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
	});

	it("forges no line of ours", () => {
		const [outcome, ...more] = renderSwap(view)
			.split("\n")
			.filter((line) => line.startsWith("  outcome:"));
		expect(outcome).toContain("(cli:0)");
		expect(more).toEqual([]);
	});

	it("is shown as code points", () => {
		expect(printableLine("a\tb\u0007\u202e\ud800")).toBe("a\\tb\\x07\\u{202e}\\u{d800}");
		expect(printableBlock("a\tb\n\u001bc")).toBe("a\tb\n\\x1bc");
		expect(printableLine("naïve – 日本 🎉")).toBe("naïve – 日本 🎉");
	});
});

describe("a swap", () => {
	it.each([
		["pending_approval", "deadman approve sw_aaaaaa"],
		["awaiting_confirmation", "deadman confirm sw_aaaaaa or deadman rollback sw_aaaaaa"],
		["stranded", "deadman rollback sw_aaaaaa"],
		["drafting", "submit it again"],
	] as const)("that is %s says what to do next", (status, next) => {
		expect(renderSwap(viewOf(aSwap({ status }), now()))).toContain(next);
	});

	it("shows its files with their sentences", () => {
		expect(renderSwap(viewOf(aSwap(), now()))).toContain("  M server.js  adds an exclamation mark");
	});

	it("caps a long list of files", () => {
		const files = Array.from({ length: 100 }, (_, n) => ({
			path: `f${n}`,
			change: "added",
			from: null,
			summary: null,
		}));
		const swap = aSwap();
		const text = renderSwap(viewOf({ ...swap, proposal: { ...swap.proposal, files } } as never, now()));
		expect(text).toContain("and 60 more files");
	});
});

it("prints facts with who and why", () => {
	const by = { surface: "cli", id: "1000" } as const;
	const text = renderFacts([
		factViewOf({ type: "approved", atMs: wallMs, by }),
		factViewOf({ type: "stepFailed", atMs: wallMs, step: "stage", cause: causeOf("x", "The build failed.") }),
	]);
	expect(text).toContain("approved            by cli:1000");
	expect(text).toContain("step=stage  The build failed.");
});
