// A disk that is full or read only keeps no program from being started or ended: real small disks, real programs.
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createManaged } from "../../../../src/adapters/process/run/managed.js";
import { isAlive, readStat } from "../../../../src/adapters/process/run/procfs.js";
import { closeLog, openLog, rotate } from "../../../../src/adapters/process/run/program-log.js";
import { createClock } from "../../../../src/adapters/system/clock.js";
import { configSchema } from "../../../../src/config/config.js";
import type { Log, Run } from "../../../../src/ports/ports.js";
import { type Disk, failingDisk, smallDisk } from "../../../support/disks.js";
import { openStage, silentLog } from "../../../support/programs.js";
import { temporaryFolder } from "../../../support/temporary.js";

const lives = async (pid: number) => isAlive(await readStat(pid));
const signal = () => AbortSignal.timeout(30_000);

function listening() {
	const warnings: string[] = [];
	const log: Log = { ...silentLog, warn: (event) => void warnings.push(event) };
	return { log, warnings };
}

async function tokenOf({ pid }: Run): Promise<string> {
	const environment = await readFile(`/proc/${pid}/environ`, "utf8");
	return /(?:^|\0)DEADMAN_TOKEN=([^\0]+)/.exec(environment)?.[1] ?? "";
}

const turns: readonly (readonly [string, (disk: Disk) => Promise<void>])[] = [
	["full", (disk) => disk.fill()],
	["read only", (disk) => disk.readOnly()],
];

describe.each(turns)("with a state folder on a disk that is %s", (_, turn) => {
	async function stageOn() {
		const disk = await smallDisk();
		const heard = listening();
		const stage = await openStage({
			stateDir: join(disk.folder, "state"),
			log: heard.log,
			stopGrace: "300ms",
			readiness: { http: "http://127.0.0.1:{port}/healthz" },
		});
		await mkdir(stage.stateDir);
		return { ...heard, stage, disk };
	}

	it("starts a program, knows it, hears its end and ends it", async () => {
		const { stage, disk, warnings } = await stageOn();
		await turn(disk);
		const run = await stage.start("r_one", "sw_abc123");
		expect((await stage.healthy(run)).tiedBy).toBe("header");
		expect(await stage.programs.running()).toEqual([run]);
		expect(await stage.programs.runOfToken(await tokenOf(run))).toEqual(run);
		expect(await stage.programs.logTail("r_one", 10)).toEqual([]);
		expect(new Set(warnings)).toEqual(new Set(["program.record_unwritten", "program.log_unwritable"]));
		const exit = stage.programs.exited(run, signal());
		await stage.programs.stopAll();
		expect(await exit).toEqual({ code: 0, signal: null });
		expect([await lives(run.pid), await stage.programs.running()]).toEqual([false, []]);
	});

	it("finds the program in a later life, by its token too", async () => {
		const { stage, disk } = await stageOn();
		await turn(disk);
		const run = await stage.start("r_one", "sw_abc123");
		const { startedAtMs, ...known } = run;
		expect(await stage.again().running()).toMatchObject([known]);
		expect(await stage.again().runOfToken(await tokenOf(run))).toMatchObject(known);
		await stage.again().stopAll();
		expect(await lives(run.pid)).toBe(false);
	});
});

describe("a disk that turns bad while the program runs", () => {
	it("keeps nobody from ending it and starting another, where it is full", async () => {
		const disk = await smallDisk();
		const stage = await openStage({
			program: "ignores-term.js",
			env: { PORT: "0" },
			stateDir: disk.folder,
			stopGrace: "300ms",
		});
		const old = await stage.start("r_one");
		await stage.logged(old, "listening");
		await disk.fill();
		const next = await stage.start("r_two");
		await stage.programs.stopAll(next);
		expect([await lives(old.pid), await stage.programs.running()]).toEqual([false, [next]]);
	});

	it("keeps nobody from ending it and starting another, where it failed", async () => {
		const disk = await failingDisk();
		const { log, warnings } = listening();
		const stage = await openStage({ program: "ignores-term.js", stateDir: disk.folder, log, stopGrace: "300ms" });
		const run = await stage.start();
		await stage.logged(run, "listening");
		await disk.fail();
		await stage.programs.stopAll();
		expect([await lives(run.pid), await stage.programs.running()]).toEqual([false, []]);
		expect(warnings).toEqual(["program.records_unremoved"]);
		const next = await stage.start("r_two");
		expect(await stage.programs.running()).toEqual([next]);
		await stage.again().stopAll();
		expect(await lives(next.pid)).toBe(false);
	});
});

describe("a log that cannot be written", () => {
	it("is no reason not to start", async () => {
		const { log, warnings } = listening();
		const stage = await openStage({ log });
		await writeFile(join(stage.stateDir, "logs"), "no folder");
		const run = await stage.start();
		expect(await stage.programs.running()).toEqual([run]);
		expect(warnings).toContain("program.log_unwritable");
	});

	it("lends no line of an earlier run to the next", async () => {
		const disk = await smallDisk();
		const stage = await openStage({
			program: "slow-start.js",
			env: { STEPS: "100", STEP_MS: "1000" },
			stateDir: disk.folder,
			readiness: { logLine: "^ready" },
		});
		await closeLog(await openLog(disk.folder, { release: "r_one", runId: "earlier", atMs: 0 }, silentLog));
		await appendFile(join(disk.folder, "logs", "r_one.log"), "ready\n");
		// The mark of the run before was rotated away, so that nothing in the file tells whose it is.
		await writeFile(join(disk.folder, "logs", "r_one.log"), "ready\n");
		await disk.fill();
		const run = await stage.start("r_one");
		expect(await stage.ask(run)).toMatchObject({ healthy: false });
		expect(await stage.ask(run)).toMatchObject({ healthy: false });
	});

	it("keeps its older files when there is no room for one more", async () => {
		const disk = await smallDisk();
		const file = join(disk.folder, "r_one.log");
		await writeFile(file, "newest ".repeat(10_000));
		await writeFile(`${file}.1`, "older");
		await writeFile(`${file}.2`, "oldest");
		await disk.fill();
		for (let nth = 0; nth < 3; nth += 1) await expect(rotate(file, 1_000)).rejects.toThrow("ENOSPC");
		const texts = await Promise.all([`${file}.1`, `${file}.2`].map((name) => readFile(name, "utf8")));
		expect(texts).toEqual(["older", "oldest"]);
		expect((await readdir(disk.folder)).sort()).toEqual(["ballast", "r_one.log", "r_one.log.1", "r_one.log.2"]);
		await disk.empty();
		expect(await rotate(file, 1_000)).toBe(true);
		expect(await readFile(`${file}.2`, "utf8")).toBe("older");
	});
});

describe.each(turns)("a program that somebody else runs, with a state folder on a disk that is %s", (_, turn) => {
	it("is restarted and stopped all the same, and known as what it was restarted with", async () => {
		const disk = await smallDisk();
		const root = await temporaryFolder();
		const { program } = configSchema.parse({
			program: { command: null, restart: 'echo "restart $DEADMAN_RELEASE" >> done', stop: "echo stop >> done" },
		});
		const stateDir = join(disk.folder, "state");
		const scrub = (text: string) => text;
		const programs = createManaged({ program, root, stateDir, scrub, clock: createClock(), log: silentLog });
		const start = (release: string) => programs.start({ release, swapId: null, folder: "/nowhere" });
		await start("r_one");
		await turn(disk);
		const run = await start("r_two");
		expect(await programs.running()).toEqual([run]);
		await programs.stopAll();
		expect(await programs.running()).toEqual([]);
		expect(await readFile(join(root, "done"), "utf8")).toBe("restart r_one\nrestart r_two\nstop\n");
	});
});
