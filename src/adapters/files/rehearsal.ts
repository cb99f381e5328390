// Whether an entry's files can be kept, and put back: each can be read, a probe can be renamed in its folder, and nothing in it is held fast. Changes
// nothing but the probe.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Mount, mountsBelow } from "../../core/mounts.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { isKeptBySticky } from "../../core/rules/replaceable.js";
import { together } from "./copy.js";
import { groundOf, leftOut } from "./ground.js";
import type { Covered, FilesParts } from "./places.js";
import type { Item } from "./records.js";
import { itemAt, treeOf } from "./tree.js";

const MEBIBYTE = 1024 * 1024;

/** One copy in the state folder now, of which `there` bytes are made, and one beside the files at a rollback. */
export async function rehearse(parts: FilesParts, there: number): Promise<Refusal | null> {
	let bytes = MEBIBYTE - there;
	const mounts = await parts.files.mounts();
	for (const covered of parts.covered.filter(({ policy }) => policy === "restore")) {
		try {
			bytes += await tryOne(parts, covered, mounts);
		} catch (error) {
			const why = (error as Error).message;
			return refuse(error instanceof Fast ? "unrestorable" : "files_bad", { path: covered.path, why });
		}
	}
	const free = await parts.files.freeBytes(parts.stateDir);
	if (free >= bytes) return null;
	const [needed, found] = [bytes, free].map((size) => `${Math.ceil(size / MEBIBYTE)} MiB`);
	return refuse("no_space", { path: parts.stateDir, needed: needed ?? "", free: found ?? "", discarded: "" });
}

/** Something that no rollback could move. */
class Fast extends Error {
	override readonly name = "Fast";
}

/** @returns Bytes in its files. */
async function tryOne(parts: FilesParts, covered: Covered, mounts: readonly Mount[]): Promise<number> {
	const ground = await groundOf(parts, covered);
	const { folder } = ground;
	const itself = await itemAt(folder);
	if (itself === null) return 0;
	if (itself.kind !== "folder") throw new Error("it is no folder");
	const inTheWay = await parts.files.probe(folder);
	if (inTheWay !== null) throw new Fast(`nothing can be renamed in ${folder} (${inTheWay})`);
	const tree = (await treeOf(folder, { isLeftOut: leftOut(ground), strict: true })) ?? new Map();
	const mounted = new Set(mountsBelow(mounts, folder).map(({ at }) => at));
	let bytes = 0;
	await together(tree, async (path, item) => {
		bytes += item.size;
		const at = join(folder, path);
		if (item.kind === "file") await access(at, constants.R_OK);
		const why = await heldFast(item, { at, isMount: mounted.has(at), above: tree.get(above(path)) ?? null });
		if (why !== null) throw new Fast(why);
	});
	return bytes;
}

const above = (path: string) => (path.includes("/") ? dirname(path) : "");

interface Around {
	readonly at: string;
	readonly isMount: boolean;
	/** The folder that it lies in. */
	readonly above: Item | null;
}

async function heldFast(item: Item, { at, isMount, above }: Around): Promise<string | null> {
	if (item.kind === "link" || item.kind === "pipe") return null;
	const user = process.getuid?.() ?? null;
	const code = await access(at, constants.W_OK).then(
		() => null,
		(error: NodeJS.ErrnoException) => error.code ?? String(error),
	);
	if (code === "EPERM" || code === "EROFS") return `${at} is one that nobody may change (${code})`;
	if (code !== null && isMount) return `${at} is a mount of its own, and cannot be written either (${code})`;
	// A folder of ours that is closed is opened for a restore.
	if (code !== null && item.kind === "folder" && item.uid !== user) return `nothing can be renamed in ${at} (${code})`;
	if (above !== null && isKeptBySticky(above, item, user)) return `its folder is sticky, and ${at} is somebody else's`;
	return null;
}
