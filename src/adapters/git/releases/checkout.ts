// Makes a release's folder: registered, filled with the exact committed bytes, verified, its shared paths linked. A half-made one is cleared and begun anew.
import { chmod, lstat, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { isRefusal, RefusedError } from "../../../core/refusals.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { checkoutAllArgs, checkoutSomeArgs, readTreeArgs, revisionArgs, updateRefArgs } from "../repository/argv.js";
import { pinRef } from "../repository/layout.js";
import { endJob } from "../repository/leftover-processes.js";
import { markerPath, readMarker } from "../repository/marker.js";
import { differingAmong, MANY, sealPath } from "./proof.js";
import type { ReleaseContext } from "./release-context.js";
import { assertUnchanged, refuseChanged } from "./seal.js";
import { knownShared, makeRoom } from "./shared-paths.js";
import { type Taken, takeUnchanged } from "./unchanged.js";
import { releaseGit } from "./verify.js";

/** A sealed release of the same commit is kept as it is. */
export async function checkoutRelease(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { own } = context;
	const sealed = await readMarker(own.layout, release.id);
	if (sealed !== null) return assertSame(release, sealed.commit);
	await clearRelease(context, release.id);
	// The pin is of no use without the tree, and of no harm.
	await Promise.all([assertTree(context, release), own.git.run(updateRefArgs(pinRef(release.id), release.commit))]);
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
	const { gate } = context;
	const folder = context.folder(release.id);
	await gate.around("releases.register", () => register(context, release));
	const taken = await gate.around("releases.fill", () => fill(context, release));
	if (taken === null) await assertUnchanged(context, release, "the checkout");
	else await assertWritten(context, release, taken);
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
	await files.remove(sealPath(own.layout, id));
	await files.remove(join(own.layout.own, "worktrees", id));
	await files.remove(folder(id));
}

/**
 * As `git worktree add --detach --no-checkout` does: a folder with a file `.git`, and its administration, which a kill leaves not at all or whole.
 * Cheaper than a process, and it looks through no other worktree.
 */
async function register({ own, files, folder }: ReleaseContext, { id, commit }: ReleaseRef): Promise<void> {
	const admin = join(own.layout.own, "worktrees", id);
	const making = join(own.layout.scratch, `worktree-${id}`);
	await files.remove(making);
	await mkdir(making, { recursive: true });
	await writeFile(join(making, "HEAD"), `${commit}\n`);
	await writeFile(join(making, "commondir"), "../..\n");
	await writeFile(join(making, "gitdir"), `${join(folder(id), ".git")}\n`);
	await mkdir(dirname(admin), { recursive: true });
	await mkdir(folder(id));
	await chmod(folder(id), 0o755);
	await writeFile(join(folder(id), ".git"), `gitdir: ${admin}\n`, { mode: 0o644 });
	await rename(making, admin);
}

/** The index of the worktree stays without time stamps, so that nothing later is trusted by them. */
async function fill(context: ReleaseContext, release: ReleaseRef): Promise<Taken | null> {
	const index = join(context.own.layout.own, "worktrees", release.id, "index");
	const git = releaseGit(context, release.id, index);
	context.proofs.delete(release.id);
	const [taken] = await Promise.all([
		takeUnchanged(context, release),
		git.run(readTreeArgs(release.tree), { cwd: context.own.layout.own }),
	]);
	if (taken === null) await git.run(checkoutAllArgs(), { plainModes: true });
	else if (taken.missing.length > 0) {
		const input = taken.missing.map((path) => `${path}\0`).join("");
		await git.run(checkoutSomeArgs(), { input, plainModes: true });
	}
	return taken;
}

/** What was taken looks as it did when its bytes were read; what was written is read now. */
async function assertWritten(context: ReleaseContext, release: ReleaseRef, { proof, missing }: Taken): Promise<void> {
	if (missing.length > MANY) return assertUnchanged(context, release, "the checkout");
	context.proofs.set(release.id, proof);
	refuseChanged(release, await differingAmong(context.folder(release.id), proof.tracked, missing), "the checkout");
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
