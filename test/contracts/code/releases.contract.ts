// What all releases promise: whole only when sealed, differing files are found, one is current, pinned ones stay.
import { describe, expect, it } from "vitest";
import type { Live, ReleaseRef, Releases } from "../../../src/ports/ports.js";

export interface ReleasesUnderTest {
	readonly releases: Releases;
	/** A commit with these files, of which a release can be made. */
	release(id: string, files: Readonly<Record<string, string>>): Promise<ReleaseRef>;
	tamper(id: string, path: string, content: string): Promise<void>;
	tearLive(): Promise<void>;
}

const quiet = () => {};

async function make(releases: Releases, release: ReleaseRef): Promise<void> {
	await releases.checkout(release);
	await releases.install(release, quiet);
	await releases.build(release, quiet);
	await releases.check(release, quiet);
	await releases.seal(release);
}

export function describeReleasesContract(name: string, makeIt: () => Promise<ReleasesUnderTest>): void {
	describe(`releases: ${name}`, () => {
		it("is sealed last, and then stays", async () => {
			const { releases, release } = await makeIt();
			const one = await release("one", { "app.txt": "one\n" });
			expect(await releases.sealed("one")).toBeNull();
			await releases.checkout(one);
			expect(await releases.sealed("one")).toBeNull();
			await make(releases, one);
			expect(await releases.sealed("one")).not.toBeNull();
			await releases.checkout(one);
			expect(await releases.sealed("one")).not.toBeNull();
		});

		it("refuses a tree that is not the commit's", async () => {
			const { releases, release } = await makeIt();
			const one = await release("one", { "app.txt": "one\n" });
			const two = await release("two", { "app.txt": "two\n" });
			await expect(releases.checkout({ ...one, tree: two.tree })).rejects.toThrow(one.commit);
		});

		it("names the files that were edited, and does not seal them", async () => {
			const { releases, release, tamper } = await makeIt();
			const one = await release("one", { "app.txt": "one\n", "sub/b.txt": "b\n" });
			await make(releases, one);
			expect(await releases.verify("one")).toEqual([]);
			await tamper("one", "sub/b.txt", "c\n");
			expect(await releases.verify("one")).toEqual(["sub/b.txt"]);
			const two = await release("two", { "app.txt": "two\n" });
			await releases.checkout(two);
			await tamper("two", "app.txt", "tow\n");
			await expect(releases.seal(two)).rejects.toThrow("app.txt");
			expect(await releases.sealed("two")).toBeNull();
		});

		it("begins an unsealed one anew", async () => {
			const { releases, release, tamper } = await makeIt();
			const one = await release("one", { "app.txt": "one\n" });
			await releases.checkout(one);
			await tamper("one", "app.txt", "half\n");
			await releases.checkout(one);
			expect(await releases.verify("one")).toEqual([]);
		});

		it("points to one release at a time", async () => {
			const { releases, release } = await makeIt();
			expect(await releases.current()).toBeNull();
			for (const id of ["one", "two"]) await make(releases, await release(id, { "app.txt": id }));
			await releases.flip("one");
			expect(await releases.current()).toBe("one");
			await releases.flip("two");
			await releases.flip("two");
			expect(await releases.current()).toBe("two");
			await expect(releases.flip("three")).rejects.toThrow("three");
			expect(await releases.current()).toBe("two");
		});

		it("remembers what a rollback needs, and reads nothing from a torn file", async () => {
			const { releases, release, tearLive } = await makeIt();
			expect(await releases.readLive()).toBeNull();
			const [previous, candidate] = [await release("one", { a: "1" }), await release("two", { a: "2" })];
			const trial = { swapId: "sw_abc123", previous, candidate };
			const live: Live = { schemaVersion: 1, release: previous, proven: true, trial };
			await releases.writeLive(live);
			expect(await releases.readLive()).toEqual(live);
			await tearLive();
			expect(await releases.readLive()).toBeNull();
			await releases.writeLive({ ...live, trial: null });
			expect(await releases.readLive()).toEqual({ ...live, trial: null });
			const configuration = { branch: "main", checks: ["one", null], deep: { a: [1, { b: true }] } };
			await releases.writeLive({ ...live, trial: { ...trial, configuration } });
			expect(await releases.readLive()).toEqual({ ...live, trial: { ...trial, configuration } });
		});

		it("answers with what was checked, and has no head of its own", async () => {
			const { releases, release } = await makeIt();
			const one = await release("one", { "app.txt": "one\n" });
			await releases.checkout(one);
			expect(await releases.check(one, quiet)).toEqual([]);
			await releases.seal(one);
			await releases.flip("one");
			expect(await releases.head()).toBeNull();
		});

		it("prunes all but the current, the pinned and the newest", async () => {
			const { releases, release } = await makeIt();
			const ids = ["one", "two", "three", "four", "five"];
			for (const id of ids) await make(releases, await release(id, { "app.txt": id }));
			await releases.checkout(await release("half", { "app.txt": "half" }));
			await releases.flip("two");
			await releases.prune({ pinned: ["one"], retain: 1 });
			const sealed = await Promise.all([...ids, "half"].map(async (id) => (await releases.sealed(id)) !== null));
			expect(sealed).toEqual([true, true, false, false, true, false]);
			await expect(releases.flip("half")).rejects.toThrow("half");
			expect(await releases.verify("one")).toEqual([]);
		});
	});
}
