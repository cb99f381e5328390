// The file changes that sank others: each is applied as a release, rolled back and followed by the operator's checkout, and compared by bytes, mode and link target.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import { manifestOf, manifestOfTree, plainGit, type Tree, writeTree } from "../../support/git.js";
import { makeReleaseTools } from "../../support/git-releases.js";
import { temporaryFolder } from "../../support/temporary.js";

interface Case {
	readonly name: string;
	readonly before?: Tree;
	readonly after: Tree;
}

const run = "#!/bin/sh\necho hi\n";
const big = (fill: number) => Buffer.alloc(21 * 1024 * 1024, fill);

const cases: readonly Case[] = [
	{ name: "modify", after: { "app.txt": "two\n" } },
	{ name: "add", after: { "new.txt": "new\n" } },
	{ name: "add in a new folder", after: { "deep/er/new.txt": "new\n" } },
	{ name: "delete", after: { "sub/file.txt": null } },
	{ name: "add + delete", after: { "new.txt": "new\n", "sub/file.txt": null } },
	{ name: "modify + add", after: { "app.txt": "two\n", "new.txt": "new\n" } },
	{ name: "modify + delete", after: { "app.txt": "two\n", "sub/file.txt": null } },
	{ name: "rename", after: { "sub/file.txt": null, "moved/file.txt": "file\nof\nlines\n" } },
	{ name: "an empty file", after: { "empty.txt": "" } },
	{ name: "chmod +x", after: { "plain.sh": { executable: run } } },
	{ name: "chmod -x", after: { "run.sh": run } },
	{ name: "new executable", after: { "new.sh": { executable: run } } },
	{ name: "modified executable", after: { "run.sh": { executable: `${run}echo more\n` } } },
	{ name: "new symlink", after: { link: { link: "app.txt" } } },
	{ name: "new symlink to nothing", after: { link: { link: "sub/nothing" } } },
	{ name: "retargeted symlink", before: { link: { link: "app.txt" } }, after: { link: { link: "sub/file.txt" } } },
	{ name: "deleted symlink", before: { link: { link: "app.txt" } }, after: { link: null } },
	{ name: "file to symlink", after: { "app.txt": { link: "sub/file.txt" } } },
	{ name: "symlink to file", before: { link: { link: "app.txt" } }, after: { link: "a file now\n" } },
	{ name: "file to folder", after: { "app.txt": null, "app.txt/inner.txt": "inner\n" } },
	{ name: "folder to file", after: { "sub/file.txt": null, sub: "a file now\n" } },
	{ name: "folder to symlink", after: { "sub/file.txt": null, sub: { link: "other" }, "other/file.txt": "x\n" } },
	{ name: "symlink to folder", before: { link: { link: "sub" } }, after: { link: null, "link/file.txt": "x\n" } },
	{ name: "binary", before: { "b.bin": randomBytes(4096) }, after: { "b.bin": randomBytes(4096) } },
	{ name: "21 MB", before: { "big.bin": big(1) }, after: { "big.bin": big(2) } },
	{
		name: "CRLF with eol attributes",
		before: { ".gitattributes": "*.txt text eol=lf\n*.bat text eol=crlf\n", "a.bat": "one\ntwo\n" },
		after: { "a.bat": "one\nthree\n", "new.bat": "new\n", "b.txt": "b\n" },
	},
	{ name: "CRLF committed", before: { "w.txt": "one\r\ntwo\r\n" }, after: { "w.txt": "one\r\nthree\r\n" } },
	{ name: "a name with a space", before: { "a b.txt": "1" }, after: { "a b.txt": "2", " lead": "3", "trail ": "4" } },
	{ name: "a name with quotes", before: { "a'b\"c": "1" }, after: { "a'b\"c": "2", '"new"': "3" } },
	{ name: "a name with a newline", before: { "a\nb\t.txt": "1" }, after: { "a\nb\t.txt": "2", "\nnew\n": "3" } },
	{ name: "unicode, modified", before: { "übergrößé/文件.txt": "1" }, after: { "übergrößé/文件.txt": "2" } },
	{ name: "unicode, new", after: { "新しい/🎉.txt": "party\n" } },
	{ name: "options as names", before: { "--force": "1" }, after: { "--force": "2", "-rf": "3", "--": "4" } },
	{ name: "magic pathspecs as names", after: { ":(exclude)app.txt": "1", "*": "2", "[a]": "3" } },
	{ name: "ident and export attributes", after: { ".gitattributes": "* ident export-subst\n", "id.c": "$Id$\n" } },
];

const base: Tree = {
	"app.txt": "one\n",
	"sub/file.txt": "file\nof\nlines\n",
	"other/kept.txt": "kept\n",
	"run.sh": { executable: run },
	"plain.sh": run,
};

/** What plain git makes of main, where attributes change the bytes. */
async function plainClone(root: string): Promise<Record<string, string>> {
	const clone = join(await temporaryFolder("deadman-clone"), "clone");
	await plainGit("/", "clone", "--quiet", "--no-local", "--branch", "main", root, clone);
	return manifestOf(clone);
}

for (const { name, before = {}, after } of cases) {
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

		const releases = tools.releases({ shared: ["data", ".env"] });
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

		expect(await port.advanceBranch({ branch: "main", expected: live, to: merged.commit })).toEqual({
			moved: true,
			checkout: "followed",
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
