// Which command installs a release's dependencies, and what its result depends on. Reads the release; runs nothing but `ls-tree`.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReleaseRef } from "../../../ports/ports.js";
import { topEntriesArgs } from "../repository/argv.js";
import type { ReleaseContext } from "./release-context.js";

type Command = string | readonly string[];

/** With one of these at the top of a tree its dependencies are installed. */
export const locks = ["npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"] as const;

/** Everything at the top of a tree that package managers read. */
const inputs = [
	".npmrc",
	".pnpmfile.cjs",
	".yarn",
	".yarnrc",
	".yarnrc.yml",
	"bun.lock",
	"npm-shrinkwrap.json",
	"package-lock.json",
	"package.json",
	"patches",
	"pnpm-lock.yaml",
	"pnpm-workspace.yaml",
	"yarn.lock",
];

/** npm runs these of the root package on install: what they make may depend on any file. */
const lifecycle = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** As configured, else by the lock file that the tree holds; null: there is nothing to install. */
export async function installCommand(context: ReleaseContext, release: ReleaseRef): Promise<Command | null> {
	const configured = context.settings.install;
	if (configured !== undefined) return configured;
	const names = new Set((await topNames(context, release.tree, inputs)).keys());
	if (!names.has("package.json")) return null;
	if (names.has("npm-shrinkwrap.json") || names.has("package-lock.json"))
		return ["npm", "ci", "--no-audit", "--no-fund"];
	if (names.has("pnpm-lock.yaml")) return ["pnpm", "install", "--frozen-lockfile"];
	if (!names.has("yarn.lock")) return null;
	const lock = await readFile(join(context.folder(release.id), "yarn.lock"), "utf8");
	return ["yarn", "install", lock.includes("\n__metadata:") ? "--immutable" : "--frozen-lockfile"];
}

/** Null where the result cannot be shared between releases. */
export async function dependencyKey(
	context: ReleaseContext,
	release: ReleaseRef,
	command: Command,
): Promise<string | null> {
	const entries = await topNames(context, release.tree, [...inputs, "binding.gyp", "node_modules"]);
	if (entries.has("node_modules") || entries.has("binding.gyp")) return null;
	if (entries.has("package.json") && (await hasInstallScripts(join(context.folder(release.id), "package.json")))) {
		return null;
	}
	const runtime = [process.version, process.versions.modules, process.platform, process.arch];
	// A command that is more than a package manager may read any file of the tree.
	const scope = isPlainInstall(command) ? null : release.tree;
	return createHash("sha256")
		.update(JSON.stringify({ entries: [...entries], command, runtime, scope }))
		.digest("hex");
}

export function isPlainInstall(command: Command): boolean {
	const text = typeof command === "string" ? command : command.join(" ");
	return /^(npm|pnpm|yarn|bun) (ci|install|i)( --[\w=-]+)*$/.test(text.trim());
}

/** Name → mode, kind and object. */
async function topNames({ own }: ReleaseContext, tree: string, names: readonly string[]): Promise<Map<string, string>> {
	const text = await own.git.text(topEntriesArgs(tree, names));
	const pairs = text.split("\0").filter((line) => line !== "");
	return new Map(pairs.map((line) => [line.slice(line.indexOf("\t") + 1), line.slice(0, line.indexOf("\t"))]));
}

async function hasInstallScripts(path: string): Promise<boolean> {
	try {
		const { scripts } = JSON.parse(await readFile(path, "utf8")) as { scripts?: Record<string, unknown> };
		return lifecycle.some((name) => scripts !== undefined && name in scripts);
	} catch {
		return true;
	}
}
