// Releases of throw-away repositories: commits taken into the own repository, and the settings of a release.
import { join } from "node:path";
import { createReleases } from "../../src/adapters/git/releases/releases.js";
import { createRepository } from "../../src/adapters/git/repository.js";
import { type Config, parseConfig, type Settings } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { ReleaseRef, Releases, Repository } from "../../src/ports/ports.js";
import { makeRepository, makeTools, type TestRepository, type Tools, type Tree } from "./git.js";

export interface ReleaseTools {
	readonly repository: TestRepository;
	readonly port: Repository;
	readonly tools: Tools;
	releases(config?: Partial<Config>): Releases;
	folder(id: string): string;
}

export async function makeReleaseTools(first?: Tree): Promise<ReleaseTools> {
	const repository = await makeRepository(first);
	const tools = makeTools();
	const { root, stateDir } = repository;
	return {
		repository,
		tools,
		port: createRepository({ root, stateDir, branch: "main", ...tools }),
		releases: (config) => createReleases({ root, stateDir, settings: settingsOf(config), ...tools }),
		folder: (id) => join(stateDir, "releases", id),
	};
}

export function settingsOf(config: Partial<Config> = {}): Settings {
	const settings = parseConfig({ program: { command: null }, install: null, ...config }, "test");
	if (isRefusal(settings)) throw new Error(settings.message);
	return settings;
}

/** Commits on main of the operator's repository, and takes the commit into the own one. */
export async function makeRelease({ repository, port }: ReleaseTools, id: string, tree: Tree): Promise<ReleaseRef> {
	const commit = await repository.commit(tree);
	const refusal = await port.intake(commit);
	if (refusal !== null) throw new Error(refusal.message);
	return { id, commit, tree: await port.treeOf(commit) };
}
