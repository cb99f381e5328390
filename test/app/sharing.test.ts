// What is shared, before a supervisor begins: a first start is refused for what says too little, one behind a live version is not, and finds its folders.
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readyShared } from "../../src/app/sharing.js";
import type { Config } from "../../src/config/config.js";
import type { Live } from "../../src/ports/ports.js";
import { settingsOf } from "../support/git-releases.js";
import { temporaryFolder } from "../support/temporary.js";

const release = { id: "base-1", commit: "1".repeat(40), tree: "2".repeat(40) };
const standing: Live = { schemaVersion: 1, release, proven: true, trial: null };

async function begin(shared: Config["shared"], { live = null as Live | null, current = null as string | null } = {}) {
	const root = await temporaryFolder();
	const told: string[] = [];
	const log = { info: () => {}, error: () => {}, warn: (name: string) => void told.push(name) };
	const releases = { readLive: async () => live, current: async () => current };
	const place = { root, stateDir: join(root, ".deadman"), settings: settingsOf({ shared }), source: {} };
	return { root, told, again: () => readyShared({ releases, log }, place) };
}

it("refuses a first start for a path that says too little", async () => {
	const { again, told } = await begin([".session"]);
	expect(await again()).toMatchObject({ code: "shared_kind_unknown", kind: "usage" });
	expect(told).toEqual(["shared.unready"]);
});

it.each([
	["live.json names", { live: standing }],
	["current points to, where live.json was lost", { current: "base-1" }],
])("only tells it where there is a version that %s", async (_, state) => {
	const { again, told } = await begin([".session"], state);
	expect(await again()).toBeNull();
	expect(told).toEqual(["shared.unready"]);
});

it("makes folders again that are gone, and no files", async () => {
	const { root, again, told } = await begin([".session/", { path: "settings/master", kind: "file" }], {
		live: standing,
	});
	for (const _ of ["first", "again"]) {
		expect(await again()).toBeNull();
		expect((await stat(join(root, ".session"))).isDirectory()).toBe(true);
		expect((await stat(join(root, "settings"))).isDirectory()).toBe(true);
		await expect(stat(join(root, "settings/master"))).rejects.toThrow("ENOENT");
		await rm(join(root, ".session"), { recursive: true });
	}
	expect(told).toEqual([]);
});

it("is held up by no folder that cannot be made", async () => {
	const { root, again, told } = await begin(["settings/tmp/"]);
	await writeFile(join(root, "settings"), "a file");
	expect(await again()).toBeNull();
	expect(told).toEqual(["shared.unready"]);
});
