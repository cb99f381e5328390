// The operator's repository in its odd states: unborn, detached, busy, locked; and the own one, killed in between.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createRepository } from "../../../src/adapters/git/repository.js";
import { createWorkspaces } from "../../../src/adapters/git/workspaces/workspaces.js";
import { commitTree, makeRepository, makeTools, plainGit, type TestRepository } from "../../support/git.js";
import { temporaryFolder } from "../../support/temporary.js";

const execute = promisify(execFile);

const port = ({ root, stateDir }: { root: string; stateDir: string }, lockWaitMs = 0) =>
	createRepository({ root, stateDir, branch: "main", lockWaitMs, ...makeTools() });

async function emptyFolder() {
	const root = await temporaryFolder("deadman-empty");
	return { root, stateDir: join(root, ".deadman") };
}

it("refuses a folder that is no repository, also inside another one", async () => {
	const place = await emptyFolder();
	expect(await port(place).head()).toMatchObject({ code: "not_a_repository" });
	const outer = await makeRepository({ "inner/app.txt": "x" });
	const inner = join(outer.root, "inner");
	expect(await port({ root: inner, stateDir: join(inner, ".deadman") }).head()).toMatchObject({
		code: "not_a_repository",
	});
});

it("finds the repository once it was made", async () => {
	const place = await emptyFolder();
	const repository = port(place);
	expect(await repository.head()).toMatchObject({ code: "not_a_repository" });
	await plainGit(place.root, "init", "--quiet", "--initial-branch=main");
	expect(await repository.head()).toMatchObject({ code: "git_unborn" });
	const commit = await commitTree(place.root, { "app.txt": "x" });
	expect(await repository.head()).toEqual({ branch: "main", commit });
});

it("tells a detached head from a missing branch, and minds neither where the branch exists", async () => {
	const repository = await makeRepository();
	await repository.git("checkout", "--quiet", "--detach");
	expect(await port(repository).head()).toMatchObject({ branch: "main" });
	await repository.git("branch", "-D", "main");
	expect(await port(repository).head()).toMatchObject({ code: "git_detached" });
	await repository.git("checkout", "--quiet", "-b", "other");
	expect(await port(repository).head()).toMatchObject({ code: "branch_unknown" });
});

const conflicting = async ({ git, commit }: TestRepository) => {
	await git("checkout", "--quiet", "-b", "side");
	await commit({ "app.txt": "side\n" });
	await git("checkout", "--quiet", "main");
	await commit({ "app.txt": "main\n" });
};

const operations: Readonly<Record<string, (repository: TestRepository) => Promise<unknown>>> = {
	merge: ({ git }) => git("merge", "side"),
	rebase: ({ git }) => git("rebase", "side"),
	"cherry-pick": ({ git }) => git("cherry-pick", "side"),
	revert: ({ git }) => git("revert", "--no-edit", "HEAD~1"),
	bisect: ({ git }) => git("bisect", "start"),
};

for (const [operation, begin] of Object.entries(operations)) {
	it(`refuses a repository in the middle of a ${operation}`, async () => {
		const repository = await makeRepository();
		await conflicting(repository);
		await repository.commit({ "app.txt": "later\n" });
		await begin(repository).catch(() => {});
		expect(await port(repository).head()).toMatchObject({
			code: "git_busy",
			message: expect.stringContaining(operation),
		});
	});
}

it("waits for another git's lock, then says which one, and never removes it", async () => {
	const repository = await makeRepository();
	const lock = join(repository.root, ".git", "index.lock");
	await writeFile(lock, "");
	const refusal = await port(repository).head();
	expect(refusal).toMatchObject({ code: "git_locked", message: expect.stringContaining(lock) });
	expect((await stat(lock)).isFile()).toBe(true);
	const answer = port(repository, 10_000).head();
	await sleep(20);
	await rm(lock);
	expect(await answer).toMatchObject({ branch: "main" });
});

it("takes a repository of a linked worktree, a packed one, a shallow one and one with SHA-256", async () => {
	const main = await makeRepository();
	await main.commit({ "app.txt": "two\n" });
	await main.git("pack-refs", "--all");
	await main.git("repack", "-adq");
	const linked = join(await temporaryFolder("deadman-linked"), "linked");
	await main.git("worktree", "add", "--quiet", "-b", "work", linked);
	const shallow = join(await temporaryFolder("deadman-shallow"), "shallow");
	await plainGit("/", "clone", "--quiet", "--depth=1", `file://${main.root}`, shallow);
	const sha256 = await emptyFolder();
	await plainGit(sha256.root, "init", "--quiet", "--initial-branch=main", "--object-format=sha256");
	await commitTree(sha256.root, { "app.txt": "x" });
	for (const root of [linked, shallow, sha256.root]) {
		const repository = port({ root, stateDir: join(root, ".deadman") });
		const head = await plainGit(root, "rev-parse", "HEAD");
		expect(await repository.resolve("HEAD")).toBe(head);
		expect(await repository.intake(head)).toBeNull();
		expect(await repository.treeOf(head)).toBe(await plainGit(root, "rev-parse", "HEAD^{tree}"));
	}
});

it.each([
	["long before this life", -3_600_000],
	["in the future, where the clock was set back", 3_600_000],
])("clears what a killed life left in the own repository %s", async (_, agoMs) => {
	const repository = await makeRepository();
	const own = join(repository.stateDir, "repo.git");
	await plainGit("/", "init", "--quiet", "--bare", own);
	const long = new Date(Date.now() + agoMs);
	const leave = async (path: string, content = "") => {
		await mkdir(join(own, path, ".."), { recursive: true });
		await writeFile(join(own, path), content);
		await utimes(join(own, path), long, long);
	};
	await leave("packed-refs.lock");
	await leave("refs/deadman/intake.lock");
	await leave("objects/pack/tmp_pack_abc");
	await leave("worktrees/broken/commondir");
	await leave("worktrees/broken/locked", "initializing");
	for (const name of ["commondir", "gitdir"]) await leave(`worktrees/zeros/${name}`, "../..\n");
	await leave("worktrees/zeros/HEAD", `${"0".repeat(40)}\n`);
	await leave("HEAD.lock");
	const head = await repository.git("rev-parse", "HEAD");
	expect(await port(repository).intake(head)).toBeNull();
	expect(await readdir(join(own, "worktrees"))).toEqual([]);
	expect(await readdir(join(own, "objects", "pack"))).not.toContain("tmp_pack_abc");
	expect((await readdir(own)).filter((name) => name.endsWith(".lock"))).toEqual([]);
});

it("rewrites a configuration of the own repository that somebody changed", async () => {
	const repository = await makeRepository();
	const own = join(repository.stateDir, "repo.git");
	await plainGit("/", "init", "--quiet", "--bare", own);
	await plainGit(own, "config", "core.fsmonitor", "/bin/evil");
	await port(repository).head();
	expect(await readFile(join(own, "config"), "utf8")).not.toContain("evil");
	expect(await readFile(join(own, "info", "attributes"), "utf8")).toContain("-filter");
});

it("keeps renames, modes and kinds apart", async () => {
	const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join("");
	const repository = await makeRepository({ "old name.txt": lines, "run.sh": "#!/bin/sh\n", kind: "file\n" });
	const live = await repository.git("rev-parse", "HEAD");
	const proposed = await repository.commit({
		"old name.txt": null,
		"new\tname": null,
		"neu/näme.txt": lines,
		"run.sh": { executable: "#!/bin/sh\n" },
		kind: { link: "run.sh" },
	});
	const own = port(repository);
	for (const commit of [live, proposed]) expect(await own.intake(commit)).toBeNull();
	const request = { swapId: "sw_abc123", live, proposed, branchHead: live, branch: "main", message: "m", shared: [] };
	expect(await own.merge(request)).toMatchObject({
		files: [
			{ path: "kind", change: "retyped", from: null },
			{ path: "neu/näme.txt", change: "renamed", from: "old name.txt" },
			{ path: "run.sh", change: "mode", from: null },
		],
	});
});

it("does not merge histories that have nothing in common", async () => {
	const repository = await makeRepository();
	const live = await repository.git("rev-parse", "HEAD");
	await repository.git("checkout", "--quiet", "--orphan", "other");
	const proposed = await repository.commit({ "app.txt": "other\n" });
	const own = port(repository);
	for (const commit of [live, proposed]) expect(await own.intake(commit)).toBeNull();
	const request = { swapId: "sw_abc123", live, proposed, branchHead: live, branch: "main", message: "m", shared: [] };
	expect(await own.merge(request)).toMatchObject({ code: "merge_conflict" });
});

it("writes swap commits under its own name, with live and proposal as parents", async () => {
	const repository = await makeRepository();
	const live = await repository.git("rev-parse", "HEAD");
	const proposed = await repository.commit({ "app.txt": "two\n" });
	const own = port(repository);
	for (const commit of [live, proposed]) await own.intake(commit);
	const request = {
		swapId: "sw_abc123",
		live,
		proposed,
		branchHead: live,
		branch: "main",
		message: "Swap: ü",
		shared: [],
	};
	expect(await own.merge(request)).toMatchObject({ tree: await own.treeOf(proposed) });
	const bare = join(repository.stateDir, "repo.git");
	const shown = await plainGit(bare, "log", "-1", "--format=%an <%ae>|%P|%s", "refs/deadman/swaps/sw_abc123");
	expect(shown).toBe(`deadman <deadman@localhost>|${live} ${proposed}|Swap: ü`);
});

it("shows text in a diff that attributes would hide", async () => {
	const repository = await makeRepository();
	const live = await repository.git("rev-parse", "HEAD");
	const proposed = await repository.commit({ ".gitattributes": "*.txt -diff binary\n", "app.txt": "sneaky\n" });
	const own = port(repository);
	for (const commit of [live, proposed]) await own.intake(commit);
	expect(await own.diff(live, proposed)).toContain("+sneaky");
});

it.runIf(process.getuid?.() === 0)(
	"reads a repository that belongs to somebody else (needs root to make one)",
	async () => {
		const repository = await makeRepository();
		const head = await repository.git("rev-parse", "HEAD");
		await execute("chown", ["-R", "12345", repository.root]);
		await expect(repository.git("status")).rejects.toThrow("dubious ownership");
		const own = port(repository);
		expect(await own.head()).toEqual({ branch: "main", commit: head });
		expect(await own.intake(head)).toBeNull();
		const workspaces = createWorkspaces({ ...repository, branch: "main", shared: [], ...makeTools() });
		const request = { name: "one", from: head, target: "host", kind: "worktree" } as const;
		expect(await workspaces.create(request)).toMatchObject({ head });
		expect(await workspaces.head("one")).toBe(head);
		const move = { swapId: "sw_abc123", branch: "main", expected: head, to: head };
		expect(await own.advanceBranch(move)).toEqual({ moved: true, checkout: "followed", kept: null, left: [] });
	},
);
