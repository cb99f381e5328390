// A stage costs what changes: what comes from a removed release is exactly what a checkout from objects makes, whatever was done to that release.
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { takingOf } from "../../../../src/adapters/git/releases/unchanged.js";
import { manifestOf, manifestOfTree, type Tree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";

const tree: Tree = {
	"app.txt": "one\n",
	"same/kept.txt": "kept\n",
	"same/edited.txt": "right\n",
	"same/run.sh": { executable: "#!/bin/sh\n" },
	"gone/a.txt": "a\n",
	"file-to-folder": "file\n",
	link: { link: "same" },
};
const change: Tree = { "app.txt": "two\n", "gone/a.txt": null, "file-to-folder": null, "file-to-folder/x.txt": "x\n" };

/** Old enough that a later change of the same file has another ctime. */
const settle = () => sleep(60);

/** Two sealed releases, of which the first was removed. */
async function spared(before?: (folder: string) => Promise<void>): Promise<ReleaseTools> {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	for (const [id, files] of [
		["one", tree],
		["two", {}],
	] as const) {
		const release = await makeRelease(tools, id, { ...files, "version.txt": id });
		await releases.checkout(release);
		await settle();
		await releases.seal(release);
		await releases.flip(id);
	}
	await before?.(tools.folder("one"));
	await releases.prune({ pinned: [], retain: 0 });
	expect(await readdir(join(tools.repository.stateDir, "releases"))).toContain(".spare");
	return tools;
}

const made = { ...tree, ...change, "version.txt": "three" };
const expected = manifestOfTree(Object.fromEntries(Object.entries(made).filter(([, content]) => content !== null)));

async function stageThird(tools: ReleaseTools) {
	const release = await makeRelease(tools, "three", { ...change, "version.txt": "three" });
	const releases = tools.releases();
	await releases.checkout(release);
	await releases.seal(release);
	return releases;
}

it("takes the files of a removed release, and writes only what differs", async () => {
	const tools = await spared();
	const { ino } = await stat(join(tools.repository.stateDir, "releases", ".spare", "same", "kept.txt"));
	const releases = await stageThird(tools);
	expect(await manifestOf(tools.folder("three"), [".git"])).toEqual(expected);
	expect((await stat(join(tools.folder("three"), "same", "kept.txt"))).ino).toBe(ino);
	expect(await releases.verify("three")).toEqual([]);
	expect(await readdir(join(tools.repository.stateDir, "releases"))).not.toContain(".spare");
});

it("takes nothing that was touched since it was read, nor what somebody left there", async () => {
	const tools = await spared(async (folder) => {
		const path = join(folder, "same", "edited.txt");
		const { atime, mtime } = await stat(path);
		await writeFile(path, "wrong\n");
		await utimes(path, atime, mtime);
		await writeFile(join(folder, "same", "untracked.txt"), "left by a program");
		await mkdir(join(folder, "cache", "deep"), { recursive: true });
		await writeFile(join(folder, "cache", "deep", "x"), "x");
		await symlink("/etc", join(folder, "etc"));
		await chmod(join(folder, "same"), 0o700);
	});
	const releases = await stageThird(tools);
	expect(await manifestOf(tools.folder("three"), [".git"])).toEqual(expected);
	expect(await readFile(join(tools.folder("three"), "same", "edited.txt"), "utf8")).toBe("right\n");
	expect((await stat(join(tools.folder("three"), "same"))).mode & 0o777).toBe(0o755);
	expect(await releases.verify("three")).toEqual([]);
});

it("makes the release from objects where what was kept cannot be read", async () => {
	const tools = await spared();
	await writeFile(join(tools.repository.stateDir, "releases", ".spare.seal"), "half");
	await stageThird(tools);
	expect(await manifestOf(tools.folder("three"), [".git"])).toEqual(expected);
});

it("finds by its seal every edit that is found by content", async () => {
	const tools = await makeReleaseTools();
	const one = await makeRelease(tools, "one", tree);
	const releases = tools.releases();
	await releases.checkout(one);
	await settle();
	await releases.seal(one);
	expect(await releases.verify("one", "seal")).toEqual([]);
	const path = join(tools.folder("one"), "same", "edited.txt");
	const { atime, mtime } = await stat(path);
	await writeFile(path, "wrong\n");
	await utimes(path, atime, mtime);
	await chmod(join(tools.folder("one"), "app.txt"), 0o755);
	await chmod(join(tools.folder("one"), "same", "kept.txt"), 0o640);
	expect(await releases.verify("one", "seal")).toEqual(["app.txt", "same/edited.txt"]);
	expect(await releases.verify("one")).toEqual(["app.txt", "same/edited.txt"]);
});

it("links only where the program's user cannot write, clones where the file system can, and says why", () => {
	const ground = { programWrites: true, reflinks: false, spare: false };
	expect(takingOf({ ...ground, programWrites: false, reflinks: true }).how).toBe("link");
	expect(takingOf({ ...ground, reflinks: true, spare: true }).how).toBe("reflink");
	expect(takingOf({ ...ground, spare: true }).how).toBe("spare");
	expect(takingOf(ground)).toEqual({
		how: "objects",
		why: "the program's user could write through a link, and the file system clones nothing",
	});
});
