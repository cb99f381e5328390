// Workspaces on disk: what they hold, half-made ones, removed ones whose commits stay, and builders who turn git against us.
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import type { Workspace, WorkspaceRequest } from "../../../../src/ports/ports.js";
import { commitTree, makeRepository, makeTools, type Tree, writeTree } from "../../../support/git.js";
import { temporaryFolder } from "../../../support/temporary.js";

async function ready(options: { readonly shared?: readonly string[]; readonly first?: Tree } = {}) {
	const first = { "app.txt": "one\n", ".gitignore": "dist\n", ...options.first };
	const repository = await makeRepository(first);
	const from = await repository.git("rev-parse", "HEAD");
	const { root, stateDir } = repository;
	const tools = makeTools();
	const workspaces = createWorkspaces({ root, stateDir, branch: "main", shared: options.shared ?? [], ...tools });
	const create = async (name = "one", request: Partial<WorkspaceRequest> = {}): Promise<Workspace> => {
		const made = await workspaces.create({ name, from, target: "host", kind: "worktree", ...request });
		if (isRefusal(made)) throw new Error(made.message);
		return made;
	};
	const folder = join(stateDir, "workspaces", "one");
	return { repository, first: from, workspaces, create, folder, aside: join(stateDir, "workspaces-old"), ...tools };
}

const modeOf = async (...path: string[]) => ((await stat(join(...path))).mode & 0o7777).toString(8);

it("holds what git tracks and nothing else, but an empty file where the operator keeps secrets", async () => {
	const { repository, create, folder, workspaces, first } = await ready({ shared: ["data", "config/.env.local"] });
	await writeTree(repository.root, { ".env": "SECRET=1\n", "data/app.db": "x", "notes.txt": "not tracked" });
	await create();
	expect((await readdir(folder)).sort()).toEqual([".env", ".git", ".gitignore", "app.txt", "config"]);
	expect(await readFile(join(folder, "app.txt"), "utf8")).toBe("one\n");
	for (const placeholder of [".env", "config/.env.local"]) {
		expect(await readFile(join(folder, placeholder), "utf8")).toBe("");
		expect(await modeOf(folder, placeholder)).toBe("600");
	}
	expect(await repository.git("worktree", "list")).toContain("[dev/one]");
	expect(await repository.git("-C", folder, "status", "--porcelain")).toBe("");
	const committed = await commitTree(folder, { "app.txt": "two\n" });
	expect(await repository.git("ls-tree", "-r", "--name-only", committed)).toBe(".gitignore\napp.txt");
	await writeFile(join(folder, ".env"), "SECRET=mine\n");
	expect(await workspaces.head("one")).toBe(committed);
	expect(await repository.git("rev-parse", "main")).toBe(first);
});

it("leaves a tracked file of that name as it is, and the operator's ignore rules where they suffice", async () => {
	const { repository, create, folder } = await ready({ first: { "sub/.env": "tracked\n" }, shared: ["sub/.env"] });
	await writeTree(repository.root, { ".env": "SECRET=1\n" });
	const exclude = join(repository.root, ".git", "info", "exclude");
	await writeFile(exclude, ".deadman/\n.env\n");
	await create();
	expect(await readFile(join(folder, "sub", ".env"), "utf8")).toBe("tracked\n");
	expect(await readFile(join(folder, ".env"), "utf8")).toBe("");
	expect(await readFile(exclude, "utf8")).toBe(".deadman/\n.env\n");
});

it("takes what git ignores for no uncommitted work", async () => {
	const { repository, first, workspaces, create, folder } = await ready();
	await create();
	await writeFile(join(repository.root, ".git", "info", "exclude"), ".deadman/\n*.log\n");
	await writeTree(folder, { "dist/out.js": "x", "debug.log": "x" });
	expect(await workspaces.head("one")).toBe(first);
});

it("sees staged changes and deletions", async () => {
	const { repository, first, workspaces, create, folder } = await ready();
	await create();
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
	const { repository, workspaces, create, folder } = await ready();
	await create();
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	expect(await workspaces.remove("one")).toBeNull();
	await expect(stat(folder)).rejects.toThrow("ENOENT");
	expect(await repository.git("branch", "--list", "dev/*")).toBe("");
	expect(await repository.git("rev-parse", "refs/deadman/removed/one")).toBe(commit);
	expect(await repository.git("worktree", "list")).not.toContain("one");
});

it("makes a half-made one anew, and does not list it", async () => {
	const { repository, first, workspaces, create, folder } = await ready();
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
	expect(await create()).toMatchObject({ head: first });
	expect(await workspaces.head("one")).toBe(first);
});

it("removes one whose folder somebody deleted", async () => {
	const { first, workspaces, create, folder } = await ready();
	await create();
	await rm(folder, { recursive: true });
	expect(await workspaces.remove("one")).toBeNull();
	expect(await workspaces.list()).toEqual([]);
	expect(await create()).toMatchObject({ head: first });
});

it("does not take a branch of somebody else", async () => {
	const { repository, first, create } = await ready();
	await repository.git("branch", "dev/one");
	await expect(create()).rejects.toThrow("There is a workspace one already.");
	expect(await repository.git("rev-parse", "dev/one")).toBe(first);
});

it("does not follow a builder who points the workspace elsewhere", async () => {
	const { first, workspaces, create, folder } = await ready();
	await create();
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

it("sends a commit that only the supervisor has to the operator's repository first", async () => {
	const { repository, create, folder, workspaces } = await ready();
	await workspaces.list();
	const scratch = await temporaryFolder("deadman-overlay");
	await repository.git("clone", "--quiet", repository.root, scratch);
	const overlay = await commitTree(scratch, { "private.txt": "ada's\n" }, "overlay");
	const own = join(repository.stateDir, "repo.git");
	await repository.git("--git-dir", own, "fetch", "--quiet", scratch, "+main:refs/deadman/overlays/ada");
	await expect(repository.git("cat-file", "-e", overlay)).rejects.toThrow();
	expect(await create("one", { from: overlay, target: "ada" })).toMatchObject({ head: overlay, start: overlay });
	expect(await workspaces.head("one")).toBe(overlay);
	expect(await readFile(join(folder, "private.txt"), "utf8")).toBe("ada's\n");
	expect(await repository.git("fsck", "--strict")).toBe("");
	expect(await readdir(join(repository.stateDir, "scratch"))).toEqual([]);
});

it("reads one of an older version as a worktree for the host", async () => {
	const { repository, first, workspaces, create, folder } = await ready();
	await create();
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	await rm(join(repository.stateDir, "workspaces", "one.json"));
	const old = { name: "one", target: "host", kind: "worktree", start: first, head: commit, frozen: false };
	expect(await workspaces.list()).toMatchObject([old]);
	await workspaces.sweep();
	expect(await workspaces.list()).toMatchObject([old]);
	await workspaces.freeze("one", true);
	expect(await workspaces.list()).toMatchObject([{ ...old, frozen: true }]);
	await workspaces.freeze("one", false);
	expect(await workspaces.remove("one")).toBeNull();
});

it("keeps a wound-down workspace with uncommitted work as a folder, and the commits of every one", async () => {
	const { repository, create, folder, aside, logged } = await ready();
	await create("one", { target: "ada" });
	const first = await commitTree(folder, { "app.txt": "two\n" });
	await writeTree(folder, { "app.txt": "three\n", "new.txt": "new\n" });
	await repository.git("-C", folder, "add", "new.txt");
	await create("two", { target: "ada" });
	expect(await readdir(aside)).toEqual(["one-1"]);
	expect(await readFile(join(aside, "one-1", "app.txt"), "utf8")).toBe("three\n");
	const status = await repository.git("-C", join(aside, "one-1"), "status", "--porcelain");
	expect(status.split("\n").sort()).toEqual([" M app.txt", "A  new.txt"]);
	expect(await repository.git("rev-parse", "refs/deadman/removed/one")).toBe(first);
	expect(logged).toContain("workspace.set_aside");
	await create("one", { target: "bob" });
	const second = await commitTree(folder, { "app.txt": "other\n" });
	await create("three", { target: "bob" });
	expect(await repository.git("rev-parse", "refs/deadman/removed/one")).toBe(second);
	expect(await repository.git("rev-parse", "refs/deadman/removed/one-1")).toBe(first);
	expect((await repository.git("branch", "--list", "dev/*")).replace(/[ +*]/g, "")).toBe("dev/three\ndev/two");
});

it("makes tracked files read-only while frozen, and gives back exactly the permissions there were", async () => {
	const { repository, create, folder, workspaces } = await ready({ first: { "sub/run.sh": { executable: "#!\n" } } });
	const outside = join(repository.root, "..", "outside");
	await writeFile(outside, "x", { mode: 0o640 });
	await create();
	await writeTree(folder, { "sub/deep/own.txt": "x", link: { link: outside } });
	await commitTree(folder, {});
	await writeTree(folder, { "untracked.txt": "x" });
	await chmod(join(folder, "app.txt"), 0o464);
	await chmod(join(folder, "sub"), 0o2771);
	const paths = ["", "app.txt", "sub", "sub/run.sh", "sub/deep", "sub/deep/own.txt", "untracked.txt", "link", ".git"];
	const modes = () => Promise.all(paths.map((path) => modeOf(folder, path)));
	const before = await modes();
	await workspaces.freeze("one", true);
	await workspaces.freeze("one", true);
	expect(await modes()).toEqual(["555", "444", "2551", "555", "555", "444", "644", "640", "644"]);
	expect(await repository.git("worktree", "list", "--porcelain")).toContain("locked deadman: frozen");
	await workspaces.freeze("one", false);
	expect(await modes()).toEqual(before);
	expect(await repository.git("worktree", "list", "--porcelain")).not.toContain("locked");
});

it("freezes and thaws nothing behind a link that replaced a folder", async () => {
	const { repository, create, folder, workspaces } = await ready({ first: { "sub/app.txt": "x" } });
	const outside = join(repository.root, "..", "outside");
	await mkdir(outside);
	await writeFile(join(outside, "app.txt"), "x", { mode: 0o600 });
	await create();
	await rm(join(folder, "sub"), { recursive: true });
	await symlink(outside, join(folder, "sub"));
	await workspaces.freeze("one", true);
	expect([await modeOf(outside), await modeOf(outside, "app.txt")]).toEqual(["755", "600"]);
	await rm(join(folder, "sub"));
	await mkdir(join(folder, "sub"));
	await workspaces.freeze("one", false);
	expect([await modeOf(outside), await modeOf(outside, "app.txt")]).toEqual(["755", "600"]);
});

it("answers with the frozen commit even when the folder is gone, and sweeps it only afterwards", async () => {
	const { repository, create, folder, workspaces } = await ready();
	await create();
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	await workspaces.freeze("one", true);
	await rm(folder, { recursive: true });
	await workspaces.sweep();
	expect(await workspaces.head("one")).toBe(commit);
	await workspaces.freeze("one", false);
	await workspaces.sweep();
	expect(await workspaces.list()).toEqual([]);
	expect(await repository.git("rev-parse", "refs/deadman/removed/one")).toBe(commit);
	expect(await repository.git("worktree", "list")).not.toContain("one");
	expect(await repository.git("branch", "--list", "dev/*")).toBe("");
});
