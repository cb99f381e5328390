// One story: somebody uses a side door while a swap is on trial: edits a file of the running release, restarts the program by hand,
// moves the branch. What was tried must be what is kept: confirm is refused over edited files, and merges into a branch that moved on.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	factsOf,
	finish,
	git,
	living,
	look,
	openScene,
	programOf,
	raise,
	type Scene,
	seen,
	serving,
	state,
	stateDirOf,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 2);
});
afterAll(() => close(scene));

test("a file of the running release was edited: confirm is refused, rollback is exact", {
	timeout: 60_000,
}, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "edited", version(2), "awaiting_confirmation");
	const path = join(scene.root, ".deadman", "releases", swap.candidateRelease, "server.cjs");
	const original = await readFile(path, "utf8");
	await writeFile(path, `${original}// a quick fix by hand\n`);
	const refused = await deadman(scene, "confirm", swap.id);
	expect(refused).toMatchObject({ code: 5, error: { code: "release_edited" } });
	expect(refused.error.message).toContain("server.cjs");
	expect((await swapOf(scene, swap.id)).status).toBe("awaiting_confirmation");
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
});

test("the previous version was edited during the trial: what is gone back to is what it was", {
	timeout: 60_000,
}, async () => {
	const before = await state(scene);
	const edit = (source: string) => `${version(2)(source)}// another tree than before\n`;
	const swap = await attempt(scene, "tampers", edit, "awaiting_confirmation");
	const path = join(await stateDirOf(scene), "releases", swap.previousRelease, "server.cjs");
	await writeFile(path, (await readFile(path, "utf8")).replace(/VERSION = ".*"/, 'VERSION = "forged"'));
	const end = await finish(scene, swap.id, "rollback");
	expect(end.status).toBe("rolled_back");
	expect(await look(scene)).toMatchObject({ version: "1" });
	expect(await state(scene)).toEqual(before);
	const notes = (await factsOf(scene, swap.id)).filter(({ type }: { type: string }) => type === "noted");
	expect(JSON.stringify(notes)).toContain("server.cjs");
	expect(JSON.stringify(notes)).toContain("were put right");
});

test("an edit that was taken back is no edit", { timeout: 60_000 }, async () => {
	const swap = await attempt(scene, "unedited", version(3), "awaiting_confirmation");
	const path = join(scene.root, ".deadman", "releases", swap.candidateRelease, "server.cjs");
	const original = await readFile(path, "utf8");
	await writeFile(path, "// nothing is left\n");
	expect((await deadman(scene, "confirm", swap.id)).error.code).toBe("release_edited");
	await writeFile(path, original);
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	expect(await look(scene)).toEqual({ version: "3", schema: 1, notes: 2 });
	expect((await git(scene, "rev-parse", "main")).trim()).toBe(swap.commit);
});

test("the branch moved meanwhile: confirm keeps the change, and both are on the branch", {
	timeout: 60_000,
}, async () => {
	const swap = await attempt(scene, "overtaken", version(4), "awaiting_confirmation");
	await writeFile(join(scene.root, "notes.md"), "somebody was faster\n");
	await git(scene, "add", "notes.md");
	await git(scene, "commit", "--quiet", "-m", "Somebody was faster");
	const moved = (await git(scene, "rev-parse", "main")).trim();
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	expect(await look(scene)).toMatchObject({ version: "4" });
	expect((await git(scene, "show", "--no-patch", "--format=%P", "main")).trim()).toBe(`${moved} ${swap.commit}`);
	expect((await git(scene, "status", "--porcelain")).trim()).toBe("");
	expect(await readFile(join(scene.root, "notes.md"), "utf8")).toBe("somebody was faster\n");
	const { supervisor } = await deadman(scene, "status");
	expect(supervisor).toMatchObject({ ahead: { branch: "main", commits: 2 }, unsettled: [] });
	expect(supervisor.live.commit).toBe(swap.commit);
});

test("a builder that knows nothing of it goes on, and the branch itself can be proposed", {
	timeout: 90_000,
}, async () => {
	const swap = await attempt(scene, "beside", version(5), "awaiting_confirmation");
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	expect((await deadman(scene, "status")).supervisor.ahead).toMatchObject({ branch: "main" });
	const proposed = await deadman(scene, "propose", "--commit", "main", "--summary", "What stands on main");
	await deadman(scene, "approve", proposed.swap.id, "--type", `host ${proposed.swap.id}`);
	await seen(scene, proposed.swap.id, "on trial", ({ status }) => status === "awaiting_confirmation");
	expect((await finish(scene, proposed.swap.id, "confirm")).status).toBe("finalized");
	const { supervisor } = await deadman(scene, "status");
	expect(supervisor).toMatchObject({ ahead: { branch: "main", commits: 0 }, unsettled: [] });
	expect(await look(scene)).toMatchObject({ version: "5" });
});

test("the program was restarted by hand: one death is survived and counted", { timeout: 60_000 }, async () => {
	const swap = await attempt(scene, "restarted", version(6), "awaiting_confirmation");
	const { pid } = await programOf(scene);
	process.kill(pid, "SIGTERM");
	await seen(scene, swap.id, "started again", ({ boots }) => boots === 2);
	await until("another process serves", async () => {
		const program = await programOf(scene);
		return program.pid !== pid && program.pid !== null && (await look(scene))?.version === "6";
	});
	expect((await swapOf(scene, swap.id)).status).toBe("awaiting_confirmation");
	expect(await living(scene)).toHaveLength(1);
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await serving(scene, (answer) => answer.version === "5")).toEqual({ version: "5", schema: 1, notes: 2 });
});

test("the live release was edited before: nothing is built on it, and it says so", { timeout: 60_000 }, async () => {
	const { supervisor } = await deadman(scene, "status");
	const path = join(scene.root, ".deadman", "releases", supervisor.live.release, "server.cjs");
	const original = await readFile(path, "utf8");
	await writeFile(path, `${original}// by hand\n`);
	const before = await state(scene);
	const swap = await attempt(scene, "on-sand", version(7), "drafting");
	expect(swap).toMatchObject({ status: "drafting", cause: { code: "release_edited" }, deadman: null });
	expect(await state(scene)).toEqual(before);
	await writeFile(path, original);
	const again = await deadman(scene, "submit", "on-sand", "--summary", "On rock");
	expect(again).toMatchObject({ code: 0, swap: { id: swap.id } });
	const tried = await seen(scene, swap.id, "on trial", ({ status }) => status === "awaiting_confirmation");
	expect((await finish(scene, tried.id, "confirm")).status).toBe("finalized");
});
