// One story: everything is bound to its own swap. A second swap in the window is refused and disturbs nothing; an old deadline never
// meets the next swap; and two proposals never share a trial.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	build,
	close,
	configure,
	deadman,
	factsOf,
	finish,
	git,
	type Json,
	killSupervisor,
	look,
	openScene,
	post,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	state,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(() => close(scene));

async function snapshots(): Promise<string[]> {
	const folder = join(scene.root, ".deadman", "snapshots");
	const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
	const hashes = names.map(async ({ parentPath, name }) => {
		const hash = createHash("sha256").update(await readFile(join(parentPath, name)));
		return `${join(parentPath, name)} ${hash.digest("hex")}`;
	});
	return (await Promise.all(hashes)).sort();
}

test("a second swap in the window is refused, and the snapshot is untouched", { timeout: 60_000 }, async () => {
	const before = await state(scene);
	const first = await attempt(scene, "first", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await writeNotes(scene, 2);
	const [held, facts] = [await snapshots(), (await factsOf(scene, first.id)).length];
	expect(held.some((line) => line.includes(first.id))).toBe(true);

	const workspace = await build(scene, "second", version(3));
	const head = (await git({ ...scene, root: workspace.path }, "rev-parse", "HEAD")).trim();
	const submitted = await deadman(scene, "submit", "second", "--summary", "Too early");
	expect(submitted).toMatchObject({ code: 5, error: { code: "swap_in_flight" } });
	expect(submitted.error.message).toContain(first.id);
	const proposed = await deadman(scene, "propose", "--commit", head, "--summary", "Too early");
	expect(proposed).toMatchObject({ code: 5, error: { code: "swap_in_flight" } });
	expect((await deadman(scene, "ls")).swaps.map(({ id }: { id: string }) => id)).toEqual([first.id]);
	expect(await snapshots()).toEqual(held);
	expect(await factsOf(scene, first.id)).toHaveLength(facts);
	expect(await look(scene)).toEqual({ version: "2", schema: 2, notes: 5 });

	expect((await finish(scene, first.id, "rollback")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
	const later = await deadman(scene, "submit", "second", "--summary", "Now it is its turn");
	expect(later.code).toBe(0);
	expect(await reach(scene, later.swap.id, "awaiting_confirmation")).toMatchObject({ status: "awaiting_confirmation" });
	expect((await finish(scene, later.swap.id, "rollback")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
});

test("the deadline of an ended swap does not meet the next one", { timeout: 90_000 }, async () => {
	await restart("8s");
	const stale = await attempt(scene, "stale", version(4), "awaiting_confirmation");
	const ended = await finish(scene, stale.id, "rollback");
	expect(ended).toMatchObject({ status: "rolled_back", cause: { code: "rollback_requested" } });
	await restart("60s");
	const good = await attempt(scene, "good", version(5), "awaiting_confirmation");
	expect(good.status).toBe("awaiting_confirmation");
	expect(Date.parse(good.deadman.expiresAt)).toBeGreaterThan(Date.parse(stale.deadman.expiresAt));
	await until("the old deadline is past", () => Date.now() > Date.parse(stale.deadman.expiresAt) + 1_000, 20_000);
	expect((await swapOf(scene, good.id)).status).toBe("awaiting_confirmation");
	const { status, outcome, cause } = ended;
	expect((await deadman(scene, "status", stale.id)).swap).toMatchObject({ status, outcome, cause });

	expect((await finish(scene, good.id, "confirm")).status).toBe("finalized");
	expect(await serving(scene, () => true)).toEqual({ version: "5", schema: 1, notes: 3 });
	const late = await deadman(scene, "rollback", good.id);
	expect(late).toMatchObject({ code: 5, error: { code: "already_decided" } });
	expect((await git(scene, "rev-parse", "main")).trim()).toBe(good.commit);
});

test.each(["confirm", "rollback"] as const)(
	"the next proposal may follow a %s in the same instant",
	{ timeout: 90_000 },
	async (verb) => {
		for (let round = 1; round <= 2; round += 1) {
			const swap = await attempt(
				scene,
				`ends-by-${verb}-${round}`,
				version(`${verb} ${round}`),
				"awaiting_confirmation",
			);
			const next = `follows-${verb}-${round}`;
			await buildOn(swap, next, version(`after ${verb} ${round}`));
			const [, submitted] = await Promise.all([finish(scene, swap.id, verb), submittedWhenOver(swap.id, next)]);
			expect(submitted).toMatchObject({ code: 0 });
			await reach(scene, submitted.swap.id, "awaiting_confirmation");
			expect((await finish(scene, submitted.swap.id, "rollback")).status).toBe("rolled_back");
		}
	},
);

/** On top of what is being tried, where that is to be kept: as a builder does it that has seen the confirm. */
async function buildOn(swap: Json, name: string, edit: (source: string) => string): Promise<void> {
	const { workspace } = await deadman(scene, "workspace", "create", name);
	const builder = { ...scene, root: workspace.path };
	const kept = name.includes("confirm");
	if (kept) {
		await git(builder, "fetch", "--quiet", join(scene.root, ".deadman", "repo.git"), `refs/deadman/swaps/${swap.id}`);
		await git(builder, "reset", "--quiet", "--hard", "FETCH_HEAD");
	}
	const path = join(workspace.path, "server.cjs");
	await writeFile(path, edit(await readFile(path, "utf8")));
	await git(builder, "commit", "--quiet", "-am", name);
}

/** Without a new process in between: the proposal arrives while the swap before it is still being tidied. */
async function submittedWhenOver(id: string, workspace: string): Promise<Json> {
	await seen(scene, id, "over", ({ status }) => status === "finalized" || status === "rolled_back");
	return post(scene, "/v1/submissions", { workspace, summary: "At once" });
}

test("a pending proposal waits alone, and is gone when it is withdrawn", { timeout: 60_000 }, async () => {
	await restart("60s", "required");
	const served = await look(scene);
	const pending = await attempt(scene, "pending", version(6));
	expect(pending.status).toBe("pending_approval");
	await build(scene, "next", version(7));
	expect(await deadman(scene, "submit", "next", "--summary", "Next")).toMatchObject({
		code: 5,
		error: { code: "swap_in_flight" },
	});
	expect(await deadman(scene, "withdraw", pending.id)).toMatchObject({ code: 0, swap: { status: "rejected" } });
	const next = await deadman(scene, "submit", "next", "--summary", "Next");
	expect(next).toMatchObject({ code: 0, swap: { status: "pending_approval" } });
	expect(next.swap.id).not.toBe(pending.id);
	expect(await deadman(scene, "approve", pending.id)).toMatchObject({ code: 5, error: { code: "already_decided" } });
	expect(await serving(scene, () => true)).toEqual(served);
});

async function restart(length: string, approval = "auto"): Promise<void> {
	await killSupervisor(scene);
	await configure(scene, (config) => {
		config.approval = approval;
		config.deadman = { initial: length, afterDelivery: length, cap: "120s" };
	});
	await raise(scene);
}
