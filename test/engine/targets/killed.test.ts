// kill -9 at every moment of a swap of host and agent, forward, on the way to a verdict and back: each ends with both old or both new,
// never with one of each, whatever was being done to which of them.
import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../../src/engine/base/context.js";
import { createScene, first, releasesOf, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const both = { "server.js": "version 2", "skills/hello.md": "hello 2" };
const candidate = `${first}-1`;

interface Way {
	readonly verdict: "confirm" | "rollback" | "none";
	readonly settings?: Partial<EngineSettings>;
}

async function begun({ settings = {} }: Way): Promise<Scene> {
	const scene = createScene({ agents, settings });
	await scene.begin();
	return scene;
}

/** As far as it goes by itself; a supervisor that left is started again, as a process manager does. */
async function play(scene: Scene, { verdict }: Way, left: { exits: number }): Promise<void> {
	const workspace = await scene.draft("alice", both);
	void scene.supervisor.submit(scene.submission(workspace, both)).catch(() => null);
	for (let nth = 0; nth < 8; nth += 1) {
		await scene.clock.advance(2_000);
		if (scene.exits.length > left.exits) {
			left.exits = scene.exits.length;
			await scene.restart();
		}
		const status = scene.disk.swaps.has(first) ? (await scene.swap()).status : "drafting";
		if (status === "awaiting_confirmation" && verdict !== "none") void scene[verdict](first).catch(() => null);
	}
	if (verdict === "none") await scene.clock.advance(130_000);
}

async function goOn(scene: Scene, left: { exits: number }): Promise<void> {
	for (let nth = 0; nth < 12; nth += 1) {
		await scene.clock.advance(15_000);
		if (scene.exits.length === left.exits) continue;
		left.exits = scene.exits.length;
		await scene.restart();
	}
}

async function expectOneVersion(scene: Scene, moment: string): Promise<"old" | "new" | "never asked"> {
	expect(scene.doubles, moment).toEqual([]);
	const swap = scene.disk.swaps.has(first) ? await scene.swap() : null;
	const isNew = swap?.status === "finalized";
	if (swap !== null && swap.epoch > 0) {
		expect(["finalized", "rolled_back", "drafting"], `${moment}: ${JSON.stringify(swap.cause)}`).toContain(swap.status);
	}
	const [host, agent] = isNew ? [candidate, candidate] : [`base-${scene.base.slice(0, 12)}`, "base-alice"];
	expect(await releasesOf(scene, "host"), moment).toEqual([host, host, host]);
	expect(await releasesOf(scene, "alice"), moment).toEqual([agent, agent, agent]);
	for (const target of ["host", "alice"]) {
		expect((await scene.of(target).releases.readLive())?.trial, moment).toBeNull();
		const wantsData = !isNew && (swap?.boots ?? 0) > 0;
		expect(scene.of(target).data.restored, `${moment}: data of ${target}`).toEqual(wantsData ? [first] : []);
	}
	const branch = isNew ? swap?.proposal?.targets?.[0]?.commit : scene.base;
	expect(scene.git.branches.get("main"), moment).toBe(branch);
	expect(await releasesOf(scene, "bob"), moment).toEqual(["base-bob", "base-bob", "base-bob"]);
	return swap === null || swap.epoch === 0 ? "never asked" : isNew ? "new" : "old";
}

async function momentsOf(way: Way): Promise<readonly string[]> {
	const scene = await begun(way);
	const from = scene.moments.length;
	await play(scene, way, { exits: 0 });
	expect((await scene.swap()).tidied).toBe(true);
	expect(scene.exits.length > 0).toBe(way.settings?.restart === "exit");
	await expectOneVersion(scene, "a clean run");
	return scene.moments.slice(from);
}

/** Probes come by again and again: the first two in a row say enough. */
function telling(moments: readonly string[]): readonly number[] {
	const isSame = (index: number) => moments[index - 4] === moments[index] && (moments[index] ?? "").endsWith(".probe");
	return moments.flatMap((_, index) => (isSame(index) ? [] : [index + 1]));
}

const ways: readonly [string, Way][] = [
	["confirmed", { verdict: "confirm" }],
	["rolled back by a click", { verdict: "rollback" }],
	["left in silence", { verdict: "none" }],
	["confirmed, where the supervisor leaves for a restart", { verdict: "confirm", settings: { restart: "exit" } }],
	["rolled back, where the supervisor leaves for a restart", { verdict: "rollback", settings: { restart: "exit" } }],
];

describe("a combined swap, killed at every moment", () => {
	it.each(ways)("%s", { timeout: 120_000 }, async (_, way) => {
		const moments = await momentsOf(way);
		const ends: Record<string, number> = {};
		for (const nth of telling(moments)) {
			const scene = await begun(way);
			scene.killAtMoment(nth);
			const left = { exits: 0 };
			await play(scene, way, left);
			expect(scene.isMomentToCome, `nothing struck at ${nth}, ${moments[nth - 1]}`).toBe(false);
			await scene.restart();
			await goOn(scene, left);
			const end = await expectOneVersion(scene, `killed at ${nth}, ${moments[nth - 1]}`);
			ends[end] = (ends[end] ?? 0) + 1;
		}
		expect(ends.old).toBeGreaterThan(20);
		if (way.verdict === "confirm") expect(ends.new).toBeGreaterThan(10);
	});

	it("twice, the second time on the way back", { timeout: 120_000 }, async () => {
		const way: Way = { verdict: "rollback" };
		const moments = await momentsOf(way);
		const firstBack = moments.indexOf("after fact.rollbackRequested") + 1;
		for (const again of [1, 4, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25]) {
			const scene = await begun(way);
			scene.killAtMoment(firstBack + 8);
			await play(scene, way, { exits: 0 });
			scene.killAtMoment(again);
			await scene.restart();
			await scene.clock.advance(5_000);
			expect(scene.isMomentToCome).toBe(false);
			await scene.restart();
			await goOn(scene, { exits: 0 });
			expect(await expectOneVersion(scene, `killed again ${again} moments later`)).toBe("old");
		}
	});
});
