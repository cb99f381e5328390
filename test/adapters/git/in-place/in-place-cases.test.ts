// The file changes that sank others, in the operator's own checkout: each compared by bytes, mode and link target after the flip and after the way back,
// with local edits, staged ones and untracked files of the operator around them, and hooks that would fail.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileCases, fileCasesBase } from "../../../support/file-cases.js";
import { manifestOfTree, type Tree, writeTree } from "../../../support/git.js";
import { makeInPlace, plainClone, plantHooks } from "../../../support/git-in-place.js";
import { sampleOf } from "../../../support/shard.js";

const mine: Tree = { "mine/tracked.txt": "tracked\n", "mine/staged.txt": "staged\n", "mine/run.sh": "run\n" };
const edits: Tree = {
	"mine/tracked.txt": "my edit\n",
	"mine/untracked.txt": "my notes\n",
	"mine/run.sh": { executable: "run\n" },
	"other/untracked.txt": "beside a kept one\n",
};
const stagedEdit: Tree = { "mine/staged.txt": "my staged edit\n" };

for (const { name, before = {}, after } of sampleOf(fileCases)) {
	it(`${name}: exact there and exact back, the operator's own edits untouched`, async () => {
		const all = await makeInPlace({ ...fileCasesBase, ...mine, ...before });
		const { repository, inPlace, baseline } = all;
		const candidate = await all.propose("candidate", after);
		await writeTree(repository.root, stagedEdit);
		await repository.git("add", "mine/staged.txt");
		await writeTree(repository.root, edits);
		await mkdir(join(repository.root, "mine", "empty"));
		const hooks = await plantHooks(repository);
		const [old, status] = [await all.there(), await all.status()];
		await all.stage(candidate);
		expect(await all.there()).toEqual(old);

		await inPlace.flip("candidate");
		const pure = manifestOfTree(fileCasesBase, mine, before, after);
		const plain = ".gitattributes" in pure ? await plainClone(repository.root) : pure;
		expect(await all.there()).toEqual({ ...plain, ...manifestOfTree(stagedEdit, edits) });
		expect(await all.there()).not.toEqual(old);
		expect(await all.status()).toBe(status);
		expect(await repository.git("rev-parse", "main")).toBe(candidate.commit);
		expect(await inPlace.verify("candidate")).toEqual([]);
		expect([await inPlace.current(), await inPlace.head()]).toEqual(["candidate", candidate.commit]);

		await inPlace.flip("base");
		expect(await all.there()).toEqual(old);
		expect(await all.status()).toBe(status);
		const head = await repository.git("rev-parse", "main");
		expect(await repository.git("rev-parse", `${head}^{tree}`, `${head}^`)).toBe(
			`${baseline.tree}\n${candidate.commit}`,
		);
		expect([await inPlace.current(), await inPlace.head()]).toEqual(["base", head]);
		expect(await inPlace.verify("base")).toEqual([]);
		expect(await hooks.ran()).toBe(false);

		const left = await readdir(join(repository.root, ".git"));
		expect(left.filter((file) => /lock|deadman/.test(file))).toEqual([]);
	}, 60_000);
}
