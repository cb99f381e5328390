// Bounded disk: the same rule after each swap and at an operator's word, never while a swap is in flight, and never for what may still be needed.
import { expect, it } from "vitest";
import { createMemoryUpkeep } from "../../support/memory/upkeep.js";
import { accepted, createScene, expectRefusal, person } from "../scene.js";

function keeping(swaps: number) {
	const upkeep = createMemoryUpkeep();
	const retain = { releases: 1, snapshots: 1, swaps, discarded: { days: 0, rollbacks: 1 } };
	const scene = createScene({ settings: { retain }, adapt: () => ({ upkeep }) });
	return { scene, upkeep };
}

type Scene = ReturnType<typeof keeping>["scene"];

async function rolledBack(scene: Scene): Promise<string> {
	const { id } = await scene.trial();
	await scene.rollback(id);
	await scene.clock.advance(10_000);
	return id;
}

it("keeps the newest swaps and no more, however many there were, and packs after each", async () => {
	const { scene, upkeep } = keeping(2);
	const ids: string[] = [];
	for (let nth = 0; nth < 5; nth += 1) ids.push(await rolledBack(scene));
	expect(upkeep.packed).toBe(5);
	const last = upkeep.asked.at(-1);
	expect([...new Set(last?.swaps)].sort()).toEqual(ids.slice(-2).sort());
	expect(await last?.isKnown(ids[0] ?? "")).toBe(true);
	expect(await last?.isKnown("sw_999999")).toBe(false);
	expect(scene.releases.stored.size).toBeLessThanOrEqual(3);
});

it("prunes for an operator, tells before what would go, and is refused in flight", async () => {
	const { scene, upkeep } = keeping(5);
	await rolledBack(scene);
	upkeep.asked.length = 0;
	expect(accepted(await scene.supervisor.prune({ by: person, dry: true }))).toEqual([]);
	expect(upkeep.asked.map(({ dry }) => dry)).toEqual([true]);
	expect(upkeep.packed).toBe(1);
	accepted(await scene.supervisor.prune({ by: person, dry: false }));
	expect(upkeep.packed).toBe(2);
	await scene.trial();
	expectRefusal(await scene.supervisor.prune({ by: person, dry: true }), "swap_in_flight");
});

it("ends well where the repository cannot be packed", async () => {
	const { scene, upkeep } = keeping(5);
	upkeep.compact = async () => {
		throw new Error("no space");
	};
	const id = await rolledBack(scene);
	expect((await scene.swap(id)).status).toBe("rolled_back");
	expect(await scene.facts(id)).toEqual(expect.arrayContaining([expect.objectContaining({ type: "tidied" })]));
});
