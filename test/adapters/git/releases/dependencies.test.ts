// Dependencies: which command installs them, when they are shared between releases, and when they must not be.
import { execFile } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { isPlainInstall } from "../../../../src/adapters/git/releases/dependency-key.js";
import { changedBetween, isMovable } from "../../../../src/adapters/git/releases/folder-listing.js";
import type { Config } from "../../../../src/config/config.js";
import type { Tree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";
import { temporaryFolder } from "../../../support/temporary.js";

const execute = promisify(execFile);

/** Makes dependencies without a registry. */
const command = "mkdir -p node_modules/dep && echo 'module.exports = 1' > node_modules/dep/index.js";
const ignored: Tree = { ".gitignore": "node_modules\n", "package.json": '{"name":"x"}' };

async function stage(tools: ReleaseTools, id: string, options: { tree: Tree; config: Partial<Config> }) {
	const releases = tools.releases(options.config);
	const release = await makeRelease(tools, id, options.tree);
	const lines: string[] = [];
	await releases.checkout(release);
	await releases.install(release, (line) => lines.push(line));
	await releases.build(release, () => {});
	await releases.seal(release);
	return lines;
}

const modulesOf = (tools: ReleaseTools, id: string) => join(tools.folder(id), "node_modules");
const isLink = async (path: string) => (await lstat(path)).isSymbolicLink();
const entries = (tools: ReleaseTools) => readdir(join(tools.repository.stateDir, "deps"));
const hit = "Dependencies are taken from the cache.";

it("installs once for the same tree, and links both releases to it", async () => {
	const tools = await makeReleaseTools();
	const options = { tree: ignored, config: { install: command } };
	expect(await stage(tools, "one", options)).not.toContain(hit);
	expect(await stage(tools, "two", options)).toContain(hit);
	expect(await readlink(modulesOf(tools, "two"))).toBe(await readlink(modulesOf(tools, "one")));
	expect(await readFile(join(modulesOf(tools, "two"), "dep/index.js"), "utf8")).toBe("module.exports = 1\n");
	expect(tools.tools.passed.filter((site) => site.startsWith("dependencies."))).toEqual([
		"dependencies.moveToCache",
		"dependencies.linkFromCache",
		"dependencies.linkFromCache",
	]);
});

it("installs anew when an input changes, and drops what no release links to", async () => {
	const tools = await makeReleaseTools();
	await stage(tools, "one", { tree: ignored, config: { install: command } });
	const changed = { ...ignored, "package.json": '{"name":"y"}' };
	expect(await stage(tools, "two", { tree: changed, config: { install: command } })).not.toContain(hit);
	expect(await entries(tools)).toHaveLength(2);
	await mkdir(join(tools.repository.stateDir, "deps", "abc.one.half"));
	await tools.releases().prune({ pinned: ["two"], retain: 0 });
	const [kept] = await entries(tools);
	expect(await entries(tools)).toHaveLength(1);
	expect(await readlink(modulesOf(tools, "two"))).toContain(kept);
});

it("does not take a half-made entry", async () => {
	const tools = await makeReleaseTools();
	const options = { tree: ignored, config: { install: command } };
	await stage(tools, "one", options);
	const [entry] = await entries(tools);
	await tools.releases().prune({ pinned: [], retain: 0 });
	await mkdir(join(tools.repository.stateDir, "deps", entry ?? "", "node_modules", "half"), { recursive: true });
	expect(await stage(tools, "two", options)).not.toContain(hit);
	expect(await readdir(modulesOf(tools, "two"))).toEqual(["dep"]);
});

const kept: Readonly<Record<string, { tree?: Tree; install?: string; build?: string }>> = {
	"the root package has install scripts": { tree: { ...ignored, "package.json": '{"scripts":{"prepare":"true"}}' } },
	"its package.json cannot be read": { tree: { ...ignored, "package.json": "{" } },
	"it has native code of its own": { tree: { ...ignored, "binding.gyp": "{}" } },
	"a link leads out of them": { install: `${command} && ln -s ../sub node_modules/local` },
	"a deep link leads out of them": { install: `${command} && ln -s ../../sub node_modules/dep/local` },
	"a link names them absolutely": { install: `${command} && ln -s $PWD/node_modules/dep node_modules/abs` },
	"the build writes into them": { build: "echo generated > node_modules/dep/generated.js" },
};

for (const [why, { tree = ignored, install = command, build = "true" }] of Object.entries(kept)) {
	it(`keeps dependencies in the release when ${why}`, async () => {
		const tools = await makeReleaseTools();
		const options = { tree, config: { install, build } };
		await stage(tools, "one", options);
		expect(await stage(tools, "two", options)).not.toContain(hit);
		expect(await isLink(modulesOf(tools, "two"))).toBe(false);
		expect(await entries(tools)).toEqual([]);
	});
}

it("takes caches that tools keep in there for nobody's code", async () => {
	const tools = await makeReleaseTools();
	const build = "mkdir -p node_modules/.cache && date > node_modules/.cache/x";
	await stage(tools, "one", { tree: ignored, config: { install: command, build } });
	expect(await stage(tools, "two", { tree: ignored, config: { install: command, build } })).toContain(hit);
});

it("fails a build that writes into dependencies which others share, and shares them no more", async () => {
	const tools = await makeReleaseTools();
	await stage(tools, "one", { tree: ignored, config: { install: command } });
	const build = "echo 'module.exports = 2' > node_modules/dep/index.js";
	const options = { tree: ignored, config: { install: command, build } };
	await expect(stage(tools, "two", options)).rejects.toThrow("dep/index.js");
	expect(tools.tools.logged).toContain("dependencies.changed");
	expect(await stage(tools, "two", options)).not.toContain(hit);
	expect(await isLink(modulesOf(tools, "two"))).toBe(false);
});

it("finds npm's lock file and installs offline from a local package, once", async () => {
	const tools = await makeReleaseTools();
	const dep = await temporaryFolder("deadman-dep");
	await writeFile(join(dep, "package.json"), '{"name":"dep","version":"1.0.0"}');
	await execute("npm", ["pack", "--silent", dep, "--pack-destination", tools.repository.root]);
	const manifest = { name: "x", version: "1.0.0", dependencies: { dep: "file:dep-1.0.0.tgz" } };
	const lock = {
		name: "x",
		version: "1.0.0",
		lockfileVersion: 3,
		packages: { "": manifest, "node_modules/dep": { version: "1.0.0", resolved: "file:dep-1.0.0.tgz" } },
	};
	const tree = {
		".gitignore": "node_modules\n",
		"package.json": JSON.stringify(manifest),
		"package-lock.json": JSON.stringify(lock),
	};
	await stage(tools, "one", { tree, config: { install: undefined } });
	expect(await readFile(join(modulesOf(tools, "one"), "dep/package.json"), "utf8")).toContain('"dep"');
	const other = { ...tree, "app.txt": "another version\n" };
	expect(await stage(tools, "two", { tree: other, config: { install: undefined } })).toContain(hit);
}, 60_000);

it("installs nothing without a lock file or with null", async () => {
	const tools = await makeReleaseTools();
	for (const [id, config] of [
		["one", { install: undefined }],
		["two", { install: null }],
	] as const) {
		expect(await stage(tools, id, { tree: ignored, config })).toEqual(["No dependencies to install."]);
	}
});

it("knows which commands depend on nothing but lock files", () => {
	for (const plain of ["npm ci", "npm ci --no-audit", ["pnpm", "install", "--frozen-lockfile"], "yarn install"]) {
		expect(isPlainInstall(plain), String(plain)).toBe(true);
	}
	for (const other of ["npm ci && patch-package", "make deps", "npm run setup", ["sh", "-c", "npm ci"], "npm ci $X"]) {
		expect(isPlainInstall(other), String(other)).toBe(false);
	}
});

it("reads a listing of a folder", () => {
	const record = (...fields: string[]) => `${fields.join("\t")}\0`;
	const file = record("f", "644", "3", "1.0", "dep/a.js", "");
	const link = (path: string, target: string) => record("l", "777", "3", "1.0", path, target);
	expect(isMovable(Buffer.from(file + link(".bin/dep", "../dep/a.js")))).toBe(true);
	expect(isMovable(Buffer.from(link("@scope/local", "../../packages/local") + file))).toBe(false);
	expect(isMovable(Buffer.from(file + link("abs", "/elsewhere")))).toBe(false);
	expect(changedBetween(Buffer.from(file), Buffer.from(file.replace("644", "755")))).toEqual(['"dep/a.js"']);
	expect(changedBetween(Buffer.from(file), Buffer.from(""))).toEqual(["files are gone"]);
});
