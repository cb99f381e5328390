// A host in the operator's checkout: what is refused before anything is touched, what happens to edits and commits within the window, and what is verified.
import { chmod, link, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createInPlace } from "../../../../src/adapters/git/in-place/in-place.js";
import { plainGit, type Tree, writeTree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";
import { sampleOf } from "../../../support/shard.js";
import { temporaryFolder } from "../../../support/temporary.js";

const first: Tree = { "app.txt": "one\n", "kept.txt": "kept\n", "gone.txt": "gone\n", "sub/a.txt": "a\n" };
const change: Tree = { "app.txt": "two\n", "gone.txt": null, "new/file.txt": "new\n" };

/** Checkout, status and branch: none of them may move where something is refused. */
async function look({ repository, there, status }: InPlaceTools) {
	return { there: await there(), status: await status(), main: await repository.git("rev-parse", "main") };
}

it("takes the checkout as it is the first time, and touches nothing", async () => {
	const all = await makeInPlace(first, { unadopted: true });
	const { repository, inPlace, baseline } = all;
	await writeTree(repository.root, { "kept.txt": "my edit\n", "notes.txt": "notes\n" });
	const before = await look(all);
	expect([await inPlace.current(), await inPlace.head()]).toEqual([null, null]);
	await all.adopt();
	expect(await look(all)).toEqual(before);
	expect([await inPlace.current(), await inPlace.head()]).toEqual(["base", baseline.commit]);
	expect(inPlace.folder("base")).toBe(repository.root);
	expect(await inPlace.verify("base")).toEqual([]);
});

it("takes a newer commit of the branch before the first swap, and no other release", async () => {
	const all = await makeInPlace(first);
	const commit = await all.repository.commit({ "app.txt": "mended\n" });
	expect(await all.port.intake(commit)).toBeNull();
	const newer = { id: "base-2", commit, tree: await all.port.treeOf(commit) };
	await all.stage(newer);
	await all.inPlace.flip("base-2");
	expect(await all.inPlace.current()).toBe("base-2");
	expect(await all.inPlace.head()).toBe(commit);
	await expect(all.inPlace.flip("base-3")).rejects.toThrow("base-3");
	expect(await all.inPlace.current()).toBe("base-2");
});

it("does not take a checkout that is not the release", async () => {
	const all = await makeInPlace(first, { unadopted: true });
	await all.stage(all.baseline);
	await all.repository.commit({ "app.txt": "later\n" });
	await expect(all.inPlace.flip("base")).rejects.toThrow(all.baseline.commit);
	expect(await all.inPlace.current()).toBeNull();
});

const refusals: Readonly<Record<string, [code: string, (all: InPlaceTools) => Promise<unknown>]>> = {
	"a touched file is edited": [
		"edits_in_the_way",
		({ repository }) => writeTree(repository.root, { "app.txt": "mine\n" }),
	],
	"a touched file is executable now": [
		"edits_in_the_way",
		({ repository }) => chmod(join(repository.root, "app.txt"), 0o755),
	],
	"a touched file was deleted": ["edits_in_the_way", ({ repository }) => rm(join(repository.root, "gone.txt"))],
	"a touched file is edited and git was told to overlook it": [
		"edits_in_the_way",
		async ({ repository }) => {
			await repository.git("update-index", "--assume-unchanged", "app.txt");
			await writeTree(repository.root, { "app.txt": "mine\n" });
		},
	],
	"a change of a touched file is staged": [
		"edits_in_the_way",
		async ({ repository }) => {
			await writeTree(repository.root, { "app.txt": "mine\n" });
			await repository.git("add", "app.txt");
			await writeTree(repository.root, { "app.txt": "one\n" });
		},
	],
	"an untracked file is in the way": [
		"edits_in_the_way",
		({ repository }) => writeTree(repository.root, { "new/file.txt": "mine\n" }),
	],
	"an ignored file is in the way": [
		"edits_in_the_way",
		async ({ repository }) => {
			await writeFile(join(repository.root, ".git", "info", "exclude"), ".deadman/\nnew/\n");
			await writeTree(repository.root, { "new/file.txt": "mine\n" });
		},
	],
	"an untracked file is where a folder must be": [
		"edits_in_the_way",
		({ repository }) => writeTree(repository.root, { new: "mine\n" }),
	],
	"a link is where a folder must be": [
		"edits_in_the_way",
		async ({ repository }) => symlink(await temporaryFolder("deadman-out"), join(repository.root, "new")),
	],
	"main moved on": ["branch_moved", ({ repository }) => repository.commit({ "kept.txt": "later\n" })],
	"another branch is checked out": [
		"checkout_elsewhere",
		({ repository }) => repository.git("checkout", "-q", "-b", "other"),
	],
	"HEAD is detached": ["checkout_elsewhere", ({ repository }) => repository.git("checkout", "-q", "--detach")],
	"a merge is under way": [
		"git_busy",
		({ repository }) => writeFile(join(repository.root, ".git", "MERGE_HEAD"), `${"1".repeat(40)}\n`),
	],
	"a rebase is under way": ["git_busy", ({ repository }) => mkdir(join(repository.root, ".git", "rebase-merge"))],
	"another git holds the index": [
		"git_locked",
		({ repository }) => writeFile(join(repository.root, ".git", "index.lock"), ""),
	],
	"another git holds the branch": [
		"git_locked",
		({ repository }) => writeFile(join(repository.root, ".git", "refs", "heads", "main.lock"), ""),
	],
};

for (const [name, [code, disturb]] of sampleOf(Object.entries(refusals))) {
	it(`refuses when ${name}, at staging and at the flip, before anything is touched`, async () => {
		const all = await makeInPlace(first);
		const ready = await all.candidate("ready", change);
		const late = await all.propose("late", change);
		await disturb(all);
		const before = await look(all);
		await expect(all.stage(late)).rejects.toMatchObject({ refusal: { code } });
		expect(await all.inPlace.sealed("late")).toBeNull();
		await expect(all.inPlace.flip(ready.id)).rejects.toMatchObject({ refusal: { code } });
		expect(await look(all)).toEqual(before);
		expect(await all.inPlace.current()).toBe("base");
		await all.inPlace.flip("base");
		expect(await look(all)).toEqual(before);
	});
}

it("names the files that are in the way", async () => {
	const all = await makeInPlace(first);
	const late = await all.propose("late", change);
	await writeTree(all.repository.root, { "app.txt": "mine\n", "new/file.txt": "mine\n", "kept.txt": "mine\n" });
	await expect(all.stage(late)).rejects.toThrow('"app.txt", "new/file.txt".');
});

it("refuses a bare repository", async () => {
	const all = await makeInPlace(first, { unadopted: true });
	await all.stage(all.baseline);
	const bare = join(await temporaryFolder("deadman-bare"), "bare.git");
	await plainGit("/", "clone", "--quiet", "--bare", all.repository.root, bare);
	const stateDir = join(await temporaryFolder("deadman-state"), "state");
	const parts = { ...all.tools, root: bare, stateDir, settings: {} as never, branch: "main", outputs: [] };
	const inPlace = createInPlace({ ...parts, staged: all.staged });
	await expect(inPlace.flip("base")).rejects.toMatchObject({ refusal: { code: "repository_bare" } });
});

it("goes on when what was in the way is gone, also where a file changed meanwhile that git takes for the same", async () => {
	const all = await makeInPlace({ ...first, ".gitattributes": "*.txt text\n" });
	await all.candidate("candidate", change);
	await writeTree(all.repository.root, { "app.txt": "mine\n" });
	await expect(all.inPlace.flip("candidate")).rejects.toMatchObject({ refusal: { code: "edits_in_the_way" } });
	await writeTree(all.repository.root, { "app.txt": "one\r\n" });
	await chmod(join(all.repository.root, "app.txt"), 0o600);
	await all.inPlace.flip("candidate");
	expect(await readFile(join(all.repository.root, "app.txt"), "utf8")).toBe("two\n");
	expect((await lstat(join(all.repository.root, "app.txt"))).mode & 0o777).toBe(0o600);
	await all.inPlace.flip("base");
	expect(await readFile(join(all.repository.root, "app.txt"), "utf8")).toBe("one\r\n");
	expect((await lstat(join(all.repository.root, "app.txt"))).mode & 0o777).toBe(0o600);
});

it("brings back the very files, and folders that were empty or become so", async () => {
	const all = await makeInPlace(first);
	const { root } = all.repository;
	await mkdir(join(root, "sub", "empty"));
	await mkdir(join(root, "new"));
	await chmod(join(root, "sub"), 0o750);
	const ino = (await lstat(join(root, "app.txt"))).ino;
	await all.candidate("candidate", { ...change, "sub/a.txt": null, sub: "a file now\n" });
	await all.inPlace.flip("candidate");
	expect((await lstat(join(root, "sub"))).isFile()).toBe(true);
	await all.inPlace.flip("base");
	expect((await lstat(join(root, "app.txt"))).ino).toBe(ino);
	expect((await lstat(join(root, "sub"))).mode & 0o777).toBe(0o750);
	for (const folder of ["sub/empty", "new"]) expect((await lstat(join(root, folder))).isDirectory()).toBe(true);
});

it("does not follow attributes of the version before", async () => {
	const all = await makeInPlace({ ".gitattributes": "*.txt text eol=lf\n", "app.txt": "one\n" });
	await all.candidate("candidate", { ".gitattributes": "*.txt text eol=crlf\n", "app.txt": "two\n" });
	await all.inPlace.flip("candidate");
	expect(await readFile(join(all.repository.root, "app.txt"), "utf8")).toBe("two\r\n");
	expect(await all.status()).toBe("");
});

it("keeps a later commit of untouched files, in history and in the tree", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace } = all;
	await all.candidate("candidate", change);
	const old = await all.there();
	await inPlace.flip("candidate");
	const later = await repository.commit({ "kept.txt": "later\n", "more.txt": "more\n" });
	await inPlace.flip("base");
	const head = await repository.git("rev-parse", "main");
	expect(await repository.git("rev-parse", "main^")).toBe(later);
	expect(await inPlace.head()).toBe(head);
	expect(await all.status()).toBe("");
	const now = await all.there();
	expect({ ...now, "kept.txt": "", "more.txt": "" }).toEqual({ ...old, "kept.txt": "", "more.txt": "" });
	expect(await readFile(join(repository.root, "kept.txt"), "utf8")).toBe("later\n");
	expect(await repository.git("show", "main:more.txt")).toBe("more");
	expect(await repository.git("log", "-1", "--format=%s")).toBe('Revert "Swap candidate"');
	await all.candidate("next", { "app.txt": "three\n" });
	await inPlace.flip("next");
	expect(await repository.git("show", "main:more.txt", "main:app.txt")).toBe("more\nthree");
});

it("keeps an edit of a touched file within the window, outside of the checkout", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace } = all;
	await all.candidate("candidate", change);
	const old = await all.there();
	await inPlace.flip("candidate");
	await writeTree(repository.root, { "app.txt": "mine\n", "gone.txt": "here again\n", new: "a file\n" });
	expect(await inPlace.verify("candidate")).toEqual(["app.txt", "gone.txt", "new/file.txt"]);
	await inPlace.flip("base");
	expect(await all.there()).toEqual({ ...old, new: expect.any(String) });
	expect(await all.status()).toBe("?? new\0");
	const kept = join(repository.stateDir, "discarded-edits", "candidate");
	expect(await readFile(join(kept, "app.txt"), "utf8")).toBe("mine\n");
	expect(await readFile(join(kept, "gone.txt"), "utf8")).toBe("here again\n");
});

it("brings a touched file back that was committed anew within the window", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace } = all;
	await all.candidate("candidate", change);
	const old = await all.there();
	await inPlace.flip("candidate");
	const later = await repository.commit({ "app.txt": "mended\n", "gone.txt": { link: "app.txt" } });
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(await all.status()).toBe("");
	expect(await repository.git("rev-parse", "main^{tree}", "main^")).toBe(`${all.baseline.tree}\n${later}`);
	const kept = join(repository.stateDir, "discarded-edits", "candidate");
	expect(await readFile(join(kept, "app.txt"), "utf8")).toBe("mended\n");
});

it("moves aside whatever stands where a folder or file must come back", async () => {
	const all = await makeInPlace({ ...first, "sub/deep/b.txt": "b\n" });
	const { repository, inPlace } = all;
	await all.candidate("candidate", { "sub/a.txt": "changed\n", "sub/deep/b.txt": "changed\n", "app.txt": null });
	const old = await all.there();
	await inPlace.flip("candidate");
	const outside = await temporaryFolder("deadman-out");
	await writeTree(repository.root, { sub: { link: outside }, "app.txt/mine.txt": "mine\n" });
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(await all.status()).toBe("");
	const kept = join(repository.stateDir, "discarded-edits", "candidate");
	expect((await lstat(join(kept, "sub"))).isSymbolicLink()).toBe(true);
	expect(await readFile(join(kept, "app.txt", "mine.txt"), "utf8")).toBe("mine\n");
});

it("makes a kept file anew from objects when it is gone or was written into", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace } = all;
	await all.candidate("candidate", { ...change, "kept.txt": "changed\n" });
	const old = await all.there();
	await inPlace.flip("candidate");
	const kept = join(repository.stateDir, "in-place", "candidate", "kept");
	await rm(join(kept, "0"));
	await truncate(join(kept, "1"));
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(all.tools.logged).toContain("in_place.made_again");
});

it("comes back from its plan when the record is lost within a trial", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace, baseline } = all;
	const candidate = await all.candidate("candidate", change);
	const old = await all.there();
	const trial = { swapId: "sw_abc123", previous: baseline, candidate };
	await inPlace.writeLive({ schemaVersion: 1, release: baseline, proven: true, trial });
	await inPlace.flip("candidate");
	const record = join(repository.stateDir, "in-place.json");
	await truncate(record, 30);
	expect(await inPlace.current()).toBe("candidate");
	await rm(record);
	expect(await inPlace.current()).toBe("candidate");
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(await inPlace.current()).toBe("base");
});

it("touches nothing when its record cannot be read and no trial runs", async () => {
	const all = await makeInPlace(first);
	await all.candidate("candidate", change);
	const before = await look(all);
	await truncate(join(all.repository.stateDir, "in-place.json"), 30);
	await expect(all.inPlace.flip("candidate")).rejects.toThrow("Nothing was touched");
	expect(await look(all)).toEqual(before);
});

it("does not clear a lock of somebody else, but one that it left itself", async () => {
	const all = await makeInPlace(first);
	await all.candidate("candidate", change);
	const git = join(all.repository.root, ".git");
	await writeFile(join(git, "deadman-in-place-index"), "half");
	await link(join(git, "deadman-in-place-index"), join(git, "index.lock"));
	await all.inPlace.flip("candidate");
	expect(await all.status()).toBe("");
	await writeFile(join(git, "index.lock"), "");
	await all.inPlace.flip("base");
	expect((await stat(join(git, "index.lock"))).size).toBe(0);
});

it("knows side doors within the window from the operator's own commits between two swaps", async () => {
	const all = await makeInPlace(first);
	const { repository, inPlace, baseline } = all;
	const candidate = await all.candidate("candidate", change);
	const live = { schemaVersion: 1, proven: true } as const;
	await inPlace.writeLive({
		...live,
		release: baseline,
		trial: { swapId: "sw_abc123", previous: baseline, candidate },
	});
	await inPlace.flip("candidate");
	await writeTree(repository.root, { "kept.txt": "mine\n" });
	expect(await inPlace.verify("candidate")).toEqual([]);
	await repository.commit({ "app.txt": "committed\n", "gone.txt": "committed\n" });
	expect(await inPlace.verify("candidate")).toEqual(["app.txt", "gone.txt"]);
	await inPlace.writeLive({ ...live, release: candidate, trial: null });
	expect(await inPlace.verify("candidate")).toEqual([]);
	await writeTree(repository.root, { "app.txt": "by the side door\n" });
	expect(await inPlace.verify("candidate")).toEqual(["app.txt"]);
});

it("starts proposals from a promotion that went on from where the last flip left the branch", async () => {
	const all = await makeInPlace(first);
	const { inPlace, baseline, port } = all;
	const promoted = await all.repository.commit({ "template/skill.md": "new\n" });
	expect(await port.intake(promoted)).toBeNull();
	const live = { schemaVersion: 1, release: baseline, proven: true, trial: null } as const;
	await inPlace.writeLive({ ...live, head: promoted });
	expect(await inPlace.head()).toBe(promoted);
	const candidate = await all.candidate("candidate", change);
	await inPlace.flip("candidate");
	expect(await inPlace.head()).toBe(candidate.commit);
	await inPlace.flip("base");
	expect(await inPlace.head()).toBe(await all.repository.git("rev-parse", "main"));
	expect(await all.repository.git("show", "main:template/skill.md")).toBe("new");
});

it("works with its state on another file system", async () => {
	const stateDir = await mkdtemp("/dev/shm/deadman-state-");
	onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
	const all = await makeInPlace(
		{ ...first, ".gitignore": "dist\n" },
		{ stateDir, config: { outputs: ["dist"], build: "mkdir dist && cp app.txt dist/app.txt" } },
	);
	const { root } = all.repository;
	expect((await lstat(root)).dev).not.toBe((await lstat(stateDir)).dev);
	await writeTree(root, { "dist/by-hand.txt": "by hand\n" });
	const old = await all.there();
	await all.candidate("candidate", change);
	await all.inPlace.flip("candidate");
	expect(await readFile(join(root, "dist", "app.txt"), "utf8")).toBe("two\n");
	await writeTree(root, { "app.txt": "mine\n" });
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(await readFile(join(stateDir, "discarded-edits", "candidate", "app.txt"), "utf8")).toBe("mine\n");
	await all.inPlace.prune({ pinned: [], retain: 1 });
	expect(await all.status()).toBe("");
});
