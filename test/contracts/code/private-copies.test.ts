// Holds both kinds of private copies to their contract.
import { join } from "node:path";
import { plainGit, writeTree } from "../../support/git.js";
import { makePrivateTools } from "../../support/git-private.js";
import { createMemoryPrivateCopies } from "../../support/memory/private-copies.js";
import { createMemoryReleases } from "../../support/memory/releases.js";
import { createMemoryGit, createMemoryRepository } from "../../support/memory/repository.js";
import { describePrivateCopiesContract, privateFiles } from "./private-copies.contract.js";

describePrivateCopiesContract("in memory", async () => {
	const git = createMemoryGit();
	const first = git.commit(privateFiles);
	git.branches.set("main", first);
	return {
		repository: createMemoryRepository(git, { branch: "main" }),
		first,
		agent: (name, places) => {
			const releases = createMemoryReleases(git);
			const copies = createMemoryPrivateCopies(git, { name, places, releases });
			return { copies, releases, live: (files) => copies.live(files) };
		},
		commit: async (files, parent) => git.commit(files, [parent]),
		read: async (treeish, path) => git.filesOf(treeish).get(path) ?? null,
	};
});

describePrivateCopiesContract("in folders", async () => {
	const tools = await makePrivateTools(privateFiles);
	const { root, stateDir } = tools.repository;
	return {
		repository: tools.port,
		first: tools.head,
		agent: (name, places) => {
			const { copies, releases } = tools.agent(name, places);
			const live = async (files: Readonly<Record<string, string | null>>) => {
				const [place] = places;
				const below = Object.entries(files).map(([path, content]) => [
					path.slice((place?.template ?? "").length),
					content,
				]);
				await writeTree(join(root, `${place?.folder}/.`), Object.fromEntries(below));
			};
			return { copies, releases, live };
		},
		commit: async (files, parent) => {
			const commit = await tools.build(parent, files);
			const refusal = await tools.port.intake(commit);
			if (refusal !== null) throw new Error(refusal.message);
			return commit;
		},
		read: async (treeish, path) => {
			const own = join(stateDir, "repo.git");
			const held = await plainGit(own, "ls-tree", "--name-only", "--full-tree", treeish, "--", path);
			return held === "" ? null : `${await plainGit(own, "cat-file", "blob", `${treeish}:${path}`)}\n`;
		},
	};
});
