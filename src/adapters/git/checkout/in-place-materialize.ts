// Writes files of a tree as the operator's git would check them out, line endings and all, into a folder of ours. Attributes are the tree's own.
import { mkdir } from "node:fs/promises";
import { readTreeArgs } from "../repository/argv.js";
import { viewGit } from "../repository/view.js";
import type { InPlaceContext } from "./in-place-context.js";
import { withScratchIndex } from "./in-place-touched.js";

export interface Wanted {
	/** Or a commit. */
	readonly tree: string;
	readonly folder: string;
	readonly paths: readonly string[];
}

/** The folder is the working tree, and empty: so no attributes of another version are read on the way. */
export async function materialize(
	context: Pick<InPlaceContext, "own" | "commands">,
	{ tree, folder, paths }: Wanted,
): Promise<void> {
	await mkdir(folder, { recursive: true });
	if (paths.length === 0) return;
	await withScratchIndex(context, async (index) => {
		const view = viewGit(context.commands, context.own, { workTree: folder, index });
		await view.run(readTreeArgs(tree));
		const input = paths.map((path) => `${path}\0`).join("");
		await view.run(["checkout-index", "-z", "--stdin", "--force"], { input, plainModes: true });
	});
}
