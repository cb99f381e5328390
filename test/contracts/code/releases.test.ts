// Holds both kinds of releases to their contract.
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRelease, makeReleaseTools } from "../../support/git-releases.js";
import { createMemoryReleases } from "../../support/memory/releases.js";
import { createMemoryGit } from "../../support/memory/repository.js";
import { describeReleasesContract } from "./releases.contract.js";

describeReleasesContract("in memory", async () => {
	const git = createMemoryGit();
	const releases = createMemoryReleases(git);
	return {
		releases,
		release: async (id, files) => {
			const commit = git.commit(files);
			return { id, commit, tree: git.treeOf(commit) };
		},
		tamper: async (id, path, content) => releases.tamper(id, path, content),
		tearLive: async () => {
			releases.tornLive = true;
		},
	};
});

describeReleasesContract("in git", async () => {
	const tools = await makeReleaseTools();
	return {
		releases: tools.releases(),
		release: (id, files) => makeRelease(tools, id, files),
		tamper: (id, path, content) => writeFile(join(tools.folder(id), path), content),
		tearLive: () => truncate(join(tools.repository.stateDir, "live.json"), 40),
	};
});
