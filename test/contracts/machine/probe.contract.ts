// What every probe must do: say yes only to the run it was asked about, and never reject.
import { describe, expect, it } from "vitest";
import type { Probe, Run } from "../../../src/ports/ports.js";

/** `run` has just been started and serves; `end` ends it. `pass` lets the time of one question go by. */
export interface ProbeUnderTest {
	readonly probe: Probe;
	readonly run: Run;
	end(): Promise<void>;
	/** Resolves when the program would answer, if it ever does. */
	settled(): Promise<void>;
}

export type ProbeHabit = "good" | "never-ready" | "other-release" | "reports";

export function describeProbeContract(name: string, makeIt: (habit: ProbeHabit) => Promise<ProbeUnderTest>): void {
	const signal = () => AbortSignal.timeout(20_000);

	describe(`${name}: probe contract`, () => {
		it("is healthy for a run that serves, tied to it, and no longer when it has ended", async () => {
			const { probe, run, end, settled } = await makeIt("good");
			await settled();
			const answer = await probe.ask(run, "/", signal());
			expect(answer).toMatchObject({ healthy: true, tiedBy: "header" });
			await end();
			expect(await probe.ask(run, "/", signal())).toMatchObject({ healthy: false, tiedBy: null });
		});

		it("is unhealthy for a run that does not serve", async () => {
			const { probe, run, settled } = await makeIt("never-ready");
			await settled();
			const answer = await probe.ask(run, "/", signal());
			expect(answer).toMatchObject({ healthy: false, tiedBy: null });
			expect(answer.detail).not.toBe("");
		});

		it("is unhealthy when another release answers", async () => {
			const { probe, run, settled } = await makeIt("other-release");
			await settled();
			const answer = await probe.ask(run, "/", signal());
			expect(answer).toMatchObject({ healthy: false, tiedBy: null });
			expect(answer.detail).toContain("r_other");
		});

		it("waits for the program's own report where that is the way", async () => {
			const { probe, run } = await makeIt("reports");
			expect(probe.awaitsReport).toBe(true);
			expect(probe.description).toBe("ready()");
			expect(await probe.ask(run, "/", signal())).toMatchObject({ healthy: false, tiedBy: null });
		});

		it("answers no when it is aborted", async () => {
			const { probe, run } = await makeIt("never-ready");
			expect(await probe.ask(run, "/", AbortSignal.abort())).toMatchObject({ healthy: false });
		});

		it("counts no progress where none is made", async () => {
			const { probe, run } = await makeIt("good");
			expect(await probe.progress(run)).toBe(0);
		});
	});
}
