// What is left in a real workspace for its builder: whole, ignored by git, never dirt, and never through a link.
import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { commitTree, makeRepository, makeTools, plainGit } from "../../../support/git.js";

const file = ".deadman-outcome.json";

async function ready(kind: "worktree" | "clone") {
	const { root, stateDir, git } = await makeRepository();
	const options = { root, branch: "main", stateDir, shared: [], ...makeTools() };
	const workspaces = createWorkspaces(options);
	const from = await git("rev-parse", "main");
	const made = await workspaces.create({ name: "fix", from, target: "host", kind, owner: "builder:claude" });
	if (isRefusal(made)) throw new Error(made.message);
	return { root, git, workspaces, options, folder: made.path, head: from };
}

describe.each(["worktree", "clone"] as const)("in a %s", (kind) => {
	it("it is written whole, readable, and replaced", async () => {
		const { workspaces, folder } = await ready(kind);
		await workspaces.leave("fix", "one\n");
		await workspaces.leave("fix", "two\n");
		expect(await readFile(join(folder, file), "utf8")).toBe("two\n");
		expect((await lstat(join(folder, file))).mode & 0o777).toBe(0o644);
		expect((await readdir(folder)).filter((name) => name.startsWith(".deadman"))).toEqual([file]);
	});

	it("git passes it by: neither status nor `add --all` sees it, and it is no dirt", async () => {
		const { workspaces, folder, head } = await ready(kind);
		await workspaces.leave("fix", "{}\n");
		await writeFile(join(folder, `${file}.tmp`), "of a killed writer");
		expect(await plainGit(folder, "status", "--porcelain")).toBe("");
		expect(await workspaces.head("fix")).toBe(head);
		await plainGit(folder, "add", "--all");
		const committed = await commitTree(folder, { "app.txt": "changed\n" });
		expect(await plainGit(folder, "ls-tree", "-r", "--name-only", committed)).not.toContain("deadman");
		expect(await workspaces.head("fix")).toBe(committed);
		expect(await workspaces.remove("fix")).toBeNull();
		expect(await workspaces.list()).toEqual([]);
	});

	it("it is taken away, also where there is none", async () => {
		const { workspaces, folder } = await ready(kind);
		await workspaces.leave("fix", null);
		await workspaces.leave("fix", "{}\n");
		await workspaces.leave("fix", null);
		expect(await readdir(folder)).not.toContain(file);
		await workspaces.leave("nobody", "{}\n");
		await workspaces.leave("nobody", null);
	});

	it("a link in its place is replaced and not followed, a folder is left alone", async () => {
		const { workspaces, folder, root } = await ready(kind);
		const outside = join(root, "outside.txt");
		await writeFile(outside, "mine\n");
		await symlink(outside, join(folder, file));
		await symlink(outside, join(folder, `${file}.tmp`));
		await workspaces.leave("fix", "{}\n");
		expect(await readFile(outside, "utf8")).toBe("mine\n");
		expect((await lstat(join(folder, file))).isFile()).toBe(true);
		await workspaces.leave("fix", null);
		await mkdir(join(folder, file));
		await workspaces.leave("fix", "{}\n");
		await workspaces.leave("fix", null);
		expect((await lstat(join(folder, file))).isDirectory()).toBe(true);
	});

	it("it waits while the workspace is frozen, and its taking away needs no thaw before the freeze", async () => {
		const { workspaces, folder } = await ready(kind);
		await workspaces.leave("fix", "{}\n");
		await workspaces.leave("fix", null);
		await workspaces.freeze("fix", true);
		await expect(workspaces.leave("fix", "{}\n")).rejects.toThrow("frozen");
		await workspaces.freeze("fix", false);
		await workspaces.leave("fix", "{}\n");
		expect(await readdir(folder)).toContain(file);
	});

	it("its owner is on record for the next life, and older records have none", async () => {
		const { workspaces, options } = await ready(kind);
		expect(await workspaces.list()).toMatchObject([{ name: "fix", owner: "builder:claude" }]);
		expect(await createWorkspaces(options).list()).toMatchObject([{ owner: "builder:claude" }]);
		const record = join(options.stateDir, "workspaces", "fix.json");
		const { owner: _, ...older } = JSON.parse(await readFile(record, "utf8"));
		await chmod(record, 0o600);
		await writeFile(record, JSON.stringify(older));
		expect(await workspaces.list()).toMatchObject([{ name: "fix", owner: null }]);
	});
});
