// Agents with private folders on a throw-away repository: taken over, overlaid, changed by a builder and staged. Call it inside a test.
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { createPrivateCopies } from "../../src/adapters/git/private/private-copies.js";
import { createPrivateReleases } from "../../src/adapters/git/private/private-releases.js";
import { createRepository } from "../../src/adapters/git/repository.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { Mapping } from "../../src/core/rules/classify.js";
import type { Merged, PrivateCopies, ReleaseRef, Releases, Repository } from "../../src/ports/ports.js";
import { commitTree, makeRepository, makeTools, plainGit, type TestRepository, type Tools, type Tree } from "./git.js";
import { temporaryFolder } from "./temporary.js";

export interface Agent {
	readonly name: string;
	readonly places: readonly Mapping[];
	readonly targetDir: string;
	readonly copies: PrivateCopies;
	readonly releases: Releases;
	overlay(head: string, earlier?: string | null): Promise<string>;
}

export interface PrivateTools {
	readonly repository: TestRepository;
	readonly port: Repository;
	readonly tools: Tools;
	/** The first commit, taken in. */
	readonly head: string;
	agent(name: string, places: readonly Mapping[], staged?: Releases | null): Agent;
	/** A builder's commit on top of an overlay. */
	build(overlay: string, change: Tree): Promise<string>;
	/** Overlaid, built, taken in, merged. */
	propose(agent: Agent, change: Tree, swapId?: string): Promise<Merged & { readonly overlay: string }>;
	/** The same, staged and sealed. */
	stage(agent: Agent, id: string, change: Tree): Promise<ReleaseRef>;
}

export async function makePrivateTools(first: Tree): Promise<PrivateTools> {
	const repository = await makeRepository(first);
	const tools = makeTools();
	const { root, stateDir } = repository;
	const port = createRepository({ root, stateDir, branch: "main", ...tools });
	const head = await repository.git("rev-parse", "HEAD");
	if ((await port.intake(head)) !== null) throw new Error("The first commit was refused.");

	function agent(name: string, places: readonly Mapping[], staged: Releases | null = null): Agent {
		const targetDir = join(stateDir, "targets", name);
		const options = { root, stateDir, targetDir, name, places, ...tools };
		const copies = createPrivateCopies(options);
		const overlay = async (on: string, earlier: string | null = null) => {
			const commit = await copies.overlay({ head: on, earlier });
			if (isRefusal(commit)) throw new Error(commit.message);
			return commit;
		};
		return { name, places, targetDir, copies, releases: createPrivateReleases({ ...options, staged }), overlay };
	}

	async function build(overlay: string, change: Tree): Promise<string> {
		await plainGit(root, "fetch", "--quiet", join(stateDir, "repo.git"), overlay);
		const folder = join(await temporaryFolder("deadman-builder"), "workspace");
		await plainGit(root, "worktree", "add", "--quiet", "--detach", folder, overlay);
		const commit = await commitTree(folder, change);
		await plainGit(root, "worktree", "remove", "--force", folder);
		return commit;
	}

	async function propose(one: Agent, change: Tree, swapId = "sw_abc123") {
		const overlay = await one.overlay(head);
		const proposed = await build(overlay, change);
		const refusal = await port.intake(proposed);
		if (refusal !== null) throw new Error(refusal.message);
		const merged = await port.merge({
			swapId,
			live: overlay,
			proposed,
			branchHead: head,
			branch: "main",
			message: `Change\n\nDeadman-Swap: ${swapId}\n`,
			shared: ["data", ".env"],
		});
		if (isRefusal(merged)) throw new Error(merged.message);
		return { ...merged, overlay };
	}

	async function stage(one: Agent, id: string, change: Tree): Promise<ReleaseRef> {
		const { commit, tree } = await propose(one, change);
		const release = { id, commit, tree };
		await one.releases.checkout(release);
		await one.releases.seal(release);
		return release;
	}

	return { repository, port, tools, head, agent, build, propose, stage };
}

/** Everything that a folder holds: kinds, permissions, bytes, link targets and empty folders. Links at the top are followed. */
export async function exactly(folder: string): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	for (const entry of await readdir(`${folder}/.`, { recursive: true, withFileTypes: true })) {
		const full = join(entry.parentPath, entry.name);
		found[relative(`${folder}/.`, full)] = await lineOf(full);
	}
	return found;
}

async function lineOf(path: string): Promise<string> {
	const found = await lstat(path);
	const bits = (found.mode & 0o7777).toString(8);
	if (found.isSymbolicLink()) return `link to ${await readlink(path)}`;
	if (found.isDirectory()) return `folder ${bits}`;
	if (!found.isFile()) return `special ${bits}`;
	return `file ${bits} ${createHash("sha256")
		.update(await readFile(path))
		.digest("hex")}`;
}
