// Dependencies: which command installs them, when they are shared between releases, and when they must not be.
import { execFile } from "node:child_process";
import {
	chmod,
	lstat,
	mkdir,
	readdir,
	readFile,
	readlink,
	realpath,
	rm,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { lookAt } from "../../../../src/adapters/git/dependencies/folder-listing.js";
import { plainManager } from "../../../../src/adapters/git/dependencies/install-command.js";
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
const isFolder = async (path: string) => (await lstat(path)).isDirectory();
const store = (tools: ReleaseTools) => join(tools.repository.stateDir, "deps");
const entries = (tools: ReleaseTools) => readdir(store(tools));
const hit = "Dependencies are copied from what was installed before.";
const sites = ({ tools }: ReleaseTools) => tools.passed.filter((site) => site.startsWith("dependencies."));

it("installs once for the same tree, and gives each release a whole folder of its own", async () => {
	const tools = await makeReleaseTools();
	const options = { tree: ignored, config: { install: command } };
	expect(await stage(tools, "one", options)).not.toContain(hit);
	expect(await stage(tools, "two", options)).toContain(hit);
	const file = join(modulesOf(tools, "two"), "dep/index.js");
	expect(await isFolder(modulesOf(tools, "two"))).toBe(true);
	expect(await realpath(file)).toBe(file);
	await writeFile(file, "changed");
	expect(await readFile(join(modulesOf(tools, "one"), "dep/index.js"), "utf8")).toBe("module.exports = 1\n");
	expect(sites(tools)).toEqual(["dependencies.keep", "dependencies.take"]);
	expect(await stage(tools, "three", options)).toContain(hit);
	expect(await readFile(join(modulesOf(tools, "three"), "dep/index.js"), "utf8")).toBe("module.exports = 1\n");
});

it("installs anew when an input changes, and drops what no release has taken but the newest", async () => {
	const tools = await makeReleaseTools();
	const changed = (name: string) => ({
		tree: { ...ignored, "package.json": `{"name":"${name}"}` },
		config: { install: command },
	});
	for (const id of ["one", "two", "three"]) expect(await stage(tools, id, changed(id))).not.toContain(hit);
	expect(await entries(tools)).toHaveLength(3);
	await mkdir(join(store(tools), "abc.one.half"));
	await tools.releases().prune({ pinned: ["one"], retain: 0 });
	expect(await entries(tools)).toHaveLength(2);
	expect(await stage(tools, "four", changed("one"))).toContain(hit);
	expect(await stage(tools, "five", changed("three"))).toContain(hit);
	expect(await stage(tools, "six", changed("two"))).not.toContain(hit);
});

const spoilings: Readonly<Record<string, (entry: string) => Promise<void>>> = {
	"a file was written, its time put back": async (entry) => {
		const file = join(entry, "tree/node_modules/dep/index.js");
		const { atime, mtime } = await lstat(file);
		await writeFile(file, "module.exports = 2\n");
		await utimes(file, atime, mtime);
	},
	"a file was added": (entry) => writeFile(join(entry, "tree/node_modules/added.js"), ""),
	"a file is gone": (entry) => rm(join(entry, "tree/node_modules/dep/index.js")),
	"a file may be run": (entry) => chmod(join(entry, "tree/node_modules/dep/index.js"), 0o755),
	"the seal is gone": (entry) => rm(join(entry, "seal")),
	"half of it was removed": (entry) => rm(join(entry, "contents.json")),
	"a link has another target": async (entry) => {
		await rm(join(entry, "tree/node_modules/dep"), { recursive: true });
		await symlink("../elsewhere", join(entry, "tree/node_modules/dep"));
	},
};

it("takes nothing from an entry that was changed since it was sealed, however that was done, and makes it anew", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases({ install: command });
	const release = await makeRelease(tools, "one", ignored);
	await releases.checkout(release);
	const install = async () => {
		const lines: string[] = [];
		await releases.install(release, (line) => lines.push(line));
		expect(await readFile(join(modulesOf(tools, "one"), "dep/index.js"), "utf8")).toBe("module.exports = 1\n");
		return lines;
	};
	expect(await install()).not.toContain(hit);
	for (const [what, spoil] of Object.entries(spoilings)) {
		expect(await install(), what).toContain(hit);
		const [entry = ""] = await entries(tools);
		await spoil(join(store(tools), entry));
		tools.tools.logged.length = 0;
		expect(await install(), what).not.toContain(hit);
		expect(tools.tools.logged, what).toContain("dependencies.spoiled");
	}
});

const alone: Readonly<Record<string, { tree?: Tree; install?: Config["install"]; why: string }>> = {
	"a link leads out of the release": { install: `${command} && ln -s ../../x node_modules/local`, why: "leads out" },
	"a link names its target absolutely": { install: `${command} && ln -s $PWD node_modules/abs`, why: "leads out" },
	"more than modules was made": {
		install: `${command} && mkdir dist`,
		tree: { ...ignored, ".gitignore": "dist\nnode_modules\n" },
		why: "dist",
	},
};

for (const [why, { tree = ignored, install = command, why: told }] of Object.entries(alone)) {
	it(`installs for one release alone where ${why}, and says so`, async () => {
		const tools = await makeReleaseTools();
		const lines = await stage(tools, "one", { tree, config: { install } });
		expect(lines.at(-1)).toContain("for this release alone");
		expect(lines.at(-1)).toContain(told);
		expect(await stage(tools, "two", { tree, config: { install } })).not.toContain(hit);
		expect(await entries(tools)).toEqual([]);
	});
}

it("leaves a build its modules: what it writes there is in its own release", async () => {
	const tools = await makeReleaseTools();
	const build = "test ! -e node_modules/dep/generated.js && echo generated > node_modules/dep/generated.js";
	for (const id of ["one", "two"]) await stage(tools, id, { tree: ignored, config: { install: command, build } });
	expect(await readFile(join(modulesOf(tools, "two"), "dep/generated.js"), "utf8")).toBe("generated\n");
	expect(sites(tools)).toEqual(["dependencies.keep", "dependencies.take"]);
});

it("takes the modules of every folder, and links within the release", async () => {
	const tools = await makeReleaseTools();
	const tree = { ...ignored, "packages/api/package.json": "{}", "packages/lib/index.js": "lib\n" };
	const install = [
		command,
		"mkdir -p packages/api/node_modules/deep node_modules/.bin",
		"echo deep > packages/api/node_modules/deep/index.js",
		"ln -s ../packages/lib node_modules/lib",
		"ln -s ../../lib packages/api/node_modules/lib",
		"ln -s ../dep/index.js node_modules/.bin/dep",
	].join(" && ");
	await stage(tools, "one", { tree, config: { install } });
	expect(await stage(tools, "two", { tree, config: { install } })).toContain(hit);
	const at = (path: string) => join(tools.folder("two"), path);
	expect(await readFile(at("packages/api/node_modules/deep/index.js"), "utf8")).toBe("deep\n");
	expect(await readFile(at("packages/api/node_modules/lib/index.js"), "utf8")).toBe("lib\n");
	expect(await realpath(at("node_modules/lib"))).toBe(at("packages/lib"));
	expect(await readlink(at("node_modules/.bin/dep"))).toBe("../dep/index.js");
	expect(await tools.releases().verify("two")).toEqual([]);
});

it("lets no file of a release name another's folder", async () => {
	const tools = await makeReleaseTools();
	const install = `${command} && echo "exec $PWD/node_modules/dep" > node_modules/run && chmod 755 node_modules/run`;
	const options = { tree: ignored, config: { install } };
	await stage(tools, "one", options);
	expect(await stage(tools, "two", options)).toContain(hit);
	const file = join(modulesOf(tools, "two"), "run");
	expect(await readFile(file, "utf8")).toBe(`exec ${tools.folder("two")}/node_modules/dep\n`);
	expect((await lstat(file)).mode & 0o777).toBe(0o755);
});

it("knows by the inputs that the operator names what a command of their own depends on", async () => {
	const tools = await makeReleaseTools();
	const config = { install: { command, inputs: ["requirements.txt", "tools/pins"] } };
	const tree = { ...ignored, "requirements.txt": "a\n", "tools/pins": "1\n" };
	await stage(tools, "one", { tree, config });
	expect(await stage(tools, "two", { tree: { ...tree, "app.txt": "other\n" }, config })).toContain(hit);
	expect(await stage(tools, "three", { tree: { ...tree, "tools/pins": "2\n" }, config })).not.toContain(hit);
});

it("keeps one entry where two install the same at once", async () => {
	const tools = await makeReleaseTools();
	const config = { install: { command, inputs: [".gitignore"] } };
	const made = [await makeRelease(tools, "one", ignored), await makeRelease(tools, "two", ignored)];
	await Promise.all(
		made.map(async (release) => {
			const releases = tools.releases(config);
			await releases.checkout(release);
			await releases.install(release, () => {});
		}),
	);
	expect(await entries(tools)).toHaveLength(1);
	expect(await stage(tools, "three", { tree: ignored, config })).toContain(hit);
});

it("leaves no entry of an install that was ended half way, nor of one whose copy was", async () => {
	const tools = await makeReleaseTools();
	const release = await makeRelease(tools, "one", ignored);
	const ends = async (install: string, wait: (line: string) => boolean) => {
		const stop = new AbortController();
		const releases = tools.releases({ install });
		await releases.checkout(release);
		const running = releases.install(release, (line) => void (wait(line) && stop.abort()), stop.signal);
		await expect(running).rejects.toMatchObject({ reason: "aborted" });
	};
	await ends(`${command} && echo begun && sleep 60`, (line) => line === "begun");
	await ends(
		`${command} && head -c 200000000 /dev/zero > node_modules/large && echo begun`,
		(line) => line === "begun",
	);
	expect(await entries(tools)).toEqual([]);
	expect(await stage(tools, "one", { tree: ignored, config: { install: command } })).not.toContain(hit);
	expect(await readdir(modulesOf(tools, "one"))).toEqual(["dep"]);
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

it("names the lock file's folder of packages in its own release alone where the root package builds", async () => {
	const tools = await makeReleaseTools();
	for (const [name, manifest] of Object.entries({
		prepare: '{"name":"x","version":"1.0.0","scripts":{"prepare":"true"}}',
		gyp: '{"name":"x","version":"1.0.0"}',
	})) {
		const lock = '{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x","version":"1.0.0"}}}';
		const tree = {
			...ignored,
			"package.json": manifest,
			"package-lock.json": lock,
			...(name === "gyp" ? { "binding.gyp": "{}" } : {}),
		};
		const config = { install: "npm ci --ignore-scripts" };
		await stage(tools, name, { tree, config });
		expect(sites(tools)).toEqual([]);
	}
});

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
	for (const plain of [
		"npm ci",
		"npm ci --no-audit",
		["pnpm", "install", "--frozen-lockfile"],
		"corepack yarn install",
	]) {
		expect(plainManager(plain), String(plain)).not.toBe(null);
	}
	for (const other of ["npm ci && patch-package", "make deps", "npm run setup", ["sh", "-c", "npm ci"], "npm ci $X"]) {
		expect(plainManager(other), String(other)).toBe(null);
	}
});

it("reads a listing of a folder", async () => {
	const record = (...fields: string[]) => `${fields.join("\t")}\0`;
	const file = record("f", "644", "3", "1.0", "1.0", "./dep/a.js", "");
	const link = (path: string, target: string) => record("l", "777", "3", "1.0", "1.0", path, target);
	const stray = async (text: string) => (await lookAt(Buffer.from(text))).strayLink;
	expect(await stray(file + link("./node_modules/.bin/dep", "../dep/a.js"))).toBe(null);
	expect(await stray(link("./node_modules/@scope/local", "../../packages/local") + file)).toBe(null);
	expect(await stray(link("./node_modules/@scope/local", "../../../elsewhere") + file)).toBe(
		"./node_modules/@scope/local",
	);
	expect(await stray(file + link("./abs", "/elsewhere"))).toBe("./abs");
	const many = file.repeat(20_000);
	expect(await lookAt(Buffer.from(many))).toEqual({ strayLink: null, bytes: 60_000, files: 20_000 });
});
