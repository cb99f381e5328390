// What killed lives leave of workspaces, and what the sweep does with it: never a loss, never somebody else's branch.

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import {
	commitTree,
	makeRepository,
	makeTools,
	plainGit,
	plainGitEnvironment,
	writeTree,
} from "../../../support/git.js";

async function ready() {
	const repository = await makeRepository();
	const { root, stateDir, git } = repository;
	const from = await git("rev-parse", "HEAD");
	const tools = makeTools();
	const workspaces = createWorkspaces({ root, stateDir, branch: "main", shared: [], ...tools });
	const folder = join(stateDir, "workspaces");
	const create = (name: string, kind: "worktree" | "clone" = "worktree") =>
		workspaces.create({ name, from, target: "host", kind });
	const record = async (name: string, change: Readonly<Record<string, unknown>>) => {
		const path = join(folder, `${name}.json`);
		await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }));
	};
	return { ...repository, from, workspaces, create, folder, record, aside: join(stateDir, "workspaces-old"), ...tools };
}

/** As an older deadman made it: with our name in its log. */
function branchOfOurs(folder: string, name: string): Promise<unknown> {
	const env = { ...plainGitEnvironment, GIT_COMMITTER_NAME: "deadman", GIT_COMMITTER_EMAIL: "deadman@localhost" };
	return promisify(execFile)("git", ["branch", name], { cwd: folder, env });
}

for (const kind of ["worktree", "clone"] as const) {
	it(`removes a half-made ${kind} with all that belongs to it`, async () => {
		const { git, workspaces, create, folder, record } = await ready();
		await create("half", kind);
		await create("whole", kind);
		await record("half", { whole: false });
		expect((await workspaces.list()).map(({ name }) => name)).toEqual(["whole"]);
		await workspaces.sweep();
		expect((await readdir(folder)).sort()).toEqual(["whole", "whole.json"]);
		expect(await git("branch", "--list", "dev/half")).toBe("");
		expect(await git("worktree", "list")).not.toContain("half");
		expect(await workspaces.head("whole")).toMatch(/^[0-9a-f]{40}$/);
	});

	it(`goes on with a ${kind} whose making or removal was killed`, async () => {
		const { from, workspaces, create, folder, record } = await ready();
		await create("one", kind);
		await record("one", { whole: false });
		await rm(join(folder, "one", "app.txt"));
		expect(await create("one", kind)).toMatchObject({ head: from });
		expect(await workspaces.head("one")).toBe(from);
	});

	it(`keeps the commits of a ${kind} whose folder somebody removed`, async () => {
		const { git, stateDir, workspaces, create, folder } = await ready();
		await create("one", kind);
		const commit = await commitTree(join(folder, "one"), { "app.txt": "two\n" });
		await workspaces.head("one");
		await rm(join(folder, "one"), { recursive: true });
		expect(await workspaces.list()).toEqual([]);
		await workspaces.sweep();
		const repository = kind === "clone" ? ["--git-dir", join(stateDir, "repo.git")] : [];
		expect(await git(...repository, "rev-parse", "refs/deadman/removed/one")).toBe(commit);
		expect(await git("branch", "--list", "dev/*")).toBe("");
		expect(await readdir(folder)).toEqual([]);
	});
}

it("moves a folder aside of which nothing is known, and drops an empty one", async () => {
	const { workspaces, create, folder, aside, logged } = await ready();
	await create("lost", "clone");
	await writeTree(join(folder, "lost"), { "work.txt": "never committed\n" });
	await rm(join(folder, "lost.json"));
	await mkdir(join(folder, "empty"));
	await workspaces.sweep();
	expect(await readdir(folder)).toEqual([]);
	expect(await readdir(aside)).toEqual(["lost-1"]);
	expect(await readFile(join(aside, "lost-1", "work.txt"), "utf8")).toBe("never committed\n");
	expect(logged).toEqual(["workspace.set_aside"]);
});

it("leaves a workspace alone whose record is of a newer deadman", async () => {
	const { workspaces, create, folder, record } = await ready();
	await create("newer", "clone");
	await record("newer", { schemaVersion: 2 });
	await workspaces.sweep();
	expect((await readdir(folder)).sort()).toEqual(["newer", "newer.json"]);
	expect(await workspaces.list()).toEqual([]);
	expect(await create("newer", "clone")).toMatchObject({ code: "workspace_exists" });
});

it("removes a branch that we made and nobody owns, and no other", async () => {
	const { root, git, from, workspaces, create } = await ready();
	await create("kept");
	await branchOfOurs(root, "dev/ours");
	await branchOfOurs(root, "dev/used");
	await git("worktree", "add", "--quiet", join(root, "..", "used"), "dev/used");
	await git("branch", "dev/theirs");
	await git("branch", "dev/deep/er");
	await workspaces.sweep();
	const left = (await git("for-each-ref", "--format=%(refname:short)", "refs/heads/dev")).split("\n");
	expect(left).toEqual(["dev/deep/er", "dev/kept", "dev/theirs", "dev/used"]);
	expect(await git("rev-parse", "refs/deadman/removed/ours")).toBe(from);
	await branchOfOurs(root, "dev/ours");
	expect(await workspaces.remove("ours")).toBeNull();
	expect(await workspaces.remove("theirs")).toMatchObject({ code: "workspace_unknown" });
});

it("sweeps a repository without workspaces, and one in which git has none of ours", async () => {
	const { root, git, workspaces } = await ready();
	await git("worktree", "add", "--quiet", "-b", "feature", join(root, "..", "feature"));
	await workspaces.sweep();
	await workspaces.sweep();
	expect(await plainGit(join(root, "..", "feature"), "status", "--porcelain")).toBe("");
});
