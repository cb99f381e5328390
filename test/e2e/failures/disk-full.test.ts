// One story: the disk under the state folder runs full. In the window the rollback still happens; while staging, the proposal goes
// back to its builder and live is untouched. The disk is a small tmpfs, so mounting has to be allowed.
import { mkdtemp, open, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	configure,
	deadman,
	execFileAsync,
	killSupervisor,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	state,
	version,
	writeNotes,
} from "../scene.js";

const MIB = 1024 * 1024;
let disk: string;
let scene: Scene;

beforeAll(async () => {
	disk = await mkdtemp(join(tmpdir(), "disk-"));
	await execFileAsync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", disk]).catch((error) => {
		throw new Error(`This story needs root and the right to mount a tmpfs (CAP_SYS_ADMIN): ${error.message}`);
	});
	scene = await openScene({
		configure(config) {
			config.stateDir = disk;
			config.deadman = { initial: "6s", afterDelivery: "6s", cap: "60s" };
		},
	});
	await raise(scene);
	await writeNotes(scene, 6);
});

afterAll(async () => {
	if (scene !== undefined) await close(scene);
	await execFileAsync("umount", ["--lazy", disk]).catch(() => {});
	await rm(disk, { recursive: true, force: true });
});

/** Fills the disk but for `leftBytes`, and proves that it did (an injector that does nothing proves nothing). */
async function fill(name: string, leftBytes: number): Promise<string> {
	const path = join(disk, name);
	const file = await open(path, "wx");
	const chunk = Buffer.alloc(MIB, 1);
	try {
		for (;;) {
			const free = await freeBytes();
			if (free <= leftBytes) break;
			await file.write(chunk, 0, Math.min(MIB, free - leftBytes));
		}
	} catch (error) {
		expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
	} finally {
		await file.close();
	}
	expect(await freeBytes()).toBeLessThanOrEqual(leftBytes);
	return path;
}

async function freeBytes(): Promise<number> {
	const { bavail, bsize } = await statfs(disk);
	return bavail * bsize;
}

test("filled in the window: silence still rolls back, data and all", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "window", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	expect(swap.status).toBe("awaiting_confirmation");
	await writeNotes(scene, 3);
	const filler = await fill("filler", 0);
	await expect(writeFile(join(disk, "one-more"), "x".repeat(MIB))).rejects.toThrow(/ENOSPC/);
	await rm(join(disk, "one-more"), { force: true });
	const end = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(end).toMatchObject({ status: "rolled_back", handshake: "rolled_back", cause: { code: "deadline_passed" } });
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 6 });
	expect(await state(scene)).toEqual(before);
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
	const { data } = await deadman(scene, "data", "show", swap.id);
	expect(data.find(({ table }: { table: string }) => table === "notes")).toMatchObject({ inserted: 3 });
	await rm(filler);
});

test("filled in the window, and the supervisor killed: the next one still rolls back", {
	timeout: 90_000,
}, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "killed", version(3, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	const filler = await fill("filler", 0);
	await killSupervisor(scene);
	await raise(scene);
	const end = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 6 });
	expect(await state(scene)).toEqual(before);
	await rm(filler);
});

test("full before a swap: refused or handed back, and live is untouched", { timeout: 90_000 }, async () => {
	await killSupervisor(scene);
	await configure(scene, (config) => {
		config.deadman = { initial: "60s", afterDelivery: "60s", cap: "60s" };
	});
	await raise(scene);
	const before = await state(scene);
	const filler = await fill("filler", 4 * MIB);
	const draft = await attempt(scene, "staged", version(4), "drafting", "awaiting_confirmation");
	expect(draft).toMatchObject({ status: "drafting", deadman: null, boots: 0 });
	expect(["no_space", "enospc"]).toContain(draft.cause.code);
	expect(await state(scene)).toEqual(before);
	expect(await serving(scene, () => true)).toEqual({ version: "1", schema: 1, notes: 6 });

	await rm(filler);
	const again = await deadman(scene, "submit", "staged", "--summary", "There is room again");
	expect(again).toMatchObject({ code: 0, swap: { id: draft.id } });
	const tried = await reach(scene, draft.id, "awaiting_confirmation");
	expect(tried.status).toBe("awaiting_confirmation");
	expect((await deadman(scene, "rollback", draft.id)).code).toBe(0);
	expect((await reach(scene, draft.id, "rolled_back")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
});
