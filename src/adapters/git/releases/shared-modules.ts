// Where the dependencies lie that several releases share, and the mark that says they are shared no more. Installs nothing.
import { readlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { ReleaseContext } from "./release-context.js";

export const MODULES = "node_modules";

/** Stands in an entry whose dependencies a build has written into, or tried to: they are no longer shared. */
export const PRIVATE = "private";

/** The cache entry that a release's `node_modules` links to, or null. */
export async function entryOf(
	{ own, folder }: Pick<ReleaseContext, "own" | "folder">,
	id: string,
): Promise<string | null> {
	const target = await readlink(join(folder(id), MODULES)).catch((error: NodeJS.ErrnoException) => {
		// A folder of its own is no link.
		return error.code === "EINVAL" ? null : ifAbsent(null)(error);
	});
	if (target === null || dirname(dirname(target)) !== own.layout.dependencies) return null;
	return dirname(target);
}

/** The next release that would take them installs its own. */
export async function shareNoMore(entry: string): Promise<void> {
	await writeFile(join(entry, PRIVATE), "");
}
