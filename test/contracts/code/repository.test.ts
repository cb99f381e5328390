// Holds both repositories to their contract.
import { createRepository } from "../../../src/adapters/git/repository.js";
import { commitTree, makeRepository, makeTools } from "../../support/git.js";
import { createMemoryGit, createMemoryRepository } from "../../support/memory/repository.js";
import { describeRepositoryContract, firstFiles } from "./repository.contract.js";

describeRepositoryContract("in memory", async () => {
	const git = createMemoryGit();
	const first = git.commit(firstFiles);
	git.branches.set("main", first);
	return {
		repository: createMemoryRepository(git, { branch: "main" }),
		first,
		commit: async (files, parent) => git.commit(files, [parent]),
		moveMain: async (commit) => void git.branches.set("main", commit),
		main: async () => git.branches.get("main") ?? "",
	};
});

describeRepositoryContract("in git", async () => {
	const { root, stateDir, git } = await makeRepository(firstFiles);
	const repository = createRepository({ root, branch: "main", stateDir, ...makeTools() });
	return {
		repository,
		first: await git("rev-parse", "main"),
		commit: async (files, parent) => {
			await git("checkout", "--quiet", "--detach", parent);
			const commit = await commitTree(root, files);
			await git("checkout", "--quiet", "main");
			return commit;
		},
		moveMain: async (commit) => void (await git("reset", "--quiet", "--hard", commit)),
		main: () => git("rev-parse", "main"),
	};
});
