// A secret as it is now, from where the configuration names it: a changed one needs no restart of ours.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { SecretSource } from "../config/channels.js";

/** Rejects with a sentence that begins with `what`. */
export async function secretOf(root: string, { env, file }: SecretSource, what = "A secret"): Promise<string> {
	const from = env === undefined ? `the file ${file}` : `the variable ${env}`;
	const text =
		env === undefined ? await readFile(resolve(root, file ?? ""), "utf8").catch(() => undefined) : process.env[env];
	const secret = text?.trim() ?? "";
	if (secret === "") throw new Error(`${what} is not there: ${from} is absent, empty or unreadable.`);
	return secret;
}
