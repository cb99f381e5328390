// Workspaces on disk: half-made ones, removed ones whose commits stay, and builders who turn git against us.
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../src/adapters/git/workspaces.js";
import { commitTree, makeRepository, makeTools, type TestRepository, writeTree } from "../../support/git.js";

const port = ({ root, stateDir }: TestRepository) =>
	createWorkspaces({ root, stateDir, branch: "main", ...makeTools() });

async function ready() {
	const repository = await makeRepository({ "app.txt": "one\n", ".gitignore": "dist\n" });
	const first = await repository.git("rev-parse", "HEAD");
	return { repository, first, workspaces: port(repository), folder: join(repository.stateDir, "workspaces", "one") };
}

it("holds what git tracks and nothing else", async () => {
	const { repository, first, workspaces, folder } = await ready();
	await writeTree(repository.root, { ".env": "SECRET=1\n", "data/app.db": "x" });
	await workspaces.create("one", first);
	expect((await readdir(folder)).sort()).toEqual([".git", ".gitignore", "app.txt"]);
	expect(await readFile(join(folder, "app.txt"), "utf8")).toBe("one\n");
	expect(await repository.git("worktree", "list")).toContain("[dev/one]");
	expect(await repository.git("-C", folder, "status", "--porcelain")).toBe("");
});

it("takes what git ignores for no uncommitted work", async () => {
	const { repository, first, workspaces, folder } = await ready();
	await workspaces.create("one", first);
	await writeFile(join(repository.root, ".git", "info", "exclude"), ".deadman/\n*.log\n");
	await writeTree(folder, { "dist/out.js": "x", "debug.log": "x" });
	expect(await workspaces.head("one")).toBe(first);
});

it("sees staged changes and deletions", async () => {
	const { repository, first, workspaces, folder } = await ready();
	await workspaces.create("one", first);
	await writeTree(folder, { "app.txt": "two\n" });
	await repository.git("-C", folder, "add", "--all");
	await writeTree(folder, { "app.txt": "one\n" });
	expect(await workspaces.head("one")).toMatchObject({ code: "workspace_dirty" });
	await repository.git("-C", folder, "reset", "--quiet");
	expect(await workspaces.head("one")).toBe(first);
	await writeTree(folder, { "app.txt": null });
	expect(await workspaces.head("one")).toMatchObject({ message: expect.stringContaining('"app.txt"') });
});

it("keeps the commits of a removed workspace under a ref", async () => {
	const { repository, first, workspaces, folder } = await ready();
	await workspaces.create("one", first);
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	expect(await workspaces.remove("one")).toBeNull();
	await expect(stat(folder)).rejects.toThrow("ENOENT");
	expect(await repository.git("branch", "--list", "dev/*")).toBe("");
	expect(await repository.git("rev-parse", "refs/deadman/removed/one")).toBe(commit);
	expect(await repository.git("worktree", "list")).not.toContain("one");
});

it("makes a half-made one anew, and does not list it", async () => {
	const { repository, first, workspaces, folder } = await ready();
	await repository.git(
		"worktree",
		"add",
		"--no-checkout",
		"--lock",
		"--reason",
		"deadman: half-made",
		"-b",
		"dev/one",
		folder,
	);
	expect(await workspaces.list()).toEqual([]);
	expect(await workspaces.head("one")).toMatchObject({ code: "workspace_unknown" });
	expect(await workspaces.create("one", first)).toMatchObject({ head: first });
	expect(await workspaces.head("one")).toBe(first);
});

it("removes one whose folder somebody deleted", async () => {
	const { first, workspaces, folder } = await ready();
	await workspaces.create("one", first);
	await rm(folder, { recursive: true });
	expect(await workspaces.remove("one")).toBeNull();
	expect(await workspaces.list()).toEqual([]);
	expect(await workspaces.create("one", first)).toMatchObject({ head: first });
});

it("does not take a branch of somebody else", async () => {
	const { repository, first, workspaces } = await ready();
	await repository.git("branch", "dev/one");
	expect(await workspaces.create("one", first)).toMatchObject({ code: "workspace_exists" });
	expect(await repository.git("rev-parse", "dev/one")).toBe(first);
});

it("does not follow a builder who points the workspace elsewhere", async () => {
	const { first, workspaces, folder } = await ready();
	await workspaces.create("one", first);
	await writeFile(join(folder, ".git"), "gitdir: /nonexistent\n");
	expect(await workspaces.head("one")).toBe(first);
});

it("leaves the operator's other worktrees alone", async () => {
	const { repository, workspaces } = await ready();
	const other = join(repository.root, "..", "other");
	await repository.git("worktree", "add", "--quiet", "-b", "feature", other);
	expect(await workspaces.list()).toEqual([]);
	expect(await workspaces.remove("other")).toMatchObject({ code: "workspace_unknown" });
	expect((await stat(other)).isDirectory()).toBe(true);
});
