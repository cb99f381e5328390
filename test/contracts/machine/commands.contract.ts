// What every runner of commands must do: report output and code, keep limits, scrub what people read, and reject with one error only.
import { describe, expect, it } from "vitest";
import { type Command, CommandFailed, type Commands } from "../../../src/ports/ports.js";

export const CANARY = "canary-value-0001";

/** Commands that do what their names say; each is what `command` takes. `commands` knows `CANARY` as a secret. */
export interface CommandsUnderTest {
	readonly commands: Commands;
	readonly printsBoth: string;
	readonly exitsWith3: string;
	readonly printsCanaryAndFails: string;
	readonly printsManyBytes: string;
	readonly hangs: string;
	readonly cannotStart: readonly string[];
	/** Ten processes that live for two seconds, and one that takes 100 MiB for as long. */
	readonly forks: string;
	readonly eats: string;
}

export function describeCommandsContract(name: string, makeIt: () => CommandsUnderTest): void {
	const bounds = { cwd: "/", env: { PATH: process.env.PATH ?? "" }, timeoutMs: 10_000, maxOutputBytes: 100_000 };
	const attempt = async (commands: Commands, command: Command) => {
		const error = await commands.run(command).then(
			() => null,
			(reason: unknown) => reason,
		);
		expect(error).toBeInstanceOf(CommandFailed);
		return error as CommandFailed;
	};

	describe(`${name}: commands contract`, () => {
		it("resolves with code and both outputs, and hands out their lines", async () => {
			const { commands, printsBoth } = makeIt();
			const lines: string[] = [];
			const result = await commands.run({ ...bounds, command: printsBoth, onLine: (line) => lines.push(line) });
			expect(result.code).toBe(0);
			expect(result.stdout.toString()).toBe("to stdout\nwithout end");
			expect(result.stderr).toBe("to stderr\n");
			expect(lines.sort()).toEqual(["to stderr", "to stdout", "without end"]);
		});

		it("rejects another exit code than the accepted ones", async () => {
			const { commands, exitsWith3 } = makeIt();
			const failed = await attempt(commands, { ...bounds, command: exitsWith3 });
			expect([failed.reason, failed.code]).toEqual(["exit", 3]);
			const result = await commands.run({ ...bounds, command: exitsWith3, accept: [0, 3] });
			expect(result.code).toBe(3);
		});

		it("shows the tail of a failure without its secrets", async () => {
			const { commands, printsCanaryAndFails } = makeIt();
			const lines: string[] = [];
			const request = { ...bounds, command: printsCanaryAndFails, onLine: (line: string) => lines.push(line) };
			const failed = await attempt(commands, request);
			expect(failed.tail.join("\n")).toContain("logging in with [redacted]");
			expect(`${failed.message} ${lines.join(" ")}`).not.toContain(CANARY);
			expect(lines.length).toBeGreaterThan(0);
		});

		it("ends at the limit of output", async () => {
			const { commands, printsManyBytes } = makeIt();
			const failed = await attempt(commands, { ...bounds, command: printsManyBytes, maxOutputBytes: 1_000 });
			expect(failed.reason).toBe("output");
		});

		it("ends at the limit of time", async () => {
			const { commands, hangs } = makeIt();
			expect((await attempt(commands, { ...bounds, command: hangs, timeoutMs: 100 })).reason).toBe("timeout");
		});

		it("ends when it is aborted, and does not start when it was", async () => {
			const { commands, hangs } = makeIt();
			const abort = new AbortController();
			const running = attempt(commands, { ...bounds, command: hangs, signal: abort.signal });
			abort.abort();
			expect((await running).reason).toBe("aborted");
			expect((await attempt(commands, { ...bounds, command: hangs, signal: AbortSignal.abort() })).reason).toBe(
				"aborted",
			);
		});

		it("ends a confined command at the limits of processes and of memory, and no other", async () => {
			const { commands, forks, eats } = makeIt();
			const MIB = 1024 * 1024;
			const confine = { writable: [], hidden: [], network: true, maxProcesses: 100, maxMemoryBytes: 1024 * MIB };
			const few = { ...bounds, command: forks, confine: { ...confine, maxProcesses: 5 } };
			expect((await attempt(commands, few)).reason).toBe("processes");
			const little = { ...bounds, command: eats, confine: { ...confine, maxMemoryBytes: 64 * MIB } };
			expect((await attempt(commands, little)).reason).toBe("memory");
			expect((await commands.run({ ...bounds, command: forks })).code).toBe(0);
		});

		it("says so when there is nothing to start", async () => {
			const { commands, cannotStart } = makeIt();
			expect((await attempt(commands, { ...bounds, command: cannotStart })).reason).toBe("spawn");
			const confine = { writable: [], hidden: [], network: true, maxProcesses: 100, maxMemoryBytes: 2 ** 30 };
			expect((await attempt(commands, { ...bounds, command: cannotStart, confine })).reason).toBe("spawn");
		});
	});
}
