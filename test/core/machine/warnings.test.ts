// When people are warned: at which remaining times of which window, once for each, and anew for a fresh window only.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arm, rebase, remainingMs, renew } from "../../../src/core/deadman.js";
import type { FactBody } from "../../../src/core/facts.js";
import { isWarningDue, nextWarningMs, warningsOf } from "../../../src/core/machine/warnings.js";
import type { Swap } from "../../../src/core/swap.js";
import { at, decided, evolved, operator, swapIn } from "../journeys.js";

const windowOf = (lengthMs: number, capMs = 3_600_000) =>
	arm({ initialMs: lengthMs, afterDeliveryMs: 0, capMs }, at(0));

describe("the times", () => {
	it.each([
		["10 min", 600_000, [60_000, 20_000]],
		["2 min", 120_000, [60_000, 20_000]],
		["100 s", 100_000, [50_000, 20_000]],
		["a minute", 60_000, [30_000, 20_000]],
		["50 s, where the first would come just before the last", 50_000, [20_000]],
		["25 s", 25_000, [12_500]],
		["10 s", 10_000, [5_000]],
		["9 s: nobody could do anything", 9_000, []],
		["nothing", 0, []],
	])("of %s", (_, lengthMs, atMs) => expect(warningsOf(windowOf(lengthMs))).toEqual({ atMs, lastMs: null }));

	it("are those under the cap, and none without a clock", () => {
		expect(warningsOf(windowOf(600_000, 40_000)).atMs).toEqual([20_000]);
		expect(warningsOf({ ...windowOf(60_000), lengthMs: Number.NaN }).atMs).toEqual([]);
		expect(warningsOf(null)).toEqual({ atMs: [], lastMs: null });
	});

	it("lie within the window, the longest first, apart from each other", () => {
		fc.assert(
			fc.property(fc.nat(3_600_000), (lengthMs) => {
				const { atMs } = warningsOf(windowOf(lengthMs));
				expect([...atMs].sort((a, b) => b - a)).toEqual(atMs);
				for (const ms of atMs) expect(ms).toBeLessThan(lengthMs);
				const [first, last] = atMs;
				if (first !== undefined && last !== undefined) expect(first - last).toBeGreaterThanOrEqual(10_000);
			}),
		);
	});
});

describe("a warning is due", () => {
	const two = { atMs: [60_000, 20_000], lastMs: null };

	it("from its time on, until it was given, and never when the window is over", () => {
		expect(isWarningDue(two, 60_001)).toBe(false);
		expect(isWarningDue(two, 60_000)).toBe(true);
		expect(isWarningDue({ ...two, lastMs: 60_000 }, 59_000)).toBe(false);
		expect(isWarningDue({ ...two, lastMs: 59_000 }, 20_000)).toBe(true);
		expect(isWarningDue({ ...two, lastMs: 20_000 }, 1)).toBe(false);
		expect(isWarningDue(two, 0)).toBe(false);
	});

	it("in so long", () => {
		expect(nextWarningMs(two, 100_000)).toBe(40_000);
		expect(nextWarningMs({ ...two, lastMs: 60_000 }, 50_000)).toBe(30_000);
		expect(nextWarningMs({ ...two, lastMs: 15_000 }, 10_000)).toBe(Number.POSITIVE_INFINITY);
	});
});

describe("the verb", () => {
	const trial = swapIn("awaiting_confirmation");
	const deadman = trial.deadman ?? windowOf(0);
	const delivered = evolved(trial, { type: "cardDelivered", channel: "page", deadman });
	const warnedAt = (swap: Swap, ms: number) => decided(swap, { verb: "warn" }, at(ms));
	const apply = (swap: Swap, facts: unknown) => evolved(swap, ...(facts as FactBody[]));

	it("records it once, with what is left", () => {
		expect(warnedAt(delivered, 59_999)).toEqual([]);
		const facts = warnedAt(delivered, 60_000);
		expect(facts).toEqual([{ type: "warned", leftMs: 60_000 }]);
		const warned = apply(delivered, facts);
		expect(warned.status).toBe("awaiting_confirmation");
		expect(warnedAt(warned, 61_000)).toEqual([]);
		expect(warnedAt(warned, 100_000)).toEqual([{ type: "warned", leftMs: 20_000 }]);
	});

	it("gives one warning for all that was slept through, with the real time", () => {
		const facts = warnedAt(delivered, 112_345);
		expect(facts).toEqual([{ type: "warned", leftMs: 7_655 }]);
		expect(warnedAt(apply(delivered, facts), 113_000)).toEqual([]);
		expect(warnedAt(delivered, 120_000)).toEqual([]);
	});

	it("warns nobody who was not sent a card, and of nothing that is decided", () => {
		expect(warnedAt(trial, 110_000)).toEqual([]);
		expect(warnedAt(evolved(delivered, { type: "confirmed", by: operator }), 110_000)).toEqual([]);
		expect(warnedAt({ ...delivered, deadman: null }, 110_000)).toEqual([]);
	});

	it("counts anew after an extension, not after a reboot", () => {
		const warned = apply(delivered, warnedAt(delivered, 60_000));
		const longer = renew(deadman, 180_000, at(60_000));
		expect(evolved(warned, { type: "extended", by: operator, deadman: longer }).warnings).toEqual({
			atMs: [60_000, 20_000],
			lastMs: null,
		});
		const later = at(70_000, { bootId: "boot-2", bootMs: 1 });
		const rebased = evolved(warned, { type: "clockRebased", deadman: rebase(deadman, later) });
		expect(remainingMs(rebased.deadman ?? deadman, later)).toBe(50_000);
		expect(rebased.warnings).toEqual(warned.warnings);
		expect(decided(rebased, { verb: "warn" }, later)).toEqual([]);
	});
});
