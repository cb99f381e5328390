// Whether a snapshot is still the file that was taken, without reading it: where the file system shows every write in the times, nobody can have written.
import { lstat, realpath } from "node:fs/promises";
import { mountOf, tellsWrites } from "../../core/mounts.js";
import type { Files } from "../../ports/ports.js";
import { ifNowhere } from "./places.js";

/** Of a file that is on disk; null where times tell nothing: then its content is hashed. */
export async function sealOf(files: Files, path: string): Promise<string | null> {
	const found = await lstat(path, { bigint: true }).catch(ifNowhere(null));
	if (found?.isFile() !== true || !tellsWrites(mountOf(await files.mounts(), await realpath(path)))) return null;
	const { dev, ino, size, mtimeNs, ctimeNs } = found;
	return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
