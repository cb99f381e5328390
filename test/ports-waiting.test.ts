// How everybody waits: jobs keep their order whatever becomes of them, and a limit ends a wait without ending the work.
import { describe, expect, it } from "vitest";
import { createQueue, untilAborted, within } from "../src/ports/waiting.js";
import { createMemoryClock } from "./support/memory/clock.js";

it("a queue runs one job after the other, and a failed one holds nobody up", async () => {
	const inTurn = createQueue();
	const told: string[] = [];
	const job = (name: string, fails = false) =>
		inTurn(async () => {
			told.push(`${name} begins`);
			await Promise.resolve();
			if (fails) throw new Error(name);
			told.push(`${name} ends`);
		});
	const results = await Promise.allSettled([job("first"), job("second", true), job("third")]);
	expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
	expect(told).toEqual(["first begins", "first ends", "second begins", "third begins", "third ends"]);
});

describe("within a limit", () => {
	const never = new Promise<string>(() => {});

	it("comes what the work comes to, and no timer is left", async () => {
		const clock = createMemoryClock();
		const limit = { sleep: clock.sleep, limitMs: 1_000, late: () => "late" };
		expect(await within(Promise.resolve("done"), limit)).toBe("done");
		await expect(within(Promise.reject(new Error("broken")), limit)).rejects.toThrow("broken");
		await clock.settle();
		expect(clock.pending).toBe(0);
	});

	it("comes what is said of the late, whether it is a value or an error", async () => {
		const clock = createMemoryClock();
		const limit = { sleep: clock.sleep, limitMs: 1_000 };
		const value = within(never, { ...limit, late: () => "late" });
		const error = within(never, {
			...limit,
			late: () => {
				throw new Error("too late");
			},
		});
		error.catch(() => {});
		await clock.advance(1_000);
		expect(await value).toBe("late");
		await expect(error).rejects.toThrow("too late");
	});

	it("a signal ends it before its time", async () => {
		const clock = createMemoryClock();
		const stop = new AbortController();
		const waited = within(never, { sleep: clock.sleep, limitMs: 1_000, signal: stop.signal, late: () => "stopped" });
		stop.abort();
		expect(await waited).toBe("stopped");
		expect(await untilAborted(stop.signal)).toBeUndefined();
	});
});
