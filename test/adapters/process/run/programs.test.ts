// Real programs: started, found again after their supervisor was killed, and ended with everything that descends from them.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { isAlive, readStat } from "../../../../src/adapters/process/run/procfs.js";
import type { Run } from "../../../../src/ports/ports.js";
import { openStage, programsFolder, type Stage } from "../../../support/programs.js";
import { until } from "../../../support/until.js";

const lives = async (pid: number) => isAlive(await readStat(pid));
const signal = () => AbortSignal.timeout(30_000);

async function environmentOf(pid: number): Promise<Record<string, string>> {
	const pairs = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter(Boolean);
	return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

describe("starting", () => {
	it("runs in the release's folder, as a group of its own, in the environment that is promised", async () => {
		process.env.DEADMAN_TEST_PASSED = "passed";
		process.env.DEADMAN_TEST_HIDDEN = "hidden";
		const stage = await openStage({ env: { OWN: "own", DEADMAN_RUN: "forged" }, passEnv: ["DEADMAN_TEST_PASSED"] });
		const run = await stage.start("r_one", "sw_abc123");
		await stage.logged(run, "listening");
		const environment = await environmentOf(run.pid);
		expect(environment).toMatchObject({
			OWN: "own",
			DEADMAN_TEST_PASSED: "passed",
			DEADMAN_INSTANCE: stage.instance,
			DEADMAN_RUN: run.runId,
			DEADMAN_RELEASE: "r_one",
			DEADMAN_SWAP_ID: "sw_abc123",
			DEADMAN_SOCKET: `${stage.stateDir}/program.sock`,
		});
		expect(environment.DEADMAN_TEST_HIDDEN).toBeUndefined();
		const found = await readStat(run.pid);
		expect(found).toMatchObject({ group: run.pid, session: run.pid, startTicks: run.startTicks });
		const command = await readFile(`/proc/${run.pid}/cmdline`, "utf8");
		expect(command).toBe("node\0serves.js\0");
	});

	it("names no swap where there is none, and keeps only the token's hash", async () => {
		const stage = await openStage({ env: { DEADMAN_SWAP_ID: "sw_forged" } });
		const run = await stage.start("r_one", null);
		const environment = await environmentOf(run.pid);
		expect(environment.DEADMAN_SWAP_ID).toBeUndefined();
		const text = await readFile(`${stage.stateDir}/runs/${run.runId}.json`, "utf8");
		const hash = createHash("sha256")
			.update(environment.DEADMAN_TOKEN ?? "")
			.digest("hex");
		expect(JSON.parse(text)).toMatchObject({ tokenSha256: hash, pid: run.pid, startTicks: run.startTicks });
		expect(text).not.toContain(environment.DEADMAN_TOKEN);
		expect((await stat(`${stage.stateDir}/runs/${run.runId}.json`)).mode & 0o777).toBe(0o600);
		expect((await stat(`${stage.stateDir}/logs/r_one.log`)).mode & 0o777).toBe(0o600);
	});

	it("rejects, and leaves nothing alive, when there is no such program or folder", async () => {
		const stage = await openStage({ command: ["/nonexistent/program"] });
		await expect(stage.start()).rejects.toThrow("could not be started");
		const missing = stage.programs.start({ release: "r_one", folder: "/nonexistent", swapId: null });
		await expect(missing).rejects.toThrow("/nonexistent");
		expect(await stage.programs.running()).toEqual([]);
	});

	it("clears records of runs that have ended, and keeps those of living ones", async () => {
		const stage = await openStage();
		const living = await stage.start("r_one");
		await writeFile(`${stage.stateDir}/runs/stale.json`, "{");
		await writeFile(`${stage.stateDir}/runs/stale.json.new`, "");
		const next = await stage.start("r_two");
		const kept = (await readdir(`${stage.stateDir}/runs`)).sort();
		expect(kept).toEqual([`${living.runId}.json`, `${next.runId}.json`].sort());
	});

	it("says that there is no command where none is configured", async () => {
		const stage = await openStage({ command: null });
		expect(stage.programs.hasCommand).toBe(false);
		await expect(stage.start()).rejects.toThrow("No command");
	});
});

describe("ending", () => {
	it("ends grandchildren too, in the group and out of it, when the program ended politely", async () => {
		const stage = await openStage({ program: "leaves-grandchild.js", stopGrace: "300ms" });
		const run = await stage.start();
		const line = await stage.logged(run, "children");
		const pids: number[] = Object.values(JSON.parse(line.slice(line.indexOf("{"))));
		expect(await Promise.all(pids.map(lives))).toEqual([true, true]);
		await stage.programs.stopAll();
		expect(await Promise.all([run.pid, ...pids].map(lives))).toEqual([false, false, false]);
	});

	it("sends the signal that the program knows", async () => {
		const stage = await openStage({ program: "ends-by-signal.js", stopGrace: "20s", stopSignal: "SIGINT" });
		const run = await stage.start();
		await stage.logged(run, "children");
		const exited = stage.programs.exited(run, signal());
		await stage.programs.stopAll();
		expect(await exited).toEqual({ code: 0, signal: null });
		expect(await stage.logged(run, "leader got")).toContain("leader got SIGINT");
	});

	it("lets the leader end its children, where that is the order", async () => {
		const stage = await openStage({ program: "ends-by-signal.js", stopGrace: "20s", stopOrder: "leader" });
		const run = await stage.start();
		const line = await stage.logged(run, "children");
		const [child = 0, orphan = 0] = JSON.parse(line.slice(line.indexOf("["))) as number[];
		await stage.programs.stopAll();
		const told = (await stage.programs.logTail(run.release, 50)).filter((one) => / got /.test(one));
		// The child hears of it from the leader; who is left after it gets the signal then.
		expect(told).toEqual(["leader got SIGTERM", "child got SIGUSR2", "orphan got SIGTERM"]);
		expect(await Promise.all([run.pid, child, orphan].map(lives))).toEqual([false, false, false]);
	});

	it("kills whom the leader leaves, when its time is over", async () => {
		const command = [
			process.execPath,
			"-e",
			"process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)",
		];
		const stage = await openStage({ command, stopGrace: "300ms", stopOrder: "leader" });
		const run = await stage.start();
		await stage.logged(run, "up");
		await stage.programs.stopAll();
		expect(await lives(run.pid)).toBe(false);
	});

	it("ends what is left of a program that died by itself", async () => {
		const stage = await openStage({
			command: "setsid sleep 602 & sleep 603 & echo left $!; exit 1",
			stopGrace: "300ms",
		});
		const run = await stage.start();
		expect(await stage.programs.exited(run, signal())).toEqual({ code: 1, signal: null });
		const left = Number((await stage.logged(run, "left")).split(" ")[1]);
		expect([await lives(left), await stage.programs.running()]).toEqual([true, []]);
		await stage.programs.stopAll();
		expect(await lives(left)).toBe(false);
	});

	it("ends children that dropped the marker", async () => {
		const command = "env -i setsid sleep 604 & echo dropped $!; env -i sleep 605 & echo dropped too $!; wait";
		const stage = await openStage({ command, stopGrace: "300ms" });
		const run = await stage.start();
		const first = Number((await stage.logged(run, "dropped ")).split(" ").at(-1));
		const second = Number((await stage.logged(run, "dropped too")).split(" ").at(-1));
		await stage.programs.stopAll();
		expect(await Promise.all([first, second].map(lives))).toEqual([false, false]);
	});

	it("gives a program time to end by itself", async () => {
		const command = [
			process.execPath,
			"-e",
			"process.on('SIGTERM', () => setTimeout(() => process.exit(7), 400)); console.log('up'); setInterval(() => {}, 1000)",
		];
		const stage = await openStage({ command, stopGrace: "10s" });
		const run = await stage.start();
		await stage.logged(run, "up");
		await stage.programs.stopAll();
		expect(await stage.programs.exited(run, signal())).toEqual({ code: 7, signal: null });
	});

	it("never touches a process that only has a recorded pid", async () => {
		const stage = await openStage();
		const stranger = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
		onTestFinished(() => void stranger.kill("SIGKILL"));
		const pid = stranger.pid ?? 0;
		const bootId = stage.clock.now().bootId;
		const forged = {
			schemaVersion: 1,
			runId: "old",
			release: "r_one",
			swapId: null,
			tokenSha256: "x",
			bootId,
			startedAtMs: 1,
		};
		await mkdir(`${stage.stateDir}/runs`, { recursive: true });
		await writeFile(`${stage.stateDir}/runs/old.json`, JSON.stringify({ ...forged, pid, startTicks: 1 }));
		expect(await stage.programs.running()).toEqual([]);
		await stage.programs.stopAll();
		expect(await lives(pid)).toBe(true);
		const run: Run = { runId: "old", release: "r_one", swapId: null, bootId, startedAtMs: 1, pid, startTicks: 1 };
		expect(await stage.programs.exited(run, signal())).toEqual({ code: null, signal: null });
		const startTicks = (await readStat(pid))?.startTicks ?? 0;
		const otherBoot = { ...run, startTicks, bootId: "another" };
		expect(await stage.programs.exited(otherBoot, signal())).toEqual({ code: null, signal: null });
	});

	it("leaves the programs of another state folder alone", async () => {
		const [one, other] = [await openStage(), await openStage()];
		const [mine, theirs] = [await one.start(), await other.start()];
		await one.programs.stopAll();
		expect([await lives(mine.pid), await lives(theirs.pid)]).toEqual([false, true]);
	});
});

/** The life that starts the program is another process, and dies by SIGKILL; a stopped one lives, but reaps nobody. */
async function startedByAnother(
	stage: Stage,
	diesAt: "never" | "spawn" | "stopped",
): Promise<{ run: Run | null; pid: number }> {
	const given = {
		stateDir: stage.stateDir,
		instance: stage.instance,
		settings: stage.settings,
		folder: programsFolder,
	};
	const starter = fileURLToPath(new URL("../../../support/starter.js", import.meta.url));
	const life = spawn(process.execPath, [starter, JSON.stringify({ ...given, release: "r_one", diesAt })], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const died = once(life, "exit");
	const [line] = await once(createInterface({ input: life.stdout }), "line");
	const { run = null, spawned } = JSON.parse(String(line));
	if (diesAt === "stopped") onTestFinished(() => void life.kill("SIGKILL"));
	if (diesAt !== "spawn") life.kill(diesAt === "stopped" ? "SIGSTOP" : "SIGKILL");
	if (diesAt !== "stopped") await died;
	return { run, pid: run?.pid ?? spawned };
}

describe("outliving the supervisor", () => {
	it("finds a program whose supervisor was killed, hears its end and ends it", async () => {
		const stage = await openStage({ readiness: { http: "http://127.0.0.1:{port}/healthz" } });
		const { run } = await startedByAnother(stage, "never");
		expect(run).not.toBeNull();
		expect(await stage.programs.running()).toEqual([run]);
		const token = (await environmentOf(run?.pid ?? 0)).DEADMAN_TOKEN ?? "";
		expect(await stage.programs.runOfToken(token)).toEqual(run);
		expect((await stage.healthy(run as Run)).tiedBy).toBe("header");
		const exit = stage.programs.exited(run as Run, signal());
		await stage.programs.stopAll();
		expect(await exit).toEqual({ code: null, signal: null });
		expect(await stage.programs.running()).toEqual([]);
	});

	it("finds it when the kill came right after the spawn", async () => {
		const stage = await openStage();
		const { pid } = await startedByAnother(stage, "spawn");
		const [run] = await until("the program is found", async () => {
			const runs = await stage.programs.running();
			return runs.length > 0 ? runs : null;
		});
		expect(run).toMatchObject({
			pid,
			release: "r_one",
			swapId: "sw_abc123",
			startTicks: (await readStat(pid))?.startTicks,
		});
		const token = (await environmentOf(pid)).DEADMAN_TOKEN ?? "";
		expect(await stage.programs.runOfToken(token)).toEqual(run);
		await stage.programs.stopAll();
		expect(await lives(pid)).toBe(false);
	});

	it("finds it even when its record is lost", async () => {
		const stage = await openStage();
		const { run, pid } = await startedByAnother(stage, "never");
		await writeFile(`${stage.stateDir}/runs/${run?.runId}.json`, "{ torn");
		const found = await stage.programs.running();
		expect(found).toMatchObject([{ runId: run?.runId, pid, release: "r_one", swapId: "sw_abc123" }]);
		expect(Math.abs((found[0]?.startedAtMs ?? 0) - (run?.startedAtMs ?? 0))).toBeLessThan(2_000);
	});

	it("knows it by its token even when its record is lost, and nobody else", async () => {
		const stage = await openStage();
		const { run, pid } = await startedByAnother(stage, "never");
		await rm(`${stage.stateDir}/runs`, { recursive: true });
		const token = (await environmentOf(pid)).DEADMAN_TOKEN ?? "";
		expect(await stage.again().runOfToken("")).toBeNull();
		expect(await stage.again().runOfToken(`${token}x`)).toBeNull();
		await rm(`${stage.stateDir}/runs`, { recursive: true });
		expect(await stage.again().runOfToken(token)).toMatchObject({ runId: run?.runId, pid });
	});

	it("counts an unreaped zombie as dead", async () => {
		const stage = await openStage();
		const { run, pid } = await startedByAnother(stage, "stopped");
		process.kill(pid, "SIGKILL");
		await until("it is a zombie", async () => (await readStat(pid))?.state === "Z");
		expect(await stage.programs.exited(run as Run, signal())).toEqual({ code: null, signal: null });
		expect(await stage.programs.running()).toEqual([]);
		await stage.programs.stopAll();
		expect((await readStat(pid))?.state).toBe("Z");
	});

	it("lets the program write its log on without us", async () => {
		const stage = await openStage({ program: "slow-start.js", env: { STEPS: "3", STEP_MS: "300" } });
		const { run } = await startedByAnother(stage, "never");
		expect(await stage.logged(run as Run, "progress 3/3")).toBe("progress 3/3");
	});
});

describe("the log's tail", () => {
	it("holds the last lines without any secret", async () => {
		const canary = "canary-known-value";
		const stage = await openStage({ program: "prints-secrets.js", env: { CANARY: canary }, secrets: [canary] });
		const run = await stage.start();
		await stage.logged(run, "said everything");
		const tail = (await stage.programs.logTail("r_one", 50)).join("\n");
		expect(tail).toContain("connecting with [redacted]");
		expect(tail).not.toMatch(/canary/i);
		const raw = await readFile(`${stage.stateDir}/logs/r_one.log`, "utf8");
		expect(raw).toContain(canary);
		expect(await stage.programs.logTail("r_one", 2)).toHaveLength(2);
	});

	it("shows why a program died", async () => {
		const stage = await openStage({ program: "dies-at-boot.js" });
		const run = await stage.start();
		await stage.programs.exited(run, signal());
		expect((await stage.programs.logTail("r_one", 20)).join("\n")).toContain("Error: dies at boot");
	});

	it("accepts no name that leads out of its folder", async () => {
		const stage = await openStage();
		await expect(async () => stage.programs.logTail("../../etc/passwd", 5)).rejects.toThrow("no name of a release");
	});
});
