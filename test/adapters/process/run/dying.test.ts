// Programs that are dying are not gone: what counts as ended holds no file and no lock any more.
import { spawn } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { readStat } from "../../../../src/adapters/process/run/procfs.js";
import { freezingDisk } from "../../../support/disks.js";
import { openStage } from "../../../support/programs.js";
import { sampleOf } from "../../../support/shard.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const trials = sampleOf(Array.from({ length: 20 }, (_, nth) => nth));

/** Every file below the folder that some thread on this machine has open, as `<thread> <file>`. */
function openBelow(folder: string): string[] {
	const names = (path: string) => {
		try {
			return readdirSync(path);
		} catch {
			return [];
		}
	};
	const link = (path: string) => {
		try {
			return readlinkSync(path);
		} catch {
			return "";
		}
	};
	const threads = names("/proc").flatMap((pid) => (/^\d+$/.test(pid) ? names(`/proc/${pid}/task`) : []));
	return threads.flatMap((thread) =>
		names(`/proc/${thread}/fd`)
			.map((descriptor) => link(`/proc/${thread}/fd/${descriptor}`))
			.filter((file) => file.startsWith(`${folder}/`))
			.map((file) => `${thread} ${file}`),
	);
}

/** A second is waited for nobody: whoever holds a lock now makes it fail. */
function lockAtOnce(file: string): void {
	const database = new Database(file, { timeout: 0 });
	database.exec("begin exclusive; insert into writes values (1); rollback");
	database.close();
}

function keepBusy(processes: number): void {
	for (let nth = 0; nth < processes; nth += 1) {
		const busy = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
		onTestFinished(() => void busy.kill("SIGKILL"));
	}
}

describe("a program whose threads write while it is ended", () => {
	it.each([
		["on a machine at rest", 0],
		["beside two busy processes", 2],
	])(
		"has closed every file and given back every lock when it counts as ended, %s",
		async (_, busy) => {
			keepBusy(busy);
			const folder = await temporaryFolder();
			const stage = await openStage({
				program: "syncs-in-threads.js",
				env: { FOLDER: folder },
				stopGrace: "100ms",
			});
			const found: string[] = [];
			for (const nth of trials) {
				const run = await stage.start(`r_${nth}`);
				await stage.logged(run, "all threads write");
				expect(openBelow(folder).length, "the test looks where the files are").toBeGreaterThan(0);
				await stage.programs.stopAll();
				lockAtOnce(join(folder, "app.db"));
				found.push(...openBelow(folder));
			}
			expect(found).toEqual([]);
		},
		180_000,
	);
});

describe("a program of which only the leading thread has ended", () => {
	it("is alive as long as the disk keeps another thread, and ended when that is let go", async () => {
		const disk = await freezingDisk();
		const stage = await openStage({
			program: "syncs-in-threads.js",
			env: { FOLDER: disk.folder, BYTES: "1000000" },
			stopGrace: "100ms",
		});
		const run = await stage.start();
		await stage.logged(run, "all threads write");
		const ends: string[] = [];
		const signal = AbortSignal.timeout(30_000);
		const noted = (what: string, promise: Promise<unknown>) => promise.then(() => void ends.push(what));
		await disk.freeze();
		const ending = Promise.all([
			noted("stopAll", stage.programs.stopAll()),
			noted("exited", stage.programs.exited(run, signal)),
			noted("exited, in another life", stage.again().exited(run, signal)),
		]);
		await until("its leading thread has ended", async () => (await readStat(run.pid))?.state === "Z");
		expect(await stage.programs.running()).toEqual([run]);
		expect(await stage.programs.members()).toEqual([run.pid]);
		expect(await stage.again().running()).toEqual([run]);
		expect(ends).toEqual([]);
		expect(openBelow(disk.folder)).not.toEqual([]);
		await disk.thaw();
		await ending;
		expect(openBelow(disk.folder)).toEqual([]);
		lockAtOnce(join(disk.folder, "app.db"));
		expect(await stage.programs.running()).toEqual([]);
	});

	it("is found by its marker and ended, where that thread left of its own accord", async () => {
		const leaves = [
			"import ctypes, platform, threading, time",
			"threading.Thread(target=lambda: time.sleep(600)).start()",
			"print('leaving', flush=True)",
			// Ends this thread alone; Python's own ways end the process.
			"ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)",
		].join("\n");
		const stage = await openStage({ command: ["python3", "-c", leaves], stopGrace: "5s" });
		const run = await stage.start();
		await stage.logged(run, "leaving");
		await until("its leading thread has ended", async () => (await readStat(run.pid))?.state === "Z");
		await rm(join(stage.stateDir, "runs"), { recursive: true });
		expect(await stage.again().running()).toMatchObject([{ runId: run.runId, pid: run.pid, release: "r_one" }]);
		expect(await stage.again().members()).toEqual([run.pid]);
		await stage.again().stopAll();
		expect(await stage.again().members()).toEqual([]);
		expect(await stage.programs.exited(run, AbortSignal.timeout(30_000))).toEqual({ code: null, signal: "SIGTERM" });
	});
});
