// Which Node a program and the commands of its releases run under: the supervisor's own, the one at a path, or the newest on this machine within a range.
// A version manager's shim is asked for the program behind it.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { RefusedError, refuse } from "../../core/refusals.js";
import { compareVersions, isInRange, parseRange } from "../../core/rules/version-range.js";
import type { NodeChoice, NodeVersion } from "../../ports/ports.js";

const ASK_TIMEOUT_MS = 10_000;
const SHOWN = 5;

export interface NodeWish {
	/** As configured; undefined: the supervisor's own. */
	readonly wanted: string | undefined;
	/** Relative paths are of this folder. */
	readonly root: string;
	readonly home: string | undefined;
	readonly path: string | undefined;
}

export function createNodeChoice(wish: NodeWish): NodeChoice {
	let known: string | null = null;
	const chosen = async (): Promise<string> => {
		if (known === null || !(await isProgram(known))) known = await choose(wish);
		return known;
	};
	return {
		async describe() {
			const path = await chosen();
			const answer = await askNode(path);
			if (answer === null) throw missing(wish, `${path} does not answer`);
			return answer;
		},
		searchPath: async (path) => withFolder(path, await chosen()),
	};
}

/** What a node says of itself; null where it is none, or does not run. */
export async function askNode(path: string): Promise<NodeVersion | null> {
	const fields =
		"[process.execPath,process.versions.node,process.versions.modules,process.platform,process.arch].join('\\n')";
	const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: process.env.HOME ?? "/nonexistent" };
	try {
		const { stdout } = await promisify(execFile)(path, ["-p", fields], { timeout: ASK_TIMEOUT_MS, env, cwd: "/" });
		const [real = "", version = "", abi = "", platform = "", arch = ""] = stdout.trim().split("\n");
		if (!/^\d+\.\d+\.\d+/.test(version) || arch === "") return null;
		return { path: await realpath(real), version, abi, platform, arch };
	} catch {
		return null;
	}
}

/** The first `node` that a search finds, or null. */
export async function nodeOnPath(path: string): Promise<string | null> {
	for (const folder of path.split(delimiter).filter((one) => one.startsWith("/"))) {
		const file = join(folder, "node");
		if (await isProgram(file)) return file;
	}
	return null;
}

async function choose(wish: NodeWish): Promise<string> {
	const { wanted, root } = wish;
	if (wanted === undefined) return process.execPath;
	if (wanted.includes("/")) return atPath(wish, resolve(root, wanted));
	const range = parseRange(wanted) ?? [];
	if (isInRange(process.versions.node, range) && (await isProgram(process.execPath))) return process.execPath;
	const found: NodeVersion[] = [];
	for (const path of await candidates(wish)) {
		const answer = await askNode(path);
		if (answer !== null) found.push(answer);
	}
	found.sort((one, other) => compareVersions(other.version, one.version));
	const best = found.find(({ version }) => isInRange(version, range));
	if (best === undefined) throw missing(wish, `there is none such among ${shown(found)}`);
	return best.path;
}

/** A folder stands for what an installation of Node has in it. */
async function atPath(wish: NodeWish, path: string): Promise<string> {
	for (const file of [path, join(path, "bin", "node"), join(path, "node")]) {
		if (!(await isProgram(file))) continue;
		const answer = await askNode(file);
		if (answer === null) throw missing(wish, `${file} does not answer like a node`);
		return answer.path;
	}
	throw missing(wish, `there is no program at ${path} that may be run`);
}

function shown(found: readonly NodeVersion[]): string {
	const all = [`the supervisor's own ${process.versions.node}`, ...new Set(found.map(({ version }) => version))];
	return all.slice(0, SHOWN).join(", ");
}

function missing({ wanted = "" }: NodeWish, why: string): RefusedError {
	return new RefusedError(refuse("node_missing", { wanted: JSON.stringify(wanted), why }));
}

/** Where version managers and packages put theirs: folders of versions, and where the program lies in each. */
const managers = [
	[".nvm/versions/node", "bin/node"],
	[".volta/tools/image/node", "bin/node"],
	[".asdf/installs/nodejs", "bin/node"],
	[".local/share/fnm/node-versions", "installation/bin/node"],
	[".local/share/mise/installs/node", "bin/node"],
	[".nodenv/versions", "bin/node"],
	["/usr/local/n/versions/node", "bin/node"],
	["/opt", "bin/node"],
	["/usr/local/lib/nodejs", "bin/node"],
] as const;

async function candidates({ home = "/", path = "" }: NodeWish): Promise<string[]> {
	const onPath = path.split(delimiter).map((folder) => join(folder, "node"));
	const managed = await Promise.all(
		managers.map(async ([folder, file]) => {
			const versions = resolve(home, folder);
			const names = await readdir(versions).catch(() => [] as string[]);
			return names.map((name) => join(versions, name, file));
		}),
	);
	const all = [...onPath, "/usr/local/bin/node", "/usr/bin/node", ...managed.flat()].filter((one) =>
		one.startsWith("/"),
	);
	const real = await Promise.all(
		[...new Set(all)].map(async (file) => ((await isProgram(file)) ? realpath(file).catch(() => null) : null)),
	);
	return [...new Set(real.filter((file) => file !== null))];
}

/** npm and what else was installed for this Node lies beside it. */
async function withFolder(path: string, node: string): Promise<string> {
	const found = await nodeOnPath(path);
	if (found !== null && (await realpath(found).catch(() => found)) === (await realpath(node).catch(() => node)))
		return path;
	return [dirname(node), ...path.split(delimiter).filter((folder) => folder !== "")].join(delimiter);
}

async function isProgram(path: string): Promise<boolean> {
	const found = await stat(path).catch(() => null);
	if (found?.isFile() !== true) return false;
	return access(path, constants.X_OK).then(
		() => true,
		() => false,
	);
}
