// What doctor says of dependencies: in real folders.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examineDependencies, type Ground } from "../../../../src/adapters/git/dependencies/examine-dependencies.js";

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
