// The clock that nobody can lengthen: properties over arbitrary instants, and the jumps that are known to happen.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	arm,
	capAtMs,
	type Deadman,
	elapsedMs,
	expiresAtMs,
	type Instant,
	rebase,
	remainingMs,
	renew,
} from "../../src/core/deadman.js";
import { at, settings } from "./journeys.js";

const hourMs = 3_600_000;
const durationMs = fc.integer({ min: 1_000, max: 24 * hourMs });
const windows = fc
	.record({ initialMs: durationMs, afterDeliveryMs: durationMs, capMs: durationMs })
	.map((all) => ({ ...all, capMs: Math.max(all.capMs, all.initialMs) }));
const wallMs = fc.oneof(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.constantFrom(0, Number.NaN));
const instant: fc.Arbitrary<Instant> = fc.record({
	wallMs,
	bootMs: fc.integer({ min: 0, max: 1_000_000_000 }),
	bootId: fc.constantFrom("boot-1", "boot-2", "boot-3"),
});

describe("arm", () => {
	it("opens the first window, under the cap", () => {
		expect(remainingMs(arm(settings, at(0)), at(0))).toBe(120_000);
		expect(remainingMs(arm({ ...settings, capMs: 60_000 }, at(0)), at(0))).toBe(60_000);
	});

	it("counts down by the boot clock and stays at zero", () => {
		const deadman = arm(settings, at(0));
		expect(remainingMs(deadman, at(119_999))).toBe(1);
		expect(remainingMs(deadman, at(120_000))).toBe(0);
		expect(remainingMs(deadman, at(10 * hourMs))).toBe(0);
	});
});

describe("clock jumps (F9, F10)", () => {
	const deadman = arm(settings, at(0));

	it.each([
		["an hour ahead", hourMs],
		["an hour back", -hourMs],
		["to 1970", -1_800_000_000_000],
	])("within a boot, a wall clock that jumps %s changes nothing", (_, jumpMs) => {
		const now = at(30_000);
		expect(remainingMs(deadman, { ...now, wallMs: now.wallMs + jumpMs })).toBe(90_000);
	});

	const reboot = (wall: number) => at(0, { wallMs: wall, bootMs: 9_000, bootId: "boot-2" });
	const begunMs = at(0).wallMs;

	it("counts the wall clock across boots, down included", () => {
		expect(remainingMs(deadman, reboot(begunMs + 45_000))).toBe(75_000);
		expect(remainingMs(deadman, reboot(begunMs + hourMs))).toBe(0);
	});

	it.each([0, begunMs - hourMs, begunMs - 1])("never opens more than the window with a wall clock of %d", (wall) => {
		expect(remainingMs(deadman, reboot(wall))).toBe(120_000);
		const rebased = rebase(deadman, reboot(wall));
		const later = { ...reboot(wall), bootMs: 9_000 + 120_000 };
		expect(remainingMs(rebased, later)).toBe(0);
	});

	it("is over when a clock cannot be read", () => {
		expect(remainingMs(deadman, reboot(Number.NaN))).toBe(0);
		expect(remainingMs(deadman, at(1, { bootMs: Number.NaN }))).toBe(0);
		expect(elapsedMs(deadman, reboot(Number.NaN))).toBe(Number.POSITIVE_INFINITY);
	});
});

describe("properties", () => {
	it("never leaves more than the window's length, and never less than nothing", () => {
		fc.assert(
			fc.property(windows, instant, instant, (all, begun, now) => {
				const deadman = arm(all, begun);
				const leftMs = remainingMs(deadman, now);
				expect(leftMs).toBeGreaterThanOrEqual(0);
				expect(leftMs).toBeLessThanOrEqual(all.initialMs);
			}),
		);
	});

	it("renew never shortens, and never passes the length it was asked for or what was left", () => {
		fc.assert(
			fc.property(windows, durationMs, fc.nat({ max: 24 * hourMs }), (all, lengthMs, laterMs) => {
				const deadman = arm(all, at(0));
				const now = at(laterMs);
				const leftMs = remainingMs(deadman, now);
				fc.pre(leftMs > 0);
				const renewedMs = remainingMs(renew(deadman, lengthMs, now), now);
				expect(renewedMs).toBeGreaterThanOrEqual(leftMs);
				expect(renewedMs).toBeLessThanOrEqual(Math.max(lengthMs, leftMs));
			}),
		);
	});

	const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 400_000 }), lengthMs: durationMs, reboot: fc.boolean() }), {
		maxLength: 12,
	});

	/** Renews as long as something is left; answers with the true time at which the window ends. */
	function endAfter(all: typeof settings, history: readonly { waitMs: number; lengthMs: number; reboot: boolean }[]) {
		let deadman: Deadman = arm(all, at(0));
		let nowMs = 0;
		let boot = 0;
		for (const { waitMs, lengthMs, reboot } of history) {
			nowMs += waitMs;
			if (reboot) boot += 1;
			const now = at(nowMs, { bootId: boot === 0 ? at(0).bootId : `later-${boot}` });
			deadman = rebase(deadman, now);
			if (remainingMs(deadman, now) === 0) return nowMs - waitMs;
			deadman = renew(deadman, lengthMs, now);
			expect(expiresAtMs(deadman)).toBe(now.wallMs + remainingMs(deadman, now));
		}
		return expiresAtMs(deadman) - at(0).wallMs;
	}

	it("never passes the cap, however often it is renewed and the machine reboots", () => {
		fc.assert(
			fc.property(windows, steps, (all, history) => {
				expect(endAfter(all, history)).toBeLessThanOrEqual(all.capMs);
			}),
		);
	});

	it("rebase changes nothing of what is left, and nothing within a boot", () => {
		fc.assert(
			fc.property(windows, instant, instant, (all, begun, now) => {
				const deadman = arm(all, begun);
				const rebased = rebase(deadman, now);
				expect(remainingMs(rebased, now)).toBe(remainingMs(deadman, now));
				if (begun.bootId === now.bootId) expect(rebased).toBe(deadman);
				else expect(rebased.anchor).toEqual(now);
			}),
		);
	});

	it("is over, not endless, when what was stored is no number (F11)", () => {
		const deadman = arm(settings, at(0));
		for (const broken of ["lengthMs", "capMs", "spentMs"] as const) {
			expect(remainingMs({ ...deadman, [broken]: Number.NaN }, at(1))).toBe(0);
		}
	});
});

describe("what cards show (F8)", () => {
	it("is the stored expiry, under the cap", () => {
		const deadman = arm(settings, at(0));
		expect(expiresAtMs(deadman)).toBe(at(120_000).wallMs);
		const last = renew(renew(deadman, 120_000, at(119_000)), 600_000, at(200_000));
		expect(expiresAtMs(last)).toBe(at(600_000).wallMs);
		expect(capAtMs(last)).toBe(at(600_000).wallMs);
	});
});
