// The confirmed commit reaches the operator: by compare-and-set, and with the checkout, or neither moves and the commit waits under a ref.
import { link, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createRepository } from "../../../../src/adapters/git/repository.js";
import { commitTree, plainGit, type Tree, writeTree } from "../../../support/git.js";
import { type Confirmed, leftoversOf, makeConfirmed, swapId } from "../../../support/git-follow.js";
import { temporaryFolder } from "../../../support/temporary.js";

const first: Tree = { "app.txt": "one\n", "kept.txt": "kept\n", "gone.txt": "gone\n" };
const change: Tree = { "app.txt": "two\n", "gone.txt": null, "new/file.txt": "new\n" };
const ready = () => makeConfirmed(first, change);
const followed = { moved: true, checkout: "followed", kept: null, left: [] };
const ref = `refs/deadman/confirmed/${swapId}`;

it("keeps untracked files that are not in the way", async () => {
	const all = await ready();
	await writeTree(all.root, { "notes.txt": "mine\n" });
	expect(await all.advance()).toEqual(followed);
	expect(await all.git("status", "--porcelain")).toBe("?? notes.txt");
	expect(await readFile(join(all.root, "notes.txt"), "utf8")).toBe("mine\n");
	expect(await leftoversOf(all)).toEqual([]);
	expect(await all.advance()).toEqual(followed);
});

const inTheWay: Readonly<Record<string, { prepare: (all: Confirmed) => Promise<unknown>; held: object }>> = {
	"a touched file is edited where the change is": {
		prepare: ({ root }) => writeTree(root, { "app.txt": "mine\n" }),
		held: { why: "clash", paths: ["app.txt"] },
	},
	"an untracked file is in the way": {
		prepare: ({ root }) => writeTree(root, { "new/file.txt": "mine\n" }),
		held: { why: "clash", paths: ["new/file.txt"] },
	},
	"an untracked file is where a folder must be": {
		prepare: ({ root }) => writeTree(root, { new: "mine\n" }),
		held: { why: "clash", paths: ["new/file.txt"] },
	},
	"an ignored file is in the way": {
		prepare: async ({ root }) => {
			await writeFile(join(root, ".git", "info", "exclude"), "new/\n");
			await writeTree(root, { "new/file.txt": "mine\n" });
		},
		held: { why: "clash", paths: ["new/file.txt"] },
	},
	"a link is where a folder must be": {
		prepare: async ({ root }) => symlink(await temporaryFolder("deadman-out"), join(root, "new")),
		held: { why: "clash", paths: ["new/file.txt"] },
	},
	"a merge is under way": {
		prepare: ({ root }) => writeFile(join(root, ".git", "MERGE_HEAD"), `${"1".repeat(40)}\n`),
		held: { why: "busy", reason: "the repository is in the middle of a merge" },
	},
	"another git holds the index": {
		prepare: ({ root }) => writeFile(join(root, ".git", "index.lock"), ""),
		held: { why: "busy", reason: "another git holds index.lock" },
	},
	"there is no index": {
		prepare: ({ root }) => rm(join(root, ".git", "index")),
		held: { why: "busy", reason: "the checkout has no index" },
	},
};

for (const [name, { prepare, held }] of Object.entries(inTheWay)) {
	it(`moves nothing when ${name}, and the commit waits under a ref`, async () => {
		const all = await ready();
		await prepare(all);
		const watched = ["app.txt", "kept.txt", "gone.txt", "new", "new/file.txt", ".git/index", ".git/index.lock"];
		const look = () => Promise.all(watched.map((path) => readFile(join(all.root, path)).catch((error) => error.code)));
		const before = await look();
		const expected = {
			moved: false,
			head: all.from,
			reason: null,
			paths: [],
			ref,
			command: `git merge ${ref}`,
			...held,
		};
		expect(await all.advance()).toEqual(expected);
		expect(await look()).toEqual(before);
		expect(await all.git("rev-parse", "main", ref)).toBe(`${all.from}\n${all.to}`);
		const waits = { swapId, branch: "main", commit: all.to, ref, command: `git merge ${ref}` };
		expect(await all.port.unsettled()).toEqual([waits]);
		expect((await leftoversOf(all)).filter((path) => !path.endsWith("index.lock"))).toEqual([]);
	});
}

it("is settled by the command that it names", async () => {
	const all = await ready();
	await writeTree(all.root, { "app.txt": "mine\n" });
	const held = await all.advance();
	if (held.moved) throw new Error("It moved.");
	await all.git("checkout", "--quiet", "--", "app.txt");
	await all.git(...held.command.split(" ").slice(1));
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe("two\n");
	expect(await all.port.unsettled()).toEqual([]);
	expect(await all.git("for-each-ref", "refs/deadman")).toBe("");
	expect(await all.advance()).toMatchObject({ moved: true });
});

it("is settled by hand when somebody deletes the ref", async () => {
	const all = await ready();
	await writeTree(all.root, { "app.txt": "mine\n" });
	await all.advance();
	await all.git("pack-refs", "--all");
	expect(await all.port.unsettled()).toHaveLength(1);
	await all.git("update-ref", "-d", ref);
	expect(await all.port.unsettled()).toEqual([]);
});

it("moves after all when what was in the way is gone, and takes the packed ref with it", async () => {
	const all = await ready();
	await writeTree(all.root, { "app.txt": "mine\n" });
	expect(await all.advance()).toMatchObject({ moved: false, why: "clash" });
	await all.git("pack-refs", "--all");
	await writeTree(all.root, { "app.txt": "one\n" });
	expect(await all.advance()).toEqual(followed);
	expect(await all.git("for-each-ref", "refs/deadman")).toBe("");
	expect(await all.port.unsettled()).toEqual([]);
});

it("leaves another branch's checkout alone", async () => {
	const all = await ready();
	await all.git("checkout", "--quiet", "-b", "other");
	expect(await all.advance()).toEqual({ ...followed, checkout: "elsewhere" });
	expect(await all.git("rev-parse", "main")).toBe(all.to);
	expect(await all.git("status", "--porcelain")).toBe("");
	expect(await all.advance()).toEqual({ ...followed, checkout: "elsewhere" });
});

it("moves nothing while a rebase of the branch is under way: giving it up would take the branch back", async () => {
	const all = await ready();
	await all.git("branch", "other");
	await commitTree(all.root, { "app.txt": "three\n" });
	await all.git("checkout", "--quiet", "other");
	await commitTree(all.root, { "app.txt": "four\n" });
	await all.git("branch", "--force", "main", all.from);
	await all.git("checkout", "--quiet", "main");
	await writeTree(all.root, { "app.txt": "five\n" });
	await all.git("commit", "--quiet", "--all", "-m", "five");
	const head = await all.git("rev-parse", "main");
	expect(await all.port.intake(head)).toBeNull();
	await expect(all.git("rebase", "other")).rejects.toThrow();
	expect(await all.port.advanceBranch({ swapId, branch: "main", expected: head, to: all.to })).toMatchObject({
		moved: false,
		why: "busy",
		reason: "the repository is in the middle of a rebase",
	});
	await all.git("rebase", "--abort");
	expect(await all.git("rev-parse", "main")).toBe(head);
});

it("moves nothing while another working tree has the branch: its next commit would undo the change", async () => {
	const all = await ready();
	await all.git("checkout", "--quiet", "-b", "other");
	const folder = join(await temporaryFolder("deadman-tree"), "a tree");
	await all.git("worktree", "add", "--quiet", folder, "main");
	expect(await all.advance()).toMatchObject({
		moved: false,
		why: "busy",
		reason: `main is checked out in ${folder}`,
		command: `git -C '${folder}' merge ${ref}`,
	});
	expect(await all.git("rev-parse", "main")).toBe(all.from);
	await rm(folder, { recursive: true });
	expect(await all.advance()).toEqual({ ...followed, checkout: "elsewhere" });
});

it("follows in a linked working tree, where that is the operator's own", async () => {
	const all = await ready();
	await all.git("checkout", "--quiet", "-b", "other");
	const root = join(await temporaryFolder("deadman-tree"), "tree");
	await all.git("worktree", "add", "--quiet", root, "main");
	await writeTree(root, { "kept.txt": "mine\n" });
	const stateDir = `${root}-state`;
	const port = createRepository({ root, stateDir, branch: "main", lockWaitMs: 0, ...all.tools });
	await plainGit(root, "fetch", "--quiet", join(all.stateDir, "repo.git"), all.to);
	for (const commit of [all.from, all.to]) expect(await port.intake(commit)).toBeNull();
	const move = { swapId, branch: "main", expected: all.from, to: all.to };
	expect(await port.advanceBranch(move)).toMatchObject({ moved: true, checkout: "merged", left: [] });
	expect(await plainGit(root, "status", "--porcelain")).toBe(" M kept.txt");
	expect(await readFile(join(root, "app.txt"), "utf8")).toBe("two\n");
	expect(await leftoversOf({ root: all.root, stateDir })).toEqual([]);
});

it("merges the commit into a branch that moved on, and the checkout follows", async () => {
	const all = await ready();
	const head = await commitTree(all.root, { "kept.txt": "later\n" });
	await writeTree(all.root, { "notes.txt": "mine\n" });
	const moved = await all.advance();
	const merge = await all.git("rev-parse", "main");
	expect(moved).toEqual({ ...followed, merge });
	expect(await all.git("show", "--no-patch", "--format=%P", "main")).toBe(`${head} ${all.to}`);
	expect(await all.git("status", "--porcelain")).toBe("?? notes.txt");
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe("two\n");
	expect(await readFile(join(all.root, "kept.txt"), "utf8")).toBe("later\n");
	expect(await all.advance()).toEqual({ ...followed, merge });
	expect(await all.git("fsck", "--strict")).toBe("");
	expect(await all.port.unsettled()).toEqual([]);
	expect(await leftoversOf(all)).toEqual([]);
});

it("keeps local edits over such a merge", async () => {
	const all = await ready();
	await commitTree(all.root, { "kept.txt": "later\n" });
	await writeTree(all.root, { "kept.txt": "edited\n" });
	expect(await all.advance()).toMatchObject({ moved: true, checkout: "merged", left: [] });
	expect(await all.git("status", "--porcelain")).toBe(" M kept.txt");
	expect(await readFile(join(all.root, "kept.txt"), "utf8")).toBe("edited\n");
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe("two\n");
});

const unmergeable: Readonly<Record<string, { move: (all: Confirmed) => Promise<unknown>; held: object }>> = {
	"both changed one file": {
		move: (all) => commitTree(all.root, { "app.txt": "later\n" }),
		held: { paths: ["app.txt"], reason: null },
	},
	"commits were taken off it": {
		move: async (all) => {
			await all.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "Amended");
			return all.git("rev-parse", "main");
		},
		held: { paths: [], reason: "commits were taken off it" },
	},
};

for (const [name, { move, held }] of Object.entries(unmergeable)) {
	it(`leaves a branch that moved where ${name}, and keeps the commit`, async () => {
		const all = await ready();
		await move(all);
		const head = await all.git("rev-parse", "main");
		expect(await all.advance()).toMatchObject({ moved: false, why: "branch_moved", head, ref, ...held });
		expect(await all.git("rev-parse", "main", ref)).toBe(`${head}\n${all.to}`);
		expect(await all.git("status", "--porcelain")).toBe("");
		expect(await all.port.unsettled()).toHaveLength(1);
		await all.git("merge", "--quiet", "--allow-unrelated-histories", "--strategy-option=theirs", "-m", "merge", ref);
		expect(await all.advance()).toMatchObject({ moved: true });
		expect(await all.port.unsettled()).toEqual([]);
	});
}

it("merges nothing into a branch whose checkout is what runs", async () => {
	const all = await ready();
	const { root, stateDir, tools } = all;
	const port = createRepository({ root, stateDir, branch: "main", activation: "in_place", ...tools });
	const head = await commitTree(all.root, { "kept.txt": "later\n" });
	const move = { swapId, branch: "main", expected: all.from, to: all.to };
	expect(await port.advanceBranch(move)).toMatchObject({ moved: false, why: "branch_moved", head, ref });
	const request = { swapId, branch: "main", branchHead: head, message: "x", shared: [] };
	const merged = await port.merge({ ...request, live: all.from, proposed: all.to });
	expect(merged).toMatchObject({ code: "branch_moved" });
});

it("does not move a branch whose lock another git holds", async () => {
	const all = await ready();
	const lock = join(all.root, ".git", "refs", "heads", "main.lock");
	await writeFile(lock, "");
	await expect(all.advance()).rejects.toThrow("main.lock");
	expect(await all.git("rev-parse", "main")).toBe(all.from);
	expect((await stat(lock)).isFile()).toBe(true);
});

it("does not clear a lock that says what it would say itself, however old, without having meant to take it", async () => {
	const all = await ready();
	const lock = join(all.root, ".git", "refs", "heads", "main.lock");
	for (const said of [all.from, all.to]) {
		await writeFile(lock, `${said}\n`);
		await utimes(lock, 1_000_000, 1_000_000);
		await expect(all.advance()).rejects.toThrow("main.lock");
	}
	await rm(lock);
	expect(await all.advance()).toEqual(followed);
	expect(await all.git("rev-parse", "main")).toBe(all.to);
});

/** Every state that a kill left in older versions: branch moved or not, any of the files new, the lock held by us. */
const killed: Readonly<Record<string, (all: Confirmed) => Promise<unknown>>> = {
	"the objects were sent": ({ root, stateDir, port, to }) =>
		plainGit(root, "fetch", "--quiet", join(stateDir, "repo.git"), to).then(() => port.head()),
	"the branch moved": (all) => moveOnly(all),
	"one file is new": async (all) => {
		await moveOnly(all);
		await writeTree(all.root, { "app.txt": "two\n" });
	},
	"all files are new": async (all) => {
		await moveOnly(all);
		await writeTree(all.root, change);
	},
	"the lock of the index is ours": async (all) => {
		await moveOnly(all);
		await writeTree(all.root, { "gone.txt": null, ".git/deadman-index": "half an index" });
		await link(join(all.root, ".git", "deadman-index"), join(all.root, ".git", "index.lock"));
	},
};

async function moveOnly({ root, stateDir, to }: Confirmed): Promise<void> {
	await plainGit(root, "fetch", "--quiet", join(stateDir, "repo.git"), to);
	await plainGit(root, "update-ref", "refs/heads/main", to);
}

for (const [name, leave] of Object.entries(killed)) {
	it(`goes on after a kill of an older version when ${name}`, async () => {
		const all = await ready();
		await leave(all);
		expect(await all.advance()).toMatchObject({ moved: true, left: [] });
		expect(await all.git("status", "--porcelain")).toBe("");
		expect(await all.git("rev-parse", "main")).toBe(all.to);
		expect(await readFile(join(all.root, "new/file.txt"), "utf8")).toBe("new\n");
		expect(await leftoversOf(all)).toEqual([]);
		expect(await all.advance()).toMatchObject({ moved: true, left: [] });
	});
}

it("names what clashes where an older version had moved the branch already", async () => {
	const all = await ready();
	await moveOnly(all);
	await writeTree(all.root, { "app.txt": "mine\n" });
	expect(await all.advance()).toEqual({ moved: true, checkout: "left", kept: null, left: ["app.txt"] });
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe("mine\n");
});

it("does not take the operator's next edit for a checkout that stayed behind", async () => {
	const all = await ready();
	expect(await all.advance()).toEqual(followed);
	await writeTree(all.root, { "app.txt": "one\n" });
	expect(await all.advance()).toEqual(followed);
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe("one\n");
	const later = await commitTree(all.root, { "app.txt": "three\n" });
	expect(await all.advance()).toEqual(followed);
	expect(await all.git("rev-parse", "main")).toBe(later);
});

it("does not reach through a link that it put there itself before it failed", async () => {
	const tree: Tree = { "sub/file.txt": "old\n", "other/file.txt": "kept\n" };
	const all = await makeConfirmed(tree, { "sub/file.txt": null, sub: { link: "other" } });
	const gate: typeof all.tools.gate = {
		around: async (site, effect) => {
			const result = await effect();
			if (site === "checkout.files") throw new Error("failed");
			return result;
		},
	};
	await expect(all.advance({ gate })).rejects.toThrow("failed");
	expect(await all.advance()).toEqual(followed);
	expect(await readFile(join(all.root, "other/file.txt"), "utf8")).toBe("kept\n");
	expect(await all.git("status", "--porcelain")).toBe("");
});

it("keeps the operator's line endings", async () => {
	const all = await makeConfirmed({ "app.txt": "one\n" }, { "app.txt": "two\n", "new.txt": "new\n" });
	await all.git("config", "core.autocrlf", "true");
	await all.git("rm", "--quiet", "--cached", "app.txt");
	await all.git("reset", "--quiet", "--hard");
	expect(await all.advance()).toEqual(followed);
	expect(await readFile(join(all.root, "new.txt"), "utf8")).toBe("new\r\n");
	expect(await all.git("status", "--porcelain")).toBe("");
});
