// What is gone back to is what was sealed: whatever was done to its tracked files meanwhile is put right, nothing outside is followed or touched.
import { chmod, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { manifestOf, manifestOfTree, type Tree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools } from "../../../support/git-releases.js";
import { temporaryFolder } from "../../../support/temporary.js";

const tree: Tree = {
	"app.js": "sealed\n",
	"lib/a.js": "a\n",
	"lib/deep/b.js": "b\n",
	"run.sh": { executable: "#!/bin/sh\n" },
	link: { link: "lib" },
};

async function sealed() {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const release = await makeRelease(tools, "one", tree);
	await releases.checkout(release);
	// Old enough that a later change has another ctime.
	await sleep(60);
	await releases.seal(release);
	return { releases, folder: tools.folder("one"), tools };
}

const isWhole = async (folder: string) => {
	const { ".git": _, ...found } = await manifestOf(folder);
	expect(found).toMatchObject(manifestOfTree(tree));
};

const deeds: Readonly<Record<string, { do: (folder: string) => Promise<unknown>; paths: readonly string[] }>> = {
	"edited, with its times and size put back": {
		async do(folder) {
			await writeFile(join(folder, "app.js"), "hacked\n".slice(0, 7));
			await utimes(join(folder, "app.js"), new Date(0), new Date(0));
		},
		paths: ["app.js"],
	},
	removed: { do: (folder) => rm(join(folder, "lib"), { recursive: true }), paths: ["lib/a.js", "lib/deep/b.js"] },
	"made executable, and another one not": {
		async do(folder) {
			await chmod(join(folder, "app.js"), 0o755);
			await chmod(join(folder, "run.sh"), 0o644);
		},
		paths: ["app.js", "run.sh"],
	},
	"made a folder": {
		async do(folder) {
			await rm(join(folder, "app.js"));
			await mkdir(join(folder, "app.js"));
			await writeFile(join(folder, "app.js", "x"), "x");
		},
		paths: ["app.js"],
	},
	"pointed elsewhere": {
		async do(folder) {
			await rm(join(folder, "link"));
			await symlink("/etc", join(folder, "link"));
		},
		paths: ["link"],
	},
};

for (const [name, { do: deed, paths }] of Object.entries(deeds)) {
	it(`puts right what was ${name}`, async () => {
		const { releases, folder } = await sealed();
		expect(await releases.mend("one")).toEqual([]);
		await deed(folder);
		expect(await releases.mend("one")).toEqual(paths);
		await isWhole(folder);
		expect(await releases.verify("one")).toEqual([]);
		expect(await releases.mend("one")).toEqual([]);
	});
}

it("follows no link that was planted in the place of a folder", async () => {
	const { releases, folder } = await sealed();
	const outside = await temporaryFolder("deadman-outside");
	await writeFile(join(outside, "a.js"), "somebody's\n");
	await rename(join(folder, "lib"), join(folder, "moved"));
	await symlink(outside, join(folder, "lib"));
	expect(await releases.mend("one")).toEqual(["lib/a.js", "lib/deep/b.js"]);
	await isWhole(folder);
	expect(await readFile(join(outside, "a.js"), "utf8")).toBe("somebody's\n");
});

it("leaves alone what a program added, and a release that was never whole", async () => {
	const { releases, folder, tools } = await sealed();
	await writeFile(join(folder, "notes.txt"), "its own\n");
	expect(await releases.mend("one")).toEqual([]);
	expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("its own\n");
	const half = await makeRelease(tools, "half", tree);
	await releases.checkout(half);
	expect(await releases.mend("half")).toEqual([]);
});
