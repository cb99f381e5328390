// The real clock against the machine's own: boot time, other processes, a wall clock that is moved.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createClock } from "../../../src/adapters/system/clock.js";

afterEach(() => void vi.useRealTimers());

describe("the real clock", () => {
	it("counts from the machine's boot and names it", () => {
		const uptimeMs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1_000;
		const { bootMs, bootId } = createClock().now();
		expect(Math.abs(bootMs - uptimeMs)).toBeLessThan(1_000);
		expect(bootId).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
	});

	it("agrees between processes, so that a deadline on disk means the same in the next life", () => {
		const script = `import { createClock } from ${JSON.stringify(new URL("../../../dist/adapters/system/clock.js", import.meta.url).href)};
			console.log(JSON.stringify(createClock().now()))`;
		const before = createClock().now();
		const other = JSON.parse(
			execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }),
		);
		const after = createClock().now();
		expect(other.bootId).toBe(before.bootId);
		expect(other.bootMs).toBeGreaterThanOrEqual(before.bootMs);
		expect(other.bootMs).toBeLessThanOrEqual(after.bootMs);
	});

	it("lets a timer that is due ring before a turn is over, wherever the turn began", async () => {
		const clock = createClock();
		const rung: string[] = [];
		const overdue = async (name: string) => {
			setTimeout(() => rung.push(name), 1);
			const untilMs = performance.now() + 5;
			while (performance.now() < untilMs);
			await clock.turn();
			rung.push("turn");
		};
		await overdue("at once");
		await new Promise((resolve) => setImmediate(resolve));
		await overdue("after an immediate");
		await readFile("/proc/uptime");
		await overdue("after a file");
		expect(rung).toEqual(["at once", "turn", "after an immediate", "turn", "after a file", "turn"]);
	});

	it("is not moved by the wall clock", () => {
		const clock = createClock();
		const before = clock.now();
		vi.useFakeTimers({ toFake: ["Date"] });
		vi.setSystemTime(before.wallMs - 7_200_000);
		const after = clock.now();
		expect(after.wallMs).toBeLessThan(before.wallMs - 7_000_000);
		expect(after.bootMs - before.bootMs).toBeLessThan(1_000);
	});

	it("never goes back", () => {
		const clock = createClock();
		const readings = Array.from({ length: 2_000 }, () => clock.now().bootMs);
		expect(readings.every((ms, index) => index === 0 || ms >= (readings[index - 1] ?? 0))).toBe(true);
	});

	it("hands Node no delay that would overflow, however long the timer is", () => {
		const delays: (number | undefined)[] = [];
		const real = globalThis.setTimeout;
		vi.spyOn(globalThis, "setTimeout").mockImplementation(((ring: () => void, delayMs?: number) => {
			delays.push(delayMs);
			return real(ring, delayMs);
		}) as typeof setTimeout);
		createClock().timer(2 ** 40, () => {})();
		expect(delays).toHaveLength(1);
		expect(delays[0]).toBeLessThan(2 ** 31);
	});
});
