// Holds both locks to their contract.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLock } from "../../../src/adapters/journal/lock.js";
import { createMemoryLock, type LockHolder } from "../../support/memory/lock.js";
import { describeLockContract, type LocksUnderTest } from "./lock.contract.js";

describeLockContract("in memory", async () => {
	const holder: LockHolder = { pid: null };
	const lock = (pid: number) => createMemoryLock({ path: "/state", pid, holder });
	return { first: lock(11), second: lock(12), firstPid: 11, path: "/state", cleanUp: async () => {} };
});

describeLockContract("in SQLite", async () => onDisk(await mkdtemp(join(tmpdir(), "deadman-lock-"))));

describeLockContract("by a name, where the file cannot be locked", async () => {
	const path = await mkdtemp(join(tmpdir(), "deadman-lock-"));
	await mkdir(join(path, "lock"));
	return onDisk(path);
});

function onDisk(path: string): LocksUnderTest {
	const [first, second] = [createLock({ file: join(path, "lock") }), createLock({ file: join(path, "lock") })];
	async function cleanUp(): Promise<void> {
		await Promise.all([first.release(), second.release()]);
		await rm(path, { recursive: true });
	}
	return { first, second, firstPid: process.pid, path, cleanUp };
}
