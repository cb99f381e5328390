// Rules with numbers: when a candidate is dead, how long to pause, and that every limit is one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { backoffMs, isCandidateDead, isQuickDeath } from "../../../src/core/people/policy.js";

describe("a candidate", () => {
	it.each([
		[1, 0, false],
		[1, 1, false],
		[2, 1, false],
		[2, 2, true],
		[3, 0, true],
		[9, 9, true],
	])("after %d starts and %d quick deaths: dead %s (F12)", (boots, quickDeaths, dead) => {
		expect(isCandidateDead({ boots, quickDeaths })).toBe(dead);
	});

	it.each([
		[0, true],
		[9_999, true],
		[10_000, false],
	])("that lived %d ms died quickly: %s", (uptimeMs, quick) => expect(isQuickDeath(uptimeMs)).toBe(quick));
});

describe("backoffMs", () => {
	it("doubles up to its cap", () => {
		expect([0, 1, 2, 3, 4].map((attempt) => backoffMs(250, 3_000, attempt))).toEqual([250, 500, 1_000, 2_000, 3_000]);
	});

	it("never shrinks, never passes its cap, never overflows", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(1_000_000), (firstMs, attempt) => {
				const pauseMs = backoffMs(firstMs, 60_000, attempt);
				expect(pauseMs).toBeGreaterThanOrEqual(Math.min(firstMs, 60_000));
				expect(pauseMs).toBeLessThanOrEqual(backoffMs(firstMs, 60_000, attempt + 1));
				expect(pauseMs).toBeLessThanOrEqual(60_000);
			}),
		);
	});
});

describe("limits", () => {
	it.each(Object.entries(limits))("%s is a positive whole number", (_, value) => {
		expect(Number.isSafeInteger(value) && value > 0).toBe(true);
	});

	it("fit each other", () => {
		expect(limits.minDurationMs).toBeLessThanOrEqual(limits.minWindowMs);
		expect(limits.minWindowMs).toBeLessThan(limits.maxWindowMs);
		expect(limits.maxWindowMs).toBeLessThanOrEqual(limits.maxDurationMs);
		expect(limits.timerMs).toBe(2_147_483_647);
		expect(limits.quickDeaths).toBeLessThanOrEqual(limits.boots);
		expect(limits.outboxBackoffMs).toBeLessThan(limits.outboxBackoffCapMs);
		expect(limits.restartBackoffMs).toBeLessThan(limits.restartBackoffCapMs);
	});
});
