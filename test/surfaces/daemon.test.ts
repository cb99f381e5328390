// `deadman run`: serves before the start is over, leaves in order, and with the right code for each reason to leave.

import { EventEmitter } from "node:events";
import { access } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig, type Settings } from "../../src/config/config.js";
import { openAuthority } from "../../src/core/people/authority.js";
import { type Refusal, refuse } from "../../src/core/refusals.js";
import type { Compose } from "../../src/surfaces/composition.js";
import { runDaemon } from "../../src/surfaces/daemon.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../support/memory/supervisor.js";
import { call, clock, createDoorway, createLines, type Doorway, smallConfig, until } from "./doorway.js";

let supervisor: FakeSupervisor;
let door: Doorway;
let signals: EventEmitter;
let exits: number[];
let refusals: Refusal[];
const { lines, log } = createLines();

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap());
	door = await createDoorway(supervisor);
	signals = new EventEmitter();
	exits = [];
	refusals = [];
});
afterEach(async () => {
	signals.emit("SIGTERM");
	await until(() => exits.length > 0 || signals.listenerCount("SIGTERM") === 0);
	await door.remove();
});

interface Run {
	readonly compose?: Compose;
	readonly sockets?: { readonly operator: string; readonly program: string };
	readonly http?: object;
}

function run(options: Run = {}): Promise<void> {
	const { root, stateDir, operator, program } = door;
	const sockets = options.sockets ?? { operator, program };
	const settings = parseConfig({ ...smallConfig, http: options.http ?? null }, "config.json") as Settings;
	const exiting = { exit: (code: number) => void exits.push(code) };
	return runDaemon({
		configuration: {
			root,
			stateDir,
			configPath: join(stateDir, "config.json"),
			settings,
			source: {},
			unusable: null,
		},
		compose:
			options.compose ??
			(async () => ({ supervisor, sockets, log, exiting, authority: openAuthority, scrub: (text) => text })),
		signals,
		clock,
		refused(refusal) {
			refusals.push(refusal);
			return 5;
		},
		serving: async () => {},
	});
}

const status = () => call({ socketPath: door.operator, path: "/v1/status" });
const verbs = () => supervisor.calls.map(({ verb }) => verb);

it("answers while a long baseline is still being staged", async () => {
	let finish = () => {};
	supervisor.answers.start = () => new Promise((resolve) => (finish = resolve));
	const running = run();
	await until(() => verbs().includes("start"));
	expect((await status()).json.schemaVersion).toBe(1);
	finish();
	await running;
	expect(exits).toEqual([]);
});

describe("leaving", () => {
	it.each(["SIGTERM", "SIGINT"])("on %s stops the supervisor, closes the sockets, and exits with 0", async (signal) => {
		await run();
		signals.emit(signal);
		await until(() => exits.length > 0);
		expect(exits).toEqual([0]);
		expect(verbs().at(-1)).toBe("stop");
		await expect(access(door.operator)).rejects.toThrow();
		await expect(access(door.program)).rejects.toThrow();
	});

	it("works in the middle of the start", async () => {
		supervisor.answers.start = () => new Promise(() => {});
		void run();
		await until(() => verbs().includes("start"));
		signals.emit("SIGTERM");
		await until(() => exits.length > 0);
		expect(exits).toEqual([0]);
	});

	it("does not wait at a second signal", async () => {
		supervisor.answers.stop = () => new Promise(() => {});
		await run();
		signals.emit("SIGINT");
		signals.emit("SIGINT");
		await until(() => exits.length > 0);
		expect(exits).toEqual([1]);
	});

	it("with 1 when stopping fails", async () => {
		supervisor.answers.stop = async () => Promise.reject(new Error("it would not"));
		await run();
		signals.emit("SIGTERM");
		await until(() => exits.length > 0);
		expect(exits).toEqual([1]);
	});

	it("with 1 when starting fails", async () => {
		supervisor.answers.start = async () => Promise.reject(new Error("no disk"));
		await run();
		expect(exits).toEqual([1]);
		expect(lines).toContainEqual(expect.objectContaining({ level: "error", event: "start_failed" }));
	});

	it.each(["uncaughtException", "unhandledRejection"])("with 1 on %s, and stops nothing", async (bug) => {
		await run();
		signals.emit(bug, new Error("a bug"));
		await until(() => exits.length > 0);
		expect(exits).toEqual([1]);
		expect(verbs()).not.toContain("stop");
	});
});

it("ignores SIGHUP", async () => {
	await run();
	signals.emit("SIGHUP");
	expect((await status()).status).toBe(200);
	expect(exits).toEqual([]);
});

it("serves nothing where composing is refused", async () => {
	const before = process.exitCode;
	await run({ compose: async () => refuse("locked", { path: door.stateDir, pid: 1 }) });
	expect(refusals.map(({ code }) => code)).toEqual(["locked"]);
	expect(process.exitCode).toBe(5);
	process.exitCode = before;
	await expect(access(door.operator)).rejects.toThrow();
});

it("refuses a socket path that is too long before it starts anything", async () => {
	const operator = join(door.stateDir, "x".repeat(120));
	await run({ sockets: { operator, program: door.program } });
	expect(refusals.map(({ code }) => code)).toEqual(["path_too_long"]);
	expect(exits).toEqual([5]);
	expect(verbs()).not.toContain("start");
});

it("opens TCP where it is configured, and refuses to start where another listens there", async () => {
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
	const { port } = other.address() as AddressInfo;
	await run({ http: { port } });
	expect(refusals).toMatchObject([{ code: "address_unusable", message: expect.stringContaining(`127.0.0.1:${port}`) }]);
	expect(exits).toEqual([5]);
	expect(verbs()).not.toContain("start");
	await expect(access(door.operator)).rejects.toThrow();
	await new Promise((resolve) => other.close(resolve));
	await run({ http: { port } });
	expect((await status()).json.supervisor.http).toBe(`http://127.0.0.1:${port}`);
	expect((await fetch(`http://127.0.0.1:${port}/v1/status`)).status).toBe(401);
});
