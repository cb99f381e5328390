// A fixture that a test made: read for comparing, and written anew where DEADMAN_WRITE_CARDS=1 asks for it.
import { readFile, writeFile } from "node:fs/promises";

/** As it is in the file; `made` is what there is now. `path` is below `fixtures`. */
export async function recorded(path: string, made: unknown): Promise<unknown> {
	const file = new URL(`../../../fixtures/${path}`, import.meta.url);
	if (process.env.DEADMAN_WRITE_CARDS === "1") await writeFile(file, `${JSON.stringify(made, null, "\t")}\n`);
	return JSON.parse(await readFile(file, "utf8"));
}
