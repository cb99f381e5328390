// Makes a release's folder: registered, filled with the exact committed bytes, verified, its shared paths linked. A half-made one is cleared and begun anew.
import { lstat, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { isRefusal, RefusedError } from "../../../core/refusals.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { checkoutAllArgs, readTreeArgs, revisionArgs, updateRefArgs, worktreeAddArgs } from "../repository/argv.js";
import { pinRef } from "../repository/layout.js";
import { endJob, jobMarker } from "../repository/leftover-processes.js";
import { markerPath, readMarker } from "../repository/marker.js";
import type { ReleaseContext } from "./release-context.js";
import { assertUnchanged } from "./seal.js";
import { knownShared, makeRoom } from "./shared-paths.js";
import { releaseGit } from "./verify.js";

/** A sealed release of the same commit is kept as it is. */
export async function checkoutRelease(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { own } = context;
	const sealed = await readMarker(own.layout, release.id);
	if (sealed !== null) return assertSame(release, sealed.commit);
	await clearRelease(context, release.id);
	await assertTree(context, release);
	await own.git.run(updateRefArgs(pinRef(release.id), release.commit));
	try {
		await makeFolder(context, release);
	} catch (error) {
		await clearRelease(context, release.id).catch((left: unknown) =>
			context.log.warn("releases.half_made", { release: release.id, error: String(left) }),
		);
		throw error;
	}
}

/** Half of it is a registration that makes other commands fail, so nothing stays of what failed. */
async function makeFolder(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { own, gate } = context;
	const folder = context.folder(release.id);
	await gate.around("releases.register", async () => {
		const env = jobMarker(own.layout.stateDir, release.id);
		await own.git.run(worktreeAddArgs(folder, release.commit), { plainModes: true, env });
	});
	await gate.around("releases.fill", () => fill(context, release));
	await assertUnchanged(context, release, "the checkout");
	await gate.around("releases.link", () => linkShared(context, folder));
}

function assertSame(release: ReleaseRef, commit: string): void {
	if (commit === release.commit) return;
	throw new Error(`Release ${release.id} is sealed with commit ${commit}, not ${release.commit}.`);
}

async function assertTree({ own }: ReleaseContext, release: ReleaseRef): Promise<void> {
	const tree = await own.git.text(revisionArgs(`${release.commit}^{tree}`));
	if (tree === release.tree) return;
	throw new Error(`Commit ${release.commit} has the tree ${tree}, not the reviewed ${release.tree}.`);
}

/** By hand: `worktree remove` refuses what a killed `worktree add` leaves behind. The marker goes first. */
export async function clearRelease({ own, files, folder }: ReleaseContext, id: string): Promise<void> {
	await endJob(own.layout.stateDir, id);
	await files.remove(markerPath(own.layout, id));
	await files.remove(join(own.layout.own, "worktrees", id));
	await files.remove(folder(id));
}

/** The index of the worktree stays without time stamps, so that nothing later is trusted by them. */
async function fill(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const index = join(context.own.layout.own, "worktrees", release.id, "index");
	const git = releaseGit(context, release.id, index);
	await git.run(readTreeArgs(release.tree));
	await git.run(checkoutAllArgs(), { plainModes: true });
}

async function linkShared(context: ReleaseContext, folder: string): Promise<void> {
	const known = await knownShared(context);
	if (isRefusal(known)) throw new RefusedError(known);
	for (const one of known) {
		const { path: shared } = one;
		const target = join(context.root, shared);
		await makeRoom(context.root, one);
		await makeParents(folder, dirname(shared));
		await symlink(target, join(folder, shared)).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "EEXIST") throw error;
			throw new Error(`${shared} is shared between releases, but the release holds a file of that name.`);
		});
	}
}

/** Never through a link, which could lead out of the release. */
async function makeParents(folder: string, path: string): Promise<void> {
	if (path === ".") return;
	await makeParents(folder, dirname(path));
	const full = join(folder, path);
	const found = await lstat(full).catch(ifAbsent(null));
	if (found === null) await mkdir(full);
	else if (!found.isDirectory())
		throw new Error(`${path} is no folder in the release, so nothing can be shared below it.`);
}
