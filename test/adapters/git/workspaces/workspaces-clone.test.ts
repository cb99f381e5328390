// Clones share nothing with anybody; what their builders commit arrives in our own repository, and nothing of other repositories with it.
import { execFile } from "node:child_process";
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { commitTree, plainGit, type Tree, writeTree } from "../../../support/git.js";
import { makeReleaseTools } from "../../../support/git-releases.js";
import { temporaryFolder } from "../../../support/temporary.js";

async function ready(first: Tree = { "app.txt": "one\n" }) {
	const releases = await makeReleaseTools(first);
	const { root, stateDir, git, commit } = releases.repository;
	await commit({ "sub/second.txt": "two\n" });
	const from = await git("rev-parse", "HEAD");
	const workspaces = createWorkspaces({ root, stateDir, branch: "main", shared: [], ...releases.tools });
	const made = await workspaces.create({ name: "one", from, target: "ada", kind: "clone" });
	if (isRefusal(made)) throw new Error(made.message);
	const inClone = (...args: string[]) => plainGit(made.path, ...args);
	const inOwn = (...args: string[]) => git("--git-dir", join(stateDir, "repo.git"), ...args);
	return { ...releases, root, stateDir, from, workspaces, folder: made.path, inClone, inOwn };
}

it("is a repository of its own, with nothing that leads anywhere", async () => {
	const { folder, inClone, from, root, workspaces } = await ready({ "app.txt": "one\r\n" });
	expect(await inClone("rev-parse", "HEAD")).toBe(from);
	expect(await inClone("branch", "--show-current")).toBe("dev/one");
	expect(await inClone("status", "--porcelain")).toBe("");
	expect(await inClone("remote")).toBe("");
	expect(await inClone("log", "--format=%s")).toBe("change");
	expect(await inClone("fsck", "--strict")).toBe("");
	expect(await readdir(join(folder, ".git", "objects", "info")).catch(() => [])).toEqual([]);
	expect(await readFile(join(folder, ".git", "config"), "utf8")).not.toContain(root);
	await rename(join(root, ".git"), join(root, "away"));
	expect(await inClone("ls-tree", "-r", "--name-only", "HEAD")).toBe("app.txt\nsub/second.txt");
	await rename(join(root, "away"), join(root, ".git"));
	expect(await workspaces.head("one")).toBe(from);
});

it("goes from its commit through intake, merge and release to the operator's branch", async () => {
	const { port, releases, workspaces, folder, from, root, repository } = await ready();
	await repository.commit({ "elsewhere.txt": "meanwhile\n" });
	const live = await repository.git("rev-parse", "HEAD");
	await commitTree(folder, { "new/file.txt": "new\n" });
	const proposed = await commitTree(folder, { "app.txt": "changed\n" });
	await expect(repository.git("cat-file", "-e", proposed)).rejects.toThrow();
	expect(await port.resolve(proposed)).toMatchObject({ code: "revision_unknown" });
	expect(await workspaces.head("one")).toBe(proposed);
	expect(await port.resolve(proposed)).toBe(proposed);
	for (const commit of [proposed, live]) expect(await port.intake(commit)).toBeNull();
	const request = {
		swapId: "sw_abc123",
		live,
		proposed,
		branchHead: live,
		branch: "main",
		message: "swap",
		shared: [],
	};
	const merged = await port.merge(request);
	if (isRefusal(merged)) throw new Error(merged.message);
	expect(merged.files.map(({ path }) => path)).toEqual(["app.txt", "new/file.txt"]);
	await workspaces.freeze("one", true);
	expect(await workspaces.remove("one")).toMatchObject({
		message: expect.stringContaining("while sw_abc123 is decided"),
	});
	await workspaces.freeze("one", false);
	const release = { id: "candidate", commit: merged.commit, tree: merged.tree };
	await releases().checkout(release);
	await releases().seal(release);
	expect(await releases().verify("candidate")).toEqual([]);
	const move = { swapId: "sw_abc123", branch: "main", expected: live, to: merged.commit };
	expect(await port.advanceBranch(move)).toEqual({ moved: true, checkout: "followed", kept: null, left: [] });
	expect(await readFile(join(root, "app.txt"), "utf8")).toBe("changed\n");
	expect(await repository.git("fsck", "--strict", "--connectivity-only")).toBe("");
	expect(await repository.git("merge-base", proposed, from)).toBe(from);
});

it("answers again after the builder repacked, switched branches or detached", async () => {
	const { workspaces, folder, inClone } = await ready();
	const first = await commitTree(folder, { "app.txt": "two\n" });
	await inClone("gc", "--quiet");
	expect(await workspaces.head("one")).toBe(first);
	await inClone("checkout", "--quiet", "-b", "elsewhere/ünïcode");
	const second = await commitTree(folder, { "app.txt": "three\n" });
	expect(await workspaces.head("one")).toBe(second);
	await inClone("checkout", "--quiet", "--detach", first);
	expect(await workspaces.head("one")).toBe(first);
	expect(await workspaces.list()).toMatchObject([{ head: first, branch: "dev/one" }]);
});

it("keeps the commits of a removed one in our own repository only", async () => {
	const { workspaces, folder, inOwn, repository } = await ready();
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	expect(await workspaces.remove("one")).toBeNull();
	expect(await inOwn("rev-parse", "refs/deadman/removed/one")).toBe(commit);
	expect(await inOwn("for-each-ref", "refs/deadman/workspaces")).toBe("");
	await expect(repository.git("cat-file", "-e", commit)).rejects.toThrow();
});

it("sends a frozen one's commit into our own repository at once", async () => {
	const { workspaces, folder, port } = await ready();
	const commit = await commitTree(folder, { "app.txt": "two\n" });
	await workspaces.freeze("one", true);
	await rm(join(folder, ".git"), { recursive: true });
	expect(await workspaces.head("one")).toBe(commit);
	expect(await port.intake(commit)).toBeNull();
});

/** A repository with a secret that the supervisor could read. */
async function foreign() {
	const folder = await temporaryFolder("deadman-foreign");
	await plainGit(folder, "init", "--quiet");
	const secret = await commitTree(folder, { "secret.txt": "canary-5f1d\n" });
	return { folder, secret, tree: await plainGit(folder, "rev-parse", `${secret}^{tree}`) };
}

it("does not reach another repository through alternates", async () => {
	const { workspaces, folder, inClone, inOwn } = await ready();
	const other = await foreign();
	await mkdir(join(folder, ".git", "objects", "info"), { recursive: true });
	await writeFile(join(folder, ".git", "objects", "info", "alternates"), `${other.folder}/.git/objects\n`);
	expect(await inClone("cat-file", "-p", `${other.secret}:secret.txt`)).toBe("canary-5f1d");
	const stolen = await inClone("commit-tree", other.tree, "-p", "HEAD", "-m", "stolen");
	for (const commit of [other.secret, stolen]) {
		await inClone("update-ref", "refs/heads/dev/one", commit);
		expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
		await expect(inOwn("cat-file", "-e", other.tree)).rejects.toThrow();
	}
});

it("does not follow links to another repository's objects, head or index", async () => {
	const { workspaces, folder, inClone, from } = await ready();
	const other = await foreign();
	const git = join(folder, ".git");
	const [pack = ""] = (await readdir(join(git, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
	await cp(join(git, "objects"), join(git, "kept"), { recursive: true });
	for (const name of await readdir(join(other.folder, ".git", "objects"))) {
		if (!/^..$/.test(name)) continue;
		await rm(join(git, "objects", name), { recursive: true, force: true });
		await symlink(join(other.folder, ".git", "objects", name), join(git, "objects", name));
	}
	await inClone("update-ref", "refs/heads/dev/one", other.secret);
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
	await rm(join(git, "objects"), { recursive: true });
	await symlink(join(other.folder, ".git", "objects"), join(git, "objects"));
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
	await rm(join(git, "objects"));
	await rename(join(git, "kept"), join(git, "objects"));
	expect(pack).not.toBe("");
	await rm(join(git, "HEAD"));
	await symlink(join(other.folder, ".git", "HEAD"), join(git, "HEAD"));
	expect(await workspaces.head("one")).toMatchObject({
		code: "path_refused",
		message: expect.stringContaining(".git"),
	});
	await rm(join(git, "HEAD"));
	await writeFile(join(git, "HEAD"), `${from}\n`);
	await rm(join(git, "index"));
	await symlink("/dev/zero", join(git, "index"));
	expect(await workspaces.head("one")).toBe(from);
	await rm(git, { recursive: true });
	await symlink(join(other.folder, ".git"), git);
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
});

it("takes no object of another agent that a builder only knows the name of", async () => {
	const { workspaces, folder, inClone, inOwn, repository, port } = await ready();
	await repository.git("checkout", "--quiet", "-b", "private");
	const theirs = await repository.commit({ "private.txt": "bob's\n" });
	const tree = await repository.git("rev-parse", `${theirs}^{tree}`);
	expect(await port.intake(theirs)).toBeNull();
	expect(await inOwn("cat-file", "-t", tree)).toBe("tree");
	const object = join(await temporaryFolder("deadman-object"), "commit");
	const head = await inClone("cat-file", "commit", "HEAD");
	await writeFile(object, `${head.replace(/^tree .*/, `tree ${tree}`).replace(/^parent .*\n/m, "")}\n`);
	const claimed = await inClone("hash-object", "--literally", "-w", "-t", "commit", object);
	await inClone("update-ref", "refs/heads/dev/one", claimed);
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
	await inClone("symbolic-ref", "HEAD", "refs/heads/other");
	await writeFile(join(folder, ".git", "refs", "heads", "other"), `${theirs}\n`);
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
});

it("takes none either when the builder forged what the start held", async () => {
	const { workspaces, folder, inClone, inOwn, repository, port, from } = await ready();
	await repository.git("checkout", "--quiet", "-b", "private");
	const theirs = await repository.commit({ "private.txt": "bob's\n" });
	expect(await port.intake(theirs)).toBeNull();
	const blob = await inOwn("rev-parse", `${theirs}:private.txt`);
	const objects = join(folder, ".git", "objects");
	const [pack = ""] = (await readdir(join(objects, "pack"))).filter((name) => name.endsWith(".pack"));
	await rename(join(objects, "pack"), join(folder, ".git", "packs"));
	await promisify(execFile)("sh", ["-c", `git unpack-objects -q < .git/packs/${pack}`], { cwd: folder });
	const tree = await inClone("rev-parse", `${from}^{tree}`);
	const entries = Buffer.concat([Buffer.from("100644 stolen\0"), Buffer.from(blob, "hex")]);
	const scratch = join(await temporaryFolder("deadman-object"), "tree");
	await writeFile(scratch, entries);
	const stolen = await inClone("hash-object", "--literally", "-w", "-t", "tree", scratch);
	const commit = await inClone("commit-tree", stolen, "-p", "HEAD", "-m", "stolen");
	const forged = deflateSync(Buffer.concat([Buffer.from(`tree ${entries.length}\0`), entries]));
	await rm(join(objects, tree.slice(0, 2), tree.slice(2)));
	await writeFile(join(objects, tree.slice(0, 2), tree.slice(2)), forged);
	await inClone("update-ref", "refs/heads/dev/one", commit);
	expect(await workspaces.head("one")).toMatchObject({
		code: "path_refused",
		message: expect.stringContaining(`object ${blob}`),
	});
	expect(await port.intake(commit)).toMatchObject({ code: "revision_unknown" });
});

it("refuses a clone that lacks objects, or holds malformed ones", async () => {
	const { workspaces, folder, inClone } = await ready();
	await commitTree(folder, { "big.txt": "x".repeat(5_000) });
	const blob = await inClone("rev-parse", "HEAD:big.txt");
	await rm(join(folder, ".git", "objects", blob.slice(0, 2), blob.slice(2)));
	expect(await workspaces.head("one")).toMatchObject({
		code: "path_refused",
		message: expect.stringContaining("clone"),
	});
	const scratch = join(await temporaryFolder("deadman-object"), "tree");
	const inner = Buffer.from(await inClone("rev-parse", "HEAD~1:app.txt"), "hex");
	await writeFile(scratch, Buffer.concat([Buffer.from("100644 .git\0"), inner]));
	const tree = await inClone("hash-object", "--literally", "-w", "-t", "tree", scratch);
	await inClone("update-ref", "refs/heads/dev/one", await inClone("commit-tree", tree, "-p", "HEAD~1", "-m", "evil"));
	expect(await workspaces.head("one")).toMatchObject({ message: expect.stringContaining("hasDotgit") });
});

it("is not held up by pipes, huge files and garbage where git's files should be", async () => {
	const { workspaces, folder, from } = await ready();
	const git = join(folder, ".git");
	await promisify(execFile)("mkfifo", [join(git, "objects", "pack", `pack-${"a".repeat(40)}.pack`)]);
	await promisify(execFile)("truncate", ["-s", "1T", join(git, "objects", "pack", `pack-${"b".repeat(40)}.pack`)]);
	await appendFile(join(git, "index"), "garbage");
	expect(await workspaces.head("one")).toBe(from);
	await writeTree(folder, { "app.txt": "edited\n" });
	expect(await workspaces.head("one")).toMatchObject({ code: "workspace_dirty" });
	await rm(join(git, "HEAD"));
	await promisify(execFile)("mkfifo", [join(git, "HEAD")]);
	expect(await workspaces.head("one")).toMatchObject({ code: "path_refused" });
});
