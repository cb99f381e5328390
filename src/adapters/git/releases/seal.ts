// Seals a release: proves it unchanged, makes it durable, then writes the marker that says it is whole.
import { join } from "node:path";
import type { ReleaseRef } from "../../../ports/ports.js";
import { type Marker, markerPath } from "../repository/marker.js";
import type { ReleaseContext } from "./release-context.js";
import { differingPaths } from "./verify.js";

/** A release whose tracked files a build, check or install changed is not what was reviewed, and is refused. */
export async function sealRelease(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { files, gate, own } = context;
	await assertUnchanged(context, release, "the build");
	await gate.around("releases.sync", async () => {
		await files.syncTree(context.folder(release.id));
		await files.syncTree(join(own.layout.own, "worktrees"));
		await files.syncTree(own.layout.dependencies);
		await files.syncFolder(own.layout.releases);
	});
	const content: Marker = {
		schemaVersion: 1,
		id: release.id,
		commit: release.commit,
		tree: release.tree,
		sealed: true,
		sealedAtMs: Date.now(),
	};
	await gate.around("releases.sealed", () =>
		files.writeAtomic(markerPath(own.layout, release.id), `${JSON.stringify(content)}\n`),
	);
}

const SHOWN_PATHS = 10;

export async function assertUnchanged(context: ReleaseContext, release: ReleaseRef, by: string): Promise<void> {
	const paths = await differingPaths(context, release.id, release.tree);
	if (paths.length === 0) return;
	const shown = paths.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(path));
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	throw new Error(
		`Tracked files of release ${release.id} were changed by ${by}: ${shown.join(", ")}${more}. What runs must be what was reviewed: write build output to paths that git ignores.`,
	);
}
