// Durations at the door (F29): what has no unit, is zero, negative or absurd never becomes a number.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/core/duration.js";
import { limits } from "../../src/core/limits.js";
import { isRefusal } from "../../src/core/refusals.js";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unit = fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[]));

describe("parseDuration", () => {
	it.each([
		["1ms", 1],
		["250ms", 250],
		["30s", 30_000],
		["2m", 120_000],
		["1.5h", 5_400_000],
		["0.001s", 1],
		["30d", limits.maxDurationMs],
		[" 2m ", 120_000],
	])("reads %j as %d", (text, ms) => expect(parseDuration(text)).toBe(ms));

	it.each([
		["", "malformed"],
		["2", "malformed"],
		["-2m", "malformed"],
		["+2m", "malformed"],
		["2 m", "malformed"],
		["2min", "malformed"],
		["2M", "malformed"],
		["1e3s", "malformed"],
		[".5s", "malformed"],
		["1.s", "malformed"],
		["0x10s", "malformed"],
		["Infinitys", "malformed"],
		["NaNms", "malformed"],
		["٢m", "malformed"],
		["1h30m", "malformed"],
		[`${"9".repeat(400)}s`, "malformed"],
		["0s", "out_of_range"],
		["0.0001s", "malformed"],
		["0.001ms", "out_of_range"],
		["31d", "out_of_range"],
		["999999999d", "out_of_range"],
	])("refuses %j as %s", (text, why) => {
		expect(parseDuration(text)).toMatchObject({ refused: true, kind: "usage", code: `duration_${why}` });
	});

	it("gives whole milliseconds within the limits, or a refusal, for any text", () => {
		const text = fc.oneof(
			fc.string(),
			fc.tuple(fc.double(), unit).map(([amount, name]) => `${amount}${name}`),
			fc.tuple(fc.integer(), unit).map(([amount, name]) => `${amount}${name}`),
		);
		fc.assert(
			fc.property(text, (input) => {
				const result = parseDuration(input);
				if (isRefusal(result)) return;
				expect(Number.isSafeInteger(result)).toBe(true);
				expect(result).toBeGreaterThanOrEqual(limits.minDurationMs);
				expect(result).toBeLessThanOrEqual(limits.maxDurationMs);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("reads every whole amount within the limits exactly", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 2_592_000 }), unit, (amount, name) => {
				const ms = amount * unitMs[name];
				const result = parseDuration(`${amount}${name}`);
				if (ms <= limits.maxDurationMs) expect(result).toBe(ms);
				else expect(isRefusal(result)).toBe(true);
			}),
		);
	});
});

describe("formatDuration", () => {
	it.each([
		[0, "0ms"],
		[-5, "0ms"],
		[900, "900ms"],
		[1_000, "1s"],
		[90_000, "1m 30s"],
		[3_600_000, "1h"],
		[3_661_000, "1h 1m 1s"],
		[90_000_000, "25h"],
	])("shows %d as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

	it("always shows something, without units that overflow", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: limits.maxDurationMs }), (ms) => {
				const text = formatDuration(ms);
				expect(text).not.toBe("");
				expect(text).not.toMatch(/\b(?:[6-9]\d|\d{3,})[ms]\b/);
			}),
		);
	});
});
