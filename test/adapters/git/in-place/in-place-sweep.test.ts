// Every durable operation of a flip fails once, there and back: whichever it was, the way back is exact, and so is another try.
import { expect, it } from "vitest";
import { createInPlace } from "../../../../src/adapters/git/in-place/in-place.js";
import type { Files, Releases } from "../../../../src/ports/ports.js";
import { type Tree, writeTree } from "../../../support/git.js";
import { type InPlaceTools, makeInPlace } from "../../../support/git-in-place.js";
import { settingsOf } from "../../../support/git-releases.js";

const config = { outputs: ["dist"], build: "mkdir -p dist && cp app.txt dist/app.txt" };
const first: Tree = { ".gitignore": "dist\n", "app.txt": "one\n", "gone/file.txt": "gone\n", "kept.txt": "kept\n" };
const change: Tree = { "app.txt": "two\n", "gone/file.txt": null, gone: { link: "kept.txt" }, "new/file.txt": "new\n" };

interface Failing {
	readonly inPlace: Releases;
	fired(): boolean;
}

/** Fails at the operation of this number, and lives on. */
function failingAt({ repository, staged, tools }: InPlaceTools, number: number): Failing {
	let count = 0;
	const failing =
		<A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
		async (...args: A): Promise<R> => {
			count += 1;
			if (count === number) throw new Error(`operation ${number} failed`);
			return work(...args);
		};
	const { writeAtomic, syncFolder, syncTree, remove } = tools.files;
	const files: Files = {
		...tools.files,
		writeAtomic: failing(writeAtomic),
		syncFolder: failing(syncFolder),
		syncTree: failing(syncTree),
		remove: failing(remove),
	};
	const { root, stateDir } = repository;
	const parts = { ...tools, files, root, stateDir, settings: settingsOf({ activation: "in_place", ...config }) };
	const inPlace = createInPlace({ ...parts, branch: "main", outputs: config.outputs, staged, lockWaitMs: 0 });
	return { inPlace, fired: () => count >= number };
}

/** How often each number fired: the sweep ends when one no longer does. */
async function sweep(one: (number: number) => Promise<boolean>): Promise<number> {
	for (let number = 1; ; number += 1) if (!(await one(number))) return number - 1;
}

async function both() {
	const all = await makeInPlace(first, { config, unadopted: true });
	await writeTree(all.repository.root, { "dist/by-hand.txt": "by hand\n", "kept.txt": "my edit\n" });
	await all.adopt();
	const look = async () => [
		await all.there(),
		await all.status(),
		await all.repository.git("rev-parse", "main^{tree}"),
	];
	const old = await look();
	await all.candidate("candidate", change);
	await all.inPlace.flip("candidate");
	const now = await look();
	await all.inPlace.flip("base");
	expect(await look()).toEqual(old);
	return { all, look, old, now };
}

it("on the way there", async () => {
	const { all, look, old, now } = await both();
	const fired = await sweep(async (number) => {
		const { inPlace, fired } = failingAt(all, number);
		const failed = await inPlace.flip("candidate").then(
			() => false,
			() => true,
		);
		expect(failed).toBe(fired());
		await all.inPlace.flip("base");
		expect(await look()).toEqual(old);
		return failed;
	});
	expect(fired).toBeGreaterThan(12);
	await all.inPlace.flip("candidate");
	expect(await look()).toEqual(now);
}, 240_000);

it("on the way back, where some of it is not even needed", async () => {
	const { all, look, old } = await both();
	const fired = await sweep(async (number) => {
		await all.inPlace.flip("candidate");
		const { inPlace, fired } = failingAt(all, number);
		const failed = await inPlace.flip("base").then(
			() => false,
			() => true,
		);
		if (failed) expect(await all.inPlace.current()).toBe("candidate");
		await all.inPlace.flip("base");
		expect(await look()).toEqual(old);
		return fired();
	});
	expect(fired).toBeGreaterThan(6);
}, 240_000);
