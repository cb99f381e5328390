// Seals a release: proves it unchanged, makes it durable, then writes the marker that says it is whole.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { ReleaseRef } from "../../../ports/ports.js";
import { type Marker, markerPath, readMarker } from "../repository/marker.js";
import { prove, readSeal, writeSeal } from "./proof.js";
import type { ReleaseContext } from "./release-context.js";
import { verifyRelease } from "./verify.js";

/** A release whose tracked files a build, check or install changed is not what was reviewed, and is refused. */
export async function sealRelease(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { files, gate, own } = context;
	await assertUnchanged(context, release, "the build");
	const proof = context.proofs.get(release.id);
	await gate.around("releases.sync", async () => {
		const { layout } = own;
		for (const folder of await oneOfEachDisk([
			context.folder(release.id),
			join(layout.own, "worktrees"),
			layout.dependencies,
		])) {
			await files.syncTree(folder);
		}
		if (proof !== undefined) await writeSeal(context, release.id, proof);
		await files.syncFolder(layout.releases);
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
	context.proofs.delete(release.id);
}

/** A tree is synced with its whole file system, so of each one is enough. */
async function oneOfEachDisk(folders: readonly string[]): Promise<string[]> {
	const found = new Map<number, string>();
	for (const folder of folders) {
		const { dev } = await lstat(folder);
		if (!found.has(dev)) found.set(dev, folder);
	}
	return process.platform === "linux" ? [...found.values()] : [...folders];
}

/** As `verifyRelease`, but of files that look as they did at the seal nothing is read. */
export async function verifySealed(context: ReleaseContext, id: string): Promise<readonly string[]> {
	const [marker, known] = [await readMarker(context.own.layout, id), await readSeal(context.own.layout, id)];
	if (marker === null || known?.tree !== marker.tree) return verifyRelease(context, id);
	return (await prove(context, marker, known)).differing;
}

const SHOWN_PATHS = 10;

export async function assertUnchanged(context: ReleaseContext, release: ReleaseRef, by: string): Promise<void> {
	const { differing: paths, proof } = await prove(context, release, context.proofs.get(release.id) ?? null);
	context.proofs.set(release.id, proof);
	refuseChanged(release, paths, by);
}

export function refuseChanged(release: ReleaseRef, paths: readonly string[], by: string): void {
	if (paths.length === 0) return;
	const shown = paths.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(path));
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	throw new Error(
		`Tracked files of release ${release.id} were changed by ${by}: ${shown.join(", ")}${more}. What runs must be what was reviewed: write build output to paths that git ignores.`,
	);
}
