// The confirmed commit reaches the operator: by compare-and-set, and into the checkout only where nothing of theirs is lost.
import { link, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createRepository } from "../../../src/adapters/git/repository.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Repository } from "../../../src/ports.js";
import { makeRepository, makeTools, plainGit, type TestRepository, type Tree, writeTree } from "../../support/git.js";
import { temporaryFolder } from "../../support/temporary.js";

interface Ready {
	readonly repository: TestRepository;
	readonly own: Repository;
	readonly from: string;
	readonly to: string;
	advance(): ReturnType<Repository["advanceBranch"]>;
}

/** A merged swap that waits for its confirm. */
async function ready(first: Tree, change: Tree): Promise<Ready> {
	const repository = await makeRepository(first);
	const own = createRepository({ ...repository, branch: "main", lockWaitMs: 0, ...makeTools() });
	const from = await repository.git("rev-parse", "HEAD");
	await repository.git("checkout", "--quiet", "--detach");
	const proposed = await repository.commit(change);
	await repository.git("checkout", "--quiet", "main");
	for (const commit of [from, proposed]) expect(await own.intake(commit)).toBeNull();
	const request = {
		swapId: "sw_abc123",
		live: from,
		proposed,
		branchHead: from,
		branch: "main",
		message: "m",
		shared: [],
	};
	const merged = await own.merge(request);
	if (isRefusal(merged)) throw new Error(merged.message);
	const to = merged.commit;
	return { repository, own, from, to, advance: () => own.advanceBranch({ branch: "main", expected: from, to }) };
}

const first: Tree = { "app.txt": "one\n", "kept.txt": "kept\n", "gone.txt": "gone\n" };
const change: Tree = { "app.txt": "two\n", "gone.txt": null, "new/file.txt": "new\n" };

it("keeps untracked files that are not in the way", async () => {
	const { repository, advance } = await ready(first, change);
	await writeTree(repository.root, { "notes.txt": "mine\n" });
	expect(await advance()).toEqual({ moved: true, checkout: "followed" });
	expect(await repository.git("status", "--porcelain")).toBe("?? notes.txt");
	expect(await readFile(join(repository.root, "notes.txt"), "utf8")).toBe("mine\n");
});

const dirtying: Readonly<Record<string, (repository: TestRepository) => Promise<unknown>>> = {
	"a touched file is edited": ({ root }) => writeTree(root, { "app.txt": "mine\n" }),
	"another file is edited": ({ root }) => writeTree(root, { "kept.txt": "mine\n" }),
	"a change is staged": async ({ root, git }) => {
		await writeTree(root, { "kept.txt": "mine\n" });
		await git("add", "--all");
		await writeTree(root, { "kept.txt": "kept\n" });
	},
	"an untracked file is in the way": ({ root }) => writeTree(root, { "new/file.txt": "mine\n" }),
	"an untracked file is where a folder must be": ({ root }) => writeTree(root, { new: "mine\n" }),
	"an ignored file is in the way": async ({ root }) => {
		await writeFile(join(root, ".git", "info", "exclude"), ".deadman/\nnew/\n");
		await writeTree(root, { "new/file.txt": "mine\n" });
	},
	"a link is where a folder must be": async ({ root }) =>
		symlink(await temporaryFolder("deadman-out"), join(root, "new")),
	"a merge is under way": ({ root }) => writeFile(join(root, ".git", "MERGE_HEAD"), `${"1".repeat(40)}\n`),
	"another git holds the index": ({ root }) => writeFile(join(root, ".git", "index.lock"), ""),
};

for (const [name, dirty] of Object.entries(dirtying)) {
	it(`leaves the checkout alone when ${name}`, async () => {
		const { repository, advance, to } = await ready(first, change);
		await dirty(repository);
		const watched = ["app.txt", "kept.txt", "gone.txt", "new", "new/file.txt", ".git/index.lock"];
		const look = () =>
			Promise.all(watched.map((path) => readFile(join(repository.root, path), "utf8").catch((error) => error.code)));
		const before = await look();
		expect(await advance()).toEqual({ moved: true, checkout: "left_dirty" });
		expect(await look()).toEqual(before);
		expect(await repository.git("rev-parse", "main")).toBe(to);
	});
}

it("leaves another branch's checkout alone", async () => {
	const { repository, advance, to } = await ready(first, change);
	await repository.git("checkout", "--quiet", "-b", "other");
	expect(await advance()).toEqual({ moved: true, checkout: "elsewhere" });
	expect(await repository.git("rev-parse", "main")).toBe(to);
	expect(await repository.git("status", "--porcelain")).toBe("");
});

it("says where the branch stands when somebody moved it, and moves nothing", async () => {
	const { repository, advance } = await ready(first, change);
	const head = await repository.commit({ "kept.txt": "later\n" });
	expect(await advance()).toEqual({ moved: false, head });
	expect(await repository.git("rev-parse", "main")).toBe(head);
	expect(await repository.git("status", "--porcelain")).toBe("");
});

it("does not move a branch whose lock another git holds", async () => {
	const { repository, advance, from } = await ready(first, change);
	const lock = join(repository.root, ".git", "refs", "heads", "main.lock");
	await writeFile(lock, "");
	await expect(advance()).rejects.toThrow("main.lock");
	expect(await repository.git("rev-parse", "main")).toBe(from);
	expect((await stat(lock)).isFile()).toBe(true);
});

it("does not clear a lock that says what it would say itself, however old, without having meant to take it", async () => {
	const { repository, advance, from, to } = await ready(first, change);
	const lock = join(repository.root, ".git", "refs", "heads", "main.lock");
	for (const said of [from, to]) {
		await writeFile(lock, `${said}\n`);
		await utimes(lock, 1_000_000, 1_000_000);
		await expect(advance()).rejects.toThrow("main.lock");
	}
	await rm(lock);
	expect(await advance()).toEqual({ moved: true, checkout: "followed" });
	expect(await repository.git("rev-parse", "main")).toBe(to);
});

/** Every state that a kill may leave: branch moved or not, any of the files new, the lock held by us. */
const killed: Readonly<Record<string, (ready: Ready) => Promise<unknown>>> = {
	"the objects were sent": ({ repository, own, to }) =>
		plainGit(repository.root, "fetch", "--quiet", join(repository.stateDir, "repo.git"), to).then(() => own.head()),
	"the branch moved": ({ repository, to }) => moveOnly(repository, to),
	"one file is new": async ({ repository, to }) => {
		await moveOnly(repository, to);
		await writeTree(repository.root, { "app.txt": "two\n" });
	},
	"all files are new": async ({ repository, to }) => {
		await moveOnly(repository, to);
		await writeTree(repository.root, change);
	},
	"the lock of the index is ours": async ({ repository, to }) => {
		await moveOnly(repository, to);
		await writeTree(repository.root, { "gone.txt": null, ".git/deadman-index": "half an index" });
		await link(join(repository.root, ".git", "deadman-index"), join(repository.root, ".git", "index.lock"));
	},
};

async function moveOnly(repository: TestRepository, to: string): Promise<void> {
	await plainGit(repository.root, "fetch", "--quiet", join(repository.stateDir, "repo.git"), to);
	await plainGit(repository.root, "update-ref", "refs/heads/main", to);
}

for (const [name, leave] of Object.entries(killed)) {
	it(`goes on after a kill when ${name}`, async () => {
		const all = await ready(first, change);
		await leave(all);
		expect(await all.advance()).toEqual({ moved: true, checkout: "followed" });
		expect(await all.repository.git("status", "--porcelain")).toBe("");
		expect(await readFile(join(all.repository.root, "new/file.txt"), "utf8")).toBe("new\n");
		expect(await all.advance()).toEqual({ moved: true, checkout: "followed" });
	});
}

it("does not reach through a link that it put there itself before a kill", async () => {
	const { repository, advance, to } = await ready(
		{ "sub/file.txt": "old\n", "other/file.txt": "kept\n" },
		{ "sub/file.txt": null, sub: { link: "other" } },
	);
	await moveOnly(repository, to);
	await writeTree(repository.root, { sub: { link: "other" } });
	expect(await advance()).toEqual({ moved: true, checkout: "followed" });
	expect(await readFile(join(repository.root, "other/file.txt"), "utf8")).toBe("kept\n");
	expect(await repository.git("status", "--porcelain")).toBe("");
});

it("keeps the operator's line endings", async () => {
	const { repository, advance } = await ready({ "app.txt": "one\n" }, { "app.txt": "two\n", "new.txt": "new\n" });
	await repository.git("config", "core.autocrlf", "true");
	await repository.git("rm", "--quiet", "--cached", "app.txt");
	await repository.git("reset", "--quiet", "--hard");
	expect(await advance()).toEqual({ moved: true, checkout: "followed" });
	expect(await readFile(join(repository.root, "new.txt"), "utf8")).toBe("new\r\n");
	expect(await repository.git("status", "--porcelain")).toBe("");
});
