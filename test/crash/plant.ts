// A copy of the build with one bug planted in it: a compiled file in which one piece of text, found exactly once, is another.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Bug {
	/** Below dist/. */
	readonly file: string;
	readonly from: string;
	readonly to: string;
}

export interface Planted {
	/** The address of the build's folder, with a slash at its end. */
	readonly dist: string;
	close(): Promise<void>;
}

/** Fails where the text is not found exactly once: then the bug has to be planted anew, for the code as it is now. */
export async function plant({ file, from, to }: Bug): Promise<Planted> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-planted-"));
	await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
	await cp(join(root, "package.json"), join(folder, "package.json"));
	await symlink(join(root, "node_modules"), join(folder, "node_modules"));
	const path = join(folder, "dist", file);
	const pieces = (await readFile(path, "utf8")).split(from);
	if (pieces.length !== 2)
		throw new Error(`dist/${file} has ${pieces.length - 1} times what the bug replaces: ${from}`);
	await writeFile(path, pieces.join(to));
	return {
		dist: pathToFileURL(`${join(folder, "dist")}/`).href,
		close: () => rm(folder, { recursive: true, force: true }),
	};
}
