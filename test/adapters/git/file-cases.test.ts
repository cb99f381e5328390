// The file changes that sank others: each is applied as a release, rolled back and followed by the operator's checkout, and compared by bytes, mode and link target.
import { join } from "node:path";
import { expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import { fileCasesBase as base, fileCases } from "../../support/file-cases.js";
import { manifestOf, manifestOfTree, plainGit, writeTree } from "../../support/git.js";
import { makeReleaseTools } from "../../support/git-releases.js";
import { sampleOf } from "../../support/shard.js";
import { temporaryFolder } from "../../support/temporary.js";

/** What plain git makes of main, where attributes change the bytes. */
async function plainClone(root: string): Promise<Record<string, string>> {
	const clone = join(await temporaryFolder("deadman-clone"), "clone");
	await plainGit("/", "clone", "--quiet", "--no-local", "--branch", "main", root, clone);
	return manifestOf(clone);
}

for (const { name, before = {}, after } of sampleOf(fileCases)) {
	it(`${name}: there after apply, gone after rollback, followed by the checkout`, async () => {
		const tools = await makeReleaseTools({ ...base, ...before });
		const { repository, port } = tools;
		const live = await repository.git("rev-parse", "HEAD");
		await repository.git("checkout", "--quiet", "-b", "proposal");
		const proposed = await repository.commit(after);
		await repository.git("checkout", "--quiet", "main");
		for (const commit of [live, proposed]) expect(await port.intake(commit)).toBeNull();
		const merged = await port.merge({
			swapId: "sw_abc123",
			live,
			proposed,
			branchHead: live,
			branch: "main",
			message: "swap",
			shared: ["data", ".env"],
		});
		if (isRefusal(merged)) throw new Error(merged.message);

		const releases = tools.releases({ shared: ["data/", ".env"] });
		const previous = { id: "previous", commit: live, tree: await port.treeOf(live) };
		const candidate = { id: "candidate", commit: merged.commit, tree: merged.tree };
		for (const release of [previous, candidate]) {
			await releases.checkout(release);
			await releases.seal(release);
		}
		const there = async () => manifestOf(`${repository.stateDir}/current/.`, [".git", "data", ".env"]);
		const [old, now] = [manifestOfTree(base, before), manifestOfTree(base, before, after)];
		expect(now).not.toEqual(old);
		await releases.flip("candidate");
		expect(await there()).toEqual(now);
		expect(await releases.verify("candidate")).toEqual([]);
		await releases.flip("previous");
		expect(await there()).toEqual(old);

		expect(
			await port.advanceBranch({ swapId: "sw_abc123", branch: "main", expected: live, to: merged.commit }),
		).toEqual({
			moved: true,
			checkout: "followed",
			kept: null,
			left: [],
		});
		expect(await repository.git("status", "--porcelain")).toBe("");
		const followed = await manifestOf(repository.root, [".git", ".deadman", "data"]);
		expect(followed).toEqual(".gitattributes" in now ? await plainClone(repository.root) : now);
	}, 30_000);
}

it("a name that fools terminals is refused at the door, and harmless behind it", async () => {
	const tools = await makeReleaseTools(base);
	const commit = await tools.repository.commit({ "a\rb\u001b[2J": "odd\n" });
	const refusal = await tools.port.intake(commit);
	expect(refusal).toMatchObject({ code: "path_refused", message: expect.stringContaining("a\\rb\\u001b[2J") });
	const releases = tools.releases();
	const release = { id: "odd", commit, tree: await tools.port.treeOf(commit) };
	await releases.checkout(release);
	expect(await manifestOf(tools.folder("odd"))).toEqual(manifestOfTree(base, { "a\rb\u001b[2J": "odd\n" }));
	await writeTree(tools.folder("odd"), { "a\rb\u001b[2J": "edited\n" });
	expect(await releases.verify("odd")).toEqual(["a\rb\u001b[2J"]);
});
