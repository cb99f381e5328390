// One story: the supervisor is killed with -9 at the worst moments of a swap. The next one ends it with the truth, who waited hears
// it, and what is read meanwhile comes from the journal.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	build,
	close,
	configure,
	deadman,
	factsOf,
	finish,
	habit,
	killSupervisor,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	startSupervisor,
	state,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.program.stopGrace = "3s";
		},
	});
	await raise(scene);
	await writeNotes(scene, 4);
});
afterAll(() => close(scene));

async function windowOf(length: string): Promise<void> {
	await configure(scene, (config) => {
		config.deadman = { initial: length, afterDelivery: length, cap: "120s" };
	});
}

async function isAsBefore(before: object, notes = 4): Promise<void> {
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
}

test("in cut-over: undone, and the cause says so", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	await build(scene, "cut-over", habit("never-ready"));
	const { swap } = await deadman(scene, "submit", "cut-over", "--summary", "Killed while it starts");
	await seen(scene, swap.id, "cutting over, started", ({ status, boots }) => status === "cutting_over" && boots === 1);
	await killSupervisor(scene);
	const down = await deadman(scene, "status", swap.id);
	expect(down).toMatchObject({ code: 0, supervisor: null, swap: { status: "cutting_over", boots: 1 } });
	await startSupervisor(scene);
	const end = await reach(scene, swap.id, "rolled_back");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "supervisor_died" } });
	expect(end.deadman.remainingMs).toBe(0);
	await isAsBefore(before);
});

test("in the window: it resumes, and a wait begun before hears the end", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "resumes", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await writeNotes(scene, 2);
	// The arrival of its card opens a fresh window: only then the expiry stands.
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	const waiting = deadman(scene, "wait", swap.id, "--until", "rolled_back", "--timeout", "40s");
	await killSupervisor(scene);
	expect(await serving(scene, () => true)).toEqual({ version: "2", schema: 2, notes: 6 });
	const down = await deadman(scene, "status", swap.id);
	expect(down.swap.status).toBe("awaiting_confirmation");
	expect(down.swap.deadman.remainingMs).toBeGreaterThan(0);
	const pids = (await living(scene)).map(({ pid }) => pid);

	await startSupervisor(scene);
	const resumed = await seen(scene, swap.id, "resumed", ({ status }) => status === "awaiting_confirmation");
	expect(resumed.deadman.expiresAt).toBe(down.swap.deadman.expiresAt);
	expect(resumed.deadman.remainingMs).toBeLessThan(down.swap.deadman.remainingMs);
	await until(
		"the next life watches",
		async () =>
			(await factsOf(scene, swap.id)).filter(({ type, step }) => type === "stepStarted" && step === "probation")[1],
	);
	expect((await living(scene)).map(({ pid }) => pid)).toEqual(pids);
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await waiting).toMatchObject({ code: 0, reached: true, swap: { id: swap.id, status: "rolled_back" } });
	await isAsBefore(before);
});

test("down until after expiry: it fires at once, and no confirm comes through", { timeout: 90_000 }, async () => {
	await restart("3s");
	const before = await state(scene);
	const swap = await attempt(scene, "late", version(3), "awaiting_confirmation", "rolling_back", "rolled_back");
	expect(swap.status).toBe("awaiting_confirmation");
	const waiting = deadman(scene, "wait", swap.id, "--timeout", "40s");
	await killSupervisor(scene);
	const expired = await until("the window is over", async () => {
		const { swap: seen } = await deadman(scene, "status", swap.id);
		return seen.deadman.remainingMs === 0 ? seen : null;
	});
	expect(expired.status).toBe("awaiting_confirmation");
	expect((await deadman(scene, "confirm", swap.id)).code).toBe(6);
	expect((await serving(scene, () => true)).version).toBe("3");
	await startSupervisor(scene);
	const confirm = await deadman(scene, "confirm", swap.id);
	expect(confirm.code).toBe(5);
	expect(["window_over", "already_decided"]).toContain(confirm.error.code);
	const end = await reach(scene, swap.id, "rolled_back");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
	// It was waited for `finalized`: told the truth, with the exit code of a disappointment.
	expect(await waiting).toMatchObject({ code: 1, reached: false, swap: { status: "rolled_back" } });
	await isAsBefore(before);
	await restart("60s");
});

test("twice in the rollback: it is entered again and ends right", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "stubborn", habit("ignores-term"), "awaiting_confirmation");
	const asked = await deadman(scene, "rollback", swap.id, "--reason", "to be cut short");
	expect(asked).toMatchObject({ code: 0, swap: { status: "rolling_back" } });
	for (const life of [1, 2]) {
		// The candidate ignores TERM for its whole grace, so the rollback is in its middle when its intent is there.
		await until(`life ${life} rolls back`, async () => (await rollBacks(swap.id)).length === life);
		expect((await swapOf(scene, swap.id)).status).toBe("rolling_back");
		await killSupervisor(scene);
		expect((await deadman(scene, "status", swap.id)).swap.status).toBe("rolling_back");
		await startSupervisor(scene);
	}
	const end = await reach(scene, swap.id, "rolled_back");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "rollback_requested" } });
	const lives = (await rollBacks(swap.id)).map(({ life }) => life);
	expect(new Set(lives).size).toBe(3);
	await isAsBefore(before);
});

async function rollBacks(id: string) {
	return (await factsOf(scene, id)).filter(({ type, step }) => type === "stepStarted" && step === "rollBack");
}

async function restart(length: string): Promise<void> {
	await killSupervisor(scene);
	await windowOf(length);
	await raise(scene);
}
