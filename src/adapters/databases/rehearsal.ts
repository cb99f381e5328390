// Tries the way back before anything goes forward: at the place of each database a probe is renamed over another one, and what cannot be renamed over is
// known to be writable in place. Live is not touched.
import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isRemote, type Mount, mountOf } from "../../core/mounts.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { isKeptBySticky } from "../../core/rules/replaceable.js";
import type { Files } from "../../ports/ports.js";
import { lstatOrNull } from "./bytes.js";
import { originOf } from "./origin.js";
import { ifNowhere, type Roots } from "./places.js";

interface Parts extends Roots {
	readonly files: Files;
}

/** The first that a rollback could not put back. */
export async function findUnrestorable(parts: Parts, databases: readonly string[]): Promise<Refusal | null> {
	const mounts = await parts.files.mounts();
	const tried = new Map<string, string | null>();
	for (const path of databases) {
		const { file } = await originOf(parts, path);
		const folder = dirname(file);
		if ((await lstatOrNull(folder)) === null) continue;
		const inTheWay = tried.has(folder) ? (tried.get(folder) ?? null) : await parts.files.probe(folder);
		tried.set(folder, inTheWay);
		const why = inTheWay === null ? await heldFast(file, mounts) : `nothing can be renamed in ${folder} (${inTheWay})`;
		if (why !== null) return refuse("unrestorable", { path, why });
	}
	return null;
}

/** Why the file itself would stay where it is. */
async function heldFast(file: string, mounts: readonly Mount[]): Promise<string | null> {
	const own = await lstatOrNull(file);
	if (own?.isFile() !== true) return null;
	if (isMount(file, mounts)) {
		const code = await unwritable(file);
		return code === null ? null : `${file} is a mount of its own, and cannot be written either (${code})`;
	}
	const code = await access(file, constants.W_OK).then(() => null, codeOf);
	// A file that we may not write is replaced all the same; one that nobody may write is not.
	if (code === "EPERM") return `${file} is marked as one that nobody may change (${code})`;
	const user = process.getuid?.() ?? null;
	if (isKeptBySticky(await stat(dirname(file)), own, user))
		return `its folder is sticky, and ${file} is somebody else's`;
	return null;
}

/** Nothing can be renamed over it (EBUSY), so a restore writes it in place. */
function isMount(file: string, mounts: readonly Mount[]): boolean {
	return mounts.some(({ at }) => at === file);
}

/** Opened as a restore does it, and closed again. */
async function unwritable(file: string): Promise<string | null> {
	try {
		const handle = await open(file, "r+");
		await handle.close();
		return null;
	} catch (error) {
		return codeOf(error);
	}
}

function codeOf(error: unknown): string {
	return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Those that lie on another machine's disk, by their file system. Of what is not there yet: where its folder lies. */
export async function remoteOf(
	parts: Parts,
	paths: readonly string[],
): Promise<readonly { readonly path: string; readonly kind: string }[]> {
	const mounts = await parts.files.mounts();
	const found = await Promise.all(
		paths.map(async (path) => {
			const mount = mountOf(mounts, (await originOf(parts, path).catch(ifNowhere(null)))?.file ?? "");
			return mount !== null && isRemote(mount) ? [{ path, kind: mount.kind }] : [];
		}),
	);
	return found.flat();
}
