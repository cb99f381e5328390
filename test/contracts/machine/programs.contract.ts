// What every keeper of programs must do: start, find, end, and tell how a program ended, whoever asks.
import { describe, expect, it } from "vitest";
import type { Programs, Run } from "../../../src/ports/ports.js";

/** `programs` starts well-behaved programs; `failing` ones that end with exit code 1 by themselves; `stubborn` ones ignore TERM. */
export interface ProgramsUnderTest {
	readonly programs: Programs;
	start(release: string, swapId?: string | null): Promise<Run>;
	/** Resolves once the program has installed what makes it what it is. */
	settled(run: Run): Promise<void>;
	/** Lets time go by until the promise settles. */
	passUntil<T>(promise: Promise<T>): Promise<T>;
	/** The token that this run was given. */
	tokenOf(run: Run): Promise<string>;
}

export type Habit = "good" | "failing" | "stubborn";

export function describeProgramsContract(name: string, makeIt: (habit: Habit) => Promise<ProgramsUnderTest>): void {
	const signal = () => AbortSignal.timeout(60_000);

	describe(`${name}: programs contract`, () => {
		it("starts a program and finds it, with what it was started for", async () => {
			const { programs, start } = await makeIt("good");
			expect(programs.hasCommand).toBe(true);
			expect(await programs.running()).toEqual([]);
			const run = await start("r_one", "sw_abc123");
			expect(run).toMatchObject({ release: "r_one", swapId: "sw_abc123" });
			expect(run.pid).toBeGreaterThan(1);
			expect(await programs.running()).toEqual([run]);
		});

		it("ends everything, tells how, and may be asked again", async () => {
			const { programs, start, settled, passUntil } = await makeIt("good");
			const run = await start("r_one");
			await settled(run);
			const exit = programs.exited(run, signal());
			await passUntil(programs.stopAll());
			expect(await programs.running()).toEqual([]);
			expect(await exit).not.toBeNull();
			await passUntil(programs.stopAll());
		});

		it("spares the one that stays", async () => {
			const { programs, start, settled, passUntil } = await makeIt("good");
			const kept = await start("r_one");
			const ended = await start("r_two");
			await Promise.all([settled(kept), settled(ended)]);
			await passUntil(programs.stopAll(kept));
			expect(await programs.running()).toEqual([kept]);
			expect(await programs.exited(ended, signal())).not.toBeNull();
		});

		it("names every process of its programs while it lives, and nobody else", async () => {
			const { programs, start, settled, passUntil } = await makeIt("good");
			expect(await programs.members()).toEqual([]);
			const [one, other] = [await start("r_one"), await start("r_two")];
			await Promise.all([settled(one), settled(other)]);
			expect([...(await programs.members())].sort()).toEqual([one.pid, other.pid].sort());
			await passUntil(programs.stopAll(one));
			expect(await programs.members()).toEqual([one.pid]);
			await passUntil(programs.stopAll());
			expect(await programs.members()).toEqual([]);
		});

		it("ends a program that ignores TERM", async () => {
			const { programs, start, settled, passUntil } = await makeIt("stubborn");
			const run = await start("r_one");
			await settled(run);
			await passUntil(programs.stopAll());
			expect(await programs.running()).toEqual([]);
			expect(await programs.exited(run, signal())).toEqual({ code: null, signal: "SIGKILL" });
		});

		it("tells the exit code of a program that ended by itself", async () => {
			const { programs, start, passUntil } = await makeIt("failing");
			const run = await start("r_one");
			expect(await passUntil(programs.exited(run, signal()))).toEqual({ code: 1, signal: null });
			expect(await programs.running()).toEqual([]);
		});

		it("stops waiting for an exit on abort", async () => {
			const { programs, start } = await makeIt("good");
			const run = await start("r_one");
			const abort = new AbortController();
			const waiting = programs.exited(run, abort.signal);
			abort.abort();
			expect(await waiting).toBeNull();
			expect(await programs.exited(run, abort.signal)).toBeNull();
		});

		it("knows a run by its token while it lives, and no other", async () => {
			const { programs, start, settled, tokenOf, passUntil } = await makeIt("good");
			const run = await start("r_one");
			await settled(run);
			const token = await tokenOf(run);
			expect(await programs.runOfToken(token)).toEqual(run);
			expect(await programs.runOfToken(`${token}x`)).toBeNull();
			expect(await programs.runOfToken("")).toBeNull();
			await passUntil(programs.stopAll());
			expect(await programs.runOfToken(token)).toBeNull();
		});

		it("has no log lines of a release that never ran", async () => {
			const { programs } = await makeIt("good");
			expect(await programs.logTail("r_never", 20)).toEqual([]);
		});
	});
}
