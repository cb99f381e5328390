// What only an install may see: the secrets that the configuration names, and a file for npm. Read anew for each install; what is missing is refused by name.
import { readFile, realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Install } from "../../../config/install.js";
import { installOf } from "../../../config/install.js";
import { RefusedError, refuse } from "../../../core/refusals.js";

export interface InstallSecrets {
	/** Environment variables. */
	readonly variables: Readonly<Record<string, string>>;
	/** The text of the file for npm. */
	readonly npmrc: string | null;
	/** What must never be shown. */
	readonly values: readonly string[];
}

export interface SecretGround {
	/** The operator's repository folder, absolute. */
	readonly root: string;
	readonly install: Install | undefined;
}

export const noSecrets: InstallSecrets = { variables: {}, npmrc: null, values: [] };

/** Rejects with a RefusedError: `install_secret_missing`, `npmrc_unusable`. */
export async function readInstallSecrets({ root, install }: SecretGround): Promise<InstallSecrets> {
	const { secrets } = installOf(install);
	const variables: Record<string, string> = {};
	for (const [name, { env, file }] of Object.entries(secrets)) {
		const from = env === undefined ? `the file ${file}` : `the variable ${env}`;
		const text =
			env === undefined ? await readFile(resolve(root, file ?? ""), "utf8").catch(() => "") : process.env[env];
		const value = text?.trim() ?? "";
		if (value === "") {
			throw new RefusedError(refuse("install_secret_missing", { name, why: `${from} is absent, empty or unreadable` }));
		}
		variables[name] = value;
	}
	const npmrc = await readNpmrc({ root, install });
	return { variables, npmrc, values: [...Object.values(variables), ...(npmrc === null ? [] : secretsIn(npmrc))] };
}

/** Null where none is named. Rejects with a RefusedError: `npmrc_unusable`. */
export async function readNpmrc({ root, install }: SecretGround): Promise<string | null> {
	const { npmrc } = installOf(install);
	if (npmrc === null) return null;
	const path = resolve(root, npmrc);
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw unusable(path, code === "ENOENT" ? "it is not there" : `it cannot be read (${code})`);
	}
}

/** Whether the file for npm is one of the repository's own, by its path there; links are followed. */
export async function npmrcInRepository({ root, install }: SecretGround): Promise<string | null> {
	const { npmrc } = installOf(install);
	if (npmrc === null) return null;
	const path = resolve(root, npmrc);
	const [real, top] = await Promise.all([realpath(path).catch(() => path), realpath(root)]);
	const inside = relative(top, real);
	return inside === "" || inside.startsWith("..") ? null : inside;
}

export function unusable(path: string, why: string): RefusedError {
	return new RefusedError(refuse("npmrc_unusable", { path, why }));
}

/** Tokens and passwords as npm's configuration holds them, and those of addresses; never a name of a variable. */
export function secretsIn(npmrc: string): string[] {
	return npmrc.split("\n").flatMap((line) => {
		const [, name = "", value = ""] = /^\s*([^=;#\s]+)\s*=\s*"?([^"]*?)"?\s*$/.exec(line) ?? [];
		const inAddress = /:\/\/[^/@:]*:([^/@]+)@/.exec(value)?.[1];
		if (inAddress !== undefined) return [inAddress];
		return /(_authToken|_auth|_password)$/.test(name) && value !== "" && !value.includes("${") ? [value] : [];
	});
}
