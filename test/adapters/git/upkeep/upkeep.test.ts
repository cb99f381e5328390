// Bounded disk: many swaps leave no more refs, folders or objects than a few, and packing the repository gives way to anything else that happens there.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { overlayRef, swapRef } from "../../../../src/adapters/git/repository/layout.js";
import { openOwnRepository } from "../../../../src/adapters/git/repository/own-repository.js";
import { tended, whileIdle } from "../../../../src/adapters/git/repository/tending.js";
import { compact } from "../../../../src/adapters/git/upkeep/compact.js";
import { createUpkeep } from "../../../../src/adapters/git/upkeep/upkeep.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { plainGit } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";

const known = async () => true;
const quiet = () => {};

async function ownOf({ repository, tools }: ReleaseTools) {
	const options = { ...repository, ...tools };
	return { options, own: await openOwnRepository(options), upkeep: createUpkeep(options) };
}

const refsIn = async (own: string) => (await plainGit(own, "for-each-ref", "--format=%(refname)")).split("\n");

it("holds as much after ten swaps as after five", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const { own, upkeep } = await ownOf(tools);
	const held: Record<string, number>[] = [];
	const ids: string[] = [];
	let live = await makeRelease(tools, "sw_000000-1", { "app.txt": "0\n", "same.txt": "same\n" });
	await stage(live);
	for (let nth = 1; nth <= 10; nth += 1) {
		const swapId = `sw_00000${nth % 10}${nth}`.slice(0, 9);
		const made = await makeRelease(tools, `${swapId}-1`, { "app.txt": `${nth}\n` });
		const merged = await tools.port.merge({
			...{ swapId, live: live.commit, proposed: made.commit, branchHead: live.commit },
			...{ branch: "main", message: `Swap ${swapId}\n`, shared: [] },
		});
		if (isRefusal(merged)) throw new Error(merged.message);
		live = { id: `${swapId}-1`, commit: merged.commit, tree: merged.tree };
		await stage(live);
		ids.unshift(swapId);
		await releases.prune({ pinned: [], retain: 2 });
		await upkeep.tidy({ swaps: ids.slice(0, 3), isKnown: known, standIns: 3, dry: false });
		held.push({
			refs: (await refsIn(own.layout.own)).length,
			releases: (await readdir(own.layout.releases)).length,
			worktrees: (await readdir(join(own.layout.own, "worktrees"))).length,
		});
	}
	expect(held[9]).toEqual(held[4]);
	expect(await releases.verify(live.id)).toEqual([]);

	async function stage(one: typeof live): Promise<void> {
		await releases.checkout(one);
		await releases.seal(one);
		await releases.flip(one.id);
	}
});

it("keeps the refs of swaps that are needed or not on record, and says before what goes", async () => {
	const tools = await makeReleaseTools();
	const { own, upkeep } = await ownOf(tools);
	const { commit } = await makeRelease(tools, "one", { "app.txt": "one\n" });
	const point = (ref: string, to = commit) => own.git.run(["update-ref", ref, to]);
	for (const id of ["sw_old", "sw_old-host", "sw_new", "sw_new-template", "sw_preparing"]) await point(swapRef(id));
	const later = await own.git.text(["commit-tree", `${commit}^{tree}`, "-p", commit, "-m", "later"], {
		env: { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@x", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@x" },
	});
	await point(overlayRef("agent", commit));
	await point(overlayRef("agent", later), later);
	const needed = { swaps: ["sw_new"], isKnown: async (id: string) => id !== "sw_preparing", standIns: 5 };
	const told = await upkeep.tidy({ ...needed, dry: true });
	expect(told.map(({ name }) => name)).toEqual([
		swapRef("sw_old"),
		swapRef("sw_old-host"),
		overlayRef("agent", commit),
	]);
	expect(await refsIn(own.layout.own)).toContain(swapRef("sw_old"));
	expect(await upkeep.tidy({ ...needed, dry: false })).toEqual(told);
	const left = await refsIn(own.layout.own);
	for (const { name } of told) expect(left).not.toContain(name);
	for (const id of ["sw_new", "sw_new-template", "sw_preparing"]) expect(left).toContain(swapRef(id));
	expect(left).toContain(overlayRef("agent", later));
	expect(await upkeep.tidy({ ...needed, dry: false })).toEqual([]);
});

it("packs the repository and loses nothing that a release or a ref needs", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const one = await makeRelease(tools, "one", { "app.txt": "one\n" });
	await releases.checkout(one);
	await releases.seal(one);
	const { own, options } = await ownOf(tools);
	const parts = { ...options, threshold: { loose: 0, packs: 0 } };
	expect(await compact(own, parts, new AbortController().signal)).toBe(true);
	expect(await own.git.text(["count-objects"])).toMatch(/^0 objects/);
	expect(await releases.verify("one")).toEqual([]);
	expect(await plainGit(own.layout.own, "fsck", "--full", "--strict")).toBe("");
});

it("ends packing at once when another command of ours comes, and leaves nothing half done", async () => {
	const tools = await makeReleaseTools();
	const one = await makeRelease(tools, "one", { "app.txt": "one\n" });
	const { own, options } = await ownOf(tools);
	let displaced: AbortSignal | undefined;
	const packing = compact(
		own,
		{
			...options,
			threshold: { loose: 0, packs: 0 },
			commands: {
				run: async (command) => {
					displaced = command.signal;
					const packs = join(own.layout.own, "objects", "pack");
					await writeFile(join(packs, ".tmp-1-pack-half"), "half");
					await writeFile(join(own.layout.own, "packed-refs.lock"), "");
					return options.commands.run({ ...command, command: ["sleep", "60"] });
				},
			},
		},
		new AbortController().signal,
	);
	while (displaced === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
	const beganMs = performance.now();
	expect(await own.git.text(["rev-parse", one.commit])).toBe(one.commit);
	expect(performance.now() - beganMs).toBeLessThan(10_000);
	expect(displaced.aborted).toBe(true);
	expect(await packing).toBe(false);
	expect(await readdir(join(own.layout.own, "objects", "pack"))).not.toContain(".tmp-1-pack-half");
	expect(await readdir(own.layout.own)).not.toContain("packed-refs.lock");
});

it("begins no idle work beside a command that runs", async () => {
	let end = quiet;
	const running = tended("/nowhere", () => {
		return new Promise<void>((resolve) => {
			end = resolve;
		});
	});
	expect(await whileIdle("/nowhere", async () => true)).toBe(false);
	end();
	await running;
	expect(await whileIdle("/nowhere", async () => true)).toBe(true);
});

it("tells what takes how much, largest first", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const one = await makeRelease(tools, "one", { "large.bin": "x".repeat(3_000_000) });
	await releases.checkout(one);
	await releases.seal(one);
	const sizes = await (await ownOf(tools)).upkeep.sizes();
	expect(sizes[0]).toMatchObject({ name: "releases", count: 1 });
	expect(sizes[0]?.bytes).toBeGreaterThan(3_000_000);
	expect(sizes.map(({ name }) => name)).toEqual(expect.arrayContaining(["objects"]));
});
