// Probes against real programs and real strangers: a yes comes only from the run that was asked about.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { createProbe } from "../../../../src/adapters/process/run/probe.js";
import { createClock } from "../../../../src/adapters/system/clock.js";
import { configSchema } from "../../../../src/config/config.js";
import type { Run } from "../../../../src/ports/ports.js";
import { freePort, openStage, programsFolder, type StageOptions } from "../../../support/programs.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";

const http = { http: "http://127.0.0.1:{port}/healthz" };
const tcp = { tcp: "127.0.0.1:{port}" };
const signal = () => AbortSignal.timeout(30_000);

async function started(options: StageOptions) {
	const stage = await openStage(options);
	return { stage, run: await stage.start() };
}

async function strangerOn(port: number, answer: RequestListener): Promise<void> {
	const server = createServer(answer).listen(port, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
}

/** A probe without a program of ours, as where no command is configured. */
async function unmanagedProbe(readiness: object) {
	const settings = configSchema.parse({ program: { command: null, readiness } }).program.readiness;
	const scrub = (text: string) => text;
	const clock = createClock();
	const stateDir = await temporaryFolder();
	const probe = createProbe({ readiness: settings, stateDir, scrub, commands: createCommands({ scrub }), clock });
	const { wallMs, bootId } = clock.now();
	const run: Run = {
		runId: "unmanaged",
		release: "r_one",
		swapId: null,
		pid: 0,
		startTicks: 0,
		bootId,
		startedAtMs: wallMs,
	};
	return { ask: () => probe.ask(run, "/", signal()), probe, run };
}

describe("http", () => {
	it("is tied by the header, and says what it asked", async () => {
		const { stage, run } = await started({ readiness: http });
		expect(await stage.healthy(run)).toEqual({ healthy: true, detail: "200 from r_one", tiedBy: "header" });
		expect(stage.probe.description).toBe(`GET http://127.0.0.1:${stage.port}/healthz`);
	});

	it("is tied by the port where there is no header", async () => {
		const { stage, run } = await started({ program: "answers-without-header.js", readiness: http });
		expect((await stage.healthy(run)).tiedBy).toBe("port");
	});

	it("is tied by the port of a grandchild too", async () => {
		const command = "setsid node answers-without-header.js & wait";
		const { stage, run } = await started({ command, readiness: http });
		expect((await stage.healthy(run)).tiedBy).toBe("port");
	});

	it("is unhealthy when a stranger holds the port, and names it", async () => {
		const stage = await openStage({ program: "never-ready.js", readiness: http });
		await strangerOn(stage.port, (_, response) => response.end("ok"));
		const answer = await stage.ask(await stage.start());
		expect(answer).toMatchObject({ healthy: false, tiedBy: null, foreign: true });
		expect(answer.detail).toContain(`process ${process.pid} (`);
	});

	it.each([
		["an error", 404, {}, "404"],
		["another release's name", 200, { "x-deadman-release": "r_other" }, "r_other"],
	])("says that the port is a stranger's, also when that answers with %s", async (_, status, headers, said) => {
		const stage = await openStage({ program: "never-ready.js", readiness: http });
		await strangerOn(stage.port, (_, response) => response.writeHead(status, headers).end());
		const answer = await stage.ask(await stage.start());
		expect(answer).toMatchObject({ healthy: false, foreign: true });
		expect(answer.detail).toContain(`Port ${stage.port} belongs to process ${process.pid} (`);
		expect(answer.detail).toContain(said);
	});

	it("blames no gateway that says that nobody is behind it, and not the program's own errors", async () => {
		const stage = await openStage({ program: "never-ready.js", readiness: http });
		await strangerOn(stage.port, (_, response) => response.writeHead(502).end());
		const answer = await stage.ask(await stage.start());
		expect(answer).toEqual({ healthy: false, detail: "It answered 502.", tiedBy: null });
		const own = await started({ readiness: { http: "http://127.0.0.1:{port}/absent" } });
		await own.stage.logged(own.run, "listening");
		expect(await own.stage.ask(own.run)).toEqual({ healthy: false, detail: "It answered 404.", tiedBy: null });
	});

	it.each([
		["http", http],
		["tcp", tcp],
	])("says of a program that ended who holds its port (%s)", async (_, readiness) => {
		const stage = await openStage({ readiness });
		await strangerOn(stage.port, (_, response) => response.end("ok"));
		const run = await stage.start();
		await stage.programs.exited(run, signal());
		const answer = await stage.ask(run);
		expect(answer).toMatchObject({ healthy: false, foreign: true, tiedBy: null });
		expect(answer.detail).toMatch(/^The program has ended\. Port \d+ belongs to process \d+ \(/);
	});

	it("says no more of a program that ended than that, where nobody holds its port", async () => {
		const { stage, run } = await started({ program: "dies-at-boot.js", readiness: http });
		await stage.programs.exited(run, signal());
		expect(await stage.ask(run)).toEqual({ healthy: false, detail: "The program has ended.", tiedBy: null });
	});

	it("is unhealthy when an earlier run of the same release holds the port", async () => {
		const { stage, run } = await started({ program: "answers-without-header.js", readiness: http });
		await stage.healthy(run);
		const second = await stage.start();
		expect(await stage.ask(second)).toMatchObject({ healthy: false });
	});

	it("is unhealthy on an error, says which, and takes a redirect for an answer", async () => {
		const stage = await openStage({ program: "never-ready.js", readiness: http });
		let status = 500;
		await strangerOn(stage.port, (_, response) => {
			response.writeHead(status, { "x-deadman-release": "r_one", location: "/elsewhere" }).end();
		});
		const run = await stage.start();
		expect((await stage.ask(run)).detail).toContain("500");
		status = 404;
		expect((await stage.ask(run)).healthy).toBe(false);
		status = 302;
		expect((await stage.ask(run)).healthy).toBe(true);
	});

	it("is unhealthy when nobody listens", async () => {
		const { stage, run } = await started({ program: "never-ready.js", readiness: http });
		expect((await stage.ask(run)).detail).toContain("ECONNREFUSED");
	});

	it("gives up after its limit when the program wedges", async () => {
		const { stage, run } = await started({
			program: "wedges-after.js",
			readiness: http,
			env: { WEDGES_AFTER_MS: "0" },
		});
		await stage.logged(run, "wedged");
		const answer = await stage.ask(run);
		expect(answer).toMatchObject({ healthy: false, detail: "No answer within 5000 ms." });
	});

	it("is unhealthy when the other side talks nonsense", async () => {
		const stage = await openStage({ program: "never-ready.js", readiness: http });
		const server = createTcpServer((socket) => void socket.end("nonsense\r\n\r\n")).listen(stage.port, "127.0.0.1");
		onTestFinished(() => void server.close());
		await once(server, "listening");
		expect(await stage.ask(await stage.start())).toMatchObject({ healthy: false, tiedBy: null, foreign: true });
	});

	it("believes only the header where the program is not ours", async () => {
		const port = await freePort();
		const headers: Record<string, string> = {};
		await strangerOn(port, (_, response) => response.writeHead(200, headers).end());
		const { ask } = await unmanagedProbe({ http: `http://127.0.0.1:${port}/` });
		expect(await ask()).toMatchObject({ healthy: false });
		headers["x-deadman-release"] = "r_one";
		expect(await ask()).toMatchObject({ healthy: true, tiedBy: "header" });
		headers["x-deadman-release"] = "r_other";
		expect((await ask()).detail).toContain("r_other answered instead of r_one");
	});

	it("shows no password of its address", async () => {
		const stage = await openStage({ readiness: { http: "http://user:canary-password@127.0.0.1:{port}/" } });
		expect(stage.probe.description).not.toContain("canary");
	});
});

describe("tcp", () => {
	it("is tied by the port", async () => {
		const { stage, run } = await started({ readiness: tcp });
		expect((await stage.healthy(run)).tiedBy).toBe("port");
		expect(stage.probe.description).toBe(`connect 127.0.0.1:${stage.port}`);
	});

	it("is unhealthy for a stranger's port and for none", async () => {
		const stage = await openStage({ program: "never-ready.js", readiness: tcp });
		const run = await stage.start();
		expect((await stage.ask(run)).detail).toContain("ECONNREFUSED");
		await strangerOn(stage.port, () => {});
		expect((await stage.ask(run)).detail).toContain(`process ${process.pid}`);
	});
});

describe("command", () => {
	it("is healthy on exit code 0, in the release's folder, told which release it is about", async () => {
		const command = 'test "$DEADMAN_RELEASE" = r_one && test -f serves.js';
		const { stage, run } = await started({ readiness: { command } });
		expect(await stage.ask(run)).toMatchObject({ healthy: true, tiedBy: "command" });
	});

	it("is unhealthy on another one, and says what it printed", async () => {
		const { stage, run } = await started({ readiness: { command: "echo not yet; exit 1" } });
		const answer = await stage.ask(run);
		expect(answer.healthy).toBe(false);
		expect(answer.detail).toContain("not yet");
	});

	it("is unhealthy when it cannot be run", async () => {
		const { stage, run } = await started({ readiness: { command: ["/nonexistent"] } });
		expect((await stage.ask(run)).healthy).toBe(false);
		const gone = await stage.probe.ask(run, "/nonexistent/folder", signal());
		expect(gone).toMatchObject({ healthy: false, tiedBy: null });
	});

	it("stands for programs that are not ours", async () => {
		const { ask } = await unmanagedProbe({ command: "true" });
		expect(await ask()).toMatchObject({ healthy: true, tiedBy: "command" });
	});
});

describe("log line", () => {
	it("is healthy once a line matches, and only a line of this run", async () => {
		const readiness = { logLine: "^listening on \\d+$" };
		const { stage, run } = await started({ readiness });
		expect((await stage.healthy(run)).tiedBy).toBe("process");
		await stage.programs.stopAll();
		const silent = await openStage({ program: "never-ready.js", readiness });
		const second = await silent.start();
		await silent.logged(second, "waiting");
		expect((await silent.ask(second)).healthy).toBe(false);
	});

	it("does not take an earlier life's line for this one's", async () => {
		const readiness = { logLine: "^listening" };
		const { stage, run } = await started({ program: "slow-start.js", readiness, env: { STEPS: "3", STEP_MS: "300" } });
		await stage.healthy(run);
		await stage.programs.stopAll();
		const again = await stage.start();
		expect((await stage.ask(again)).healthy).toBe(false);
		await stage.healthy(again);
	});
});

describe("progress", () => {
	it("counts matching lines of this run only", async () => {
		const readiness = { ...http, progressLine: "^progress " };
		const { stage, run } = await started({ program: "slow-start.js", readiness, env: { STEPS: "4", STEP_MS: "50" } });
		await stage.healthy(run);
		expect(await stage.probe.progress(run)).toBe(4);
		await stage.programs.stopAll();
		const again = await stage.start();
		await until("it makes progress again", async () => (await stage.probe.progress(again)) >= 1);
		await stage.healthy(again);
		expect(await stage.probe.progress(again)).toBe(4);
	});
});

describe("without a way of asking", () => {
	it("is healthy as long as the process lives", async () => {
		const { stage, run } = await started({ program: "never-ready.js" });
		expect(await stage.ask(run)).toMatchObject({ healthy: true, tiedBy: "process" });
		await stage.programs.stopAll();
		expect(await stage.ask(run)).toMatchObject({ healthy: false, tiedBy: null });
	});
});

describe("a probe that throws", () => {
	it("is unhealthy", async () => {
		const readiness = configSchema.parse({ program: { command: "x", readiness: { command: "true" } } }).program
			.readiness;
		const commands = {
			run: () => {
				throw new Error("the runner broke: token=canary-0001");
			},
		};
		const scrub = (text: string) => text.replaceAll("canary-0001", "[redacted]");
		const clock = createClock();
		const probe = createProbe({ readiness, stateDir: "/nonexistent", scrub, commands, clock });
		const run: Run = { runId: "x", release: "r_one", swapId: null, pid: 0, startTicks: 0, bootId: "x", startedAtMs: 0 };
		const answer = await probe.ask(run, programsFolder, signal());
		expect(answer).toEqual({ healthy: false, detail: "the runner broke: token=[redacted]", tiedBy: null });
		expect(await probe.progress(run)).toBe(0);
	});
});
