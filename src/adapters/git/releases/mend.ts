// Before a release is gone back to: what of its tracked files was changed since it was sealed, by whoever could write them, is put right from objects. Never by a
// build. What a program added beside them, and what a build made, is not looked at.
import { lstat, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { checkoutSomeArgs, readTreeArgs } from "../repository/argv.js";
import { endJob } from "../repository/leftover-processes.js";
import { readMarker } from "../repository/marker.js";
import type { ReleaseContext } from "./release-context.js";
import { verifySealed } from "./seal.js";
import { releaseGit, verifyRelease } from "./verify.js";

const SHOWN_PATHS = 10;

/** The paths that were put right. Rejects with the code `release_damaged` where some cannot be. */
export async function mendRelease(context: ReleaseContext, id: string): Promise<readonly string[]> {
	const marker = await readMarker(context.own.layout, id);
	const edited = marker === null ? [] : await verifySealed(context, id);
	if (marker === null || edited.length === 0) return [];
	const folder = context.folder(id);
	await endJob(context.own.layout.stateDir, id);
	for (const path of edited) await makeRoom(folder, path);
	const index = join(context.own.layout.scratch, `mend-${id}`);
	const git = releaseGit(context, id, index);
	try {
		await git.run(readTreeArgs(marker.tree), { cwd: context.own.layout.own });
		await git.run(checkoutSomeArgs(), { input: edited.map((path) => `${path}\0`).join(""), plainModes: true });
	} finally {
		await rm(index, { force: true });
	}
	await context.files.syncTree(folder);
	const left = await verifyRelease(context, id);
	if (left.length > 0) throw Object.assign(new Error(sentence(id, left)), { code: "release_damaged" });
	return edited;
}

/** Whatever stands there goes, and what stands in the place of a folder above it. Follows no link. */
async function makeRoom(folder: string, path: string): Promise<void> {
	const parents = path.split("/").slice(0, -1);
	for (let depth = 0; depth <= parents.length; depth += 1) {
		const above = join(folder, ...parents.slice(0, depth));
		const found = await lstat(above).catch(ifAbsent(null));
		if (found !== null && !found.isDirectory()) await rm(above, { force: true });
	}
	await mkdir(dirname(join(folder, path)), { recursive: true });
	await rm(join(folder, path), { recursive: true, force: true });
}

function sentence(id: string, paths: readonly string[]): string {
	const shown = paths.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(path));
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	return `Files of ${id}, which is gone back to, differ from what was sealed and cannot be put right: ${shown.join(", ")}${more}.`;
}
