// The private copies of one agent without a disk: what lies in its folders is what its live release holds at the template paths.
import type { Mapping } from "../../src/core/classify.js";
import type { PrivateCopies } from "../../src/ports.js";
import type { MemoryReleases } from "../support/memory/releases.js";
import type { MemoryGit } from "../support/memory/repository.js";

export interface MemoryAgent {
	readonly name: string;
	readonly mappings: readonly Mapping[];
	readonly releases: MemoryReleases;
	/** What lies in its own folder before it is taken over. */
	readonly own: Readonly<Record<string, string>>;
}

export function createPrivateCopies(git: MemoryGit, { name, mappings, releases, own }: MemoryAgent): PrivateCopies {
	const isMine = (path: string) => mappings.some(({ template }) => path.startsWith(`${template}/`));

	async function mine(): Promise<ReadonlyMap<string, string>> {
		const current = await releases.current();
		const files = current === null ? [] : [...(releases.stored.get(current)?.files ?? [])];
		return new Map(files.filter(([path]) => isMine(path)));
	}

	async function overlay({ head, earlier }: Parameters<PrivateCopies["overlay"]>[0]): Promise<string> {
		const files = await mine();
		const removed = [...git.filesOf(head).keys()].filter((path) => isMine(path) && !files.has(path));
		const changes = { ...Object.fromEntries(files), ...Object.fromEntries(removed.map((path) => [path, null])) };
		const made = git.commit(changes, [head, ...(earlier === null ? [] : [earlier])]);
		return earlier !== null && git.treeOf(earlier) === git.treeOf(made) ? earlier : made;
	}

	return {
		overlay,
		adopt: async (head) => {
			if ((await releases.current()) !== null) return null;
			const commit = git.commit(own, [head]);
			const release = { id: `base-${name}`, commit, tree: git.treeOf(commit) };
			await releases.checkout(release);
			await releases.seal(release);
			await releases.flip(release.id);
			return null;
		},
	};
}
