// Programs that somebody else runs: restarts and stops are commands here, with a small file in the place of systemd.
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { createManaged } from "../../../../src/adapters/process/run/managed.js";
import { createClock } from "../../../../src/adapters/system/clock.js";
import { parseConfig, type Settings } from "../../../../src/config/config.js";
import { isManaged } from "../../../../src/config/shapes.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { createScrub } from "../../../../src/core/rules/redact.js";
import { CommandFailed, type Programs } from "../../../../src/ports/ports.js";
import { silentLog } from "../../../support/programs.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const CANARY = "canary-0123456789";
const done = 'echo "restart $DEADMAN_RELEASE $DEADMAN_SWAP_ID" >> done';

function settingsOf(program: object): Settings["program"] {
	const settings = parseConfig({ program: { command: null, ...program } }, "test");
	if (isRefusal(settings)) throw new Error(settings.message);
	return settings.program;
}

async function open(program: object = { restart: done, stop: 'echo "stop $DEADMAN_RELEASE" >> done' }) {
	const root = await temporaryFolder();
	const scrub = createScrub({ secrets: [CANARY] });
	let boot = createClock().now().bootId;
	const real = createClock();
	const clock = { ...real, now: () => ({ ...real.now(), bootId: boot }) };
	const shared = {
		root,
		stateDir: join(root, "state"),
		scrub,
		clock,
		log: silentLog,
	};
	const again = () => createManaged({ ...shared, program: settingsOf(program) });
	return {
		root,
		programs: again(),
		again,
		file: join(root, "state", "managed.json"),
		reboot: () => {
			boot = "another-boot";
		},
		did: () => readFile(join(root, "done"), "utf8").catch(() => ""),
	};
}

const start = (programs: Programs, release = "r_one", swapId: string | null = "sw_abc123") =>
	programs.start({ release, swapId, folder: "/nowhere" });

describe("a program whose restart is a command", () => {
	it("is restarted by it, and the run is known in the next life", async () => {
		const { programs, again, did } = await open();
		expect(programs.hasCommand).toBe(true);
		expect(await programs.running()).toEqual([]);
		const run = await start(programs);
		expect(run).toMatchObject({ release: "r_one", swapId: "sw_abc123", pid: 0 });
		expect(await did()).toBe("restart r_one sw_abc123\n");
		expect(await again().running()).toEqual([run]);
		const next = await start(programs, "r_two", null);
		expect(await again().running()).toEqual([next]);
		expect(await did()).toBe("restart r_one sw_abc123\nrestart r_two \n");
	});

	it("is stopped by its stop, but not when the run stays", async () => {
		const { programs, did } = await open();
		const run = await start(programs);
		await programs.stopAll(run);
		expect(await did()).toBe("restart r_one sw_abc123\n");
		expect(await programs.running()).toEqual([run]);
		await programs.stopAll();
		expect(await did()).toContain("stop r_one\n");
		expect(await programs.running()).toEqual([]);
		const other = await start(programs, "r_two");
		await programs.stopAll(run);
		expect(await programs.running()).not.toContainEqual(other);
	});

	it("without a stop is only forgotten, so that the next start restarts it", async () => {
		const { programs, did } = await open({ restart: done });
		await start(programs);
		await programs.stopAll();
		expect(await programs.running()).toEqual([]);
		expect(await did()).toBe("restart r_one sw_abc123\n");
	});

	it("is not known any more after a reboot, nor by a damaged record", async () => {
		const { programs, reboot, file } = await open();
		await start(programs);
		await truncate(file, 20);
		expect(await programs.running()).toEqual([]);
		await start(programs);
		expect(await programs.running()).toHaveLength(1);
		reboot();
		expect(await programs.running()).toEqual([]);
	});

	it("has no run when the restart fails, and its output tells why", async () => {
		const { programs, again } = await open({ restart: `[ -f ok ] || { echo no unit ${CANARY}; exit 4; }` });
		const error = await start(programs).catch((reason: unknown) => reason);
		expect(error).toBeInstanceOf(CommandFailed);
		expect(error).toMatchObject({ reason: "exit", code: 4, tail: ["no unit [redacted]"] });
		expect(await again().running()).toEqual([]);
		expect(await programs.logTail("r_one", 5)).toEqual(["no unit [redacted]"]);
	});

	it("is restarted once more when the last restart came to no end", async () => {
		const { programs, again, root, file } = await open({ restart: "[ -f ok ]" });
		await writeFile(join(root, "ok"), "");
		await start(programs);
		await writeFile(`${file}.new`, "half");
		await rm(join(root, "ok"));
		await expect(start(programs, "r_two")).rejects.toThrow("exit code 1");
		expect(await again().running()).toEqual([]);
		await writeFile(join(root, "ok"), "");
		const run = await start(again(), "r_two");
		expect(await again().running()).toEqual([run]);
	});

	it("goes on when the restart command leaves it behind, also into the next life, and writes to its log", async () => {
		const serving = "echo serving; sleep 0.2; echo serving; echo serving; exec sleep 60";
		const daemon = `sh -c '${serving}' & echo $! > pid`;
		const { programs, root } = await open({ restart: daemon });
		await start(programs);
		const pid = Number(await readFile(join(root, "pid"), "utf8"));
		onTestFinished(() => void process.kill(pid, "SIGKILL"));
		await createCommands({ scrub: (text) => text }).run({
			...{ command: ["true"], cwd: "/", env: {}, timeoutMs: 5_000, maxOutputBytes: 100 },
		});
		await until("it serves", async () => (await programs.logTail("r_one", 5)).length >= 3);
		expect(process.kill(pid, 0)).toBe(true);
	});

	it("is told no more of our environment than every child", async () => {
		process.env.DEADMAN_TEST_CANARY = CANARY;
		const { programs, root } = await open({ restart: ["sh", "-c", "env > seen"], stop: ["true"] });
		await start(programs);
		delete process.env.DEADMAN_TEST_CANARY;
		const names = (await readFile(join(root, "seen"), "utf8"))
			.trim()
			.split("\n")
			.map((line) => line.split("=")[0] ?? "");
		expect(names).toEqual(expect.arrayContaining(["PATH", "DEADMAN_RELEASE", "DEADMAN_SWAP_ID", "DEADMAN_ROOT"]));
		const allowed = ["PATH", "HOME", "LANG", "TZ", "USER", "PWD", "OLDPWD", "SHLVL", "_"];
		expect(names.filter((name) => !name.startsWith("DEADMAN_") && !allowed.includes(name))).toEqual([]);
		expect(names).not.toContain("DEADMAN_TEST_CANARY");
	});

	it("never exits as far as we know, and has no token", async () => {
		const { programs } = await open();
		const run = await start(programs);
		const abort = new AbortController();
		const waiting = programs.exited(run, abort.signal);
		abort.abort();
		expect(await waiting).toBeNull();
		expect(await programs.exited(run, abort.signal)).toBeNull();
		expect(await programs.runOfToken("")).toBeNull();
	});

	it("is told from the others by its restart", () => {
		expect([settingsOf({}), settingsOf({ restart: "exit" })].map(isManaged)).toEqual([false, false]);
		expect([settingsOf({ restart: "x" }), settingsOf({ restart: ["x"] })].map(isManaged)).toEqual([true, true]);
	});
});
