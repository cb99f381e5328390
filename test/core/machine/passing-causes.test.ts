// Which causes are waited out, and which say nothing against a tree.
import { describe, expect, it } from "vitest";
import { isKnownBad } from "../../../src/core/machine/known-bad.js";
import { isOfTheMachine, isPassing, isPassingCode, passingCodeIn } from "../../../src/core/machine/passing-causes.js";
import { causeOf, type Swap } from "../../../src/core/swap.js";
import { aSwap } from "../../support/memory/supervisor.js";

describe("passing causes", () => {
	it.each([
		"enospc",
		"ebusy",
		"eio",
		"emfile",
		"eacces",
		"erofs",
		"database_held",
		"no_space",
		"port_held",
		"git_locked",
		"sqlite_busy",
		"sqlite_busy_snapshot",
		"sqlite_ioerr_write",
		"sqlite_full",
		"sqlite_cantopen",
	])("%s passes", (code) => {
		expect(isPassing(causeOf(code, "It happened."))).toBe(true);
	});

	it.each(["failed", "enoent", "previous_died", "not_ready", "sqlite_corrupt", "sqlite_notadb", "snapshot_gone", ""])(
		"%s does not: time mends nothing of it",
		(code) => {
			expect(isPassingCode(code)).toBe(false);
		},
	);

	it.each([
		["fatal: write error: No space left on device", "enospc"],
		["error: unable to create file x: Read-only file system", "erofs"],
		["fatal: Unable to create '/r/.git/index.lock': File exists.", "git_locked"],
		["SqliteError: database or disk is full", "sqlite_full"],
		["Error: Cannot find module './x'", null],
	])("reads %j", (text, code) => {
		expect(passingCodeIn(text)).toBe(code);
	});
});

describe("a tree", () => {
	const rolledBack = (change: Partial<Swap>) => isKnownBad(aSwap({ status: "rolled_back", boots: 1, ...change }));

	it("is known bad when it ran and was rolled back for something of its own, or for a person's word", () => {
		expect(rolledBack({ cause: causeOf("candidate_died", "The new version ended with code 1.") })).toBe(true);
		expect(rolledBack({ cause: causeOf("rollback_requested", "Somebody asked for it.") })).toBe(true);
		expect(rolledBack({ cause: causeOf("deadline_passed", "Nobody confirmed.") })).toBe(true);
	});

	it("is not when its candidate never ran", () => {
		expect(rolledBack({ boots: 0, cause: causeOf("candidate_died", "?") })).toBe(false);
	});

	it.each(["database_held", "enospc", "supervisor_died", "journal_unreadable", "state_mixed"])(
		"is not when the machine was the cause: %s",
		(code) => {
			expect(isOfTheMachine(causeOf(code, "?"))).toBe(true);
			expect(rolledBack({ cause: causeOf(code, "?") })).toBe(false);
		},
	);
});
