// The Chat SDK's memory among real processes: kill -9 of a holder of locks, two processes at once, a thread that dies, a disk that stands still.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import SqliteDatabase from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { createChatStates } from "../../../src/adapters/chat/state.js";
import { createSharedThread } from "../../../src/adapters/chat/state-shared.js";
import type { StateThread } from "../../../src/adapters/chat/state-thread.js";
import type { Log } from "../../../src/ports.js";
import { temporaryFolder } from "../../support/temporary.js";
import { until } from "../../support/until.js";

const log: Log = { info: () => {}, warn: () => {}, error: () => {} };

async function connected(file: string, now = Date.now) {
	const state = createChatStates({ file, log, now })("slack");
	await state.connect();
	onTestFinished(() => state.disconnect());
	return state;
}

function startHolder(file: string, ttlMs: number) {
	const path = fileURLToPath(new URL("./programs/state-holder.mjs", import.meta.url));
	const child = spawn(process.execPath, [path, file, String(ttlMs)], { stdio: ["ignore", "pipe", "inherit"] });
	const lines: string[] = [];
	createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
	const closed = once(child, "close");
	const end = async () => {
		child.kill("SIGKILL");
		await closed;
	};
	onTestFinished(end);
	return { lines, end };
}

it("keeps what a killed process was told is stored, and its lock until its time is up", async () => {
	const file = join(await temporaryFolder(), "chat.db");
	const holder = startHolder(file, 60_000);
	await until("numbers are stored", () => holder.lines.length > 20);
	await holder.end();
	const told = Number(holder.lines.at(-1)?.split(" ")[1]);
	const state = await connected(file);
	const numbers = await state.getList<number>("numbers");
	expect(numbers.slice(0, told)).toEqual(Array.from({ length: told }, (_, n) => n + 1));
	expect(await state.queueDepth("thread")).toBeGreaterThanOrEqual(told);
	expect(await state.dequeue("thread")).toMatchObject({ enqueuedAt: 1, message: { n: 1 } });
	const lock = JSON.parse(holder.lines[0]?.slice("lock ".length) ?? "null");
	expect(await state.acquireLock("thread", 1_000)).toBeNull();
	const later = await connected(file, () => lock.expiresAt);
	expect(await later.extendLock(lock, 60_000)).toBe(false);
	expect(await later.acquireLock("thread", 1_000)).not.toBeNull();
});

it("is shared with a process that writes all the time", async () => {
	const file = join(await temporaryFolder(), "chat.db");
	const holder = startHolder(file, 60_000);
	await until("numbers are stored", () => holder.lines.length > 2);
	const state = await connected(file);
	expect(await state.acquireLock("thread", 1_000)).toBeNull();
	for (let n = 0; n < 20; n += 1) await state.appendToList("numbers", -n - 1);
	const before = holder.lines.length;
	await until("the other one goes on", () => holder.lines.length > before);
	await holder.end();
	const numbers = await state.getList<number>("numbers");
	expect(numbers.filter((n) => n < 0)).toHaveLength(20);
	expect(numbers.filter((n) => n > 0).every((n, at, all) => at === 0 || n === (all[at - 1] ?? 0) + 1)).toBe(true);
});

it("never holds the loop, also while the file is locked by somebody else", async () => {
	const file = join(await temporaryFolder(), "chat.db");
	const state = await connected(file);
	const rival = new SqliteDatabase(file);
	onTestFinished(() => void rival.close());
	rival.exec("begin immediate");
	let written = false;
	const writing = state.set("key", 1).then(() => (written = true));
	const startedMs = performance.now();
	let turns = 0;
	while (performance.now() - startedMs < 500) {
		await new Promise((resolve) => setImmediate(resolve));
		turns += 1;
	}
	expect(written).toBe(false);
	// A call on the main thread would have held it for the whole time that SQLite waits for a lock: not one turn.
	expect(turns).toBeGreaterThan(100);
	rival.exec("rollback");
	await writing;
	expect(await state.get("key")).toBe(1);
});

it("takes much at once without a turn of the loop that is long", async () => {
	const state = await connected(join(await temporaryFolder(), "chat.db"));
	const value = "x".repeat(20_000);
	const turnsMs: number[] = [];
	for (let n = 0; n < 200; n += 1) {
		const beganMs = performance.now();
		const calls = [state.set(`key${n}`, value), state.appendToList("list", value), state.get(`key${n - 1}`)];
		await new Promise((resolve) => setImmediate(resolve));
		turnsMs.push(performance.now() - beganMs);
		await Promise.all(calls);
	}
	expect(turnsMs.sort((a, b) => a - b)[100]).toBeLessThan(20);
});

it("starts another thread when one has died, for those who are still connected", async () => {
	const deaths: (() => void)[] = [];
	const start = async (): Promise<StateThread> => {
		const ended = new Promise<void>((resolve) => deaths.push(resolve));
		return { ask: (async () => deaths.length) as never, ended, setAside: null, close: async () => {} };
	};
	const shared = createSharedThread({ file: "chat.db", log, start });
	const holder = {};
	await shared.join(holder);
	expect(await shared.ask(holder)("get", "slack", "key", 0)).toBe(1);
	deaths[0]?.();
	await until("the death is seen", async () => ((await shared.ask(holder)("get", "slack", "key", 0)) as never) === 2);
	await expect(shared.ask({})("get", "slack", "key", 0)).rejects.toThrow("is not open");
	await shared.leave(holder);
});

it("opens a file that two make at the same time", async () => {
	const file = join(await temporaryFolder(), "chat.db");
	const states = await Promise.all([1, 2, 3].map(() => connected(file)));
	await states[0]?.set("key", "all");
	expect(await Promise.all(states.map((state) => state.get("key")))).toEqual(["all", "all", "all"]);
});
