// A confirm over a checkout with local edits: kept first, then merged where that is clean; else nothing moves. Every file is compared, and what git says of it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { manifestOf, manifestOfTree, plainGit, type Tree, writeTree } from "../../../support/git.js";
import { type Confirmed, leftoversOf, makeConfirmed, swapId } from "../../../support/git-follow.js";
import { sampleOf } from "../../../support/shard.js";

const lines = (third: string, ninth = "9") => `1\n2\n${third}\n4\n5\n6\n7\n8\n${ninth}\n`;

const first: Tree = {
	"app.txt": lines("3"),
	"kept.txt": "kept\n",
	"gone.txt": "gone\n",
	"old-name.txt": lines("name"),
	"run.sh": "#!/bin/sh\n",
	link: { link: "kept.txt" },
	"image.bin": Buffer.from([0, 1, 2, 3]),
	"folder/inner.txt": "inner\n",
};
const change: Tree = {
	"app.txt": lines("three"),
	"gone.txt": null,
	"old-name.txt": null,
	"new-name.txt": lines("name"),
	"run.sh": { executable: "#!/bin/sh\n" },
	link: { link: "app.txt" },
	"image.bin": Buffer.from([0, 9, 9, 9]),
	"folder/inner.txt": null,
	folder: "a file now\n",
	"new/file.txt": "new\n",
	"empty.txt": "",
};
const kept = `refs/deadman/kept/${swapId}`;

interface Case {
	readonly prepare: (all: Confirmed) => Promise<unknown>;
	/** What the checkout holds beside the confirmed tree, and what git says of it. */
	readonly holds?: Tree;
	readonly status?: readonly string[];
	/** Nothing may move: these paths clash. */
	readonly clash?: readonly string[];
}

const stage = async ({ root, git }: Confirmed, tree: Tree) => {
	await writeTree(root, tree);
	await git("add", "--all", "--", ...Object.keys(tree));
};
const merged = lines("three", "nine");

const cases: Readonly<Record<string, Case>> = {
	"an edit of another file": {
		prepare: ({ root }) => writeTree(root, { "kept.txt": "mine\n" }),
		holds: { "kept.txt": "mine\n" },
		status: [" M kept.txt"],
	},
	"a staged edit of another file, and another one on top of it": {
		prepare: async (all) => {
			await stage(all, { "kept.txt": "staged\n" });
			await writeTree(all.root, { "kept.txt": "mine\n" });
		},
		holds: { "kept.txt": "mine\n" },
		status: ["MM kept.txt"],
	},
	"an edit elsewhere in the same file": {
		prepare: ({ root }) => writeTree(root, { "app.txt": lines("3", "nine") }),
		holds: { "app.txt": merged },
		status: [" M app.txt"],
	},
	"a staged edit elsewhere in the same file": {
		prepare: (all) => stage(all, { "app.txt": lines("3", "nine") }),
		holds: { "app.txt": merged },
		status: ["M  app.txt"],
	},
	"a staged edit elsewhere in the same file, and another one on top of it": {
		prepare: async (all) => {
			await stage(all, { "app.txt": lines("3", "nine") });
			await writeTree(all.root, { "app.txt": lines("3", "nine and more") });
		},
		holds: { "app.txt": lines("three", "nine and more") },
		status: ["MM app.txt"],
	},
	"the confirmed edit, made by hand": {
		prepare: ({ root }) => writeTree(root, { "app.txt": lines("three") }),
		status: [],
	},
	"the confirmed edit staged, and taken back in the working tree": {
		prepare: async (all) => {
			await stage(all, { "app.txt": lines("three") });
			await writeTree(all.root, { "app.txt": lines("3") });
		},
		status: [],
	},
	"a staged new file and a deleted one": {
		prepare: async (all) => {
			await stage(all, { "mine.txt": "mine\n" });
			await writeTree(all.root, { "kept.txt": null });
		},
		holds: { "mine.txt": "mine\n", "kept.txt": null },
		status: ["A  mine.txt", " D kept.txt"],
	},
	"an edit of a file that the change renames": {
		prepare: ({ root }) => writeTree(root, { "old-name.txt": lines("name", "nine") }),
		holds: { "new-name.txt": lines("name", "nine") },
		status: [" M new-name.txt"],
	},
	"a file that was deleted as the change does": {
		prepare: ({ root }) => writeTree(root, { "gone.txt": null }),
		status: [],
	},
	"an untracked file as it will be": {
		prepare: ({ root }) => writeTree(root, { "new/file.txt": "new\n" }),
		status: [],
	},
	"a file that was announced to git as it will be": {
		prepare: async ({ root, git }) => {
			await writeTree(root, { "new/file.txt": "new\n" });
			await git("add", "--intent-to-add", "new/file.txt");
		},
		status: [],
	},
	"an edit of a file that git is told not to look at": {
		prepare: async ({ root, git }) => {
			await git("update-index", "--assume-unchanged", "app.txt");
			await writeTree(root, { "app.txt": lines("3", "nine") });
		},
		holds: { "app.txt": merged },
		status: [],
	},
	"the same mode by hand": {
		prepare: ({ root }) => writeTree(root, { "run.sh": { executable: "#!/bin/sh\n" } }),
		status: [],
	},
	"a hunk that clashes": {
		prepare: ({ root }) => writeTree(root, { "app.txt": lines("mine"), "kept.txt": "mine\n" }),
		clash: ["app.txt"],
	},
	"a staged hunk that clashes, though the working tree is as it was": {
		prepare: async (all) => {
			await stage(all, { "app.txt": lines("mine") });
			await writeTree(all.root, { "app.txt": lines("3") });
		},
		clash: ["app.txt"],
	},
	"an edit of what the change deletes": {
		prepare: ({ root }) => writeTree(root, { "gone.txt": "mine\n" }),
		clash: ["gone.txt"],
	},
	"a deletion of what the change edits": {
		prepare: ({ root }) => writeTree(root, { "app.txt": null }),
		clash: ["app.txt"],
	},
	"another binary": {
		prepare: ({ root }) => writeTree(root, { "image.bin": Buffer.from([0, 7, 7, 7]) }),
		clash: ["image.bin"],
	},
	"another target of a link": {
		prepare: ({ root }) => writeTree(root, { link: { link: "gone.txt" } }),
		clash: ["link"],
	},
	"an untracked file in a folder that makes way": {
		prepare: ({ root }) => writeTree(root, { "folder/mine.txt": "mine\n" }),
		clash: ["folder"],
	},
	"an untracked file with another mode": {
		prepare: ({ root }) => writeTree(root, { "new/file.txt": { executable: "new\n" } }),
		clash: ["new/file.txt"],
	},
};

async function stateOf({ root, git }: Confirmed) {
	return {
		files: await manifestOf(root),
		status: await git("status", "--porcelain", "--untracked-files=all"),
		index: await git("ls-files", "--stage"),
	};
}

for (const [name, { prepare, holds = {}, status = [], clash }] of sampleOf(Object.entries(cases))) {
	it(`${clash === undefined ? "follows over" : "moves nothing over"} ${name}`, async () => {
		const all = await makeConfirmed(first, change);
		await prepare(all);
		const before = await stateOf(all);
		const advanced = await all.advance();
		if (clash !== undefined) {
			expect(advanced).toMatchObject({ moved: false, why: "clash", paths: clash });
			expect(await stateOf(all)).toEqual(before);
			expect(await all.git("rev-parse", "main")).toBe(all.from);
			expect(await leftoversOf(all)).toEqual([]);
			return;
		}
		expect(advanced).toMatchObject({ moved: true, left: [] });
		const after = await stateOf(all);
		expect(after.files).toEqual(manifestOfTree(first, change, holds));
		expect(after.status.split("\n").filter(Boolean).sort()).toEqual([...status].sort());
		expect(await all.git("rev-parse", "main")).toBe(all.to);
		expect(await leftoversOf(all)).toEqual([]);
		await isKept(all, before.files, advanced);
		await neverReverts(all);
	});
}

/** As git stash would give it back, on the commit that it was made on. */
async function isKept(all: Confirmed, files: Record<string, string>, advanced: unknown): Promise<void> {
	if ((advanced as { kept: string | null }).kept === null) return;
	expect(advanced).toMatchObject({ checkout: "merged", kept });
	const clone = `${all.root}-clone`;
	await plainGit("/", "clone", "--quiet", "--no-local", all.root, clone);
	await plainGit(clone, "fetch", "--quiet", "origin", kept);
	await plainGit(clone, "checkout", "--quiet", all.from);
	await plainGit(clone, "stash", "apply", "--quiet", "--index", "FETCH_HEAD");
	const untracked = (await plainGit(all.root, "ls-files", "--others")).split("\n");
	const tracked = Object.fromEntries(Object.entries(files).filter(([path]) => !untracked.includes(path)));
	expect(await manifestOf(clone)).toEqual(tracked);
}

/** What the operator would do next: the confirmed change survives it. */
async function neverReverts(all: Confirmed): Promise<void> {
	await all.git("commit", "--quiet", "--all", "--allow-empty", "--message", "mine");
	const confirmed = await all.git("diff", "--name-only", all.from, all.to);
	for (const path of confirmed.split("\n")) {
		const [old, now] = await Promise.all([all.from, "HEAD"].map((commit) => all.git("ls-tree", commit, "--", path)));
		expect(now, `${path} is as it was before`).not.toBe(old);
	}
}

it("merges text with the operator's line endings, and leaves them so", async () => {
	const crlf = (text: string) => text.replaceAll("\n", "\r\n");
	const all = await makeConfirmed(
		{ ".gitattributes": "* text eol=crlf\n", "app.txt": lines("3") },
		{ "app.txt": lines("three") },
	);
	await all.git("rm", "--quiet", "--cached", "app.txt");
	await all.git("reset", "--quiet", "--hard");
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe(crlf(lines("3")));
	await writeTree(all.root, { "app.txt": crlf(lines("3", "nine")) });
	expect(await all.advance()).toMatchObject({ moved: true, checkout: "merged" });
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe(crlf(lines("three", "nine")));
	expect(await all.git("diff", "--numstat")).toBe("1\t1\tapp.txt");
});

it("does not run the operator's filters or hooks while it looks and merges", async () => {
	const all = await makeConfirmed({ "app.txt": lines("3") }, { "app.txt": lines("three") });
	await mkdir(join(all.root, ".git", "info"), { recursive: true });
	await writeFile(join(all.root, ".git", "info", "attributes"), "*.txt filter=spy merge=spy\n");
	const spy = join(all.root, ".git", "spied");
	for (const key of ["filter.spy.clean", "filter.spy.smudge"]) await all.git("config", key, `touch ${spy}; cat`);
	await all.git("config", "merge.spy.driver", `touch ${spy}; false`);
	for (const hook of ["post-checkout", "post-index-change", "reference-transaction", "post-merge"]) {
		await writeFile(join(all.root, ".git", "hooks", hook), `#!/bin/sh\ntouch ${spy}\n`, { mode: 0o755 });
	}
	await writeTree(all.root, { "app.txt": lines("3", "nine") });
	expect(await all.advance()).toMatchObject({ moved: true, checkout: "merged" });
	expect(await readFile(spy).catch((error) => error.code)).toBe("ENOENT");
	expect(await readFile(join(all.root, "app.txt"), "utf8")).toBe(merged);
});

it("keeps a sparse checkout as sparse", async () => {
	const all = await makeConfirmed(first, change);
	await all.git("update-index", "--skip-worktree", "app.txt", "kept.txt");
	await writeTree(all.root, { "app.txt": null, "kept.txt": null });
	expect(await all.advance()).toMatchObject({ moved: true, left: [] });
	expect(await all.git("status", "--porcelain")).toBe("");
	expect(await all.git("ls-files", "-v", "app.txt", "kept.txt")).toBe("S app.txt\nS kept.txt");
	expect(await readFile(join(all.root, "app.txt")).catch((error) => error.code)).toBe("ENOENT");
});

it("keeps only the edits of the last confirms", async () => {
	const all = await makeConfirmed(first, change);
	for (let number = 0; number < 25; number += 1)
		await all.git("update-ref", `refs/deadman/kept/sw_old${number}`, all.from);
	await writeTree(all.root, { "kept.txt": "mine\n" });
	expect(await all.advance()).toMatchObject({ moved: true, kept });
	const refs = (await all.git("for-each-ref", "--format=%(refname)", "refs/deadman/kept")).split("\n");
	expect(refs).toHaveLength(20);
});
