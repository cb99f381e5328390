// One story: repositories as people leave them. What a swap cannot stand on is refused with a sentence and nothing moves; what belongs
// to the operator is left alone; what a dead git of ours left behind is cleared.
import { link, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	attempt,
	build,
	close,
	deadman,
	finish,
	git,
	type Json,
	killSupervisor,
	openScene,
	programOf,
	raise,
	reach,
	type Scene,
	serving,
	startSupervisor,
	state,
	until,
	version,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({ populate: (root) => writeFile(join(root, "notes.txt"), "one\n") });
	await raise(scene);
});
afterAll(() => close(scene));

const path = (...parts: string[]) => join(scene.root, ...parts);
const attemptGit = (...args: string[]) => git(scene, ...args).catch(() => "it stopped, as it was meant to");
const revision = async (name: string) => (await git(scene, "rev-parse", name)).trim();

/** A branch `other` that conflicts with main in notes.txt. */
async function conflict(): Promise<void> {
	await git(scene, "checkout", "--quiet", "-B", "other");
	await writeFile(path("notes.txt"), "theirs\n");
	await git(scene, "commit", "--quiet", "-am", "Theirs");
	await git(scene, "checkout", "--quiet", "main");
	await writeFile(path("notes.txt"), `ours ${await revision("main")}\n`);
	await git(scene, "commit", "--quiet", "-am", "Ours");
}

describe("in the middle of something", () => {
	const operations = [
		["merge", ["merge", "other"]],
		["rebase", ["rebase", "other"]],
		["cherry-pick", ["cherry-pick", "other"]],
	] as const;

	test.each(operations)(
		"%s: refused, and afterwards it goes through",
		{ timeout: 60_000 },
		async (operation, command) => {
			// The branch moves by it, so the live version follows first.
			const { branch } = await state(scene);
			const workspace = await build(scene, `during-${operation}`, version(operation));
			await conflict();
			await attemptGit(...command);
			const before = await state(scene);
			const refused = await deadman(scene, "submit", `during-${operation}`, "--summary", "In the middle");
			expect(refused).toMatchObject({ code: 5, error: { code: "git_busy" } });
			expect(refused.error.message).toContain(operation);
			expect(refused.error.next).toContain(`git ${operation} --abort`);
			expect(await state(scene)).toEqual(before);

			await git(scene, operation, "--abort");
			await git(scene, "reset", "--quiet", "--hard", branch);
			expect((await git({ ...scene, root: workspace.path }, "status", "--porcelain")).trim()).toBe("");
			const { swap } = await deadman(scene, "submit", `during-${operation}`, "--summary", "Afterwards");
			expect(await reach(scene, swap.id, "awaiting_confirmation")).toMatchObject({ status: "awaiting_confirmation" });
			expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
		},
	);

	test("a merge begun in the window on the branch: it is kept, nothing follows, and the commit waits", {
		timeout: 60_000,
	}, async () => {
		await git(scene, "checkout", "--quiet", "-B", "other");
		await writeFile(path("theirs.txt"), "theirs\n");
		await git(scene, "add", "theirs.txt");
		await git(scene, "commit", "--quiet", "-m", "Theirs");
		await git(scene, "checkout", "--quiet", "main");
		const swap = await attempt(scene, "merge-on-branch", version("merge on the branch"), "awaiting_confirmation");
		await git(scene, "merge", "--quiet", "--no-ff", "--no-commit", "other");
		const end = await finish(scene, swap.id, "confirm");
		const command = `git merge refs/deadman/confirmed/${swap.id}`;
		expect(end).toMatchObject({ status: "finalized", outcome: { sentence: expect.stringContaining(command) } });
		expect(await readFile(path(".git", "MERGE_HEAD"), "utf8")).toContain(await revision("other"));
		await git(scene, "merge", "--abort");
		await git(scene, ...command.split(" ").slice(1));
		expect(await revision("main")).toBe(swap.commit);
		expect((await deadman(scene, "status")).supervisor.unsettled).toEqual([]);
	});

	test("a merge begun in the window on another branch: it is left as it is", { timeout: 60_000 }, async () => {
		const before = await state(scene);
		await conflict();
		await git(scene, "reset", "--quiet", "--hard", before.branch);
		const swap = await attempt(scene, "merge-in-window", version("merge in the window"), "awaiting_confirmation");
		await writeFile(path("notes.txt"), "ours too\n");
		await git(scene, "stash", "--quiet");
		await git(scene, "checkout", "--quiet", "-b", "side");
		await git(scene, "stash", "pop", "--quiet");
		await git(scene, "commit", "--quiet", "-am", "On the side");
		await attemptGit("merge", "other");
		const end = await finish(scene, swap.id, "confirm");
		expect(end).toMatchObject({ status: "finalized" });
		expect(await readFile(path(".git", "MERGE_HEAD"), "utf8")).toContain(await revision("other"));
		await git(scene, "merge", "--abort");
		// Another branch is checked out: the live branch moves, the checkout does not.
		expect(await revision("main")).toBe(swap.commit);
		expect((await git(scene, "branch", "--show-current")).trim()).toBe("side");
		expect(await readFile(path("notes.txt"), "utf8")).toBe("ours too\n");
		await git(scene, "checkout", "--quiet", "main");
	});
});

describe("the operator's checkout at confirm", () => {
	test("clean and on the branch, it follows", { timeout: 60_000 }, async () => {
		const swap = await attempt(scene, "clean", version("clean"), "awaiting_confirmation");
		const end = await finish(scene, swap.id, "confirm");
		expect(end.outcome.sentence).toContain(`main is at ${swap.commit.slice(0, 12)}`);
		expect(await revision("HEAD")).toBe(swap.commit);
		expect(await git(scene, "status", "--porcelain")).toBe("");
		expect(await readFile(path("server.cjs"), "utf8")).toContain('const VERSION = "clean"');
	});

	test("with edits elsewhere, it follows around them, and the next commit undoes nothing", {
		timeout: 60_000,
	}, async () => {
		const swap = await attempt(scene, "dirty", version("dirty"), "awaiting_confirmation");
		await writeFile(path("notes.txt"), "not committed\n");
		await writeFile(path("untracked.txt"), "not added\n");
		const end = await finish(scene, swap.id, "confirm");
		expect(end.outcome.sentence).toContain(`git stash apply --index refs/deadman/kept/${swap.id}`);
		expect(await revision("main")).toBe(swap.commit);
		expect(await git(scene, "status", "--porcelain")).toBe(" M notes.txt\n?? untracked.txt\n");
		await git(scene, "commit", "--quiet", "--all", "--message", "mine");
		expect(await git(scene, "show", "HEAD:server.cjs")).toContain('const VERSION = "dirty"');
		await rm(path("untracked.txt"));
		// Proposals start from what is live, so the operator's own commit would have to be proposed first.
		await git(scene, "reset", "--quiet", "--hard", swap.commit);
	});

	test("with an edit that clashes, nothing moves, and everybody says how to settle it", {
		timeout: 60_000,
	}, async () => {
		const swap = await attempt(scene, "clashing", version("clashing"), "awaiting_confirmation");
		const [head, server] = [await revision("main"), await readFile(path("server.cjs"), "utf8")];
		await writeFile(path("server.cjs"), server.replace('"dirty"', '"mine"'));
		const end = await finish(scene, swap.id, "confirm");
		const command = `git merge refs/deadman/confirmed/${swap.id}`;
		expect(end).toMatchObject({ status: "finalized", outcome: { sentence: expect.stringContaining(command) } });
		expect(await revision("main")).toBe(head);
		expect(await readFile(path("server.cjs"), "utf8")).toContain('"mine"');
		expect((await deadman(scene, "status")).supervisor.unsettled).toMatchObject([{ swapId: swap.id, command }]);
		await git(scene, "checkout", "--quiet", "--", "server.cjs");
		await git(scene, ...command.split(" ").slice(1));
		expect((await deadman(scene, "status")).supervisor.unsettled).toEqual([]);
		expect(await readFile(path("server.cjs"), "utf8")).toContain('"clashing"');
	});

	test("detached, only the branch moves", { timeout: 60_000 }, async () => {
		await git(scene, "checkout", "--quiet", "--detach");
		const at = await revision("HEAD");
		const swap = await attempt(scene, "detached", version("detached"), "awaiting_confirmation");
		expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
		expect(await revision("HEAD")).toBe(at);
		expect(await revision("main")).toBe(swap.commit);
		await git(scene, "checkout", "--quiet", "main");
		expect(await serving(scene, () => true)).toMatchObject({ version: "detached" });
	});
});

describe("locks", () => {
	test("a living git's lock is waited for", { timeout: 60_000 }, async () => {
		await build(scene, "patient", version("patient"));
		const lock = path(".git", "index.lock");
		await writeFile(lock, "");
		let answered = false;
		const submitting = deadman(scene, "submit", "patient", "--summary", "Waits").finally(() => {
			answered = true;
		});
		const begunMs = performance.now();
		await until("it has waited for a while", () => performance.now() - begunMs > 2_000 || answered);
		expect(answered).toBe(false);
		await rm(lock);
		const { code, swap } = await submitting;
		expect(code).toBe(0);
		await reach(scene, swap.id, "awaiting_confirmation");
		expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	});

	test("a lock that stays is refused by name, and never removed", { timeout: 60_000 }, async () => {
		await build(scene, "blocked", version("blocked"));
		const lock = path(".git", "refs", "heads", "main.lock");
		await writeFile(lock, "");
		const refused = await deadman(scene, "submit", "blocked", "--summary", "Blocked");
		expect(refused).toMatchObject({ code: 5, error: { code: "git_locked" } });
		expect(refused.error.message).toContain("main.lock");
		expect((await stat(lock)).isFile()).toBe(true);
		await rm(lock);
	});

	test("a lock that our own killed life left is cleared at confirm", { timeout: 60_000 }, async () => {
		const swap = await attempt(scene, "cleared", version("cleared"), "awaiting_confirmation");
		await killSupervisor(scene);
		const ours = path(".git", "deadman-index");
		await writeFile(ours, "cut off");
		await link(ours, path(".git", "index.lock"));
		await startSupervisor(scene);
		const end = await finish(scene, swap.id, "confirm");
		expect(end.status).toBe("finalized");
		expect(await stat(ours).catch(() => null)).toBeNull();
		expect(await stat(path(".git", "index.lock")).catch(() => null)).toBeNull();
		expect(await revision("HEAD")).toBe(swap.commit);
		expect(await git(scene, "status", "--porcelain")).toBe("");
	});
});

test("without a first commit: nothing is live, and it says what to do", { timeout: 60_000 }, async () => {
	const unborn = await openScene();
	try {
		await git(unborn, "update-ref", "-d", "refs/heads/main");
		const doctor = await deadman(unborn, "doctor");
		expect(doctor.code).toBe(1);
		const bad = doctor.findings.filter(({ level }: Json) => level === "bad").map(({ name }: Json) => name);
		expect(bad).toEqual(["repository", "program"]);

		await startSupervisor(unborn);
		const seen = await until("it says why", async () => {
			const program = await programOf(unborn);
			return /no first commit/.test(program.detail) ? program : null;
		});
		expect(seen).toMatchObject({ state: "none", proven: false, release: null });
		const proposed = await deadman(unborn, "propose", "--commit", "HEAD", "--summary", "First");
		expect(proposed).toMatchObject({ code: 5, error: { code: "baseline_unproven" } });
		expect(proposed.error.message).toContain("no first commit");
		expect(await deadman(unborn, "workspace", "create", "first")).toMatchObject({ code: 5 });
		await git(unborn, "add", ".");
		await git(unborn, "commit", "--quiet", "-m", "First");
		await killSupervisor(unborn);
		await raise(unborn);
		expect(await serving(unborn, () => true)).toEqual({ version: "1", schema: 1, notes: 0 });
	} finally {
		await close(unborn);
	}
});
