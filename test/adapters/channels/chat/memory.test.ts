// What the Chat SDK remembers: for as long as it asked, one holder of each lock, and never too much.
import { expect, it, onTestFinished, vi } from "vitest";
import { createMemory } from "../../../../src/adapters/channels/chat/memory.js";

function at(): (ms: number) => void {
	vi.useFakeTimers({ now: 1_000 });
	onTestFinished(() => void vi.useRealTimers());
	return (ms) => void vi.setSystemTime(ms);
}

it("keeps values and lists until their time is over", async () => {
	const time = at();
	const memory = createMemory();
	await memory.set("short", { a: 1 }, 10);
	await memory.set("long", "b");
	expect(await memory.setIfNotExists("short", 2, 10)).toBe(false);
	for (const item of [1, 2, 3]) await memory.appendToList("list", item, { maxLength: 2, ttlMs: 10 });
	expect([await memory.get("short"), await memory.getList("list")]).toEqual([{ a: 1 }, [2, 3]]);
	time(1_010);
	expect([await memory.get("short"), await memory.getList("list"), await memory.get("long")]).toEqual([null, [], "b"]);
	expect(await memory.setIfNotExists("short", 2, 10)).toBe(true);
	await memory.delete("long");
	expect(await memory.get("long")).toBeNull();
});

it("gives a lock to one holder, until it is given back or its time is over", async () => {
	const time = at();
	const memory = createMemory();
	const first = await memory.acquireLock("thread", 10);
	if (first === null) throw new Error("Nobody holds it.");
	expect(await memory.acquireLock("thread", 10)).toBeNull();
	expect(await memory.extendLock(first, 20)).toBe(true);
	time(1_015);
	expect(await memory.acquireLock("thread", 10)).toBeNull();
	time(1_020);
	const second = await memory.acquireLock("thread", 10);
	expect(await memory.extendLock(first, 20)).toBe(false);
	await memory.releaseLock(first);
	expect(await memory.acquireLock("thread", 10)).toBeNull();
	if (second !== null) await memory.releaseLock(second);
	expect(await memory.acquireLock("thread", 10)).toMatchObject({ threadId: "thread", expiresAt: 1_030 });
});

it("forgets the oldest of too much", async () => {
	const memory = createMemory();
	for (let n = 0; n <= 2_000; n += 1) await memory.set(`key ${n}`, n);
	expect([await memory.get("key 0"), await memory.get("key 1"), await memory.get("key 2000")]).toEqual([
		null,
		1,
		2_000,
	]);
});
