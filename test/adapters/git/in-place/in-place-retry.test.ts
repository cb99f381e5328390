// A change that was rolled back, then mended: the proposal is all that the builder means, whatever the history of the branch says. Real git, a builder's own clone.
import { join } from "node:path";
import { expect, it } from "vitest";
import { isRefusal } from "../../../../src/core/refusals.js";
import type { ReleaseRef } from "../../../../src/ports/ports.js";
import { commitTree, plainGit, type Tree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";
import { temporaryFolder } from "../../../support/temporary.js";

const first: Tree = { "app.txt": "one\ntwo\nthree\n", "kept.txt": "kept\n", "gone.txt": "gone\n" };
/** Not clean to merge with anything that touches the same lines. */
const change: Tree = { "app.txt": "one\nTWO\nthree\n", "gone.txt": null, "new.txt": "new\n" };
const fix: Tree = { "app.txt": "one\nTWO, mended\nthree\n" };

interface Builder {
	readonly folder: string;
	/** Commits on its own branch, and hands the commit over as a workspace would. */
	commit(tree: Tree): Promise<string>;
	git(...args: string[]): Promise<string>;
}

async function builderOn(all: InPlaceTools): Promise<Builder> {
	const { root, git } = all.repository;
	const folder = join(await temporaryFolder("deadman-builder"), "workspace");
	await plainGit("/", "clone", "--quiet", "--no-local", "--branch", "main", root, folder);
	return {
		folder,
		git: (...args) => plainGit(folder, ...args),
		commit: async (tree) => {
			const commit = await commitTree(folder, tree);
			await git("fetch", "--quiet", folder, commit);
			return commit;
		},
	};
}

/** As the engine asks for it: from where proposals start now. */
async function submit(all: InPlaceTools, id: string, proposed: string) {
	const live = (await all.inPlace.head()) ?? all.baseline.commit;
	const branchHead = await all.repository.git("rev-parse", "main");
	for (const one of [live, branchHead, proposed]) expect(await all.port.intake(one)).toBeNull();
	return all.port.merge({ swapId: id, live, proposed, branchHead, branch: "main", message: `${id}\n`, shared: [] });
}

async function submitted(all: InPlaceTools, id: string, proposed: string) {
	const merged = await submit(all, id, proposed);
	if (isRefusal(merged)) throw new Error(`${merged.code}: ${merged.message}`);
	const release: ReleaseRef = { id, commit: merged.commit, tree: merged.tree };
	return { release, paths: merged.files.map(({ path }) => path).sort() };
}

async function tried(all: InPlaceTools, id: string, proposed: string) {
	const one = await submitted(all, id, proposed);
	await all.stage(one.release);
	await all.inPlace.flip(id);
	return one;
}

async function rolledBack(all: InPlaceTools, id: string, proposed: string, to = "base") {
	await tried(all, id, proposed);
	await all.inPlace.flip(to);
}

const textOf = (all: InPlaceTools, { tree }: ReleaseRef, path: string) =>
	plainGit(join(all.repository.stateDir, "repo.git"), "show", `${tree}:${path}`);

async function expectWhole(all: InPlaceTools, { release, paths }: { release: ReleaseRef; paths: readonly string[] }) {
	expect(paths).toEqual(["app.txt", "gone.txt", "new.txt"]);
	expect(await textOf(all, release, "app.txt")).toBe("one\nTWO, mended\nthree");
	expect(await textOf(all, release, "new.txt")).toBe("new");
}

it("proposes the change and the fix, and both run", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	await rolledBack(all, "first", await builder.commit(change));
	const again = await tried(all, "again", await builder.commit(fix));
	await expectWhole(all, again);
	const { git, root } = all.repository;
	expect(await git("show", "main:app.txt")).toBe("one\nTWO, mended\nthree");
	expect(await git("ls-files")).toBe("app.txt\nkept.txt\nnew.txt");
	expect(await all.status()).toBe("");
	const history = await plainGit(root, "log", "--format=%s", "--first-parent");
	expect(history).toBe('again\nRevert "first"\nfirst\nfirst');
});

it("proposes the very same commit once more as a whole", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	const proposed = await builder.commit(change);
	await rolledBack(all, "first", proposed);
	expect((await submitted(all, "again", proposed)).paths).toEqual(["app.txt", "gone.txt", "new.txt"]);
});

it("does so after two rollbacks, and after a confirmed retry proposes only what is new", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	await rolledBack(all, "first", await builder.commit(change));
	await rolledBack(all, "second", await builder.commit({ "app.txt": "one\nTWO, worse\nthree\n" }));
	await expectWhole(all, await tried(all, "third", await builder.commit(fix)));
	const next = await submitted(all, "fourth", await builder.commit({ "later.txt": "later\n" }));
	expect(next.paths).toEqual(["later.txt"]);
});

it("does so behind two confirmed swaps of others, and the operator's commits within the window stay merged", async () => {
	const all = await makeInPlace(first);
	const [builder, other] = [await builderOn(all), await builderOn(all)];
	await tried(all, "first", await builder.commit(change));
	await all.repository.commit({ "operator.txt": "mine\n" });
	await all.repository.git("checkout", "--quiet", "-b", "topic", "HEAD~2");
	await all.repository.commit({ "topic.txt": "topic\n" });
	await all.repository.git("checkout", "--quiet", "main");
	await all.repository.git("merge", "--quiet", "--no-edit", "topic");
	await all.inPlace.flip("base");
	await other.git("pull", "--quiet", "--rebase", "origin", "main");
	await tried(all, "other-1", await other.commit({ "kept.txt": "kept by another\n" }));
	await tried(all, "other-2", await other.commit({ "other.txt": "other\n" }));
	await builder.git("fetch", "--quiet", "origin", "topic");
	await builder.git("merge", "--quiet", "--no-edit", "FETCH_HEAD");
	const again = await tried(all, "again", await builder.commit(fix));
	await expectWhole(all, again);
	for (const path of ["operator.txt", "topic.txt", "other.txt"]) await textOf(all, again.release, path);
	expect(await textOf(all, again.release, "kept.txt")).toBe("kept by another");
});

it("does so for a builder who went on from the version on trial, or from the operator's commit behind it", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	const { release } = await tried(all, "first", await builder.commit(change));
	const onTrial = await builderOn(all);
	expect(await onTrial.git("rev-parse", "HEAD")).toBe(release.commit);
	await all.repository.commit({ "operator.txt": "mine\n" });
	const later = await builderOn(all);
	await all.inPlace.flip("base");
	for (const one of [onTrial, later]) {
		const again = await submitted(all, `again-${one === later}`, await one.commit(fix));
		await expectWhole(all, again);
		expect(await textOf(all, again.release, "operator.txt")).toBe("mine");
	}
});

it("has nothing special for a builder who took the rollback in", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	await rolledBack(all, "first", await builder.commit(change));
	await builder.git("pull", "--quiet", "--rebase", "origin", "main");
	const rebased = await submitted(all, "rebased", await builder.commit({ "other.txt": "other\n" }));
	expect(rebased.paths).toEqual(["other.txt"]);
	const fresh = await builderOn(all);
	expect((await submitted(all, "fresh", await fresh.commit({ "fresh.txt": "fresh\n" }))).paths).toEqual(["fresh.txt"]);
});

it("takes a revert that the operator made as meant, whatever its message says", async () => {
	const all = await makeInPlace(first);
	const [builder, other] = [await builderOn(all), await builderOn(all)];
	const { release } = await tried(all, "first", await builder.commit(change));
	await all.repository.git("revert", "--no-edit", "-m", "1", release.commit);
	await all.repository.git("commit", "--quiet", "--amend", "-m", "Revert\n\nDeadman-Release: base\n");
	await other.git("pull", "--quiet", "--rebase", "origin", "main");
	await tried(all, "other", await other.commit({ "other.txt": "other\n" }));
	const again = await submitted(all, "again", await builder.commit({ "fix.txt": "fix\n" }));
	expect(again.paths).toEqual(["fix.txt"]);
	expect(await textOf(all, again.release, "app.txt")).toBe("one\ntwo\nthree");
});

it("does so where the revert had to wait for another git, before and after it was mended", async () => {
	const all = await makeInPlace(first);
	const builder = await builderOn(all);
	await tried(all, "first", await builder.commit(change));
	const { git, stateDir } = all.repository;
	await git("update-ref", "MERGE_HEAD", "HEAD");
	await all.inPlace.flip("base");
	expect(all.tools.logged).not.toContain("in_place.unmarked");
	await git("update-ref", "-d", "MERGE_HEAD");
	const mended = await builder.commit(fix);
	await expectWhole(all, await submitted(all, "before", mended));
	await all.inPlace.flip("base");
	expect(await git("show", "main:app.txt")).toBe("one\ntwo\nthree");
	await expectWhole(all, await submitted(all, "after", mended));
	expect(await plainGit(join(stateDir, "repo.git"), "fsck", "--strict", "--no-dangling")).toBe("");
});
