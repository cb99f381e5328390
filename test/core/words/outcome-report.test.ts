// What a builder is told: every ending with its cause, evidence and instruction, and nothing while nothing has ended.
import { describe, expect, it } from "vitest";
import type { FactBody } from "../../../src/core/facts.js";
import { limits } from "../../../src/core/limits.js";
import { causeOf, type Status, type Swap } from "../../../src/core/swap.js";
import { outcomeFor } from "../../../src/core/words/messages.js";
import { type OutcomeReport, outcomeReportOf } from "../../../src/core/words/outcome-report.js";
import { at, builder, evidence, evolved, operator, proposal, statuses, swapIn } from "../journeys.js";

function reportOf(swap: Swap): OutcomeReport {
	const report = outcomeReportOf(swap);
	if (report === null) throw new Error(`${swap.status} tells nothing.`);
	return report;
}

const ended: readonly Status[] = ["stranded", "finalized", "rolled_back", "rejected"];

/** Rolled back for this cause, or by this fact. */
function rolledBack(fact: FactBody): Swap {
	const restored: FactBody[] = [
		{ type: "dataRestored", databases: [] },
		{ type: "restored", evidence, discarded: [] },
	];
	return evolved(swapIn("awaiting_confirmation"), fact, ...restored);
}

function failed(cause: ReturnType<typeof causeOf>): Swap {
	return evolved(swapIn("staging"), { type: "stepFailed", step: "stage", cause });
}

describe("nothing is told", () => {
	it.each(statuses.filter((status) => !ended.includes(status)))("while it is %s", (status) => {
		expect(outcomeReportOf(swapIn(status))).toBeNull();
	});

	it("of a failed try that was submitted anew", () => {
		const again = evolved(failed(causeOf("failed", "No.")), { type: "submitted", proposal });
		expect(outcomeReportOf(again)).toBeNull();
	});

	it("of a draft that was taken back before it was submitted", () => {
		expect(outcomeReportOf(evolved(swapIn("drafting"), { type: "withdrawn", by: builder }))).toBeNull();
	});
});

it("kept: with the proof, and nothing to do", () => {
	expect(reportOf(swapIn("finalized"))).toEqual({
		swapId: "sw_abc234",
		epoch: 1,
		status: "finalized",
		outcome: "kept",
		sentence: "sw_abc234: It was confirmed by cli:1000.",
		cause: null,
		log: [],
		failedCheck: null,
		probe: evidence.probe,
		tree: proposal.tree,
		commit: proposal.proposed,
		workspace: "greet",
		next: "Nothing: it is live for good. Take a new workspace for the next change.",
		at: new Date(at(11).wallMs).toISOString(),
	});
});

describe("rolled back", () => {
	it("because it died: with its last words, and where to mend it", () => {
		const log = Array.from({ length: 30 }, (_, index) => `line ${index}`);
		const cause = causeOf("candidate_died", "The new version ended with code 1.", null, log);
		const report = reportOf(rolledBack({ type: "candidateDied", cause }));
		expect(report).toMatchObject({
			outcome: "rolled_back",
			sentence: "sw_abc234: It was rolled back. The new version ended with code 1.",
			cause: { code: "candidate_died", message: "The new version ended with code 1." },
			probe: evidence.probe,
			failedCheck: null,
		});
		expect(report.log).toEqual(log.slice(-limits.causeLogLines));
		expect(report.next).toBe(
			"Fix what the cause and the log show in workspace greet, commit, and request the swap again; the same tree will be refused.",
		);
	});

	it("because it stopped answering: with the probe's last answer", () => {
		const cause = causeOf("unhealthy", "The new version stopped answering: GET /healthz: 503 (no (real) database).");
		expect(reportOf(rolledBack({ type: "candidateDied", cause })).probe).toBe("GET /healthz: 503 (no (real) database)");
	});

	it("because it never answered: with what was asked and what came", () => {
		const message = "r-1 did not become ready: 5 ms without progress (GET http://127.0.0.1/: fetch failed (x)).";
		const swap = evolved(
			swapIn("cutting_over"),
			{ type: "stepFailed", step: "cutOver", cause: causeOf("not_ready", message) },
			{ type: "restored", evidence, discarded: [] },
		);
		expect(reportOf(swap).probe).toBe("GET http://127.0.0.1/: fetch failed (x)");
	});

	it("by a person: who, and the reason", () => {
		const cause = causeOf("rollback_requested", "cli:1000 asked for it: It swears.");
		const report = reportOf(rolledBack({ type: "rollbackRequested", by: operator, cause }));
		expect(report.sentence).toBe("sw_abc234: It was rolled back by cli:1000. cli:1000 asked for it: It swears.");
		expect(report.next).toMatch(/^A person brought the previous version back: do what the cause asks for in workspace/);
	});

	it("because nobody confirmed: says that this need be no fault", () => {
		const cause = causeOf("deadline_passed", "Nobody confirmed before the window ended.");
		const { next } = reportOf(rolledBack({ type: "deadlinePassed", cause }));
		expect(next).toContain("need not be a fault of the change");
		expect(next).toContain("--insist");
	});

	it("of a commit without a workspace names none", () => {
		const { next, workspace } = reportOf({ ...swapIn("rolled_back"), workspace: null });
		expect(workspace).toBeNull();
		expect(next).toContain("log show, commit, and propose the new commit");
	});
});

describe("refused", () => {
	it("by a person: who and why", () => {
		const report = reportOf(swapIn("rejected"));
		expect(report).toMatchObject({
			outcome: "refused",
			sentence: "sw_abc234: It was rejected: Not now. It was decided by cli:1000.",
			cause: { code: "rejected", message: "Not now." },
			probe: null,
		});
		expect(report.next).toContain("Do what the reason asks for in workspace greet");
	});

	it("without a reason says so", () => {
		const swap = evolved(swapIn("pending_approval"), { type: "rejected", by: operator, reason: " " });
		expect(reportOf(swap).cause).toEqual({ code: "rejected", message: "No reason was given." });
	});

	it("by its builder itself", () => {
		const report = reportOf(evolved(swapIn("pending_approval"), { type: "withdrawn", by: builder }));
		expect(report).toMatchObject({ cause: { code: "withdrawn" }, outcome: "refused" });
		expect(report.sentence).toBe("sw_abc234: It was withdrawn by builder:agent.");
	});

	it("by time: the same tree is welcome again", () => {
		const cause = causeOf("approval_expired", "Nobody approved it in time.");
		const report = reportOf(evolved(swapIn("pending_approval"), { type: "expired", cause }));
		expect(report).toMatchObject({ cause: { code: "approval_expired" } });
		expect(report.sentence).toBe("sw_abc234: It expired: nobody approved it in time.");
		expect(report.next).not.toContain("refused");
	});
});

describe("failed", () => {
	it.each(["check", "build", "install"])("in its %s: with the command and its log", (site) => {
		const cause = causeOf("command_exit", "npm test -- (all) ended with code 1.", `stage.${site}`, ["1 failing"]);
		expect(reportOf(failed(cause))).toMatchObject({
			status: "drafting",
			outcome: "failed",
			failedCheck: { command: "npm test -- (all)", durationMs: 0 },
			log: ["1 failing"],
			sentence: "sw_abc234 could not be staged, and nothing was touched. npm test -- (all) ended with code 1.",
			next: "Fix what the log shows in workspace greet, commit, and request the swap again; nothing of it went live.",
		});
	});

	it("for time, memory or processes is the command's too; for anything else it is no command's", () => {
		const late = causeOf("command_timeout", "npm test did not end within its time limit.", "stage.check");
		expect(reportOf(failed(late)).failedCheck?.command).toBe("npm test");
		const space = causeOf("no_space", "Not enough free space.", "stage.rehearse");
		expect(reportOf(failed(space)).failedCheck).toBeNull();
	});
});

it("stranded: an operator's to mend", () => {
	const report = reportOf(swapIn("stranded"));
	expect(report.outcome).toBe("stranded");
	expect(report.next).toContain("Nothing that you can do");
});

it("is bounded and printable, whatever programs wrote", () => {
	const log = Array.from({ length: 40 }, () => `\u001b[31m${"x".repeat(10_000)}`);
	const cause = causeOf("candidate_died", `bad\u202e\n${"y".repeat(10_000)}`, null, log);
	const report = reportOf(rolledBack({ type: "candidateDied", cause }));
	expect(JSON.stringify(report).length).toBeLessThan(8 * limits.causeLogCharacters);
	expect(report.log.join("").length).toBeLessThanOrEqual(limits.causeLogCharacters);
	const shown = `${report.log.join("")}${report.cause?.message}${report.sentence}`;
	for (const unsafe of ["\u001b", "\u202e", "\n"]) expect(shown).not.toContain(unsafe);
});

describe("is announced", () => {
	it("once at its end, and not at what comes after it", () => {
		const before = swapIn("promoting");
		const after = evolved(before, { type: "promoted", by: "cli:1000", sentence: "Confirmed." });
		expect(outcomeFor(before, after)?.outcome).toBe("kept");
		expect(outcomeFor(after, evolved(after, { type: "tidied" }))).toBeNull();
	});

	it("not while it goes on", () => {
		const before = swapIn("drafting");
		expect(outcomeFor(before, evolved(before, { type: "submitted", proposal }))).toBeNull();
	});
});
