// What the paths that releases share are, files or folders: as the configuration says, else as they lie in the operator's folder, else as something else
// in the configuration tells. Never by a dot in a name: a folder behind a dangling link cannot be made by the program, and a file in a folder's place no more.
import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Settings } from "../../../config/config.js";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";

export interface Sharing {
	/** The operator's folder, absolute: shared paths are linked to it. */
	readonly root: string;
	readonly settings: Pick<Settings, "shared" | "databases">;
}

type Kind = "file" | "folder";

export interface Known {
	readonly path: string;
	readonly kind: Kind;
}

/** Each with its kind, or a refusal of the first that has none, or another than it is said to have. Changes nothing. */
export async function knownShared({ root, settings }: Sharing): Promise<readonly Known[] | Refusal> {
	const known: Known[] = [];
	for (const { path, kind: said } of settings.shared) {
		const found = await foundAt(join(root, path));
		if (found !== null && said !== null && found !== said) {
			return refuse("shared_kind_wrong", { path, kind: said, found });
		}
		const kind = found ?? said ?? implied(path, settings);
		if (kind === null) return refuse("shared_kind_unknown", { path });
		known.push({ path, kind });
	}
	return known;
}

export async function sharedRefused(sharing: Sharing): Promise<Refusal | null> {
	const known = await knownShared(sharing);
	return isRefusal(known) ? known : null;
}

/** A program finds its folder; its file it makes itself, through a link that may dangle, in a folder that has to be there. */
export async function makeRoom(root: string, { path, kind }: Known): Promise<void> {
	const target = join(root, path);
	await mkdir(kind === "folder" ? target : dirname(target), { recursive: true });
}

/** What is neither, such as a socket, is linked like a file. */
async function foundAt(path: string): Promise<Kind | null> {
	const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
		throw error;
	});
	if (found === null) return null;
	return found.isDirectory() ? "folder" : "file";
}

/** A database is a file in folders; environments and keys are files wherever they are. */
function implied(path: string, { databases }: Sharing["settings"]): Kind | null {
	const paths = databases.map((database) => database.path ?? "");
	if (paths.includes(path) || isSecretFile(basename(path))) return "file";
	return paths.some((database) => database.startsWith(`${path}/`)) ? "folder" : null;
}

function isSecretFile(name: string): boolean {
	return /^\.env(rc)?(\.|$)/.test(name) || /\.(pem|key|p12|pfx|jks|kdbx)$/i.test(name);
}
