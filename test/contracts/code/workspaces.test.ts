// Holds every kind of workspaces to their contract.
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { createWorkspaces } from "../../../src/adapters/git/workspaces/workspaces.js";
import { commitTree, makeRepository, makeTools, writeTree } from "../../support/git.js";
import { createMemoryGit } from "../../support/memory/repository.js";
import { createMemoryWorkspaces } from "../../support/memory/workspaces.js";
import { describeWorkspacesContract } from "./workspaces.contract.js";

describeWorkspacesContract({
	name: "in memory",
	kind: "worktree",
	makeIt: async () => {
		const git = createMemoryGit();
		const workspaces = createMemoryWorkspaces(git);
		return {
			workspaces,
			first: git.commit({ "app.txt": "one\n" }),
			edit: async (name, files) => workspaces.edit(name, files),
			commit: async (name) => workspaces.commit(name),
		};
	},
});

for (const kind of ["worktree", "clone"] as const) {
	describeWorkspacesContract({
		name: `in git, as a ${kind}`,
		kind,
		makeIt: async () => {
			const { root, stateDir, git } = await makeRepository();
			const folder = (name: string) => join(stateDir, "workspaces", name);
			return {
				workspaces: createWorkspaces({ root, branch: "main", stateDir, shared: [], ...makeTools() }),
				first: await git("rev-parse", "main"),
				edit: async (name, files) => {
					await chmod(folder(name), 0o755);
					await writeTree(folder(name), files);
				},
				commit: (name) => commitTree(folder(name), {}),
			};
		},
	});
}
