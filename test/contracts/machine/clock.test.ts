// Runs the clock contract on the real clock and on its twin.
import { setTimeout as sleep } from "node:timers/promises";
import { createClock } from "../../../src/adapters/system/clock.js";
import { createMemoryClock } from "../../support/memory/clock.js";
import { describeClockContract } from "./clock.contract.js";

describeClockContract("real", () => ({ clock: createClock(), pass: (ms) => sleep(ms) }));
describeClockContract("memory", () => {
	const clock = createMemoryClock();
	return { clock, pass: (ms) => clock.advance(ms) };
});
