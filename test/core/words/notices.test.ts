// The words beside the cards, and that none of them is said when it is no longer true.
import { describe, expect, it } from "vitest";
import type { Swap, TargetChange } from "../../../src/core/swap.js";
import { noticeNow, restartNotice, warningNotice } from "../../../src/core/words/notices.js";
import { at, evolved, operator, proposal, statuses, swapIn } from "../journeys.js";

const trial = swapIn("awaiting_confirmation");
const warned = evolved(trial, { type: "warned", leftMs: 60_000 });
const minute = warningNotice("sw_abc234", 60_000);
const now = (swap: Swap, text: string, ms = 60_000) => noticeNow(swap, text, at(ms));

describe("the time that is left", () => {
	it.each([
		[120_000, "2 min"],
		[89_600, "1 min 30 s"],
		[60_400, "1 min"],
		[59_800, "1 min"],
		[20_000, "20 s"],
		[400, "1 s"],
	])("%d ms is %s", (ms, words) => {
		expect(warningNotice("sw_abc234", ms)).toBe(`sw_abc234 rolls back in ${words} unless somebody confirms it.`);
	});
});

describe("a warning that was held up", () => {
	it("says what is really left", () => {
		expect(now(warned, minute)).toBe(minute);
		expect(now(warned, minute, 75_000)).toBe("sw_abc234 rolls back in 45 s unless somebody confirms it.");
	});

	it("is not said after the window, after a decision, or beside a newer one", () => {
		expect(now(warned, minute, 120_000)).toBeNull();
		for (const status of statuses.filter((name) => name !== "awaiting_confirmation")) {
			expect(now({ ...warned, status }, minute)).toBeNull();
		}
		expect(now(evolved(warned, { type: "warned", leftMs: 20_000 }), minute, 100_000)).toBeNull();
	});

	it("is not said after an extension", () => {
		const deadman = trial.deadman ?? (null as never);
		expect(now(evolved(warned, { type: "extended", by: operator, deadman }), minute)).toBeNull();
	});
});

describe("other notices", () => {
	it("of the restart are said while the new version is on trial", () => {
		const restart = restartNotice(trial);
		for (const status of statuses) {
			const open = status === "cutting_over" || status === "awaiting_confirmation";
			expect(now(swapIn(status), restart)).toBe(open ? restart : null);
		}
	});

	it("name what restarts where it is not the host alone", () => {
		const change = (target: string): TargetChange => ({
			target,
			previous: { id: "r", commit: "c", tree: "t" },
			commit: "c",
			tree: "t",
		});
		const of = (...names: string[]) =>
			restartNotice({ ...trial, proposal: { ...proposal, targets: names.map(change) } });
		expect(of("host")).toBe("sw_abc234: restarting with the new version now.");
		expect(of("alice\n")).toBe("sw_abc234: restarting alice\\n with the new version now.");
		expect(of("host", "alice")).toBe("sw_abc234: restarting host and alice with the new version now.");
	});

	it("of a stranded swap are said while it is", () => {
		const text = "sw_abc234 is STRANDED: the previous version does not answer. Somebody has to look.";
		expect(now(swapIn("stranded"), text)).toBe(text);
		expect(now(swapIn("rolled_back"), text)).toBeNull();
	});

	it("are said as they were written", () => {
		for (const status of statuses)
			expect(now(swapIn(status), "sw_abc234: diff, 1 of 1")).toBe("sw_abc234: diff, 1 of 1");
	});
});
