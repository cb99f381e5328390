// What an index holds, entry by entry, with the marks that its owner has set on some of them. Reads only.
import type { Git } from "../repository/git.js";
import { inParts, parsePaths } from "../repository/listing.js";
import type { Blob } from "./tree-edit.js";

export interface IndexEntry extends Blob {
	/** Set by `git update-index`; both stand for "do not look at the file". */
	readonly flag: "--assume-unchanged" | "--skip-worktree" | null;
}

export interface IndexContent {
	readonly entries: ReadonlyMap<string, IndexEntry>;
	/** Paths of a merge that nobody has resolved. */
	readonly unmerged: ReadonlySet<string>;
}

/** `<tag> SP <mode> SP <object> SP <stage> TAB <path> NUL` */
export async function indexContent(git: Git): Promise<IndexContent> {
	const entries = new Map<string, IndexEntry>();
	const unmerged = new Set<string>();
	await inParts(parsePaths((await git.run(["ls-files", "-z", "-v", "--stage"])).stdout), (record) => {
		const tab = record.indexOf("\t");
		const path = record.slice(tab + 1);
		const [tag = "", mode = "", oid = "", stage = ""] = record.slice(0, tab).split(" ");
		if (stage === "0") entries.set(path, { mode, oid, flag: flagOf(tag) });
		else unmerged.add(path);
	});
	return { entries, unmerged };
}

function flagOf(tag: string): IndexEntry["flag"] {
	if (tag.toUpperCase() === "S") return "--skip-worktree";
	return tag === tag.toLowerCase() ? "--assume-unchanged" : null;
}
