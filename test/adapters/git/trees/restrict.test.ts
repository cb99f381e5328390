// The host's part of a combined change: everything private stays out of its tree and its history, and the same request gives the same commit.
import { join } from "node:path";
import { expect, it } from "vitest";
import { plainGit, writeTree } from "../../../support/git.js";
import { makePrivateTools } from "../../../support/git-private.js";

const canary = "canary-of-alice";

async function makeCombined() {
	const tools = await makePrivateTools({ "host.txt": "host\n", "tpl/a.txt": "a\n", "tpl/deep/b.txt": "b\n" });
	const places = [
		{ template: "tpl", folder: "groups/alice" },
		{ template: "own/alice", folder: "own/alice" },
	];
	const agent = tools.agent("alice", places);
	const { root, stateDir } = tools.repository;
	expect(await agent.copies.adopt(tools.head)).toBeNull();
	await writeTree(join(root, "groups/alice/."), { "a.txt": `a\n${canary}\n`, "memory.md": `${canary}\n` });
	await writeTree(join(root, "own/alice/."), { "notes.md": `${canary}\n` });
	const change = {
		"host.txt": "changed\n",
		"tpl/a.txt": `A\n${canary}\n`,
		"own/alice/new.md": `${canary}\n`,
		"new/x": "x\n",
	};
	const merged = await tools.propose(agent, change);
	const folders = places.map(({ template }) => template);
	const request = { swapId: "sw_abc123", head: tools.head, tree: merged.tree, folders, message: "Change\n" };
	const own = (...args: string[]) => plainGit(join(stateDir, "repo.git"), ...args);
	return { ...tools, merged, request, own };
}

it("is one commit on the live one, without anything private in its tree or history", async () => {
	const { port, head, request, own } = await makeCombined();
	const host = await port.restrict(request);
	const commit = host?.commit ?? "";
	expect(host?.files.map(({ path, change }) => [path, change])).toEqual([
		["host.txt", "modified"],
		["new/x", "added"],
	]);
	expect(await own("log", "--format=%P", "-1", commit)).toBe(head);
	expect(await own("log", "-p", commit)).not.toContain(canary);
	expect(await own("rev-list", "--objects", commit)).not.toMatch(/memory|notes|alice/);
	expect(await own("rev-parse", `${commit}:tpl`)).toBe(await own("rev-parse", `${head}:tpl`));
	expect(await own("rev-parse", "refs/deadman/swaps/sw_abc123-host")).toBe(commit);
	expect(await own("fsck", "--strict", "--no-dangling")).toBe("");
	expect(await port.restrict(request)).toEqual(host);
});

it("lands on the operator's branch without the private objects", async () => {
	const { port, head, request, repository, merged } = await makeCombined();
	const host = await port.restrict(request);
	const move = { swapId: "sw_abc123", branch: "main", expected: head, to: host?.commit ?? "" };
	expect(await port.advanceBranch(move)).toEqual({ moved: true, checkout: "followed", kept: null, left: [] });
	expect(await repository.git("status", "--porcelain")).toBe("");
	await expect(repository.git("cat-file", "-e", merged.commit)).rejects.toThrow();
});

it("is nothing where only private folders changed, and takes a file for a folder and back", async () => {
	const { port, request, propose, agent, head } = await makeCombined();
	const alice = agent("alice", [{ template: "tpl", folder: "groups/alice" }]);
	const onlyPrivate = await propose(alice, { "tpl/a.txt": "again\n", "tpl/deep": "a file now\n" }, "sw_two222");
	expect(await port.restrict({ ...request, tree: onlyPrivate.tree })).toBeNull();
	const kinds = await propose(alice, { "host.txt": null, "host.txt/inner": "x\n", "tpl/deep": "file\n" }, "sw_three3");
	const host = await port.restrict({ ...request, tree: kinds.tree, head });
	expect(host?.files.map(({ path }) => path).sort()).toEqual(["host.txt", "host.txt/inner"]);
});
