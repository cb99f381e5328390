// What doctor says of dependencies: in real folders.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examineDependencies, type Ground } from "../../../../src/adapters/git/dependencies/examine-dependencies.js";
import { placementOf } from "../../../../src/adapters/git/dependencies/placement.js";

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "deadman-dependencies-"));
	await writeFile(join(root, "package.json"), JSON.stringify({ dependencies: { greet: "1.0.0" } }));
});
afterEach(() => rm(root, { recursive: true }));

const findings = async (change: Partial<Ground> = {}) => {
	const ground: Ground = {
		root,
		stateDir: join(root, ".deadman"),
		install: undefined,
		version: "20.19.1",
		tracked: async () => [],
		activation: "release",
		...change,
	};
	return (await examineDependencies(ground)).map(({ name, sentence }) => `${name}: ${sentence}`);
};
const none =
	"dependencies: package.json names dependencies such as greet, but there is no lock file: nothing is installed into a release.";

it("names dependencies that nothing installs", async () => {
	expect(await findings()).toEqual([none]);
	expect(await findings({ install: "make packages" })).toEqual([]);
	expect(await findings({ activation: "in_place" })).toEqual([]);
	await writeFile(join(root, "yarn.lock"), "");
	expect(await findings()).toEqual([]);
});

it("says what an install lacks before it runs, and what each release costs", async () => {
	await writeFile(join(root, "package-lock.json"), "{}");
	const secret = { secrets: { NPM_TOKEN: { file: "absent" } }, withoutLock: false };
	expect(await findings({ install: secret })).toEqual([
		"install: The install needs the secret NPM_TOKEN, and it is not there: the file absent is absent, empty or unreadable.",
	]);
	const npmrc = { npmrc: "rc", secrets: {}, withoutLock: false };
	const path = join(root, "rc");
	expect(await findings({ install: npmrc })).toEqual([
		`install: The file ${path}, which \`install.npmrc\` names, cannot be used: it is not there.`,
	]);
	await writeFile(path, "");
	expect(await findings({ install: npmrc })).toEqual([]);
	expect(await findings({ install: npmrc, tracked: async (paths) => paths })).toEqual([
		"install: The file rc, which `install.npmrc` names, cannot be used: git tracks it.",
	]);
	const entry = join(root, ".deadman", "deps", "key");
	await mkdir(entry, { recursive: true });
	const made = {
		schemaVersion: 1,
		roots: ["node_modules"],
		placed: [],
		folder: "/x",
		bytes: 3_000_000,
		files: 9,
		madeAtMs: 1,
	};
	await writeFile(join(entry, "contents.json"), JSON.stringify(made));
	const [sharing] = await findings();
	expect(sharing).toMatch(
		/^sharing: Dependencies are kept once \(one set; the newest: 9 files, 3 MiB\), and each release takes /,
	);
	expect(await readdir(join(root, ".deadman", "deps"))).toEqual(["key"]);
});

it("names lock files of two managers, and a Node that is not the one that is asked for", async () => {
	await writeFile(join(root, "package-lock.json"), "{}");
	await writeFile(join(root, "pnpm-lock.yaml"), "");
	await writeFile(join(root, ".nvmrc"), "22\n");
	expect(await findings()).toEqual([
		"dependencies: There are lock files of two package managers, package-lock.json and pnpm-lock.yaml: npm installs.",
		"engines: .nvmrc asks for Node 22, and commands and the program run under 20.19.1 (EBADENGINE).",
	]);
	expect(await findings({ version: "22.1.0", install: "pnpm install" })).toEqual([]);
});

it("shares by links only what nobody can write any more", () => {
	const how = (reflink: boolean, programWrites: boolean, built: boolean) =>
		placementOf({ reflink, programWrites, built }).how;
	expect(how(true, true, false)).toBe("reflink");
	expect([how(false, true, true), how(false, false, false)]).toEqual(["copy", "copy"]);
	expect(how(false, false, true)).toBe("hardlink");
});

it("takes a file that is no JSON, and none at all, for one without dependencies", async () => {
	await writeFile(join(root, "package.json"), "{");
	expect(await findings()).toEqual([]);
	await rm(join(root, "package.json"));
	expect(await findings()).toEqual([]);
});

it("names packages that lie above the releases", async () => {
	await writeFile(join(root, "yarn.lock"), "");
	await mkdir(join(root, "node_modules"));
	expect(await findings()).toEqual([
		`packages: A package that a release lacks is found in ${join(root, "node_modules")}, which no swap reviews and no rollback puts back.`,
	]);
	const outside = await mkdtemp(join(tmpdir(), "deadman-state-"));
	expect(await findings({ stateDir: outside })).toEqual([]);
	await rm(outside, { recursive: true });
});
