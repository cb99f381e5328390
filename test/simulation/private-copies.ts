// The private copies of one agent of a world: those of the memory twin, over a first version that bears the agent's name and holds its own folder.
import type { PrivateCopies } from "../../src/ports/ports.js";
import { createMemoryPrivateCopies, type MemoryPrivateOptions } from "../support/memory/private-copies.js";
import type { MemoryGit } from "../support/memory/repository.js";

interface Agent extends MemoryPrivateOptions {
	/** What lies in its own folder before it is taken over. */
	readonly own: Readonly<Record<string, string>>;
}

export function createPrivateCopies(git: MemoryGit, { own, ...agent }: Agent): PrivateCopies {
	const { name, releases } = agent;
	return {
		...createMemoryPrivateCopies(git, agent),
		adopt: async (head) => {
			if ((await releases.current()) !== null) return null;
			const commit = git.commit(own, [head]);
			const base = { id: `base-${name}`, commit, tree: git.treeOf(commit) };
			await releases.checkout(base);
			await releases.seal(base);
			await releases.flip(base.id);
			return null;
		},
	};
}
