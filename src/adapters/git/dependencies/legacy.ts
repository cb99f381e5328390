// Older releases link to their dependencies, `deps/<key>/node_modules`, which several of them share. Knows such a link again; makes none.
import { readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";

/** The entry to which a release's `node_modules` links, or null. */
export async function legacyEntryOf({
	dependencies,
	folder,
}: {
	readonly dependencies: string;
	/** Of the release. */
	readonly folder: string;
}): Promise<string | null> {
	const target = await readlink(join(folder, "node_modules")).catch((error: NodeJS.ErrnoException) => {
		// A folder of its own is no link, and a probe may be no folder.
		return error.code === "EINVAL" || error.code === "ENOTDIR" ? null : ifAbsent(null)(error);
	});
	return target === null || dirname(dirname(target)) !== dependencies ? null : dirname(target);
}
