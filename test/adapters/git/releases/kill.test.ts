// Real lives and real kills: a supervisor dies by SIGKILL while it makes a release, its git goes on, and the next life must end in a whole release.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { ReleaseRef } from "../../../../src/ports/ports.js";
import { manifestOf, manifestOfTree, plainGit } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";

const script = fileURLToPath(new URL("life.mjs", import.meta.url));

const many = Array.from({ length: 400 }, (_, index) => [`d${index % 20}/f${index}.txt`, `${index}\n`.repeat(200)]);
const tree = { "app.txt": "one\n", ...Object.fromEntries(many) };

function live(tools: ReleaseTools, release: ReleaseRef, site: string) {
	const { root, stateDir } = tools.repository;
	const child = spawn(process.execPath, [script, JSON.stringify({ root, stateDir, release, site })], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	child.stdout.setEncoding("utf8");
	return child;
}

/** Dies `delayMs` after it reached the site. */
async function dieAt(tools: ReleaseTools, release: ReleaseRef, at: { site: string; delayMs: number }): Promise<void> {
	const child = live(tools, release, at.site);
	const exit = once(child, "exit");
	const [said] = await once(child.stdout, "data");
	expect(said).toContain("at the site");
	await sleep(at.delayMs);
	child.kill("SIGKILL");
	expect((await exit)[1]).toBe("SIGKILL");
}

async function liveOn(tools: ReleaseTools, release: ReleaseRef): Promise<unknown> {
	const child = live(tools, release, "none");
	let said = "";
	child.stdout.on("data", (text: string) => {
		said += text;
	});
	expect((await once(child, "close"))[0]).toBe(0);
	return JSON.parse(said);
}

for (const [site, delaysMs] of Object.entries({
	"releases.register": [0, 4, 8],
	"releases.fill": [0, 8, 20],
	"releases.link": [0],
	"releases.sync": [0],
	"releases.sealed": [0],
})) {
	it(`is whole after lives that died in ${site}`, async () => {
		const tools = await makeReleaseTools();
		const release = await makeRelease(tools, "one", tree);
		for (const delayMs of delaysMs) await dieAt(tools, release, { site, delayMs });
		expect(await liveOn(tools, release)).toEqual({ sealed: true, differing: [] });
		expect(await manifestOf(tools.folder("one"), [".git", "data"])).toEqual(manifestOfTree(tree));
		const own = join(tools.repository.stateDir, "repo.git");
		expect(await readdir(join(own, "worktrees"))).toEqual(["one"]);
		expect(await plainGit(own, "fsck", "--no-dangling")).toBe("");
	}, 60_000);
}
