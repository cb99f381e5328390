// A rollback in the operator's checkout is held up by nothing: what a busy git does not let it do now is done at the next occasion.
import { mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Tree, writeTree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";

const first: Tree = { "app.txt": "one\n", "kept.txt": "kept\n", "gone.txt": "gone\n" };
const change: Tree = { "app.txt": "two\n", "gone.txt": null, "new/file.txt": "new\n" };

async function flipped(): Promise<InPlaceTools & { readonly old: Record<string, string>; readonly git: string }> {
	const all = await makeInPlace(first);
	const old = await all.there();
	await all.candidate("candidate", change);
	await all.inPlace.flip("candidate");
	return { ...all, old, git: join(all.repository.root, ".git") };
}

const prune = ({ inPlace }: InPlaceTools) => inPlace.prune({ pinned: [], retain: 3 });

it("brings files and branch back beside a left-over lock of the index, and the index when it is gone", async () => {
	const all = await flipped();
	await writeFile(join(all.git, "index.lock"), "");
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	expect(await all.repository.git("rev-parse", "main^{tree}")).toBe(all.baseline.tree);
	expect(await all.inPlace.current()).toBe("base");
	await prune(all);
	expect(await all.status()).not.toBe("");
	await rm(join(all.git, "index.lock"));
	await writeTree(all.repository.root, { "gone.txt": "staged since\n" });
	await all.repository.git("add", "gone.txt");
	await prune(all);
	expect(await all.status()).toBe("M  gone.txt\0");
});

it("brings the files back beside a left-over lock of the branch, and the branch when it is gone", async () => {
	const all = await flipped();
	const lock = join(all.git, "refs", "heads", "main.lock");
	await writeFile(lock, "");
	const candidate = await all.repository.git("rev-parse", "main");
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	expect(await all.repository.git("rev-parse", "main")).toBe(candidate);
	const head = await all.inPlace.head();
	expect(await all.port.treeOf(head ?? "")).toBe(all.baseline.tree);
	await rm(lock);
	await writeTree(all.repository.root, { "more.txt": "more\n" });
	await all.repository.git("add", "more.txt");
	await all.repository.git("commit", "-q", "-m", "later", "--only", "more.txt");
	const later = await all.repository.git("rev-parse", "main");
	await prune(all);
	expect(await all.repository.git("rev-parse", "main^")).toBe(later);
	expect(await all.inPlace.head()).toBe(await all.repository.git("rev-parse", "main"));
	expect(await all.repository.git("show", "main:app.txt", "main:more.txt")).toBe("one\nmore");
	expect(await all.status()).toBe("");
});

it("leaves a merge that is under way alone", async () => {
	const all = await flipped();
	const merge = join(all.git, "MERGE_HEAD");
	await writeFile(merge, `${await all.repository.git("rev-parse", "main")}\n`);
	const [main, staged] = [
		await all.repository.git("rev-parse", "main"),
		await all.repository.git("ls-files", "--stage"),
	];
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	expect(await all.repository.git("rev-parse", "main")).toBe(main);
	expect(await all.repository.git("ls-files", "--stage")).toBe(staged);
	await rm(merge);
	await all.inPlace.flip("base");
	expect(await all.repository.git("rev-parse", "main^{tree}")).toBe(all.baseline.tree);
	expect(await all.status()).toBe("");
});

it("brings the files back below another branch that was checked out meanwhile, whose index it leaves alone", async () => {
	const all = await flipped();
	await all.repository.git("checkout", "-q", "-b", "other");
	const staged = await all.repository.git("ls-files", "--stage");
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	expect(await all.repository.git("rev-parse", "main^{tree}")).toBe(all.baseline.tree);
	expect(await all.repository.git("ls-files", "--stage")).toBe(staged);
	expect(await all.inPlace.current()).toBe("base");
});

it("brings the files back on a detached HEAD, and when the branch is gone", async () => {
	const all = await flipped();
	await all.repository.git("checkout", "-q", "--detach");
	await all.repository.git("branch", "-q", "-D", "main");
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	expect(await all.inPlace.current()).toBe("base");
	expect(await all.port.treeOf((await all.inPlace.head()) ?? "")).toBe(all.baseline.tree);
});

it("does not set out again before what is left over is done", async () => {
	const all = await flipped();
	const next = await all.propose("next", { "app.txt": "three\n" });
	await mkdir(join(all.git, "rebase-merge"));
	await all.inPlace.flip("base");
	await expect(all.stage(next)).rejects.toMatchObject({ refusal: { code: "git_busy" } });
	await rm(join(all.git, "rebase-merge"), { recursive: true });
	await prune(all);
	await all.candidate("again", { "app.txt": "three\n" });
	await all.inPlace.flip("again");
	expect(await all.repository.git("show", "main:app.txt", "main:gone.txt")).toBe("three\ngone");
	expect(await all.status()).toBe("");
});

it("takes no lock on the branch for its own that it did not mean to take, whatever it says and however old it is", async () => {
	const all = await flipped();
	const main = join(all.git, "refs", "heads", "main.lock");
	const leave = async (content: string) => {
		await writeFile(main, content);
		await utimes(main, 1_000_000, 1_000_000);
	};
	await leave(`${await all.repository.git("rev-parse", "main")}\n`);
	await all.inPlace.flip("base");
	expect(await all.there()).toEqual(all.old);
	await expect(all.inPlace.flip("candidate")).rejects.toMatchObject({ refusal: { code: "git_locked" } });
	await leave("");
	await expect(all.inPlace.flip("candidate")).rejects.toMatchObject({ refusal: { code: "git_locked" } });
	expect(await readFile(main, "utf8")).toBe("");
	await rm(main);
	await all.inPlace.flip("candidate");
	expect(await all.repository.git("show", "main:app.txt")).toBe("two");
});
