// A folder's files with size, time and mode, as one listing that two moments are compared by. Made in a child process.
import { posix } from "node:path";
import { limits } from "../../../core/limits.js";
import type { ReleaseContext } from "./release-context.js";

/** Caches that tools keep inside `node_modules` are nobody's code. */
export const caches = [".cache", ".vite", ".vite-temp"];

const SHOWN_PATHS = 5;

/** Records end with NUL; the fields of one are kind, mode, size, time, path and link target, parted by tabs. */
export function listFolderArgs(): readonly string[] {
	const skipped = caches.flatMap((name) => ["-path", `./${name}`, "-prune", "-o"]);
	const folders = ["-type", "d", "-printf", "d\t%m\t\t\t%P\t\\0", "-o"];
	return ["find", ".", ...skipped, ...folders, "-printf", "%y\t%m\t%s\t%T@\t%P\t%l\\0"];
}

export async function listFolder({ commands }: ReleaseContext, folder: string): Promise<Buffer> {
	const { stdout } = await commands.run({
		command: ["/bin/sh", "-c", '"$@" | LC_ALL=C sort -z', "sh", ...listFolderArgs()],
		cwd: folder,
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.gitOutputBytes,
	});
	return stdout;
}

/** False when a link leads out of the folder, or names it absolutely: moved away, it would lead nowhere. */
export function isMovable(listing: Buffer): boolean {
	const text = listing.toString("latin1");
	for (const [, path = "", target = ""] of text.matchAll(
		/(?:^|\0)l\t[^\t]*\t[^\t]*\t[^\t]*\t([^\0]*)\t([^\0\t]*)(?=\0)/g,
	)) {
		if (target.startsWith("/")) return false;
		if (posix.join(posix.dirname(path), target).startsWith("..")) return false;
	}
	return true;
}

export function changedBetween(before: Buffer, after: Buffer): string[] {
	const known = new Set(before.toString("utf8").split("\0"));
	const changed = after
		.toString("utf8")
		.split("\0")
		.filter((record) => record !== "" && !known.has(record));
	const paths = changed.map((record) => JSON.stringify(record.split("\t")[4] ?? ""));
	return paths.length === 0 ? ["files are gone"] : paths.slice(0, SHOWN_PATHS);
}
