// What a swap of an agent needs of a repository, without git: the host's part of a merged tree, and the commit that makes reviewed content
// the template. Repeating a promotion answers with its first commit.
import { type Refusal, refuse } from "../../src/core/refusals.js";
import type { Repository } from "../../src/ports.js";
import type { MemoryGit } from "../support/memory/repository.js";

export function createTemplating(git: MemoryGit, branch: string): Pick<Repository, "restrict" | "promote"> {
	const applied = new Map<string, string>();

	function ancestors(commit: string): readonly string[] {
		const found = [commit];
		for (const one of found) found.push(...(git.commits.get(one)?.parents ?? []).filter((it) => !found.includes(it)));
		return found;
	}

	return {
		restrict: async ({ head, tree, folders }) => {
			const isPrivate = (path: string) => folders.some((folder) => path.startsWith(`${folder}/`));
			const [there, merged] = [git.filesOf(head), git.filesOf(tree)];
			const paths = [...new Set([...there.keys(), ...merged.keys()])].filter((path) => !isPrivate(path));
			const changed = paths.filter((path) => there.get(path) !== merged.get(path));
			if (changed.length === 0) return null;
			const commit = git.commit(Object.fromEntries(changed.map((path) => [path, merged.get(path) ?? null])), [head]);
			const files = changed.map((path) => ({ path, change: "modified", from: null, summary: null }) as const);
			return { commit, tree: git.treeOf(commit), files };
		},
		promote: async ({ swapId, base, tree, paths }): ReturnType<Repository["promote"]> => {
			const head = git.branches.get(branch);
			if (head === undefined) return refuse("branch_unknown", { branch });
			const advance = { moved: true, checkout: "followed" } as const;
			const earlier = applied.get(swapId);
			if (earlier !== undefined && ancestors(head).includes(earlier)) return { commit: earlier, advance };
			const moved = movedAmong(git, { paths, base, head });
			if (moved !== null) return refuse("template_moved", { id: swapId, paths: moved });
			const wanted = git.filesOf(tree);
			const commit = git.commit(Object.fromEntries(paths.map((path) => [path, wanted.get(path) ?? null])), [head]);
			applied.set(swapId, commit);
			git.branches.set(branch, commit);
			return { commit, advance } satisfies Exclude<Awaited<ReturnType<Repository["promote"]>>, Refusal>;
		},
	};
}

interface Look {
	readonly paths: readonly string[];
	readonly base: string;
	readonly head: string;
}

function movedAmong(git: MemoryGit, { paths, base, head }: Look): string | null {
	const [was, is] = [git.filesOf(base), git.filesOf(head)];
	const moved = paths.filter((path) => was.get(path) !== is.get(path));
	return moved.length === 0 ? null : moved.join(", ");
}
