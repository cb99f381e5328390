// What every clock must do: both readings go on together, timers ring once and in order, sleeping never rejects.
import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/ports/ports.js";

/** `pass` lets that much time go by on this clock. */
export interface ClockUnderTest {
	readonly clock: Clock;
	pass(ms: number): Promise<void>;
}

export function describeClockContract(name: string, makeIt: () => ClockUnderTest): void {
	describe(`${name}: clock contract`, () => {
		it("moves the boot clock and the wall clock on within one boot", async () => {
			const { clock, pass } = makeIt();
			const before = clock.now();
			await pass(60);
			const after = clock.now();
			expect(after.bootId).toBe(before.bootId);
			expect(after.bootMs - before.bootMs).toBeGreaterThanOrEqual(40);
			expect(after.wallMs).toBeGreaterThan(before.wallMs);
		});

		it("rings timers in the order of their times, each once", async () => {
			const { clock, pass } = makeIt();
			const rung: string[] = [];
			clock.timer(80, () => rung.push("second"));
			clock.timer(20, () => rung.push("first"));
			await pass(400);
			expect(rung).toEqual(["first", "second"]);
		});

		it("never rings a cancelled timer", async () => {
			const { clock, pass } = makeIt();
			const rung: string[] = [];
			const cancel = clock.timer(20, () => rung.push("cancelled"));
			clock.timer(60, () => rung.push("kept"));
			cancel();
			await pass(300);
			expect(rung).toEqual(["kept"]);
		});

		it("does not ring a timer early that is longer than a timer of Node can be", async () => {
			const { clock, pass } = makeIt();
			let rung = false;
			const cancel = clock.timer(2 ** 31 + 1_000, () => {
				rung = true;
			});
			await pass(60);
			expect(rung).toBe(false);
			cancel();
		});

		it("rings at once where the time is over already", async () => {
			const { clock, pass } = makeIt();
			let rung = false;
			clock.timer(-5, () => {
				rung = true;
			});
			await pass(50);
			expect(rung).toBe(true);
		});

		it("sleeps as long as asked, and wakes at once on abort", async () => {
			const { clock, pass } = makeIt();
			const woken: string[] = [];
			const abort = new AbortController();
			const short = clock.sleep(30).then(() => woken.push("short"));
			const aborted = clock.sleep(60_000, abort.signal).then(() => woken.push("aborted"));
			await pass(200);
			expect(woken).toEqual(["short"]);
			abort.abort();
			await Promise.all([short, aborted]);
			expect(woken).toEqual(["short", "aborted"]);
			await clock.sleep(60_000, AbortSignal.abort());
		});

		it("gives a turn without time going by", async () => {
			const { clock } = makeIt();
			const before = clock.now();
			await clock.turn();
			expect(clock.now().bootMs - before.bootMs).toBeLessThan(1_000);
		});
	});
}
