// Projections in memory: never older than what was appended here, bounded, and nothing that anybody decides on.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { emptySwap } from "../../../src/core/machine/evolve.js";
import { createRecent } from "../../../src/engine/base/recent.js";
import type { Journal } from "../../../src/ports/ports.js";
import { createScene, first } from "../scene.js";

const at = (version: number, id = "sw_a") => ({ ...emptySwap(id), version });

describe("what is remembered", () => {
	it("is the newer one, whichever comes last", () => {
		const recent = createRecent();
		expect(recent.remember(at(2)).version).toBe(2);
		expect(recent.remember(at(1)).version).toBe(2);
		expect(recent.remember(at(3)).version).toBe(3);
		expect(recent.get("sw_a")?.version).toBe(3);
		recent.forget("sw_a");
		expect(recent.get("sw_a")).toBeUndefined();
	});

	it("is bounded: the one that was remembered longest ago goes", () => {
		const recent = createRecent();
		for (let nth = 0; nth <= limits.recentSwaps; nth += 1) recent.remember(at(1, `sw_${nth}`));
		expect(recent.get("sw_0")).toBeUndefined();
		expect(recent.get(`sw_${limits.recentSwaps}`)).toBeDefined();
	});
});

/** A scene that counts how often the journal was asked for a swap, and hands out the journal itself. */
function counting() {
	const seen: { asked: number; journal: Journal | null } = { asked: 0, journal: null };
	const scene = createScene({
		adapt: ({ journal }) => {
			seen.journal = journal;
			const swap = (id: string) => {
				seen.asked += 1;
				return journal.swap(id);
			};
			return { journal: { ...journal, swap } };
		},
	});
	return { scene, seen };
}

describe("the store", () => {
	it("answers what it has just appended without asking the journal", async () => {
		const { scene, seen } = counting();
		await scene.trial();
		const before = seen.asked;
		for (let times = 0; times < 10; times += 1) {
			expect(await scene.supervisor.swap(first)).toEqual(await seen.journal?.swap(first));
		}
		expect(seen.asked).toBe(before);
	});

	it("decides on what another writer wrote meanwhile, and answers with it from then on", async () => {
		const { scene, seen } = counting();
		await scene.trial();
		const known = await seen.journal?.swap(first);
		if (known == null) throw new Error("There is no swap.");
		const fact = { type: "noted", atMs: 0, text: "by another hand" } as const;
		const next = { ...known, version: known.version + 1 };
		const batch = { swapId: first, expectedVersion: known.version, facts: [fact], next, messages: [] };
		await seen.journal?.append(batch);
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("finalized");
		expect(await scene.supervisor.swap(first)).toEqual(await seen.journal?.swap(first));
		expect(await scene.types()).toEqual(expect.arrayContaining(["noted", "confirmed"]));
	});
});
