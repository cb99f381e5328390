// Holds both kinds of workspaces to their contract.
import { join } from "node:path";
import { createWorkspaces } from "../../src/adapters/git/workspaces.js";
import { commitTree, makeRepository, makeTools, writeTree } from "../support/git.js";
import { createMemoryGit } from "../support/memory/repository.js";
import { createMemoryWorkspaces } from "../support/memory/workspaces.js";
import { describeWorkspacesContract } from "./workspaces.contract.js";

describeWorkspacesContract("in memory", async () => {
	const git = createMemoryGit();
	const workspaces = createMemoryWorkspaces(git);
	return {
		workspaces,
		first: git.commit({ "app.txt": "one\n" }),
		edit: async (name, files) => workspaces.edit(name, files),
		commit: async (name) => workspaces.commit(name),
	};
});

describeWorkspacesContract("in git", async () => {
	const { root, stateDir, git } = await makeRepository();
	const folder = (name: string) => join(stateDir, "workspaces", name);
	return {
		workspaces: createWorkspaces({ root, branch: "main", stateDir, ...makeTools() }),
		first: await git("rev-parse", "main"),
		edit: (name, files) => writeTree(folder(name), files),
		commit: (name) => commitTree(folder(name), {}),
	};
});
