// Whose the data is, over restarts: a restore that was done for an earlier start of the candidate is done anew, and what older versions of
// deadman left is read as it was meant.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { integrityOf, makePlace, notesIn, type TestPlace, withoutRoom } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const discarded = (...names: string[]) => join(place.stateDir, "discarded", ...names);

/** Ten rows in the old version; the candidate is started and killed with its log hot. */
async function onTrial(rows: number) {
	await place.program("wal", 10, "die");
	const records = await place.snapshots().take("sw_a");
	await place.snapshots().begin("sw_a", 1);
	await place.program("wal", rows, "die");
	return records;
}

describe("a candidate that was started again after a restore", () => {
	it("is undone again, hot log and all, and both runs are kept whole", async () => {
		const records = await onTrial(30);
		await place.snapshots().restore("sw_a", records);
		await place.snapshots().begin("sw_a", 2);
		await place.program("wal", 193, "die");
		await place.snapshots().restore("sw_a", records);
		expect([...(await place.bytes()).keys()]).toEqual(["app.db"]);
		expect(notesIn(place, place.file)).toBe(10);
		expect(integrityOf(place, place.file)).toBe("ok");
		expect((await readdir(discarded())).sort()).toEqual(["sw_a", "sw_a.1"]);
		expect(notesIn(place, discarded("sw_a.1", "0", "app.db"))).toBe(40);
		expect(notesIn(place, place.discarded("sw_a"))).toBe(203);
		expect(await place.snapshots().count("sw_a")).toMatchObject([{ inserted: 30 }, { inserted: 193 }]);
		await place.snapshots().prune({ pinned: [], retain: 0, discarded: { days: 0, rollbacks: 0 } });
		expect(await readdir(discarded())).toEqual(["sw_a.pruned.json"]);
	});

	it("is not undone twice for one start", async () => {
		const records = await onTrial(30);
		await place.snapshots().restore("sw_a", records);
		await place.program("wal", 5, "die");
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(15);
	});

	it("may be started only while there is something to go back to", async () => {
		const records = await onTrial(30);
		await place.snapshots(withoutRoom()).restore("sw_a", records);
		const snapshot = join(place.stateDir, "snapshots", "sw_a", "0", "app.db");
		await expect(readFile(snapshot)).rejects.toThrow("ENOENT");
		await place.snapshots().begin("sw_a", 2);
		await place.program("wal", 20, "die");
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		await rm(snapshot);
		await place.program("wal", 1, "die");
		await expect(place.snapshots().begin("sw_a", 3)).rejects.toMatchObject({ code: "snapshot_gone" });
		expect(await place.snapshots().generation("sw_a")).toEqual({ started: 2, restored: 2 });
	});
});

describe("state of an older version", () => {
	it("counts as restored for no start: its marker does not say for which", async () => {
		const records = await onTrial(30);
		await place.snapshots().restore("sw_a", records);
		const marker = JSON.parse(await readFile(discarded("sw_a", "manifest.json"), "utf8"));
		expect(marker.generation).toBe(1);
		delete marker.generation;
		await writeFile(discarded("sw_a", "manifest.json"), JSON.stringify(marker));
		await rm(discarded("sw_a", "generation"));
		expect(await place.snapshots().generation("sw_a")).toEqual({ started: 1, restored: 0 });
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, discarded("sw_a.1", "0", "app.db"))).toBe(40);
	});

	it("with a half-finished restore is finished in its folder", async () => {
		await place.program("wal", 10, "die");
		const records = await place.snapshots().take("sw_a");
		await place.program("wal", 30, "die");
		await place.snapshots().restore("sw_a", records);
		await rm(discarded("sw_a", "manifest.json"));
		await rm(discarded("sw_a", "generation"));
		await place.snapshots().restore("sw_a", records);
		expect(await readdir(discarded())).toEqual(["sw_a"]);
		expect(notesIn(place, place.discarded("sw_a"))).toBe(40);
	});
});
