// Outputs of a host in the operator's checkout: whole folders that git ignores, swapped with the version they were built from, the old ones kept for the way back.
import { chmod, lstat, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { manifestOf, type Tree, writeTree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";

const first: Tree = { ".gitignore": "dist\nnode_modules\n", "app.txt": "one\n", "package-lock.json": "{}\n" };
const config = {
	outputs: ["dist", "node_modules"],
	install:
		"mkdir -p node_modules/.bin node_modules/tool && echo tool > node_modules/tool/run && ln -s ../tool/run node_modules/.bin/tool",
	build: "mkdir -p dist/empty && cp app.txt dist/app.txt && chmod 750 dist/app.txt",
};

async function adopted(): Promise<InPlaceTools & { readonly root: string }> {
	const all = await makeInPlace(first, { config, unadopted: true });
	const { root } = all.repository;
	await writeTree(root, { "dist/by-hand.txt": "by hand\n", "node_modules/mine": { executable: "mine\n" } });
	await symlink("by-hand.txt", join(root, "dist", "link"));
	await chmod(join(root, "dist"), 0o710);
	await all.adopt();
	return { ...all, root };
}

it("brings the candidate's built folders, and takes the very old ones back", async () => {
	const { root, inPlace, ...all } = await adopted();
	const [old, ino] = [await all.there(), (await lstat(join(root, "dist"))).ino];
	await all.candidate("candidate", { "app.txt": "two\n" });
	expect(await all.there()).toEqual(old);
	await inPlace.flip("candidate");
	expect(await readFile(join(root, "dist", "app.txt"), "utf8")).toBe("two\n");
	expect((await lstat(join(root, "dist", "app.txt"))).mode & 0o777).toBe(0o750);
	expect((await lstat(join(root, "dist", "empty"))).isDirectory()).toBe(true);
	expect(await readFile(join(root, "node_modules", ".bin", "tool"), "utf8")).toBe("tool\n");
	expect((await lstat(join(root, "node_modules"))).isDirectory()).toBe(true);
	expect((await readdir(join(root, "dist"))).sort()).toEqual(["app.txt", "empty"]);
	await writeFile(join(root, "dist", "cache"), "written in the window\n");
	await rm(join(root, "node_modules", "tool"), { recursive: true });
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	expect(await lstat(join(root, "dist"))).toMatchObject({ ino });
	expect((await lstat(join(root, "dist"))).mode & 0o777).toBe(0o710);
});

it("leaves the staged worktree and shared dependencies whole", async () => {
	const { root, inPlace, repository, ...all } = await adopted();
	await all.candidate("candidate", { "app.txt": "two\n" });
	const staged = join(repository.stateDir, "releases", "candidate");
	const before = [await manifestOf(staged), await manifestOf(join(repository.stateDir, "deps"))];
	await inPlace.flip("candidate");
	await writeTree(root, { "dist/app.txt": "ruined\n", "node_modules/tool/run": "ruined\n" });
	expect([await manifestOf(staged), await manifestOf(join(repository.stateDir, "deps"))]).toEqual(before);
	await inPlace.flip("base");
	await inPlace.flip("candidate");
	expect(await readFile(join(root, "dist", "app.txt"), "utf8")).toBe("two\n");
	expect(await readFile(join(root, "node_modules", "tool", "run"), "utf8")).toBe("tool\n");
});

it("takes away what was not there before, and what the candidate does not have", async () => {
	const all = await makeInPlace(
		{ ...first, "build.sh": "mkdir dist; echo 1 > dist/a\n" },
		{
			config: { outputs: ["dist", "node_modules"], build: "sh build.sh" },
		},
	);
	const { root } = all.repository;
	await all.candidate("candidate", { "app.txt": "two\n" });
	await all.inPlace.flip("candidate");
	expect(await readFile(join(root, "dist", "a"), "utf8")).toBe("1\n");
	await all.inPlace.flip("base");
	await expect(lstat(join(root, "dist"))).rejects.toThrow("ENOENT");
	await writeTree(root, { "dist/by-hand": "1\n" });
	await all.candidate("without", { "build.sh": "true\n" });
	await all.inPlace.flip("without");
	await expect(lstat(join(root, "dist"))).rejects.toThrow("ENOENT");
	await all.inPlace.flip("base");
	expect(await readFile(join(root, "dist", "by-hand"), "utf8")).toBe("1\n");
});

it("notices outputs that came or went since staging", async () => {
	const all = await makeInPlace(first, { config });
	const { root } = all.repository;
	await all.candidate("candidate", { "app.txt": "two\n" });
	await writeTree(root, { "dist/since": "staging\n" });
	await all.inPlace.flip("candidate");
	expect(await readdir(join(root, "dist"))).not.toContain("since");
	await all.inPlace.flip("base");
	expect(await readdir(join(root, "dist"))).toEqual(["since"]);
});

it("keeps only the kit of the last move, and no release that is current", async () => {
	const { inPlace, repository, ...all } = await adopted();
	const kits = () => readdir(join(repository.stateDir, "in-place"));
	for (const [id, text] of [
		["one", "1\n"],
		["two", "2\n"],
		["three", "3\n"],
	] as const) {
		await all.candidate(id, { "app.txt": text });
		await inPlace.flip(id);
	}
	expect((await kits()).sort()).toEqual(["one", "three", "two"]);
	await inPlace.prune({ pinned: ["two"], retain: 1 });
	expect((await kits()).sort()).toEqual(["three", "two"]);
	await inPlace.prune({ pinned: [], retain: 1 });
	expect(await kits()).toEqual(["three"]);
	expect(await inPlace.sealed("three")).not.toBeNull();
	await inPlace.flip("two");
	expect(await readFile(join(repository.root, "dist", "app.txt"), "utf8")).toBe("2\n");
});

it("refuses outputs that git tracks or that are ours", async () => {
	const tracked = await makeInPlace({ "dist/app.txt": "1\n" }, { config: { outputs: ["dist"] }, unadopted: true });
	await expect(tracked.adopt()).rejects.toThrow('git tracks "dist/app.txt"');
	const ours = await makeInPlace(first, { config: { outputs: [".deadman/releases"] }, unadopted: true });
	await expect(ours.adopt()).rejects.toThrow(".deadman/releases would move .deadman");
});
