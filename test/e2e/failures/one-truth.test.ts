// One story: the journal cannot be opened at one start, and can be again at the next one. What was acknowledged before stays true, what
// was undone meanwhile is undone once, and nothing runs on data that is not its own.
import { once } from "node:events";
import { mkdir, readFile, readlink, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	git,
	killSupervisor,
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
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 5);
});
afterAll(() => close(scene));

const path = (name: string) => join(scene.root, ".deadman", name);
const live = async () => JSON.parse(await readFile(path("live.json"), "utf8"));

/** A folder stands in the place of the journal for one life, which ends by itself or goes on without it; then the journal is back. */
async function oneLifeWithoutJournal(meanwhile: () => Promise<void>): Promise<void> {
	await rename(path("state.db"), path("state.db.kept"));
	await mkdir(path("state.db"));
	const child = launch(scene);
	const ended = once(child, "exit").then(() => true);
	await meanwhile();
	await Promise.race([ended, sleep(12_000)]);
	if (child.exitCode === null && child.signalCode === null) await killSupervisor(scene);
	await rm(path("state.db"), { recursive: true });
	await rename(path("state.db.kept"), path("state.db"));
}

test("on trial: undone once, and the next start with a journal says so", { timeout: 120_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "trial", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	await writeNotes(scene, 3);
	await killSupervisor(scene);
	await oneLifeWithoutJournal(async () => {
		await serving(scene, (answer) => answer.version === "1" && answer.notes === 5, 60_000);
	});
	// Whoever writes now writes into the old version's data: not even a second rollback may take that away.
	if ((await look(scene)) === null) await startSupervisor(scene);
	else await writeNotes(scene, 2);
	await startSupervisor(scene);
	const first = await deadman(scene, "status", swap.id);
	expect(["rolling_back", "rolled_back"]).toContain(first.swap.status);
	expect((await reach(scene, swap.id, "rolled_back", "stranded", "finalized")).status).toBe("rolled_back");
	expect(await serving(scene, () => true)).toEqual({ version: "1", schema: 1, notes: 7 });
	const { notes, ...rest } = await state(scene);
	const { notes: rows, ...wanted } = before;
	expect(rest).toEqual(wanted);
	expect(notes.slice(0, 5)).toEqual(rows);
	expect(await live()).toMatchObject({ release: { id: swap.previousRelease }, trial: null });
	await killSupervisor(scene);
	await raise(scene);
	expect(await serving(scene, () => true)).toEqual({ version: "1", schema: 1, notes: 7 });
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
});

test("after a confirm that was acknowledged: the new version stays, with every row", { timeout: 120_000 }, async () => {
	const held = (await state(scene)).notes.length;
	const swap = await attempt(scene, "kept", version(3, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	await writeNotes(scene, 4);
	const answer = await post(scene, `/v1/swaps/${swap.id}/confirm`, {});
	expect(answer.code).toBe(0);
	// At once: the promotion is still under way.
	await killSupervisor(scene);
	await oneLifeWithoutJournal(async () => {});
	await startSupervisor(scene);
	expect((await reach(scene, swap.id, "finalized", "rolled_back", "stranded")).status).toBe("finalized");
	const served = await serving(scene, (now) => now.version === "3");
	expect(served).toEqual({ version: "3", schema: 2, notes: held + 4 });
	const now = await state(scene);
	expect(now.current).toBe(`releases/${swap.candidateRelease}`);
	expect(await readlink(path("current"))).toBe(`releases/${swap.candidateRelease}`);
	expect(await live()).toMatchObject({ release: { id: swap.candidateRelease }, trial: null });
	expect(await git(scene, "show", "main:server.cjs")).toContain('const VERSION = "3"');
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.candidateRelease]);
});
