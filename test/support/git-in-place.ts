// A host that runs from the operator's checkout of a throw-away repository: its baseline adopted, candidates built and sealed beside it. Call it inside a test.
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInPlace } from "../../src/adapters/git/in-place/in-place.js";
import { createReleases } from "../../src/adapters/git/releases/releases.js";
import { createRepository } from "../../src/adapters/git/repository.js";
import type { Config } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { ReleaseRef, Releases, Repository } from "../../src/ports/ports.js";
import {
	commitTree,
	makeRepository,
	makeTools,
	manifestOf,
	plainGit,
	type TestRepository,
	type Tools,
	type Tree,
} from "./git.js";
import { settingsOf } from "./git-releases.js";
import { temporaryFolder } from "./temporary.js";

export interface InPlaceTools {
	readonly repository: TestRepository;
	readonly port: Repository;
	readonly tools: Tools;
	readonly staged: Releases;
	readonly inPlace: Releases;
	/** What was there first; not adopted before `adopt`. */
	readonly baseline: ReleaseRef;
	adopt(): Promise<void>;
	/** A builder's change on top of main, merged and taken in; not staged. */
	propose(id: string, change: Tree): Promise<ReleaseRef>;
	stage(release: ReleaseRef): Promise<void>;
	/** Proposed and staged. */
	candidate(id: string, change: Tree): Promise<ReleaseRef>;
	/** Every file of the checkout, without what is git's or ours. */
	there(): Promise<Record<string, string>>;
	status(): Promise<string>;
}

export interface InPlaceSetting {
	readonly config?: Partial<Config>;
	readonly lockWaitMs?: number;
	/** Elsewhere than in the repository's folder. */
	readonly stateDir?: string;
	/** Leaves the baseline to the test. */
	readonly unadopted?: true;
}

const quiet = () => {};

export async function makeInPlace(first?: Tree, setting: InPlaceSetting = {}): Promise<InPlaceTools> {
	const standard = await makeRepository(first);
	const repository = setting.stateDir === undefined ? standard : { ...standard, stateDir: setting.stateDir };
	const tools = makeTools();
	const { root, stateDir, git } = repository;
	const settings = settingsOf({ activation: "in_place", ...setting.config });
	const { outputs } = settings;
	const port = createRepository({ root, stateDir, branch: "main", ...tools });
	const parts = { root, stateDir, settings, ...tools };
	const staged = createReleases(parts);
	const { lockWaitMs = 0 } = setting;
	const inPlace = createInPlace({ ...parts, branch: "main", outputs, staged, lockWaitMs });
	const commit = await git("rev-parse", "HEAD");
	await takeIn(port, commit);
	const baseline = { id: "base", commit, tree: await port.treeOf(commit) };

	async function stage(release: ReleaseRef): Promise<void> {
		await inPlace.checkout(release);
		await inPlace.install(release, quiet);
		await inPlace.build(release, quiet);
		await inPlace.check(release, quiet);
		await inPlace.seal(release);
	}

	async function propose(id: string, change: Tree): Promise<ReleaseRef> {
		const live = (await inPlace.head()) ?? commit;
		const builder = join(await temporaryFolder("deadman-builder"), "workspace");
		await plainGit("/", "clone", "--quiet", "--no-local", "--branch", "main", root, builder);
		const proposed = await commitTree(builder, change, `change of ${id}`);
		await git("fetch", "--quiet", builder, proposed);
		const branchHead = await git("rev-parse", "main");
		for (const one of [live, branchHead, proposed]) await takeIn(port, one);
		const request = { swapId: id, live, proposed, branchHead, branch: "main", message: `Swap ${id}\n`, shared: [] };
		const merged = await port.merge(request);
		if (isRefusal(merged)) throw new Error(merged.message);
		return { id, commit: merged.commit, tree: merged.tree };
	}

	const made: InPlaceTools = {
		repository,
		port,
		tools,
		staged,
		inPlace,
		baseline,
		stage,
		propose,
		adopt: async () => {
			await stage(baseline);
			await inPlace.flip(baseline.id);
		},
		candidate: async (id, change) => {
			const release = await propose(id, change);
			await stage(release);
			return release;
		},
		there: () => manifestOf(root, [".git", ".deadman"]),
		status: () => git("--no-optional-locks", "status", "--porcelain", "-z"),
	};
	if (setting.unadopted !== true) await made.adopt();
	return made;
}

async function takeIn(port: Repository, commit: string): Promise<void> {
	const refusal = await port.intake(commit);
	if (refusal !== null) throw new Error(refusal.message);
}

const hooks = [
	"reference-transaction",
	"post-index-change",
	"pre-commit",
	"post-commit",
	"post-checkout",
	"post-merge",
];

/** Hooks that fail, and leave a file that tells they ran. */
export async function plantHooks({ root }: TestRepository): Promise<{ ran(): Promise<boolean> }> {
	const folder = await temporaryFolder("deadman-hooks");
	for (const name of hooks) {
		const path = join(root, ".git", "hooks", name);
		await writeFile(path, `#!/bin/sh\n: > '${folder}/ran'\nexit 1\n`, { flag: "w" });
		await chmod(path, 0o755);
	}
	return { ran: async () => (await readdir(folder)).length > 0 };
}

/** What plain git makes of main, where attributes change the bytes. */
export async function plainClone(root: string): Promise<Record<string, string>> {
	const clone = join(await temporaryFolder("deadman-clone"), "clone");
	await plainGit("/", "clone", "--quiet", "--no-local", "--branch", "main", root, clone);
	return manifestOf(clone);
}
