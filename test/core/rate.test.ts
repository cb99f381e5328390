// A rate counts each name for itself, fills evenly over the minute, and survives a clock that goes back.
import { expect, it } from "vitest";
import { createRate } from "../../src/core/rate.js";

it("lets so many through, and says how long the next one waits", () => {
	let nowMs = 0;
	const rate = createRate({ perMinute: 2, nowMs: () => nowMs });
	expect([rate.take("ana"), rate.take("ana"), rate.take("ana"), rate.take("ben")]).toEqual([0, 0, 30_000, 0]);
	nowMs = 30_000;
	expect([rate.take("ana"), rate.take("ana")]).toEqual([0, 30_000]);
	nowMs = 90_000;
	expect([rate.take("ana"), rate.take("ana"), rate.take("ana")]).toEqual([0, 0, 30_000]);
});

it("goes on where the clock goes back", () => {
	let nowMs = 600_000;
	const rate = createRate({ perMinute: 1, nowMs: () => nowMs });
	rate.take("ana");
	nowMs = 0;
	expect(rate.take("ana")).toBe(60_000);
	nowMs = 60_000;
	expect(rate.take("ana")).toBe(0);
});

it("is forgotten of whom was silent longest, never of whom asks now", () => {
	const rate = createRate({ perMinute: 1, nowMs: () => 0 });
	rate.take("me");
	for (let nth = 0; nth < 9_999; nth += 1) rate.take(`other ${nth}`);
	expect(rate.take("me")).toBe(60_000);
	for (let nth = 0; nth < 20_000; nth += 1) rate.take(`more ${nth}`);
	expect(rate.take("me")).toBe(0);
});
