// The packages that judge the server from outside: Node 22, the inspector and the conformance suite. They live in a cache of their own and are
// never part of the project.
import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

export const cache = fileURLToPath(new URL("../../node_modules/.cache/deadman-conformance", import.meta.url));

const packages = ["node@22", "@modelcontextprotocol/inspector@2.12.0", "@modelcontextprotocol/conformance@0.1.16"];

const at = (...path) => join(cache, "node_modules", ...path);

export const inspector = at("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js");
export const conformance = at("@modelcontextprotocol", "conformance", "dist", "index.js");

/** The Node that the packages are started with; null where they cannot be. */
export async function judgeNode() {
	const [there] = await Promise.all([exists(inspector), exists(conformance)]).then((found) => [found.every(Boolean)]);
	if (!there) return null;
	if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
	const node = at("node", "bin", "node");
	return (await exists(node)) ? node : null;
}

/** A manifest of its own keeps npm from looking for one above. */
export async function install() {
	if ((await judgeNode()) !== null) return;
	await mkdir(cache, { recursive: true });
	await writeFile(join(cache, "package.json"), '{ "private": true }\n');
	const quiet = ["--no-save", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
	await execFileAsync("npm", ["install", "--prefix", cache, ...quiet, ...packages], { cwd: cache, timeout: 300_000 });
	if ((await judgeNode()) === null) throw new Error(`npm installed into ${cache}, but Node 22 is not there`);
}

async function exists(path) {
	return access(path).then(
		() => true,
		() => false,
	);
}
