// The Chat SDK's memory, method by method: what it promises to the SDK, with a clock of the test's.
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { QueueEntry, StateAdapter } from "chat";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createChatStates } from "../../../src/adapters/chat/state.js";
import { stateLimits } from "../../../src/adapters/chat/state-limits.js";
import type { Log } from "../../../src/ports.js";
import { temporaryFolder } from "../../support/temporary.js";

const START_MS = Date.UTC(2026, 10, 21);
let file: string;
let nowMs: number;
let warnings: string[];
const log: Log = { info: () => {}, warn: (event) => warnings.push(event), error: () => {} };

beforeEach(() => {
	nowMs = START_MS;
	warnings = [];
});

async function connected(channel = "slack"): Promise<StateAdapter> {
	file ??= "";
	const state = createChatStates({ file, log, now: () => nowMs })(channel);
	await state.connect();
	onTestFinished(() => state.disconnect());
	return state;
}

beforeEach(async () => {
	file = join(await temporaryFolder(), "chat.db");
});

function queued(text: string, expiresAt = START_MS + 90_000): QueueEntry {
	return { enqueuedAt: START_MS, expiresAt, message: { text } as never };
}

describe("entries", () => {
	it("are read as they were written, until they are deleted", async () => {
		const state = await connected();
		const value = { deep: [1, null, "ü\u0000"], no: false };
		await state.set("key", value);
		expect(await state.get("key")).toEqual(value);
		await state.set("key", 2);
		expect(await state.get("key")).toBe(2);
		await state.delete("key");
		await state.delete("key");
		expect(await state.get("key")).toBeNull();
		await state.set("nothing", undefined);
		expect(await state.get("nothing")).toBeNull();
	});

	it("end with their time, and not before", async () => {
		const state = await connected();
		await state.set("short", 1, 1_000);
		await state.set("ever", 1, 0);
		await state.set("over", 1, -5);
		nowMs += 999;
		expect(await state.get("short")).toBe(1);
		nowMs += 1;
		expect([await state.get("short"), await state.get("over"), await state.get("ever")]).toEqual([null, null, 1]);
	});

	it("are set once where they are not there, and again when they are over", async () => {
		const state = await connected();
		expect(await state.setIfNotExists("event", "first", 1_000)).toBe(true);
		expect(await state.setIfNotExists("event", "second", 1_000)).toBe(false);
		expect(await state.get("event")).toBe("first");
		nowMs += 1_000;
		expect(await state.setIfNotExists("event", "third")).toBe(true);
	});

	it("are written by one of many at once", async () => {
		const state = await connected();
		const other = await connected();
		const tries = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? state : other).setIfNotExists("event", n));
		expect((await Promise.all(tries)).filter((first) => first)).toHaveLength(1);
	});

	it("are bounded in size, key and number", async () => {
		const state = await connected();
		await expect(state.set("big", "x".repeat(stateLimits.valueCharacters))).rejects.toThrow("at most 262144");
		await expect(state.set("k".repeat(1_025), 1)).rejects.toThrow("at most 1024");
		await expect(state.set("key", 1, Number.NaN)).rejects.toThrow("NaN");
		expect(await state.get("big")).toBeNull();
	});
});

describe("subscriptions", () => {
	it("stay over a restart, and end", async () => {
		const state = await connected();
		await state.subscribe("slack:C1:1.2");
		await state.subscribe("slack:C1:1.2");
		await state.disconnect();
		const next = await connected();
		expect(await next.isSubscribed("slack:C1:1.2")).toBe(true);
		expect(await next.isSubscribed("slack:C1:1.3")).toBe(false);
		await next.unsubscribe("slack:C1:1.2");
		expect(await next.isSubscribed("slack:C1:1.2")).toBe(false);
	});

	it("and everything else are kept apart by channel", async () => {
		const [one, two] = [await connected("slack"), await connected("slack-ops")];
		await one.subscribe("thread");
		await one.set("key", 1);
		await one.appendToList("list", 1);
		await one.enqueue("thread", queued("a"), 5);
		expect(await one.acquireLock("thread", 1_000)).not.toBeNull();
		expect(await two.isSubscribed("thread")).toBe(false);
		expect([await two.get("key"), await two.getList("list"), await two.queueDepth("thread")]).toEqual([null, [], 0]);
		expect(await two.acquireLock("thread", 1_000)).not.toBeNull();
	});
});

describe("locks", () => {
	it("are held by one, until it lets go", async () => {
		const state = await connected();
		const lock = await state.acquireLock("thread", 1_000);
		expect(lock).toMatchObject({ threadId: "thread", expiresAt: START_MS + 1_000, token: expect.any(String) });
		expect(await state.acquireLock("thread", 1_000)).toBeNull();
		await state.releaseLock({ ...lock, token: "another" } as never);
		expect(await state.acquireLock("thread", 1_000)).toBeNull();
		await state.releaseLock(lock as never);
		expect(await state.acquireLock("thread", 1_000)).not.toBeNull();
	});

	it("are taken over when their time is up, and never brought back", async () => {
		const state = await connected();
		const lock = (await state.acquireLock("thread", 1_000)) as never;
		nowMs += 1_000;
		expect(await state.extendLock(lock, 1_000)).toBe(false);
		const taken = (await state.acquireLock("thread", 1_000)) as never;
		expect(await state.extendLock(lock, 60_000)).toBe(false);
		await state.releaseLock(lock);
		expect(await state.acquireLock("thread", 1_000)).toBeNull();
		await state.releaseLock(taken);
		expect(await state.extendLock(taken, 1_000)).toBe(false);
		expect(await state.acquireLock("thread", 1_000)).not.toBeNull();
	});

	it("are kept while they are extended", async () => {
		const state = await connected();
		const lock = (await state.acquireLock("thread", 1_000)) as never;
		nowMs += 900;
		expect(await state.extendLock(lock, 1_000)).toBe(true);
		nowMs += 900;
		expect(await state.acquireLock("thread", 1_000)).toBeNull();
	});

	it("are taken away by force, and the holder cannot extend it then", async () => {
		const state = await connected();
		const lock = (await state.acquireLock("thread", 1_000)) as never;
		await state.forceReleaseLock("thread");
		expect(await state.extendLock(lock, 1_000)).toBe(false);
		expect(await state.acquireLock("thread", 1_000)).not.toBeNull();
	});

	it("have one holder of many that ask at once, over two connections", async () => {
		const [one, two] = [await connected(), await connected()];
		const tries = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).acquireLock("thread", 1_000));
		expect((await Promise.all(tries)).filter((lock) => lock !== null)).toHaveLength(1);
	});
});

describe("lists", () => {
	it("keep the newest, in order", async () => {
		const state = await connected();
		for (const n of [1, 2, 3, 4]) await state.appendToList("list", { n }, { maxLength: 3 });
		expect(await state.getList("list")).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
		expect(await state.getList("none")).toEqual([]);
	});

	it("live as long as the last append says", async () => {
		const state = await connected();
		await state.appendToList("list", 1, { ttlMs: 1_000 });
		nowMs += 900;
		await state.appendToList("list", 2, { ttlMs: 1_000 });
		nowMs += 900;
		expect(await state.getList("list")).toEqual([1, 2]);
		nowMs += 100;
		expect(await state.getList("list")).toEqual([]);
		await state.appendToList("list", 3);
		expect(await state.getList("list")).toEqual([3]);
	});

	it("lose nothing when many append at once", async () => {
		const [one, two] = [await connected(), await connected()];
		await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).appendToList("list", n)));
		expect(new Set(await one.getList("list")).size).toBe(40);
	});

	it("are never longer than the limit", async () => {
		const state = await connected();
		await expect(state.appendToList("list", 1, { maxLength: 0 })).rejects.toThrow("positive");
		const many = Array.from({ length: stateLimits.items + 5 }, (_, n) => state.appendToList("list", n));
		await Promise.all(many);
		expect(await state.getList<number>("list")).toHaveLength(stateLimits.items);
		expect((await state.getList<number>("list"))[0]).toBe(5);
	});
});

describe("queues", () => {
	it("give back in order what was put in", async () => {
		const state = await connected();
		expect(await state.enqueue("thread", queued("a"), 5)).toBe(1);
		expect(await state.enqueue("thread", queued("b"), 5)).toBe(2);
		expect(await state.queueDepth("thread")).toBe(2);
		expect(await state.dequeue("thread")).toEqual(queued("a"));
		expect((await state.dequeue("thread"))?.message.text).toBe("b");
		expect([await state.dequeue("thread"), await state.queueDepth("thread")]).toEqual([null, 0]);
	});

	it("keep the newest where they are full", async () => {
		const state = await connected();
		for (const text of ["a", "b", "c"]) await state.enqueue("thread", queued(text), 2);
		expect(await state.queueDepth("thread")).toBe(2);
		expect((await state.dequeue("thread"))?.message.text).toBe("b");
	});

	it("give each message to one of many that ask at once", async () => {
		const [one, two] = [await connected(), await connected()];
		for (let n = 0; n < 20; n += 1) await one.enqueue("thread", queued(`${n}`), 50);
		const taken = await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 === 0 ? one : two).dequeue("thread")));
		const texts = taken.flatMap((entry) => entry?.message.text ?? []);
		expect([texts.length, new Set(texts).size]).toEqual([20, 20]);
	});

	it("leave out what is over", async () => {
		const state = await connected();
		await state.enqueue("thread", queued("old", START_MS + 10), 5);
		await state.enqueue("thread", queued("new"), 5);
		nowMs += 10;
		expect(await state.queueDepth("thread")).toBe(1);
		expect((await state.dequeue("thread"))?.message.text).toBe("new");
	});

	it("take the SDK's own messages, as they write themselves", async () => {
		const { Message } = await import("chat");
		const state = await connected();
		const message = new Message({
			id: "1.2",
			threadId: "slack:C1:1.2",
			text: "host sw_aaaaaa",
			formatted: { type: "root", children: [] },
			raw: {},
			author: { userId: "U1", userName: "ann", fullName: "Ann", isBot: false, isMe: false },
			metadata: { dateSent: new Date(START_MS), edited: false },
			attachments: [],
		});
		await state.enqueue("thread", { ...queued(""), message }, 5);
		const back = (await state.dequeue("thread"))?.message;
		expect(Message.fromJSON(back as never).metadata.dateSent).toEqual(new Date(START_MS));
	});
});

describe("the file", () => {
	it("is private, and nothing is asked of it before it is open or after it is closed", async () => {
		const state = createChatStates({ file, log })("slack");
		await expect(state.get("key")).rejects.toThrow("is not open: connect first");
		await state.connect();
		await state.connect();
		expect((await stat(file)).mode & 0o777).toBe(0o600);
		await state.disconnect();
		await state.disconnect();
		await expect(state.set("key", 1)).rejects.toThrow("is not open");
	});

	it("is set aside where it is damaged, and begun anew", async () => {
		await writeFile(file, "this is no database, but long enough to look like one".repeat(100));
		const state = await connected();
		expect(await state.setIfNotExists("key", 1)).toBe(true);
		expect(await readFile(`${file}.damaged`, "utf8")).toContain("no database");
		expect(warnings).toEqual(["chat.memory_damaged"]);
	});

	it.each([
		["pragma user_version = 2", "is of a newer deadman (schema 2, this one knows 1)"],
		["pragma application_id = 7", "is no file of deadman's chat channels"],
	])("is left alone after %s", async (change, sentence) => {
		await (await connected()).disconnect();
		const { default: SqliteDatabase } = await import("better-sqlite3");
		const database = new SqliteDatabase(file);
		database.exec(change);
		database.close();
		await expect(connected()).rejects.toThrow(sentence);
		expect(warnings).toEqual([]);
	});

	it("loses what has expired, and the oldest of too many", async () => {
		const { default: SqliteDatabase } = await import("better-sqlite3");
		const state = await connected();
		await state.set("short", 1, 1_000);
		await state.appendToList("list", 1, { ttlMs: 1_000 });
		await state.enqueue("thread", queued("a", START_MS + 1_000), 5);
		await state.acquireLock("thread", 1_000);
		nowMs += stateLimits.sweepMs;
		await state.get("any");
		const database = new SqliteDatabase(file);
		onTestFinished(() => void database.close());
		const count = (table: string) => database.prepare(`select count(*) from ${table}`).pluck().get();
		expect(["entries", "lists", "items", "queued", "locks"].map(count)).toEqual([0, 0, 0, 0, 0]);
		database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${stateLimits.rows})
			insert into entries (channel, key, value) select 'slack', 'old' || i, '1' from n`);
		await state.set("new", 1);
		expect([count("entries"), await state.get("old1"), await state.get("old2"), await state.get("new")]).toEqual([
			stateLimits.rows,
			null,
			1,
			1,
		]);
	});
});
