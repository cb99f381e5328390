// Text for terminals: what a builder wrote cannot move the cursor, forge a line or hide a character.
import { describe, expect, it } from "vitest";
import { printableBlock, printableLine } from "../../../src/core/rules/printable.js";
import { swapSubject } from "../../../src/core/subject.js";
import { causeOf } from "../../../src/core/swap.js";
import type { AuditEntry, Workspace } from "../../../src/ports/ports.js";
import type { ReviewView } from "../../../src/surfaces/http/schemas/review.js";
import { statusViewOf } from "../../../src/surfaces/http/schemas/status.js";
import { renderReview, renderSwaps, renderTables, renderWorkspaces } from "../../../src/surfaces/text/lists.js";
import { renderLog, renderRefused } from "../../../src/surfaces/text/log.js";
import { renderStatus } from "../../../src/surfaces/text/status.js";
import { renderSwap } from "../../../src/surfaces/text/swap.js";
import { auditViewOf, factViewOf, viewOf } from "../../../src/surfaces/view.js";
import { aSwap, audits, createFakeSupervisor, offered, reviewOf, tables } from "../../support/memory/supervisor.js";
import { now, wallMs } from "../doorway.js";

const hostile = "ok\u001b[2K\u001b]0;title\u0007\r\n  outcome: finalized\u202egnp\u009b31m\u0000";

function hostileSwap() {
	const { proposal, ...swap } = aSwap({
		status: "rolled_back",
		cause: causeOf("x", hostile, null, [hostile]),
		outcome: { verdict: "rolled_back", by: "cli:0", sentence: hostile, evidence: null },
		discarded: [{ ...tables[0], table: hostile, note: hostile } as never],
		approvals: [hostile],
		checks: [{ command: hostile, durationMs: 5 }],
		promotion: { state: "applied", paths: [hostile], by: hostile, sentence: hostile },
	});
	const file = { path: hostile, change: "renamed", from: hostile, summary: hostile } as const;
	const flags = [{ kind: "reach", path: hostile, rule: hostile }];
	return { ...swap, proposal: { ...proposal, summary: hostile, files: [file], flags } } as never;
}

const hostileAudit: AuditEntry = {
	atMs: wallMs,
	subject: swapSubject(hostile),
	by: { surface: "builder", id: hostile },
	verb: hostile,
	code: hostile,
	message: hostile,
	shown: hostile,
};
const aWorkspace: Workspace = {
	name: "w1",
	path: "/srv/w1",
	branch: "dev/w1",
	target: "host",
	kind: "worktree",
	start: "e".repeat(40),
	head: "e".repeat(40),
	frozen: false,
};
const { diff: _, ...kept } = reviewOf("sw_aaaaaa");
const aReview: ReviewView = { ...kept, phrase: "host sw_aaaaaa", intro: "", files: [], pieces: [], whole: true };

describe("hostile text", () => {
	const view = viewOf(hostileSwap(), now());
	const by = { surface: "cli", id: "0" } as const;
	it.each([
		["a swap", renderSwap(view)],
		["the list", renderSwaps([view])],
		["the log", renderLog([factViewOf({ type: "rejected", atMs: wallMs, by, reason: hostile })], [])],
		["counts", renderTables(view.discarded ?? [])],
		["the log of refusals", renderLog([], [auditViewOf(hostileAudit)])],
		["what was refused", renderRefused([auditViewOf(hostileAudit)])],
		["a review", renderReview({ ...aReview, intro: hostile, files: [hostile], pieces: [hostile] })],
		[
			"workspaces",
			renderWorkspaces([{ ...aWorkspace, name: hostile, path: hostile, branch: hostile, target: hostile }]),
		],
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
		[
			"pending_approval",
			'deadman review sw_aaaaaa, then deadman approve sw_aaaaaa --type "host sw_aaaaaa" or deadman reject sw_aaaaaa',
		],
		["awaiting_confirmation", "deadman confirm sw_aaaaaa or deadman rollback sw_aaaaaa"],
		["stranded", "deadman rollback sw_aaaaaa"],
		["drafting", "submit it again"],
	] as const)("that is %s says what to do next", (status, next) => {
		expect(renderSwap(viewOf(aSwap({ status }), now()))).toContain(next);
	});

	it("of an agent names it, with all that deserves a second look", () => {
		const swap = aSwap({
			status: "pending_approval",
			target: "alice",
			workspace: "fix",
			approvals: ["cli:1", "slack:U1"],
			approvalExpiresAtMs: wallMs,
		});
		const flags = Array.from({ length: 30 }, (_, n) => ({ kind: "migration", path: `db/${n}.sql`, rule: "db/**" }));
		const shown = { tree: "t", sha256: "s", bytes: 9, files: 1, whole: false };
		const change = { classification: "combined", flags, shown, knownBad: "sw_bbbbbb" } as const;
		const text = renderSwap(viewOf({ ...swap, proposal: { ...swap.proposal, ...change } } as never, now()));
		expect(text.split("\n")[0]).toBe("sw_aaaaaa  pending_approval  (combined, alice)");
		for (const line of [
			"  migration: db/0.sql  (rule db/**)",
			"  and 10 more flags",
			"  known bad: the same tree ended badly before, in sw_bbbbbb",
			"  not shown in full: deadman diff sw_aaaaaa shows the whole",
			"  approved by: cli:1, slack:U1",
			"  waits for approval until 2026-11-21T12:00:00.000Z",
			"  approved by typing: combined sw_aaaaaa",
		]) {
			expect(text.split("\n")).toContain(line);
		}
	});

	it("shows what was checked", () => {
		const text = renderSwap(viewOf(aSwap({ checks: [{ command: "npm test", durationMs: 12_000 }] }), now()));
		expect(text).toContain("  check: npm test passed in 12s");
	});

	it.each([
		[offered, "may take container/skills/greet.md", "deadman promote sw_aaaaaa or deadman keep sw_aaaaaa"],
		[{ ...offered, state: "kept", by: "cli:0" }, "does not take container/skills/greet.md (cli:0)", null],
		[{ ...offered, state: "applied", by: "cli:0", sentence: "Applied." }, "greet.md (cli:0): Applied.", null],
		[
			{ ...offered, state: "refused", sentence: "It moved." },
			"could not take container/skills/greet.md: It moved.",
			null,
		],
		[{ ...offered, paths: ["a", "b", "c", "d", "e", "f"] }, "may take a, b, c, d, e and 1 more", "deadman promote"],
	] as const)("says what becomes of the template: %j", (promotion, line, next) => {
		const text = renderSwap(viewOf(aSwap({ status: "finalized", promotion }), now()));
		expect(text).toContain(line);
		if (next === null) expect(text).not.toContain("next:");
		else expect(text).toContain(`next: ${next}`);
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

describe("the log", () => {
	const by = { surface: "cli", id: "1000" } as const;
	const facts = [
		factViewOf({ type: "approved", atMs: wallMs, by }),
		factViewOf({ type: "stepFailed", atMs: wallMs, step: "stage", cause: causeOf("x", "The build failed.") }),
	];

	it("prints facts with who and why", () => {
		const text = renderLog(facts, []);
		expect(text).toContain("approved            by cli:1000");
		expect(text).toContain("step=stage  The build failed.");
		expect(renderLog([], [])).toBe("No facts yet.");
	});

	it("says who was asked elsewhere, and whom it was escalated to", () => {
		const asked = [{ channel: "telegram", place: '[null,null,"1"]', person: "ana", fromMs: wallMs }];
		const rerouted = factViewOf({ type: "rerouted", atMs: wallMs, person: "ana", to: ["telegram"], asked });
		const escalated = factViewOf({ type: "escalated", atMs: wallMs, to: ["ana", "eva"], afterMs: 60_000, asked });
		const text = renderLog([rerouted, escalated], []);
		expect(text).toContain("rerouted            person=ana  to=telegram");
		expect(text).toContain("escalated           to=ana,eva");
	});

	it("has what was refused between the facts, which keep their order also where the clock went back", () => {
		const later = factViewOf({ type: "tidied", atMs: wallMs - 5_000 });
		const types = (text: string) => text.split("\n").map((line) => line.split(/ +/)[1]);
		expect(types(renderLog([...facts, later], audits.map(auditViewOf)))).toEqual([
			"refused",
			"approved",
			"stepFailed",
			"tidied",
			"refused",
		]);
	});

	it("prints what was refused with its swap, oldest first", () => {
		expect(renderRefused(audits.map(auditViewOf)).split("\n")).toEqual([
			"2026-11-21T11:59:59.000Z  refused             sw_aaaaaa  by page:local  approve  phrase_needed: sw_aaaaaa is approved by typing a phrase: a host change asks for it.  (shown: epoch 1)",
			"2026-11-21T12:00:01.000Z  refused             -  by builder:claude  propose  summary_missing: The proposal has no summary.",
		]);
		expect(renderRefused([])).toBe("Nothing was refused.");
	});

	it("says of what gave access that it was allowed", () => {
		const entry = { atMs: wallMs, subject: null, by, verb: "token create", code: "allowed", shown: null } as const;
		const view = auditViewOf({ ...entry, message: "tk_abc123 for builder:claude" });
		expect(renderRefused([view])).toBe(
			"2026-11-21T12:00:00.000Z  allowed             -  by cli:1000  token create  tk_abc123 for builder:claude",
		);
	});
});

it("prints a review in its order, with the diff's tabs, and says where the rest is", () => {
	const text = renderReview({ ...aReview, intro: "Intro.", files: ["Files."], pieces: ["+\tone", "+\ttwo"] });
	expect(text).toBe("Intro.\n\nFiles.\n\n+\tone\n\n+\ttwo\n\nThe whole: deadman diff sw_aaaaaa");
});

it("prints workspaces with what sets them apart", () => {
	const line = "w1  /srv/w1  dev/w1 at eeeeeeeeeeee";
	expect(renderWorkspaces([aWorkspace])).toBe(line);
	const other = { ...aWorkspace, target: "alice", kind: "clone", frozen: true } as const;
	expect(renderWorkspaces([other])).toBe(`${line}  (for alice, clone, frozen)`);
});

it("prints who builds, as they say it", async () => {
	const heard = { status: "busy", task: "the\ntests", error: null, lastSeenAtMs: 0 } as const;
	const error = { severity: "fatal", message: "no disk" } as const;
	const builders = [
		{ name: "builder:claude", ...heard },
		{ name: "builder:codex", ...heard, task: null, error },
	];
	const status = { ...(await createFakeSupervisor().status()), builders };
	const { supervisor } = statusViewOf(status, (swap) => viewOf(swap, now()));
	if (supervisor === null) throw new Error("There is none.");
	expect(renderStatus(supervisor).split("\n").slice(-2)).toEqual([
		"builder     builder:claude: busy, the\\ntests, last heard 1970-01-01T00:00:00.000Z",
		"builder     builder:codex: busy, fatal: no disk, last heard 1970-01-01T00:00:00.000Z",
	]);
});

it("prints confirmed changes that wait for the operator, with the command", async () => {
	const ref = "refs/deadman/confirmed/sw_aaaaaa";
	const waits = { swapId: "sw_aaaaaa", branch: "main", commit: "c".repeat(40), ref, command: `git merge ${ref}` };
	const status = { ...(await createFakeSupervisor().status()), unsettled: [waits] };
	const { supervisor } = statusViewOf(status, (swap) => viewOf(swap, now()));
	if (supervisor === null) throw new Error("There is none.");
	expect(renderStatus(supervisor).split("\n").at(-1)).toBe(
		`confirmed   sw_aaaaaa is not on main yet: run git merge ${ref}`,
	);
});

it("prints the targets beside the host", async () => {
	const { supervisor } = statusViewOf(await createFakeSupervisor().status(), (swap) => viewOf(swap, now()));
	if (supervisor === null) throw new Error("There is none.");
	const lines = renderStatus(supervisor).split("\n");
	expect(lines).toContain("program     running, proven: GET http://127.0.0.1:3000/");
	expect(lines).toContain("target      alice: a-previous, no program, proven");
});
