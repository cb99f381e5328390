// The logs of programs: rotated under a living writer, read from the end, followed for one run only.
import { appendFile, mkdir, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createLogFollower } from "../../../../src/adapters/process/run/log-follower.js";
import {
	closeLog,
	createRotation,
	logFileOf,
	openLog,
	pruneLogs,
	rotate,
	tailOf,
} from "../../../../src/adapters/process/run/program-log.js";
import { limits } from "../../../../src/core/limits.js";
import { openStage, silentLog } from "../../../support/programs.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const plain = (text: string) => text;

async function begin(stateDir: string, runId: string): Promise<string> {
	await closeLog(await openLog(stateDir, { release: "r_one", runId, atMs: 0 }, silentLog));
	return logFileOf(stateDir, "r_one");
}

async function linesOf(follower: ReturnType<typeof createLogFollower>): Promise<string[]> {
	const lines: string[] = [];
	await follower.read((line) => lines.push(line));
	return lines;
}

describe("rotation", () => {
	it("copies and truncates, so that a program's open descriptor goes on at the new end", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		const program = await open(file, "a");
		await program.write("x".repeat(2_000));
		expect(await rotate(file, 1_000)).toBe(true);
		await program.write("after\n");
		await program.close();
		expect(await readFile(file, "utf8")).toBe("after\n");
		expect(await readFile(`${file}.1`, "utf8")).toContain("xxx");
		expect((await stat(`${file}.1`)).mode & 0o777).toBe(0o600);
	});

	it("loses nothing that is written while it copies, where the writer then rests", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		await appendFile(file, "x".repeat(20_000_000));
		const rotating = rotate(file, 1_000);
		for (let nth = 0; nth < 5; nth += 1) await appendFile(file, `line ${nth}\n`);
		await rotating;
		const text = `${await readFile(`${file}.1`, "utf8")}${await readFile(file, "utf8")}`;
		expect(text.match(/line \d/g)).toEqual(["line 0", "line 1", "line 2", "line 3", "line 4"]);
	});

	it("leaves a small file alone, and an absent one", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		expect(await rotate(file, 1_000)).toBe(false);
		expect(await rotate(`${file}-absent`, 1_000)).toBe(false);
	});

	it("keeps a bounded number of files, the newest ones", async () => {
		const stateDir = await temporaryFolder();
		const file = await begin(stateDir, "run-1");
		for (let round = 1; round <= limits.logFiles + 3; round += 1) {
			await writeFile(file, `round ${round} ${"x".repeat(100)}`);
			await rotate(file, 50);
		}
		const names = (await readdir(`${stateDir}/logs`)).sort();
		expect(names).toHaveLength(limits.logFiles);
		expect(await readFile(`${file}.1`, "utf8")).toContain(`round ${limits.logFiles + 3} `);
	});

	it("happens while a program prints without end", async () => {
		const stage = await openStage({ program: "prints-much.js", env: { LINES: "400000" } });
		const run = await stage.start();
		const file = logFileOf(stage.stateDir, "r_one");
		await until(
			"the log was rotated",
			() =>
				stat(`${file}.1`).then(
					() => true,
					() => false,
				),
			30_000,
		);
		await stage.logged(run, "printed everything");
		await until("it is small", async () => (await stat(file)).size <= limits.logBytes);
		expect(await stage.programs.logTail("r_one", 1)).toEqual(["printed everything"]);
	});

	it("can be asked to follow nothing", () => {
		const rotation = createRotation("/nonexistent", silentLog);
		rotation.follow([{ release: "r_one" }]);
		expect(() => rotation.follow([])).not.toThrow();
	});
});

describe("the tail", () => {
	it("goes on into the rotated file where the new one is short", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		await appendFile(file, "one\ntwo\n");
		await rotate(file, 1);
		await appendFile(file, "three\n");
		expect(await tailOf(file, 3, plain)).toEqual(["one", "two", "three"]);
	});

	it("never begins in the middle of a line", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		await appendFile(file, `secret=${"y".repeat(100_000)}\nlast\n`);
		expect(await tailOf(file, 10, plain)).toEqual(["last"]);
	});

	it("leaves our own marks out, also behind a line without an end", async () => {
		const stateDir = await temporaryFolder();
		const file = await begin(stateDir, "run-1");
		await appendFile(file, "died in the mid");
		await begin(stateDir, "run-2");
		await appendFile(file, "second life\n");
		expect(await tailOf(file, 10, plain)).toEqual(["died in the mid", "second life"]);
	});
});

describe("following one run", () => {
	it("hands out each of its lines once, and none of an earlier run", async () => {
		const stateDir = await temporaryFolder();
		const file = await begin(stateDir, "run-1");
		await appendFile(file, "of the first\nno end");
		await begin(stateDir, "run-2");
		const follower = createLogFollower({ file, runId: "run-2" });
		expect(await linesOf(follower)).toEqual([]);
		await appendFile(file, "one\ntw");
		expect(await linesOf(follower)).toEqual(["one"]);
		await appendFile(file, "o\nthree\n");
		expect(await linesOf(follower)).toEqual(["two", "three"]);
		expect(await linesOf(follower)).toEqual([]);
	});

	it("goes on after a rotation", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		const follower = createLogFollower({ file, runId: "run-1" });
		await appendFile(file, "before\n");
		expect(await linesOf(follower)).toEqual(["before"]);
		await rotate(file, 1);
		await appendFile(file, "after\n");
		expect(await linesOf(follower)).toEqual(["after"]);
	});

	it("counts everything where the run's mark was rotated away before the first look", async () => {
		const file = await begin(await temporaryFolder(), "run-1");
		await rotate(file, 1);
		await appendFile(file, "one\ntwo\n");
		expect(await linesOf(createLogFollower({ file, runId: "run-1" }))).toEqual(["one", "two"]);
	});

	it("has no lines where there is no file", async () => {
		expect(await linesOf(createLogFollower({ file: "/nonexistent/log", runId: "run-1" }))).toEqual([]);
	});
});

describe("logs of old releases", () => {
	it("go, but for the newest and the named ones", async () => {
		const stateDir = await temporaryFolder();
		await mkdir(`${stateDir}/logs`);
		for (let age = 0; age < 25; age += 1) {
			await writeFile(`${stateDir}/logs/r_${age}.log`, "");
			await writeFile(`${stateDir}/logs/r_${age}.log.1`, "");
		}
		await pruneLogs(stateDir, new Set(["r_0"]));
		const names = await readdir(`${stateDir}/logs`);
		expect(names).toContain("r_0.log");
		expect(names.length).toBeGreaterThanOrEqual(40);
		expect(names.length).toBeLessThanOrEqual(42);
	});
});
