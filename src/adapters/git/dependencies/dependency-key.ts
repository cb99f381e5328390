// What the result of an install depends on, as one name. Reads the release and asks its Node; installs nothing.
import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { installOf } from "../../../config/install.js";
import type { NodeVersion, ReleaseRef } from "../../../ports/ports.js";
import type { Command, DependencyContext } from "./dependency-context.js";
import { locks, type Manager, type Manifest, parseManifest, plainManager } from "./install-command.js";
import { innerInputsOf, topEntries, topInputsOf } from "./tracked-inputs.js";

/** Package managers run these of the project's own packages: what they make may depend on any file. */
const lifecycle = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** What the install is given beside the tree. */
export interface Given {
	/** The settings of npm that it finds in its home, without a secret. */
	readonly npmrc: string;
	/** Where it is searched for. */
	readonly path: string;
}

/** Null where the result is of this release alone. */
export async function dependencyKey(
	context: DependencyContext,
	release: ReleaseRef,
	{ command, given }: { readonly command: Command; readonly given: Given },
): Promise<string | null> {
	const manager = plainManager(command);
	const inputs = manager === null ? await ownInputs(context, release) : await managerInputs(context, release, manager);
	if (inputs === null) return null;
	const { version, abi, platform, arch } = await nodeOf(context);
	const runtime = [version, abi, platform, arch];
	const tool = manager === null ? null : await toolVersion(given.path, manager);
	const content = { inputs, command, runtime, tool, npmrc: given.npmrc, form: 2 };
	return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

export async function nodeOf({ node }: Pick<DependencyContext, "node">): Promise<NodeVersion> {
	if (node !== undefined) return node.describe();
	const { execPath: path, versions, platform, arch } = process;
	return { path, version: versions.node, abi: versions.modules, platform, arch };
}

type Inputs = readonly (readonly [string, string])[];

/** A command that is more than a package manager may read any file of the tree, unless the operator says which. */
async function ownInputs(context: DependencyContext, release: ReleaseRef): Promise<Inputs | null> {
	const { inputs } = installOf(context.settings.install);
	if (inputs === null) return [["tree", release.tree]];
	const found = await topEntries(context, release.tree, inputs);
	return found.has("node_modules") ? null : [...found];
}

async function managerInputs(
	context: DependencyContext,
	release: ReleaseRef,
	manager: Manager,
): Promise<Inputs | null> {
	const folder = context.folder(release.id);
	const top = await topInputsOf(context, release.tree);
	// Without a lock file the registry decides anew each time.
	const lock = [...locks, "bun.lock"].find((name) => top.has(name));
	if (lock === undefined || top.has("node_modules") || top.has("binding.gyp")) return null;
	const manifest = await manifestAt(join(folder, "package.json"));
	if (manifest === null || hasInstallScripts(manifest)) return null;
	const isOfMany = manifest.workspaces !== undefined || top.has("pnpm-workspace.yaml");
	const usesFiles = /\bfile:|\bportal:/.test(await readFile(join(folder, lock), "utf8"));
	if (!isOfMany && !usesFiles) return [...top];
	// Folders are copied by all but npm, which links them.
	if (usesFiles && manager !== "npm") return [...top, ["tree", release.tree]];
	const below = await innerInputsOf(context, release.tree);
	if (isOfMany && (await anyBuilds(folder, [...below.keys()]))) return null;
	return [...top, ...below];
}

async function anyBuilds(folder: string, paths: readonly string[]): Promise<boolean> {
	for (const path of paths) {
		if (path.endsWith("/binding.gyp")) return true;
		if (!path.endsWith("/package.json")) continue;
		// Fixtures of tests need be no JSON: no package manager reads them.
		const manifest = await manifestAt(join(folder, path));
		if (manifest !== null && hasInstallScripts(manifest)) return true;
	}
	return false;
}

async function manifestAt(path: string): Promise<Manifest | null> {
	const text = await readFile(path, "utf8").catch(() => null);
	return text === null ? null : parseManifest(text);
}

function hasInstallScripts({ scripts }: Manifest): boolean {
	return scripts !== undefined && lifecycle.some((name) => name in scripts);
}

/** By its package's own word, without running it: a shim may ask the network for what it stands for. */
async function toolVersion(path: string, manager: Manager): Promise<string> {
	for (const folder of path.split(delimiter).filter((one) => one.startsWith("/"))) {
		const file = await realpath(join(folder, manager)).catch(() => null);
		if (file === null) continue;
		const { size, mtimeMs } = await stat(file);
		for (const above of [dirname(file), dirname(dirname(file))]) {
			const text = await readFile(join(above, "package.json"), "utf8").catch(() => null);
			const version = text === null ? undefined : (parseManifest(text) as { version?: unknown } | null)?.version;
			if (typeof version === "string") return version;
		}
		return `${size} ${mtimeMs}`;
	}
	return "none";
}
