// One story: outside of any swap the program crashes, then its supervisor. The program comes back with back-off; a program that
// outlived its supervisor is taken over, never started twice.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	close,
	deadman,
	killSupervisor,
	living,
	look,
	openScene,
	programOf,
	raise,
	type Scene,
	serving,
	startSupervisor,
	until,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(() => close(scene));

/** Kills the program and waits for the next; answers with what the supervisor says of it. */
async function crash(pid: number) {
	process.kill(pid, "SIGKILL");
	const states = new Set<string>();
	const next = await until("another program runs", async () => {
		const program = await programOf(scene);
		states.add(program.state);
		return program.proven && program.pid !== pid ? program : null;
	});
	return { next, states };
}

test("a crashed program is started again, later each time", async () => {
	const first = await deadman(scene, "status");
	expect(first.code).toBe(0);
	expect(first.swap).toBeNull();
	expect(first.supervisor.program).toMatchObject({ state: "running", proven: true, restarts: 0 });

	const killedMs = Date.now();
	const one = await crash(first.supervisor.program.pid);
	expect(one.states).toContain("backing_off");
	expect(one.next.restarts).toBe(1);
	expect(Date.parse(one.next.startedAt) - killedMs).toBeGreaterThanOrEqual(500);
	expect(await look(scene)).toEqual({ version: "1", schema: 1, notes: 3 });

	const againMs = Date.now();
	const two = await crash(one.next.pid);
	expect(two.next.restarts).toBe(2);
	expect(Date.parse(two.next.startedAt) - againMs).toBeGreaterThanOrEqual(1_000);

	const { supervisor } = await deadman(scene, "status");
	expect(supervisor.program).toMatchObject({ state: "running", pid: two.next.pid, restarts: 2 });
	expect((await living(scene)).map(({ pid }) => pid)).toEqual([two.next.pid]);
});

test("a killed supervisor leaves the program alone, and the next one takes it over", async () => {
	const before = await programOf(scene);
	await killSupervisor(scene);
	expect(await look(scene)).toEqual({ version: "1", schema: 1, notes: 3 });
	const down = await deadman(scene, "status");
	expect(down).toMatchObject({ code: 0, supervisor: null, swap: null });

	await startSupervisor(scene);
	const after = await until("the program is taken over", async () => {
		const program = await programOf(scene);
		return program?.proven ? program : null;
	});
	expect(after).toMatchObject({
		state: "running",
		pid: before.pid,
		release: before.release,
		startedAt: before.startedAt,
	});
	expect((await living(scene)).map(({ pid }) => pid)).toEqual([before.pid]);

	const { next } = await crash(before.pid);
	expect(next.pid).not.toBe(before.pid);
	expect((await living(scene)).map(({ pid }) => pid)).toEqual([next.pid]);
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 3 });
});
