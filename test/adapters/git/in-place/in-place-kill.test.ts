// Real lives and real kills: a supervisor dies by SIGKILL at each site of a flip of the checkout, there and back, and the next one goes either way, exactly.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Tree, writeTree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";
import { sampleOf } from "../../../support/shard.js";

const script = fileURLToPath(new URL("in-place-life.mjs", import.meta.url));
const outputs = ["dist", "node_modules"];

const first: Tree = {
	".gitignore": "dist\nnode_modules\n",
	"app.txt": "one\n",
	"gone.txt": "gone\n",
	"turned.txt": "a file\n",
	"folder/file.txt": "in a folder\n",
	"run.sh": { executable: "run\n" },
	"kept.txt": "kept\n",
};
const change: Tree = {
	"app.txt": "two\n",
	"gone.txt": null,
	"turned.txt": null,
	"turned.txt/inner.txt": "a folder now\n",
	"folder/file.txt": null,
	folder: { link: "kept.txt" },
	"run.sh": "run\n",
	"new/deep/file.txt": "new\n",
};
const build = "mkdir -p dist/deep node_modules && cp app.txt dist/deep/app.txt && echo built > node_modules/built";

interface Moment {
	readonly id: string;
	readonly site: string;
	readonly moment: "before" | "within" | "after";
}

function live({ repository }: InPlaceTools, at: Moment) {
	const { root, stateDir } = repository;
	const child = spawn(process.execPath, [script, JSON.stringify({ root, stateDir, outputs, ...at })], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	child.stdout.setEncoding("utf8");
	return child;
}

async function dieAt(all: InPlaceTools, at: Moment, delayMs = 0): Promise<void> {
	const child = live(all, at);
	const exit = once(child, "exit");
	const [said] = await once(child.stdout, "data");
	expect(said).toContain("at the site");
	await sleep(delayMs);
	child.kill("SIGKILL");
	await exit;
}

async function liveOn(all: InPlaceTools, id: string): Promise<void> {
	const child = live(all, { id, site: "none", moment: "before" });
	expect(await once(child, "close")).toEqual([0, null]);
}

interface Exact {
	readonly tree: string;
	readonly there: Record<string, string>;
}

async function expectExactly(all: InPlaceTools, id: string, { there, tree }: Exact): Promise<void> {
	expect(await all.inPlace.current()).toBe(id);
	expect(await all.there()).toEqual(there);
	expect(await all.status()).toBe(" M kept.txt\0?? mine.txt\0");
	expect(await all.repository.git("rev-parse", "main^{tree}")).toBe(tree);
	expect(await all.inPlace.head()).toBe(await all.repository.git("rev-parse", "main"));
	expect(await all.inPlace.verify(id)).toEqual([]);
}

/** Settled on the first release; with both ends as they look without a kill, and edits of the operator's own. */
async function makeBoth(): Promise<{ all: InPlaceTools; base: Exact; candidate: Exact }> {
	const all = await makeInPlace(first, { config: { outputs, build }, unadopted: true });
	const { root } = all.repository;
	await writeTree(root, { "dist/old.txt": "built by hand\n", "node_modules/old": { executable: "old\n" } });
	await writeTree(root, { "kept.txt": "my edit\n", "mine.txt": "mine\n" });
	await all.adopt();
	const base = { tree: all.baseline.tree, there: await all.there() };
	const release = await all.candidate("candidate", change);
	await all.inPlace.flip("candidate");
	const candidate = { tree: release.tree, there: await all.there() };
	expect(Object.keys(candidate.there)).toContain("dist/deep/app.txt");
	expect(Object.keys(candidate.there)).not.toContain("dist/old.txt");
	await all.inPlace.flip("base");
	await expectExactly(all, "base", base);
	return { all, base, candidate };
}

for (const site of sampleOf(["record", "outputs", "files", "branch", "index", "settle"])) {
	it(`goes either way after a death at inPlace.${site}`, async () => {
		const { all, base, candidate } = await makeBoth();
		for (const moment of ["before", "after"] as const) {
			const there = { id: "candidate", site: `inPlace.${site}`, moment };
			await dieAt(all, there);
			await liveOn(all, "base");
			await expectExactly(all, "base", base);
			await dieAt(all, there);
			await liveOn(all, "candidate");
			await expectExactly(all, "candidate", candidate);
			const back = { ...there, id: "base" };
			await dieAt(all, back);
			await liveOn(all, "candidate");
			await expectExactly(all, "candidate", candidate);
			await dieAt(all, back);
			await liveOn(all, "base");
			await expectExactly(all, "base", base);
		}
	}, 180_000);
}

it("goes back after deaths in the middle of the files, twice in a row", async () => {
	const many = (text: string) =>
		Object.fromEntries(
			Array.from({ length: 300 }, (_, index) => [`d${index % 15}/f${index}.txt`, `${text} ${index}\n`]),
		);
	const all = await makeInPlace({ ...first, ...many("old") });
	const old = await all.there();
	const release = await all.candidate("candidate", { ...change, ...many("new") });
	const site = "inPlace.files";
	for (const delayMs of sampleOf([5, 20, 60])) {
		await dieAt(all, { id: "candidate", site, moment: "within" }, delayMs);
		await dieAt(all, { id: "base", site, moment: "within" }, delayMs);
		await dieAt(all, { id: "base", site, moment: "within" }, delayMs / 2);
		await liveOn(all, "base");
		expect(await all.there()).toEqual(old);
		expect(await all.status()).toBe("");
	}
	await liveOn(all, "candidate");
	expect(await all.repository.git("rev-parse", "main^{tree}")).toBe(release.tree);
	expect(await all.status()).toBe("");
}, 120_000);
