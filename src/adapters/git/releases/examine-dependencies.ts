// What a release will run on, for `deadman doctor`: whether its dependencies are installed, and whether it would find others' on its way up.
import { lstat, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { Finding } from "../../../ports/ports.js";
import { locks } from "./dependency-key.js";

export interface Ground {
	/** The operator's checkout. */
	readonly root: string;
	/** Where releases lie, below it. */
	readonly stateDir: string;
	/** As configured; left out: by the lock file. */
	readonly install: unknown;
	readonly activation: "release" | "in_place";
}

export async function examineDependencies(ground: Ground): Promise<Finding[]> {
	if (ground.activation === "in_place" || ground.install === null) return [];
	return [...(await uninstalled(ground)), ...(await foundAbove(ground))];
}

/** The name of the first dependency that nothing installs; null: there is none, or a lock file. */
async function withoutLock(root: string): Promise<string | null> {
	const text = await readFile(join(root, "package.json"), "utf8").catch(ifAbsent("{}"));
	const { dependencies } = parsed(text);
	const [first] = Object.keys(dependencies ?? {});
	if (first === undefined) return null;
	for (const name of locks) if (await isThere(join(root, name))) return null;
	return first;
}

function parsed(text: string): { readonly dependencies?: object } {
	try {
		return JSON.parse(text) ?? {};
	} catch {
		return {};
	}
}

async function uninstalled({ root, install }: Ground): Promise<Finding[]> {
	const first = install === undefined ? await withoutLock(root) : null;
	if (first === null) return [];
	return [
		{
			name: "dependencies",
			level: "warn",
			sentence: `package.json names dependencies such as ${first}, but there is no lock file: nothing is installed into a release.`,
			next: "Make one (`npm install --package-lock-only`) and commit it, or configure `install`.",
		},
	];
}

/** Node looks for a package in every folder above: what it finds there was neither proposed nor sealed. */
async function foundAbove({ stateDir }: Ground): Promise<Finding[]> {
	for (let folder = stateDir; ; folder = dirname(folder)) {
		const modules = join(folder, "node_modules");
		if (await isThere(modules)) {
			return [
				{
					name: "packages",
					level: "warn",
					sentence: `A package that a release lacks is found in ${modules}, which no swap reviews and no rollback puts back.`,
					next: "Let `stateDir` lie outside of that folder, such as /var/lib/deadman/NAME.",
				},
			];
		}
		if (dirname(folder) === folder) return [];
	}
}

async function isThere(path: string): Promise<boolean> {
	return (await lstat(path).catch(ifAbsent(null))) !== null;
}
