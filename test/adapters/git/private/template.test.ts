// Promotion: the reviewed content and nothing else, one commit, refused when the template moved, the same answer after a kill.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isRefusal } from "../../../../src/core/refusals.js";
import type { PromoteRequest } from "../../../../src/ports/ports.js";
import { manifestOf, manifestOfTree, plainGit, type Tree, writeTree } from "../../../support/git.js";
import { makePrivateTools } from "../../../support/git-private.js";

const first: Tree = {
	"host.txt": "host\n",
	"tpl/a.txt": "a\n",
	"tpl/gone.txt": "gone\n",
	"tpl/run.sh": "#!/bin/sh\n",
	"tpl/sub/b.txt": "b\n",
};
const change: Tree = {
	"tpl/a.txt": "A\n",
	"tpl/gone.txt": null,
	"tpl/run.sh": { executable: "#!/bin/sh\n" },
	"tpl/l": { link: "a.txt" },
	"tpl/sub/b.txt": null,
	"tpl/sub": "a file now\n",
	"tpl/x\ny/ü.txt": "odd\n",
};

async function makeReviewed() {
	const tools = await makePrivateTools(first);
	const alice = tools.agent("alice", [{ template: "tpl", folder: "groups/alice" }]);
	expect(await alice.copies.adopt(tools.head)).toBeNull();
	await writeTree(join(tools.repository.root, "groups/alice/."), { "memory.md": "private\n" });
	const { tree } = await tools.propose(alice, change);
	const message = "Change\n\nApplied to the template.\n\nDeadman-Swap: sw_abc123\n";
	const paths = Object.keys(change);
	const request: PromoteRequest = { swapId: "sw_abc123", branch: "main", base: tools.head, tree, paths, message };
	const main = () => tools.repository.git("rev-parse", "main");
	return { ...tools, alice, request, main };
}

it("writes what was reviewed as one commit, and a clean checkout follows", async () => {
	const { port, request, repository, head, main } = await makeReviewed();
	const promoted = await port.promote(request);
	if (isRefusal(promoted)) throw new Error(promoted.message);
	expect(promoted.advance).toEqual({ moved: true, checkout: "followed", kept: null, left: [] });
	expect(await repository.git("log", "--format=%H %P", "-1")).toBe(`${promoted.commit} ${head}`);
	const skipped = [".git", ".deadman", "groups"];
	expect(await manifestOf(repository.root, skipped)).toEqual(manifestOfTree(first, change));
	expect(await repository.git("status", "--porcelain")).toBe("");
	expect(await repository.git("log", "-p")).not.toContain("private");
	expect(await port.promote(request)).toEqual(promoted);
	expect(await main()).toBe(promoted.commit);
});

it("is inherited by an agent to come, and not by those that are there", async () => {
	const { port, request, repository, agent } = await makeReviewed();
	const promoted = await port.promote(request);
	if (isRefusal(promoted)) throw new Error(promoted.message);
	const dave = agent("dave", [{ template: "tpl", folder: "groups/dave" }]);
	expect(await dave.copies.adopt(promoted.commit)).toBeNull();
	const [theirs, its] = ["alice", "dave"].map((name) => join(repository.root, "groups", name, "."));
	expect(await manifestOf(its ?? "")).toEqual(await manifestOf(join(repository.root, "tpl")));
	expect(await manifestOf(theirs ?? "")).toMatchObject(manifestOfTree({ "a.txt": "a\n", "memory.md": "private\n" }));
});

it("refuses a template that moved, in content, mode or kind, and names the path", async () => {
	const { port, request, repository, head, main } = await makeReviewed();
	const moves: Tree[] = [
		{ "tpl/a.txt": "other\n" },
		{ "tpl/gone.txt": null },
		{ "tpl/a.txt": { executable: "a\n" } },
		{ "tpl/l": "there already\n" },
		{ "tpl/sub/more.txt": "more\n" },
		{ "tpl/x\ny": "a file\n" },
	];
	for (const move of moves) {
		await repository.git("reset", "--quiet", "--hard", head);
		await repository.git("clean", "--quiet", "-fdx", "tpl");
		const moved = await repository.commit(move);
		const message = expect.stringContaining(JSON.stringify(Object.keys(move)[0]));
		expect(await port.promote(request)).toMatchObject({ code: "template_moved", message });
		expect(await main()).toBe(moved);
	}
});

it("goes onto what else came to the branch, with the operator's edits of other files in place", async () => {
	const { port, request, repository, head } = await makeReviewed();
	const other = await repository.commit({ "host.txt": "newer\n", "tpl/other.txt": "other\n" });
	await writeFile(join(repository.root, "tpl/other.txt"), "the operator's\n");
	const promoted = await port.promote(request);
	if (isRefusal(promoted)) throw new Error(promoted.message);
	const kept = "refs/deadman/kept/sw_abc123-template";
	expect(promoted.advance).toEqual({ moved: true, checkout: "merged", kept, left: [] });
	expect(await repository.git("status", "--porcelain")).toBe(" M tpl/other.txt");
	expect(await repository.git("log", "--format=%P", "-1", promoted.commit)).toBe(other);
	expect(await repository.git("diff", "--name-only", other, promoted.commit)).not.toContain("host.txt");
	expect(await repository.git("merge-base", head, promoted.commit)).toBe(head);
});

it("waits under a ref of its own where the operator's edits clash with it", async () => {
	const { port, request, repository, head, main } = await makeReviewed();
	await writeFile(join(repository.root, "tpl/a.txt"), "the operator's\n");
	const promoted = await port.promote(request);
	if (isRefusal(promoted)) throw new Error(promoted.message);
	const ref = "refs/deadman/confirmed/sw_abc123-template";
	expect(promoted.advance).toMatchObject({ moved: false, why: "clash", paths: ["tpl/a.txt"], ref });
	expect(await main()).toBe(head);
	expect(await repository.git("rev-parse", ref)).toBe(promoted.commit);
	expect(await port.unsettled()).toMatchObject([{ swapId: "sw_abc123", ref }]);
});

it("ends in the same commit after a kill before, or after, the branch moved", async () => {
	const { port, request, repository, main, head } = await makeReviewed();
	const promoted = await port.promote(request);
	if (isRefusal(promoted)) throw new Error(promoted.message);
	await repository.git("update-ref", "refs/heads/main", head);
	await repository.git("reset", "--quiet", "--hard", head);
	expect(await port.promote(request)).toMatchObject({ commit: promoted.commit });
	expect(await main()).toBe(promoted.commit);
	const later = await repository.commit({ "tpl/a.txt": "the operator's next\n" });
	expect(await port.promote(request)).toEqual({
		commit: promoted.commit,
		parent: head,
		advance: { moved: true, checkout: "elsewhere", kept: null, left: [] },
	});
	expect(await main()).toBe(later);
	const kept = await plainGit(
		join(repository.stateDir, "repo.git"),
		"rev-parse",
		"refs/deadman/swaps/sw_abc123-template",
	);
	expect(kept).toBe(promoted.commit);
});

it("says why it cannot: no such branch, or the operator in the middle of a merge", async () => {
	const { port, request, repository } = await makeReviewed();
	expect(await port.promote({ ...request, branch: "other" })).toMatchObject({ code: "branch_unknown" });
	await mkdir(join(repository.root, ".git/rebase-merge"));
	expect(await port.promote(request)).toMatchObject({ code: "git_busy" });
});
