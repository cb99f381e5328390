// Which paths two trees differ in, each by itself: a rename is a removal and an addition.
import { changedBlobsArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { parsePaths } from "../repository/listing.js";
import type { Blob } from "./tree-edit.js";

export interface Touched {
	readonly path: string;
	readonly before: Blob | null;
	readonly after: Blob | null;
}

/** Without renames. */
export async function touchedBetween(git: Git, from: string, to: string): Promise<Touched[]> {
	const fields = parsePaths((await git.run(changedBlobsArgs(from, to, []))).stdout);
	const found: Touched[] = [];
	for (let index = 0; index < fields.length; index += 2) {
		const [oldMode = "", mode = "", oldOid = "", oid = ""] = (fields[index] ?? "").slice(1).split(" ");
		found.push({ path: fields[index + 1] ?? "", before: blobOf(oldMode, oldOid), after: blobOf(mode, oid) });
	}
	return found;
}

function blobOf(mode: string, oid: string): Blob | null {
	return mode === "000000" ? null : { mode, oid };
}
