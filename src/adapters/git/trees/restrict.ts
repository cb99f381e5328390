// The host's part of a change that an agent's workspace made: the reviewed tree without anything private, as one commit on top of what is live.
import type { Merged, RestrictRequest } from "../../../ports/ports.js";
import { changedFilesArgs, revisionArgs } from "../repository/argv.js";
import { hostRef } from "../repository/layout.js";
import { parseChanges } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";
import { blobsOf, commitAndKeep, editTree } from "./tree-edit.js";

/** Its only parent is the live commit: the overlay, and with it private content, is not in its history. Null where nothing is left. */
export async function restrictSwap(own: Own, request: RestrictRequest): Promise<Merged | null> {
	const { head, message, folders } = request;
	const { git } = own;
	const [theirs, kept] = [await blobsOf(git, request.tree, folders), await blobsOf(git, head, folders)];
	const tree = await editTree(own, git, { tree: request.tree, remove: theirs.keys(), add: kept });
	if (tree === (await git.text(revisionArgs(`${head}^{tree}`)))) return null;
	const ref = () => hostRef(request.swapId);
	const commit = await commitAndKeep(own, { tree, parents: [head], message, datedLike: head, ref });
	const changes = await git.run(changedFilesArgs(head, tree));
	return { tree, commit, files: await parseChanges(changes.stdout) };
}
