// Confined commands with real processes: what they see and may write in the sandbox, and the limits that hold with and without one.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { findSandbox } from "../../../../src/adapters/process/confine/sandbox.js";
import { RefusedError } from "../../../../src/core/refusals.js";
import { type Command, CommandFailed, type CommandResult, type Confinement } from "../../../../src/ports/ports.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const execute = promisify(execFile);
const MIB = 1024 * 1024;
const bounds = { cwd: "/", env: { PATH: process.env.PATH ?? "" }, timeoutMs: 20_000, maxOutputBytes: 1_000_000 };
const loose: Confinement = {
	writable: [],
	hidden: [],
	network: true,
	maxProcesses: 512,
	maxMemoryBytes: 1024 * MIB,
};

type Given = Omit<Partial<Command>, "confine"> & Pick<Command, "command"> & { confine?: Partial<Confinement> };

function runIn(sandbox: "required" | "off", { confine, ...command }: Given): Promise<CommandResult> {
	const commands = createCommands({ scrub: (text) => text, sandbox });
	return commands.run({ ...bounds, ...command, confine: { ...loose, ...confine } });
}

async function failureIn(sandbox: "required" | "off", given: Given): Promise<CommandFailed> {
	const error = await runIn(sandbox, given).catch((reason: unknown) => reason);
	expect(error).toBeInstanceOf(CommandFailed);
	return error as CommandFailed;
}

async function marked(text: string): Promise<string[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
	const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
	return lines.filter((line) => line.includes(text) && !line.includes("vitest"));
}

beforeAll(async () => {
	const found = await findSandbox();
	if (found.sandbox === null) throw new Error(`These tests need a sandbox: install bubblewrap (${found.why}).`);
});

/** An operator's folder with a release, a secret, data and a cache. */
async function place(given?: string) {
	const root = given ?? (await temporaryFolder());
	const state = join(root, "state");
	const release = join(state, "releases", "one");
	await mkdir(release, { recursive: true });
	await mkdir(join(state, "deps"));
	await mkdir(join(root, "data"));
	await writeFile(join(state, "nonces.key"), "secret");
	await writeFile(join(state, "deps", "dep.js"), "dependency");
	await writeFile(join(root, ".env"), "KEY=secret\n");
	await writeFile(join(root, "data", "app.db"), "rows");
	await symlink(join(root, "data"), join(release, "data"));
	const confine = {
		writable: [release],
		hidden: [state, join(root, ".env"), join(root, "absent")],
		readable: [root, join(state, "deps")],
	};
	return { root, state, release, confine };
}

describe("in the sandbox", () => {
	const run = (given: Given) => runIn("required", given);

	it("a command writes where it may, and nowhere else", async () => {
		const { root, release, confine } = await place();
		const outside = await temporaryFolder();
		const command = `echo built > out.txt; for f in ${root}/x ${root}/data/app.db data/new ${outside}/x /etc/x /dev/x; do echo x > $f; done 2>/dev/null; true`;
		await run({ command, cwd: release, confine });
		expect(await readFile(join(release, "out.txt"), "utf8")).toBe("built\n");
		expect(await readFile(join(root, "data", "app.db"), "utf8")).toBe("rows");
		expect(await readdir(join(root, "data"))).toEqual(["app.db"]);
		expect((await readdir(root)).sort()).toEqual([".env", "data", "state"]);
		expect(await readdir(outside)).toEqual([]);
		await expect(stat("/etc/x")).rejects.toThrow("ENOENT");
	});

	it("it does not find what is hidden, but for what is readable in it", async () => {
		const { root, state, release, confine } = await place();
		const command = `cat ${root}/.env; ls ${state}; cat ${state}/deps/dep.js data/app.db; ls ${state}/releases`;
		const { stdout } = await run({ command, cwd: release, confine });
		expect(stdout.toString()).toBe("deps\nreleases\ndependencyrowsone\n");
		const write = await failureIn("required", { command: `echo x > ${state}/deps/dep.js`, cwd: release, confine });
		expect(write.tail.join()).toContain("Read-only");
		expect(await readFile(join(root, ".env"), "utf8")).toBe("KEY=secret\n");
	});

	it("what it writes to /tmp, /dev/shm and hidden folders is gone afterwards, and bounded", async () => {
		const { state, release, confine } = await place();
		const name = `deadman-left-${process.pid}`;
		const command = `for f in /tmp /var/tmp /dev/shm ${state}; do echo x > $f/${name}; done; ls /tmp`;
		const { stdout } = await run({ command, cwd: release, confine });
		expect(stdout.toString()).toContain(name);
		for (const folder of ["/tmp", "/var/tmp", "/dev/shm", state]) expect(await readdir(folder)).not.toContain(name);
		const many = { ...confine, maxMemoryBytes: 64 * MIB };
		const full = await failureIn("required", { command: "head -c 80000000 /dev/zero > /tmp/x", confine: many });
		expect(full.tail.join()).toContain("No space");
	});

	it("it sees no process but its own, and cannot signal others", async () => {
		const { stdout } = await run({ command: `ls /proc | grep -c '^[0-9]'; kill -0 ${process.pid} || echo unseen` });
		const [count, other] = stdout.toString().trim().split("\n");
		expect(Number(count)).toBeLessThan(8);
		expect(other).toBe("unseen");
	});

	it("it holds no capability that reaches out: no mount, no device, no set-id", async () => {
		const { release, confine } = await place();
		const command = [
			"mount -o remount,rw / && echo escaped",
			"mount -t tmpfs none /mnt && echo escaped",
			"mknod disk b 8 0 && echo escaped",
			"umount /tmp && echo escaped",
			"echo x > /proc/sys/kernel/hostname && echo escaped",
			"echo core > /proc/sys/kernel/core_pattern && echo escaped",
			"echo 0 > /proc/irq/default_smp_affinity && echo escaped",
			"echo x > /sys/fs/cgroup/cgroup.procs && echo escaped",
			"grep NoNewPrivs /proc/self/status",
		];
		const { stdout } = await run({ command: `{ ${command.join("; ")}; } 2>/dev/null`, cwd: release, confine });
		expect(stdout.toString()).toBe("NoNewPrivs:\t1\n");
	});

	it("it reaches the network, or not", async () => {
		const server = createServer((_, answer) => answer.end("reached"));
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		onTestFinished(() => void server.close());
		const { port } = server.address() as { port: number };
		const script = `fetch("http://127.0.0.1:${port}").then((a) => a.text()).then(console.log, () => console.log("cut off"))`;
		const command = [process.execPath, "-e", script];
		expect((await run({ command })).stdout.toString()).toBe("reached\n");
		expect((await run({ command, confine: { network: false } })).stdout.toString()).toBe("cut off\n");
		const own = `const s = require("net").createServer().listen(0, "127.0.0.1", () => { require("net").connect(s.address().port, "127.0.0.1", () => { console.log("loopback"); process.exit(); }); })`;
		const alone = await run({ command: [process.execPath, "-e", own], confine: { network: false } });
		expect(alone.stdout.toString()).toBe("loopback\n");
	});

	it("its programs are found from outside, by the marker", async () => {
		const { release, confine } = await place();
		const abort = new AbortController();
		const command = "setsid sleep 613 & touch started; wait";
		const failing = failureIn("required", { command, cwd: release, confine, signal: abort.signal });
		await until("it runs", () => stat(join(release, "started")).catch(() => null));
		expect(await marked("sleep\u0000613")).toHaveLength(1);
		abort.abort();
		expect((await failing).reason).toBe("aborted");
		expect(await marked("sleep\u0000613")).toEqual([]);
	});

	it("it dies with us, also when we are killed", async () => {
		const { release, confine } = await place();
		const entry = new URL("../../../../dist/adapters/process/confine/commands.js", import.meta.url).href;
		const command = { ...bounds, command: "setsid sleep 617 & touch started; wait", cwd: release };
		const script = `import { createCommands } from ${JSON.stringify(entry)};
			await createCommands({ scrub: (text) => text, sandbox: "required" })
				.run(${JSON.stringify({ ...command, confine: { ...loose, ...confine } })});`;
		const life = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
		onTestFinished(() => void life.kill("SIGKILL"));
		await until("its command runs", () => stat(join(release, "started")).catch(() => null));
		life.kill("SIGKILL");
		await until("its command is gone", async () => (await marked("sleep\u0000617")).length === 0);
	});

	it("works for an ordinary user too", async () => {
		const { root, release, confine } = await place(await mkdtemp("/var/tmp/deadman-test-"));
		onTestFinished(() => rm(root, { recursive: true }));
		const user = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
		await execute("chown", ["-R", String(user), root]);
		await chmod(root, 0o755);
		const entry = new URL("../../../../dist/adapters/process/confine/commands.js", import.meta.url).href;
		const commands = [
			"echo built > out.txt; id -u; echo x > /etc/x; cat ../../nonces.key; touch /dev/x; ls /tmp | wc -l",
			"b() { [ $1 -gt 0 ] && { b $(($1-1)) & b $(($1-1)) & }; exec sleep 30; }; b 9",
		];
		const given = { ...bounds, cwd: release, confine: { ...loose, ...confine, maxProcesses: 40 }, accept: [0, 1] };
		const script = `import { createCommands } from ${JSON.stringify(entry)};
			const commands = createCommands({ scrub: (text) => text, sandbox: "required" });
			for (const command of ${JSON.stringify(commands)}) {
				const result = await commands.run({ ...${JSON.stringify(given)}, command }).catch((error) => error);
				console.log(JSON.stringify({ out: String(result.stdout), reason: result.reason }));
			}`;
		const life = execute(process.execPath, ["--input-type=module", "-e", script], { cwd: "/", uid: user, gid: user });
		const [first, bomb] = (await life).stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(first.out).toBe(`${user}\n0\n`);
		expect(await readFile(join(release, "out.txt"), "utf8")).toBe("built\n");
		expect(bomb.reason).toBe("processes");
	});
});

describe.each(["required", "off"] as const)("the limits of confined commands, sandbox %s", (sandbox) => {
	const fail = (given: Given) => failureIn(sandbox, given);

	it("pass on output, input, exit code and signal", async () => {
		const cwd = await temporaryFolder();
		const both = await runIn(sandbox, { command: "cat; pwd; echo err >&2", input: "in\n", cwd });
		expect([both.stdout.toString(), both.stderr]).toEqual([`in\n${cwd}\n`, "err\n"]);
		expect(await fail({ command: "exit 7" })).toMatchObject({ reason: "exit", code: 7 });
		expect((await runIn(sandbox, { command: ["sh", "-c", "exit 3"], accept: [3] })).code).toBe(3);
		const killed = await fail({ command: ["sh", "-c", "kill -9 $$"] });
		expect([killed.reason, killed.tail.at(-1)]).toEqual(["exit", "ended by SIGKILL"]);
	});

	it("say what is missing", async () => {
		expect((await fail({ command: ["no-such-program"] })).message).toContain("no-such-program");
		const failed = await fail({ command: "true", cwd: "/nonexistent/folder" });
		expect([failed.reason, failed.message.includes("/nonexistent/folder")]).toEqual(["spawn", true]);
	});

	it("inherit nothing, leave no core dump, and go first when memory runs out", async () => {
		const command = "env | cut -d= -f1; ulimit -c; cat /proc/self/oom_score_adj";
		const words = (await runIn(sandbox, { command })).stdout.toString().trim().split("\n");
		expect(words.slice(-2)).toEqual(["0", "1000"]);
		expect(
			words
				.slice(0, -2)
				.filter((name) => !["PWD", "_", "SHLVL", "OLDPWD"].includes(name))
				.sort(),
		).toEqual(["DEADMAN_COMMAND", "PATH"]);
	});

	it("let it clean up on TERM, and kill what ignores it", async () => {
		const cwd = await temporaryFolder();
		const confine = { writable: [cwd] };
		const clean = "trap 'echo cleaned > proof; exit 0' TERM; sleep 619 & wait";
		expect((await fail({ command: clean, cwd, confine, timeoutMs: 500 })).reason).toBe("timeout");
		expect(await readFile(`${cwd}/proof`, "utf8")).toBe("cleaned\n");
		const stubborn = "trap '' TERM; setsid sleep 619 & sleep 619; sleep 619";
		expect((await fail({ command: stubborn, cwd, confine, timeoutMs: 300 })).reason).toBe("timeout");
		expect(await marked("sleep\u0000619")).toEqual([]);
	});

	it("end one that prints without end", async () => {
		expect((await fail({ command: "yes", maxOutputBytes: 5_000 })).reason).toBe("output");
	});

	it("leave nothing behind after a good end", async () => {
		const command = "sleep 621 & setsid sleep 621 & echo done";
		expect((await runIn(sandbox, { command })).stdout.toString()).toBe("done\n");
		expect(await marked("sleep\u0000621")).toEqual([]);
	});

	it("let pass what stays below them", async () => {
		const command = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.4 & done; wait; echo fine";
		const result = await runIn(sandbox, { command, confine: { maxProcesses: 16, maxMemoryBytes: 64 * MIB } });
		expect(result.stdout.toString()).toBe("fine\n");
	});

	const bombs = {
		"doubles itself": "b() { [ $1 -gt 0 ] && { b $(($1-1)) & b $(($1-1)) & }; exec sleep 623; }; b 11",
		"doubles itself into sessions of their own": `b='[ $1 -gt 0 ] && { setsid sh -c "$B" sh $(($1-1)) & setsid sh -c "$B" sh $(($1-1)) & }; exec sleep 623'; export B="$b"; sh -c "$B" sh 9`,
		"hides its traces": "n=0; while [ $n -lt 300 ]; do env -i setsid sleep 623 & n=$((n+1)); done; exec sleep 623",
	};

	for (const [name, command] of Object.entries(bombs)) {
		it(`end one that ${name}`, async () => {
			const live = spawn("sleep", ["60"]);
			onTestFinished(() => void live.kill("SIGKILL"));
			const begunMs = performance.now();
			const failed = await fail({ command, confine: { maxProcesses: 40 } });
			expect(failed.reason).toBe("processes");
			expect(performance.now() - begunMs).toBeLessThan(15_000);
			expect(await marked("sleep\u0000623")).toEqual([]);
			expect(live.exitCode).toBeNull();
		});
	}

	it("end one that eats memory, also by many hands", async () => {
		const eat = `const a = []; setInterval(() => a.push(Buffer.alloc(${4 * MIB}, 1)), 2)`;
		const alone = await fail({ command: [process.execPath, "-e", eat], confine: { maxMemoryBytes: 256 * MIB } });
		expect(alone.reason).toBe("memory");
		const hand = `"${process.execPath}" -e 'const b = Buffer.alloc(${60 * MIB}, 1); setTimeout(() => b, 60000)'`;
		const command = `for i in 1 2 3 4 5 6; do ${hand} & done; wait`;
		expect((await fail({ command, confine: { maxMemoryBytes: 256 * MIB } })).reason).toBe("memory");
	});

	it("count memory that several share once", async () => {
		const script = `import os, time
b = bytearray(${40 * MIB})
for i in range(len(b) // 4096): b[i * 4096] = 1
for i in range(6):
    if os.fork() == 0:
        time.sleep(0.6); os._exit(0)
for i in range(6): os.wait()
print("shared")`;
		const confine = { maxMemoryBytes: 160 * MIB };
		const { stdout } = await runIn(sandbox, { command: ["python3", "-c", script], confine });
		expect(stdout.toString()).toBe("shared\n");
	});

	it("leave the event loop free while they watch a thousand processes", async () => {
		const abort = new AbortController();
		const command = "n=0; while [ $n -lt 1000 ]; do sleep 631 & n=$((n+1)); done; echo all; wait";
		let failing: Promise<CommandFailed> | null = null;
		await new Promise<void>((all) => {
			const given = { command, confine: { maxProcesses: 4_000 }, signal: abort.signal, timeoutMs: 120_000 };
			failing = fail({ ...given, onLine: () => all() });
		});
		const turnsMs = await turnsOf(800);
		abort.abort();
		expect(await failing).toMatchObject({ reason: "aborted" });
		expect(turnsMs.length).toBeGreaterThan(20);
		expect(turnsMs.filter((ms) => ms > 20).length).toBeLessThanOrEqual(1);
	});
});

/** How long each turn of the event loop held a processor: what others do on this machine does not count. */
async function turnsOf(forMs: number): Promise<number[]> {
	const spentMs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
	const turnsMs: number[] = [];
	const endsMs = performance.now() + forMs;
	for (let before = spentMs(); performance.now() < endsMs; ) {
		await new Promise((turn) => setImmediate(turn));
		const now = spentMs();
		turnsMs.push(now - before);
		before = now;
	}
	return turnsMs;
}

describe("without bubblewrap", () => {
	const without = async (sandbox: "auto" | "required") => {
		const path = process.env.PATH;
		process.env.PATH = await temporaryFolder();
		onTestFinished(() => {
			process.env.PATH = path;
		});
		return createCommands({ scrub: (text) => text, sandbox });
	};

	it("auto runs plainly, and limits hold", async () => {
		const commands = await without("auto");
		const { stdout } = await commands.run({ ...bounds, command: "readlink /proc/self/ns/pid", confine: loose });
		expect(stdout.toString().trim()).toBe((await execute("/bin/readlink", ["/proc/self/ns/pid"])).stdout.trim());
		const bomb = { ...bounds, command: "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 629 & done; wait" };
		const error = await commands.run({ ...bomb, confine: { ...loose, maxProcesses: 8 } }).catch((reason) => reason);
		expect(error).toMatchObject({ reason: "processes" });
	});

	it("required refuses before anything runs", async () => {
		const commands = await without("required");
		const cwd = await temporaryFolder();
		const error = await commands.run({ ...bounds, command: "touch ran", cwd, confine: loose }).catch((e) => e);
		expect(error).toBeInstanceOf(RefusedError);
		expect((error as RefusedError).refusal).toMatchObject({ code: "sandbox_missing" });
		expect((error as RefusedError).message).toContain("no bwrap on the PATH");
		expect(await readdir(cwd)).toEqual([]);
		expect((await commands.run({ ...bounds, command: ["true"] })).code).toBe(0);
	});

	it("a bubblewrap that does not work counts as none", async () => {
		const commands = await without("required");
		const bwrap = join(process.env.PATH ?? "", "bwrap");
		await writeFile(
			bwrap,
			"#!/bin/sh\n[ $1 = --version ] && exec /bin/echo bubblewrap 0.8.0\n/bin/echo no namespaces >&2; exit 1\n",
		);
		await chmod(bwrap, 0o755);
		await expect(commands.run({ ...bounds, command: "true", confine: loose })).rejects.toThrow("no namespaces");
	});
});
