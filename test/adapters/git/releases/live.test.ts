// The link `current` and `live.json`: atomic under readers, failing between two steps, and with leftovers of killed flips.
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createReleases } from "../../../../src/adapters/git/releases/releases.js";
import type { Live } from "../../../../src/ports/ports.js";
import { makeRelease, makeReleaseTools, settingsOf } from "../../../support/git-releases.js";

async function twoReleases() {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const refs = [];
	for (const id of ["one", "two"]) {
		const release = await makeRelease(tools, id, { "app.txt": id });
		await releases.checkout(release);
		refs.push(release);
	}
	return { tools, releases, refs, current: join(tools.repository.stateDir, "current") };
}

it("is always one or the other to a reader", async () => {
	const { releases, current } = await twoReleases();
	await releases.flip("one");
	let flipping = true;
	const seen = new Set<string>();
	let reads = 0;
	const reader = (async () => {
		while (flipping) {
			seen.add(await readFile(join(current, "app.txt"), "utf8"));
			reads += 1;
		}
	})();
	for (let round = 0; round < 100; round += 1) await releases.flip(round % 2 === 0 ? "two" : "one");
	flipping = false;
	await reader;
	expect([...seen].sort()).toEqual(["one", "two"]);
	expect(reads).toBeGreaterThan(100);
	expect(await readlink(current)).toBe("releases/one");
});

for (const site of ["releases.symlink", "releases.rename", "releases.sync"] as const) {
	for (const when of ["before", "after"] as const) {
		it(`is old or new when it dies ${when} ${site}, and can be repeated`, async () => {
			const { tools, releases, current } = await twoReleases();
			await releases.flip("one");
			const dying = createReleases({
				...tools.repository,
				...tools.tools,
				settings: settingsOf(),
				gate: {
					around: async (at, effect) => {
						if (at === site && when === "before") throw new Error("died");
						const result = await effect();
						if (at === site) throw new Error("died");
						return result;
					},
				},
			});
			await expect(dying.flip("two")).rejects.toThrow("died");
			expect(["releases/one", "releases/two"]).toContain(await readlink(current));
			await releases.flip("two");
			expect(await releases.current()).toBe("two");
			const names = await readdir(tools.repository.stateDir);
			expect(names.filter((name) => name.startsWith("current."))).toEqual([]);
		});
	}
}

it("clears links that killed flips left aside, and nothing else of that name", async () => {
	const { releases, current, tools } = await twoReleases();
	await symlink("releases/one", `${current}.0123456789ab.tmp`);
	await symlink("releases/one", `${current}.mine`);
	await releases.flip("two");
	const names = (await readdir(tools.repository.stateDir)).filter((name) => name.startsWith("current"));
	expect(names.sort()).toEqual(["current", "current.mine"]);
});

it("reads a link that is not ours as no release, and refuses a name that is no id", async () => {
	const { releases, current } = await twoReleases();
	await symlink("/somewhere/else", current);
	expect(await releases.current()).toBeNull();
	await rm(current);
	for (const bad of ["", "..", "../up", "a/b", "-rf", "one.json", "x".repeat(65)]) {
		await expect(releases.flip(bad)).rejects.toThrow("no release id");
	}
});

it.each(["a folder", "a link to itself"])("is not taken for absent where %s makes it unreadable", async (what) => {
	const { tools, releases } = await twoReleases();
	const file = join(tools.repository.stateDir, "live.json");
	await (what === "a folder" ? mkdir(file) : symlink("live.json", file));
	await expect(releases.readLive()).rejects.toThrow(/EISDIR|ELOOP/);
	expect(tools.tools.logged).toEqual([]);
	await rm(file, { recursive: true });
	expect(await releases.readLive()).toBeNull();
});

it("warns about a file that cannot be read as a whole, and takes no part of it", async () => {
	const { tools, releases, refs } = await twoReleases();
	const [previous, candidate] = refs as [(typeof refs)[0], (typeof refs)[0]];
	const live: Live = {
		schemaVersion: 1,
		release: previous,
		proven: false,
		trial: { swapId: "sw_abc123", previous, candidate },
	};
	await releases.writeLive(live);
	expect(tools.tools.passed).toContain("releases.liveFile");
	const file = join(tools.repository.stateDir, "live.json");
	const text = await readFile(file, "utf8");
	const torn = ["", "null", "[]", text.slice(0, -20), text.replace('"schemaVersion": 1', '"schemaVersion": 9')];
	for (const content of [...torn, text.replace(previous.commit, "x"), text.replace('"trial"', '"tiral"')]) {
		await writeFile(file, content);
		expect(await releases.readLive(), content).toBeNull();
	}
	expect(tools.tools.logged).toHaveLength(torn.length + 2);
	await writeFile(file, text);
	expect(await releases.readLive()).toEqual(live);
});
