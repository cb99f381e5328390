// One story: the disk of the state folder is bad in the window: full at the start after a clean stop, read-only for a while, or kept full by
// somebody else. What must not serve is stopped first, what can be done without space is done, and the rest when there is some.
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { arm, buildSysfault, type Injector, layControl, readControl, sysfaultCommand } from "../../crash/sysfault.js";
import {
	ask,
	attempt,
	close,
	execFileAsync,
	launch,
	living,
	look,
	openScene,
	post,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	startSupervisor,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

let disk: string;
let injector: Injector;
let scene: Scene;

beforeAll(async () => {
	injector = await buildSysfault();
});
afterAll(() => injector?.close());

beforeEach(async () => {
	disk = await mkdtemp(join(tmpdir(), "disk-"));
	await execFileAsync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", disk]).catch((error) => {
		throw new Error(`This story needs root and the right to mount a tmpfs (CAP_SYS_ADMIN): ${error.message}`);
	});
	scene = await openScene({
		configure(config) {
			config.stateDir = disk;
			config.deadman = { initial: "20s", afterDelivery: "20s", cap: "60s" };
		},
	});
});
afterEach(async () => {
	if (scene !== undefined) await close(scene);
	await execFileAsync("umount", ["--lazy", disk]).catch(() => {});
	await rm(disk, { recursive: true, force: true });
});

async function onTrial(name: string) {
	await writeNotes(scene, 3);
	const before = await state(scene);
	const edit = (source: string) => `${version(2, "CREATE TABLE tags (tag TEXT)")(source)}// ${name}\n`;
	const swap = await attempt(scene, name, edit, "awaiting_confirmation", "drafting");
	expect(swap).toMatchObject({ status: "awaiting_confirmation" });
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	await writeNotes(scene, 2);
	return { before, swap };
}

async function isBack(before: object): Promise<void> {
	expect(await serving(scene, (now) => now?.version === "1", 40_000)).toEqual({ version: "1", schema: 1, notes: 3 });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
}

/** To the last byte, proven: an injector that does nothing proves nothing. */
async function fill(): Promise<string> {
	const path = join(disk, "filler");
	const file = await open(path, "a");
	try {
		for (let bytes = 1024 * 1024; ; ) {
			try {
				await file.write(Buffer.alloc(bytes, 1));
			} catch (error) {
				expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
				if (bytes === 1) break;
				bytes = Math.floor(bytes / 2);
			}
		}
	} finally {
		await file.close();
	}
	expect((await statfs(disk)).bavail).toBe(0);
	return path;
}

async function stopCleanly(): Promise<void> {
	const child = scene.supervisor;
	if (child === null) throw new Error("No supervisor runs.");
	const left = once(child, "exit");
	child.kill("SIGTERM");
	expect(await left).toEqual([0, null]);
}

test("full at the start after a clean stop in the window: it starts, and goes back", { timeout: 120_000 }, async () => {
	await raise(scene);
	const { before, swap } = await onTrial("stopped");
	await stopCleanly();
	expect(await look(scene)).toBe(null);
	const filler = await fill();
	await startSupervisor(scene);
	await isBack({ ...before });
	await rm(filler);
	expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
	await isBack(before);
});

test("kept full by somebody else during a rollback: the old version serves, and the rest follows", {
	timeout: 120_000,
}, async () => {
	await raise(scene);
	const { before, swap } = await onTrial("kept-full");
	const filler = await fill();
	const chunk = Buffer.alloc(64 * 1024, 1);
	const greedy = setInterval(() => {
		try {
			for (;;) appendFileSync(filler, chunk);
		} catch {
			// Full again.
		}
	}, 2);
	try {
		await post(scene, `/v1/swaps/${swap.id}/rollback`, { reason: "" });
		expect(await serving(scene, (now) => now?.version === "1", 40_000)).toMatchObject({ version: "1", schema: 1 });
		const now = (await ask(scene, `/v1/swaps/${swap.id}`))?.swap;
		expect(["rolling_back", "rolled_back"]).toContain(now.status);
	} finally {
		clearInterval(greedy);
		await rm(filler);
	}
	expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
	await isBack(before);
});

/** As a remount would: no change below the state folder succeeds, files that are open already included. */
test("read-only for a while: the candidate does not serve, and it ends rolled back", { timeout: 120_000 }, async () => {
	const folder = await mkdtemp(join(tmpdir(), "control-"));
	const control = join(folder, "control");
	await layControl(control, 1);
	const plan = {
		injector: injector.path,
		control,
		path: disk,
		calls: "writes",
		errno: "EROFS",
		lasting: true,
	} as const;
	launch(scene, { under: (command) => sysfaultCommand({ ...plan, program: "node server.cjs" }, command) });
	try {
		await until("the program is proven", async () => (await ask(scene, "/v1/status"))?.supervisor.program.proven);
		const { before, swap } = await onTrial("read-only");
		await arm(control);
		await post(scene, `/v1/swaps/${swap.id}/rollback`, { reason: "" });
		await until("the candidate does not serve", async () => (await look(scene))?.version !== "2", 10_000);
		await sleep(3_000);
		expect((await look(scene))?.version).not.toBe("2");
		expect((await readControl(control)).fired).toBeGreaterThan(0);
		await arm(control, false);
		expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
		await isBack(before);
	} finally {
		const pid = (await ask(scene, "/v1/status"))?.supervisor.pid;
		if (pid !== undefined) process.kill(pid, "SIGTERM");
		await until("it has left", async () => (await readControl(control)).ended > 0).catch(() => {});
		await rm(folder, { recursive: true });
	}
});
