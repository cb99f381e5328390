// A copy of the build with one bug planted in it: a compiled file in which one piece of text, found exactly once, is another.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProduct } from "./product.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Bug {
	/** Below dist/. */
	readonly file: string;
	readonly from: string;
	readonly to: string;
}

export interface Planted {
	/** The module that a life imports. */
	readonly product: string;
	close(): Promise<void>;
}

/** How often the text that the bug replaces stands in the build: once, or the bug has to be planted anew, for the code as it is now. */
export async function timesFound({ file, from }: Bug): Promise<number> {
	return (await readFile(join(root, "dist", file), "utf8")).split(from).length - 1;
}

export async function plant({ file, from, to }: Bug): Promise<Planted> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-planted-"));
	await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
	await cp(join(root, "package.json"), join(folder, "package.json"));
	await symlink(join(root, "node_modules"), join(folder, "node_modules"));
	const path = join(folder, "dist", file);
	await writeFile(
		path,
		(await readFile(path, "utf8")).replace(from, () => to),
	);
	const { module, close } = await bundleProduct(join(folder, "dist"));
	await rm(folder, { recursive: true, force: true });
	return { product: module, close };
}
