// What all snapshots promise about whose the data is, and how long what was replaced is kept. Run on SQLite files and on the twin in memory.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	after,
	before,
	CutOff,
	cuttingGate,
	isDatabase,
	type MakeSnapshots,
	moments,
	restoring,
	type SnapshotsUnderTest,
} from "./snapshots.contract.js";

const nothingYoung = (rollbacks: number) => ({ days: 0, rollbacks });

export function describeSnapshotsKept(name: string, makeIt: MakeSnapshots): void {
	describe(`snapshots that are kept: ${name}`, () => {
		let gate: ReturnType<typeof cuttingGate>;
		let subject: SnapshotsUnderTest;
		beforeEach(async () => {
			gate = cuttingGate();
			subject = await makeIt({ gate, policy: "restore" });
		});
		afterEach(() => subject.cleanUp());

		/** The new version: changes one row, removes one, adds one. */
		async function newVersionWrites(): Promise<void> {
			await subject.put({ b: "changed", d: "new" });
			await subject.take("c");
		}

		async function swapped(swapId = "sw_a") {
			await subject.put(before);
			const records = await subject.snapshots.take(swapId);
			await newVersionWrites();
			return records;
		}

		it("restore again what was written after the candidate was started again, and keep both", async () => {
			const records = await swapped();
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: null, restored: null });
			await subject.snapshots.begin("sw_a", 1);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: 1, restored: null });
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: 1, restored: 1 });
			await subject.snapshots.begin("sw_a", 2);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: 2, restored: 1 });
			await subject.put({ e: "acknowledged by the second start" });
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: 2, restored: 2 });
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual({ ...before, e: "acknowledged by the second start" });
			expect(await subject.snapshots.count("sw_a")).toMatchObject([
				{ database: expect.stringContaining("replaced before, 1"), inserted: 1, updated: 1, deleted: 1 },
				{ database: records[0]?.database, inserted: 1, updated: 0, deleted: 0 },
			]);
			expect(await subject.snapshots.replay("sw_a", "all")).toMatchObject([{ replayed: 1 }, { replayed: 1 }]);
			expect(await subject.rows()).toEqual({ ...before, d: "new", e: "acknowledged by the second start" });
		});

		it("hold a restore without a start for one of before the first", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: null, restored: 0 });
			await subject.snapshots.begin("sw_a", 1);
			await newVersionWrites();
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
		});

		it("never count a start down, and begin one twice as once", async () => {
			const records = await swapped();
			await subject.snapshots.begin("sw_a", 2);
			await subject.snapshots.begin("sw_a", 2);
			await subject.snapshots.restore("sw_a", records);
			await subject.snapshots.begin("sw_a", 1);
			expect(await subject.snapshots.generation("sw_a")).toEqual({ started: 2, restored: 2 });
			await subject.put({ e: "written by the restored version" });
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual({ ...before, e: "written by the restored version" });
		});

		it.each(moments)("are of the start before when a start is cut off %s it is written", async (when) => {
			const records = await swapped();
			gate.cutAt("snapshots.begin", when);
			await expect(subject.snapshots.begin("sw_a", 1)).rejects.toBeInstanceOf(CutOff);
			expect(await subject.snapshots.generation("sw_a")).toEqual({
				started: when === "before" ? null : 1,
				restored: null,
			});
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
		});

		it.each(restoring)("keep every write when a second restore is cut off after %s", async (site) => {
			const records = await swapped();
			await subject.snapshots.begin("sw_a", 1);
			await subject.snapshots.restore("sw_a", records);
			await subject.snapshots.begin("sw_a", 2);
			await subject.put({ e: "second" });
			gate.cutAt(site, "after");
			await expect(subject.snapshots.restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual({ ...before, e: "second" });
			expect(await subject.snapshots.count("sw_a")).toMatchObject([{ inserted: 1, updated: 1 }, { inserted: 1 }]);
		});

		it.each(restoring)("keep every write when the candidate is started after a cut-off after %s", async (site) => {
			const records = await swapped();
			await subject.snapshots.begin("sw_a", 1);
			gate.cutAt(site, "after");
			await expect(subject.snapshots.restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
			await subject.snapshots.begin("sw_a", 2);
			await subject.put({ e: "second" });
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toMatchObject({ e: "second" });
			const kept = await subject.snapshots.count("sw_a");
			expect(kept.at(-1)).toMatchObject({ database: records[0]?.database });
			expect(kept.at(-1)?.inserted).toBe(kept.length === 2 ? 1 : 2);
			await subject.snapshots.replay("sw_a", "all");
			expect(await subject.rows()).toEqual({ ...before, d: "new", e: "second" });
		});

		it("are pruned but for the pinned and the newest (F18)", async () => {
			await subject.put(before);
			for (const swapId of ["sw_1", "sw_2", "sw_3", "sw_4"]) {
				await subject.snapshots.restore(swapId, await subject.snapshots.take(swapId));
			}
			await subject.snapshots.prune({ pinned: ["sw_1"], retain: 2, discarded: nothingYoung(2) });
			const left = async (swapId: string) => [
				(await subject.snapshots.manifest(swapId))?.filter(isDatabase) ?? null,
				await subject.discarded(swapId),
			];
			for (const swapId of ["sw_1", "sw_3", "sw_4"]) {
				expect(await left(swapId)).toEqual([[expect.objectContaining({ policy: "restore" })], before]);
			}
			expect(await left("sw_2")).toEqual([null, null]);
			await subject.snapshots.prune({ pinned: [], retain: 0, discarded: nothingYoung(0) });
			expect(await left("sw_4")).toEqual([null, null]);
			expect(await subject.rows()).toEqual(before);
		});

		it("keep what users wrote into a swap that was rolled back, however many were confirmed since", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			for (const swapId of ["sw_1", "sw_2", "sw_3"]) await subject.snapshots.take(swapId);
			gate.cutAt("snapshots.manifest", "before");
			await expect(subject.snapshots.take("sw_failed")).rejects.toBeInstanceOf(CutOff);
			await subject.snapshots.prune({ pinned: [], retain: 1, discarded: nothingYoung(1) });
			expect(await subject.discarded("sw_a")).toEqual(after);
			expect(await subject.snapshots.count("sw_a")).toMatchObject([{ inserted: 1 }]);
			expect(await subject.snapshots.manifest("sw_1")).toBeNull();
			expect(await subject.snapshots.manifest("sw_3")).not.toBeNull();
		});

		it("keep what was set aside for its days and its rollbacks, whichever is more, with what it is compared with", async () => {
			await subject.put(before);
			for (const swapId of ["sw_1", "sw_2", "sw_3"]) {
				const records = await subject.snapshots.take(swapId);
				await subject.put({ [swapId]: "new" });
				await subject.snapshots.restore(swapId, records);
			}
			await subject.snapshots.prune({ pinned: [], retain: 1, discarded: { days: 1, rollbacks: 1 } });
			for (const swapId of ["sw_1", "sw_2", "sw_3"]) {
				expect(await subject.snapshots.count(swapId)).toMatchObject([{ inserted: 1 }]);
				expect(await subject.snapshots.pruned(swapId)).toBeNull();
			}
			await subject.snapshots.prune({ pinned: [], retain: 1, discarded: nothingYoung(2) });
			expect(await subject.snapshots.pruned("sw_1")).toEqual({ atMs: expect.any(Number), by: "retention" });
			expect(await subject.snapshots.replay("sw_1", "all")).toEqual([]);
			expect(await subject.snapshots.pruned("sw_2")).toBeNull();
			expect(await subject.snapshots.replay("sw_2", "all")).toMatchObject([{ inserted: 1, replayed: 1 }]);
		});

		it("remove what was set aside at an operator's word, and say so", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			await subject.snapshots.drop("sw_a");
			await subject.snapshots.drop("sw_a");
			expect(await subject.snapshots.pruned("sw_a")).toEqual({ atMs: expect.any(Number), by: "operator" });
			expect(await subject.discarded("sw_a")).toBeNull();
			expect(await subject.snapshots.manifest("sw_a")).toBeNull();
			expect(await subject.rows()).toEqual(before);
		});
	});
}
