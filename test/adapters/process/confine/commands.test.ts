// Commands with real processes: what they get, how they fail, and that nothing they started outlives them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { createScrub } from "../../../../src/core/rules/redact.js";
import { type Command, CommandFailed } from "../../../../src/ports/ports.js";
import { programsFolder } from "../../../support/programs.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const CANARY = "canary-0123456789";
const commands = createCommands({ scrub: createScrub({ secrets: [CANARY] }) });
const bounds = { cwd: "/", env: { PATH: process.env.PATH ?? "" }, timeoutMs: 20_000, maxOutputBytes: 1_000_000 };

async function failureOf(command: Partial<Command> & Pick<Command, "command">): Promise<CommandFailed> {
	const error = await commands.run({ ...bounds, ...command }).catch((reason: unknown) => reason);
	expect(error).toBeInstanceOf(CommandFailed);
	return error as CommandFailed;
}

/** Zombies count as dead: PID 1 may not reap. */
async function isAlive(pid: number): Promise<boolean> {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
	return stat !== null && !/\) [ZX] /.test(stat);
}

const pidsIn = (text: string) => text.split(/\s+/).filter(Boolean).map(Number);

describe("what a command gets", () => {
	it("inherits nothing of our environment", async () => {
		process.env.DEADMAN_TEST_CANARY = CANARY;
		const { stdout } = await commands.run({ ...bounds, command: ["env"], env: { ...bounds.env, GIVEN: "yes" } });
		const names = stdout
			.toString()
			.trim()
			.split("\n")
			.map((line) => line.split("=")[0]);
		expect(names.sort()).toEqual(["DEADMAN_COMMAND", "GIVEN", "PATH"]);
	});

	it("runs an array as it is and a string by the shell", async () => {
		const array = await commands.run({ ...bounds, command: ["printf", "%s", "$HOME; echo 'x'"] });
		expect(array.stdout.toString()).toBe("$HOME; echo 'x'");
		const text = await commands.run({ ...bounds, command: "printf %s a; printf %s b | tr b c" });
		expect(text.stdout.toString()).toBe("ac");
	});

	it("runs in its folder, with its input and nothing else on stdin", async () => {
		const cwd = await temporaryFolder();
		expect((await commands.run({ ...bounds, cwd, command: ["pwd"] })).stdout.toString()).toBe(`${cwd}\n`);
		const input = Buffer.from([0, 255, 10, 13]);
		expect((await commands.run({ ...bounds, command: ["cat"], input })).stdout).toEqual(input);
		expect((await commands.run({ ...bounds, command: ["cat"] })).stdout.length).toBe(0);
	});

	it("does not mind a command that never reads its input", async () => {
		const input = "x".repeat(1_000_000);
		expect((await commands.run({ ...bounds, command: ["true"], input })).code).toBe(0);
	});

	it("keeps bytes as they are, and characters whole over chunks", async () => {
		const lines: string[] = [];
		const script =
			"process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xa4, 10, 0xff])), 100)";
		const command = [process.execPath, "-e", script];
		const { stdout } = await commands.run({ ...bounds, command, onLine: (line) => lines.push(line) });
		expect(stdout).toEqual(Buffer.from([0xc3, 0xa4, 10, 0xff]));
		expect(lines[0]).toBe("ä");
	});
});

describe("how a command fails", () => {
	it("says which folder is missing", async () => {
		const failed = await failureOf({ command: ["true"], cwd: "/nonexistent/folder" });
		expect([failed.reason, failed.message.includes("/nonexistent/folder")]).toEqual(["spawn", true]);
	});

	it("says which signal ended it", async () => {
		const failed = await failureOf({ command: "kill -9 $$" });
		expect([failed.reason, failed.code, failed.tail.at(-1)]).toEqual(["exit", null, "ended by SIGKILL"]);
	});

	it("shows the last lines only, none of them endless", async () => {
		const failed = await failureOf({ command: `i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; exit 1` });
		expect(failed.tail).toHaveLength(20);
		expect(failed.tail.at(-1)).toBe("line 99");
		const wide = await failureOf({ command: "head -c 50000 /dev/zero | tr '\\0' x; echo; echo why it failed; exit 1" });
		expect(wide.tail.at(-1)).toBe("why it failed");
		expect(wide.message.length).toBeLessThan(2_000);
	});

	it("hides secrets in the command that it shows, in the tail and in lines", async () => {
		const lines: string[] = [];
		const key = "-----BEGIN PRIVATE KEY-----\\ncanaryPem\\n-----END PRIVATE KEY-----\\n";
		const command = `printf '${key}'; echo ${CANARY} >&2; TOKEN=canary-token; echo Bearer canary-bearer; exit 1`;
		const failed = await failureOf({ command, onLine: (line) => lines.push(line) });
		expect(`${failed.message}\n${failed.command}\n${lines.join("\n")}`).not.toContain("canary");
	});
});

describe("the limits", () => {
	it("ends the whole group: grandchildren, and those with a session of their own", async () => {
		const folder = await temporaryFolder();
		const command = `sleep 600 & echo $! > a; setsid sleep 600 & sh -c 'sleep 600 & echo $! > b; setsid sh -c "echo \\$\\$ > c; exec sleep 600" & wait'`;
		const failed = await failureOf({ command, cwd: folder, timeoutMs: 700 });
		expect(failed.reason).toBe("timeout");
		const pids = (await Promise.all(["a", "b", "c"].map((name) => readFile(`${folder}/${name}`, "utf8")))).flatMap(
			pidsIn,
		);
		expect(pids).toHaveLength(3);
		expect(await Promise.all(pids.map(isAlive))).toEqual([false, false, false]);
	});

	it("kills what ignores TERM, after the grace", async () => {
		const folder = await temporaryFolder();
		const begun = performance.now();
		await failureOf({ command: "trap '' TERM; echo $$ > pid; sleep 600; sleep 600", cwd: folder, timeoutMs: 200 });
		expect(performance.now() - begun).toBeGreaterThan(2_000);
		expect(await isAlive(Number(await readFile(`${folder}/pid`, "utf8")))).toBe(false);
	});

	it("lets a command clean up on TERM", async () => {
		const folder = await temporaryFolder();
		await failureOf({
			command: "trap 'echo cleaned > proof; exit 0' TERM; sleep 600 & wait",
			cwd: folder,
			timeoutMs: 300,
		});
		expect(await readFile(`${folder}/proof`, "utf8")).toBe("cleaned\n");
	});

	it("leaves nothing behind after a good end either", async () => {
		const folder = await temporaryFolder();
		const command =
			"sleep 600 & echo $! > a; setsid sh -c 'echo $$ > b; exec sleep 600' & until [ -s b ]; do :; done; echo done";
		const result = await commands.run({ ...bounds, command, cwd: folder });
		expect(result.stdout.toString()).toBe("done\n");
		const pids = (await Promise.all(["a", "b"].map((name) => readFile(`${folder}/${name}`, "utf8")))).flatMap(pidsIn);
		expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
	});

	it("keeps no more than the limit of a command that prints gigabytes, and leaves the event loop free", async () => {
		const delay = monitorEventLoopDelay({ resolution: 5 });
		delay.enable();
		const before = process.memoryUsage().rss;
		const failed = await failureOf({ command: "yes", maxOutputBytes: 5_000_000, onLine: () => {} });
		delay.disable();
		expect(failed.reason).toBe("output");
		expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
		expect(delay.percentile(50) / 1e6).toBeLessThan(50);
	});

	it("hands out the lines of one that prints millions as far as others have their turns, and says how many it left out", async () => {
		const delay = monitorEventLoopDelay({ resolution: 5 });
		delay.enable();
		let [last, leftOut, wrong] = [0, 0, 0];
		const onLine = (line: string) => {
			const left = /^\((\d+) lines left out\)$/.exec(line)?.[1];
			if (left !== undefined) leftOut += Number(left);
			else if (Number(line) > last) last = Number(line);
			else wrong += 1;
			if (left === undefined) handed += 1;
		};
		let handed = 0;
		const scrubbing = createCommands({ scrub: createScrub({ secrets: ["a secret of some length"] }) });
		const limits = { ...bounds, maxOutputBytes: 10_000_000 };
		const { stdout } = await scrubbing.run({ ...limits, command: "seq 1000000", onLine });
		delay.disable();
		expect(stdout.toString().length).toBe(6_888_896);
		expect([handed + leftOut, wrong]).toEqual([1_000_000, 0]);
		expect(handed).toBeGreaterThan(9_000);
		// Starting a process holds it, too.
		expect(delay.percentile(99) / 1e6).toBeLessThan(80);
	});

	it("ends a command that forks without end", async () => {
		const folder = await temporaryFolder();
		const command = `n=0; while [ $n -lt 150 ]; do setsid sleep 601 & n=$((n+1)); done; echo $! > last; wait; sleep 600`;
		const failed = await failureOf({ command, cwd: folder, timeoutMs: 1_500 });
		expect(failed.reason).toBe("timeout");
		await until(
			"the last fork is gone",
			async () => !(await isAlive(Number(await readFile(`${folder}/last`, "utf8")))),
		);
		const left = await commands.run({
			...bounds,
			command: "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '",
			accept: [0, 1],
		});
		expect(left.stdout.toString()).not.toContain("sleep 601");
	});

	it("is aborted in the middle", async () => {
		const folder = await temporaryFolder();
		const abort = new AbortController();
		const failing = failureOf({ command: "echo $$ > pid; sleep 600", cwd: folder, signal: abort.signal });
		const pid = await until("it runs", async () => Number(await readFile(`${folder}/pid`, "utf8").catch(() => "0")));
		abort.abort();
		expect((await failing).reason).toBe("aborted");
		expect(await isAlive(pid)).toBe(false);
	});

	it("takes a limit of time longer than a timer of Node can be", async () => {
		expect((await commands.run({ ...bounds, command: ["true"], timeoutMs: 2 ** 40 })).code).toBe(0);
	});

	it("reads what a fixture prints to the last line", async () => {
		const command = [process.execPath, "-e", `for (let i = 0; i < 5000; i++) console.log(i)`];
		const { stdout } = await commands.run({ ...bounds, command, cwd: programsFolder });
		expect(stdout.toString().trim().split("\n").at(-1)).toBe("4999");
	});
});

/** A life of another supervisor, which runs one command and never ends by itself. */
async function otherLife(folder: string) {
	const entry = new URL("../../../../dist/adapters/process/confine/commands.js", import.meta.url).href;
	const command = {
		...bounds,
		command: "setsid sleep 607 & echo $! > pids; echo $$ >> pids; exec sleep 607",
		cwd: folder,
	};
	const script = `import { createCommands } from ${JSON.stringify(entry)};
		await createCommands({ scrub: (text) => text }).run(${JSON.stringify({ ...command, timeoutMs: 600_000 })});`;
	const life = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
	onTestFinished(() => void life.kill("SIGKILL"));
	const pids = await until("its command runs", async () => {
		const found = pidsIn(await readFile(`${folder}/pids`, "utf8").catch(() => ""));
		return found.length === 2 ? found : null;
	});
	return { life, pids };
}

describe("commands of another life", () => {
	it("end before the next command when that life was killed, and stay while it lives", async () => {
		const { life, pids } = await otherLife(await temporaryFolder());
		await createCommands({ scrub: (text) => text }).run({ ...bounds, command: ["true"] });
		expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
		const died = once(life, "exit");
		life.kill("SIGKILL");
		await died;
		expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
		await createCommands({ scrub: (text) => text }).run({ ...bounds, command: ["true"] });
		expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
	});
});

it("scrubs what a command printed only where it failed: it holds everybody else up", async () => {
	const seen: string[] = [];
	const { run } = createCommands({
		scrub: (text) => {
			seen.push(text);
			return text;
		},
	});
	await run({ ...bounds, command: ["sh", "-c", 'echo pri"nt"ed'] });
	expect(seen.filter((text) => text.includes("printed"))).toEqual([]);
	await run({ ...bounds, command: ["sh", "-c", 'echo pri"nt"ed; exit 3'] }).catch(() => {});
	expect(seen.filter((text) => text.includes("printed"))).toEqual(["printed\n"]);
});
