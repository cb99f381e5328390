// What all snapshots promise: what was live comes back exactly, what replaced it is kept, and a cut-off anywhere changes neither. Run on
// SQLite files and on the twin in memory.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Site } from "../../../src/core/machine/sites.js";
import type { DataPolicy, SnapshotRecord } from "../../../src/core/swap.js";
import type { Gate, Snapshots } from "../../../src/ports/ports.js";

export type Rows = Readonly<Record<string, string>>;

export interface SnapshotsUnderTest {
	readonly snapshots: Snapshots;
	/** Makes the database with its one table `notes` where it is absent, and puts rows into it by key. */
	put(rows: Rows): Promise<void>;
	take(key: string): Promise<void>;
	/** Null where there is no database. */
	rows(): Promise<Rows | null>;
	discarded(swapId: string): Promise<Rows | null>;
	drop(): Promise<void>;
	/** Somebody opens the database and keeps it; the returned function ends that. */
	hold(): Promise<() => Promise<void>>;
	cleanUp(): Promise<void>;
}

export type MakeSnapshots = (options: { gate: Gate; policy: DataPolicy }) => Promise<SnapshotsUnderTest>;

export type When = "before" | "after";

export class CutOff extends Error {}

/** Throws once at the chosen site and moment, as if the process had been killed there. */
export function cuttingGate(): Gate & { cutAt(site: Site, when: When): void; readonly fired: boolean } {
	let cut: { site: Site; when: When } | null = null;
	let fired = false;
	const strike = (site: Site, when: When) => {
		if (cut?.site !== site || cut.when !== when) return;
		cut = null;
		fired = true;
		throw new CutOff(`Cut off ${when} ${site}.`);
	};
	return {
		get fired() {
			return fired;
		},
		cutAt: (site, when) => {
			cut = { site, when };
			fired = false;
		},
		around: async (site, effect) => {
			strike(site, "before");
			const result = await effect();
			strike(site, "after");
			return result;
		},
	};
}

/** Not of files that are kept beside them. */
export const isDatabase = ({ kind }: SnapshotRecord) => kind === undefined;

const taking = ["snapshots.copy", "snapshots.verify", "snapshots.manifest"] as const;
export const restoring = ["open", "stage", "aside", "clear", "swapIn", "marker"].map(
	(name) => `snapshots.${name}` as Site,
);
export const moments: readonly When[] = ["before", "after"];
const cuts = (sites: readonly Site[]) => sites.flatMap((site) => moments.map((when) => [when, site] as const));

export const before: Rows = { a: "one", b: "two", c: "three" };
export const after: Rows = { a: "one", b: "changed", d: "new" };

export function describeSnapshotsContract(name: string, makeIt: MakeSnapshots): void {
	describe(`snapshots: ${name}`, () => {
		let gate: ReturnType<typeof cuttingGate>;
		let subject: SnapshotsUnderTest;

		async function make(policy: DataPolicy): Promise<void> {
			gate = cuttingGate();
			subject = await makeIt({ gate, policy });
		}
		beforeEach(() => make("restore"));
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

		it("bring back what was live and keep what replaced it", async () => {
			const records = await swapped();
			expect(records.filter(isDatabase)).toMatchObject([{ policy: "restore", bytes: expect.any(Number) }]);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual(after);
		});

		it("count what the window wrote, per table", async () => {
			expect(await subject.snapshots.count("sw_a")).toEqual([]);
			const records = await swapped();
			expect(await subject.snapshots.count("sw_a")).toEqual([]);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.snapshots.count("sw_a")).toEqual([
				{
					database: records[0]?.database,
					table: "notes",
					inserted: 1,
					updated: 1,
					deleted: 1,
					replayed: null,
					note: null,
				},
			]);
		});

		it("take a snapshot once: a complete one is handed out again, whatever is live by then", async () => {
			const records = await swapped();
			expect(await subject.snapshots.take("sw_a")).toEqual(records);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
		});

		it("have a manifest from the moment they are complete", async () => {
			await subject.put(before);
			expect(await subject.snapshots.manifest("sw_a")).toBeNull();
			gate.cutAt("snapshots.manifest", "before");
			await expect(subject.snapshots.take("sw_a")).rejects.toBeInstanceOf(CutOff);
			expect(await subject.snapshots.manifest("sw_a")).toBeNull();
			const records = await subject.snapshots.take("sw_a");
			expect(await subject.snapshots.manifest("sw_a")).toEqual(records);
		});

		it("leave alone what the restored version writes, when restored again", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			await subject.put({ e: "written by the restored version" });
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual({ ...before, e: "written by the restored version" });
			expect(await subject.discarded("sw_a")).toEqual(after);
		});

		it.each(cuts(taking))("end whole when taking is cut off %s %s", async (when, site) => {
			await subject.put(before);
			gate.cutAt(site, when);
			await expect(subject.snapshots.take("sw_a")).rejects.toBeInstanceOf(CutOff);
			expect(gate.fired).toBe(true);
			expect(await subject.rows()).toEqual(before);
			const records = await subject.snapshots.take("sw_a");
			await newVersionWrites();
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual(after);
		});

		it.each(cuts(restoring))("end whole when restoring is cut off %s %s", async (when, site) => {
			const records = await swapped();
			gate.cutAt(site, when);
			await expect(subject.snapshots.restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
			expect(gate.fired).toBe(true);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual(after);
			expect(await subject.snapshots.count("sw_a")).toMatchObject([{ inserted: 1, updated: 1, deleted: 1 }]);
		});

		it("end whole when restoring is cut off again and again, at every site", async () => {
			const records = await swapped();
			for (const [when, site] of cuts(restoring)) {
				gate.cutAt(site, when);
				await expect(subject.snapshots.restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
			}
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toEqual(after);
		});

		it("remove a database that only the new version made, and keep it", async () => {
			const records = await subject.snapshots.take("sw_a");
			expect(records.filter(isDatabase)).toMatchObject([{ file: null, sha256: null, fingerprint: null }]);
			await subject.put(after);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toBeNull();
			expect(await subject.discarded("sw_a")).toEqual(after);
			expect(await subject.snapshots.count("sw_a")).toMatchObject([{ table: "notes", inserted: 3 }]);
			expect(await subject.snapshots.replay("sw_a", "all")).toMatchObject([{ table: "notes", replayed: 0 }]);
			expect(await subject.rows()).toBeNull();
		});

		it("say nothing of a database that was never there", async () => {
			const records = await subject.snapshots.take("sw_a");
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toBeNull();
			expect(await subject.snapshots.count("sw_a")).toEqual([]);
		});

		it("bring back a database that the new version removed", async () => {
			const records = await swapped();
			await subject.drop();
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
			expect(await subject.discarded("sw_a")).toBeNull();
			expect(await subject.snapshots.count("sw_a")).toMatchObject([
				{ table: "*", note: expect.stringContaining("removed") },
			]);
		});

		it("do not touch a database of policy keep", async () => {
			await subject.cleanUp();
			await make("keep");
			const records = await swapped();
			expect(records.filter(isDatabase)).toMatchObject([{ policy: "keep", file: null }]);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(after);
			expect(await subject.snapshots.count("sw_a")).toEqual([]);
		});

		it("put inserted rows back, and nothing twice", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			const first = await subject.snapshots.replay("sw_a", "all");
			expect(first).toMatchObject([{ table: "notes", inserted: 1, updated: 1, deleted: 1, replayed: 1, note: null }]);
			expect(await subject.rows()).toEqual({ ...before, d: "new" });
			expect(await subject.snapshots.replay("sw_a", "all")).toEqual(first);
			expect(await subject.snapshots.count("sw_a")).toEqual(first);
			expect(await subject.rows()).toEqual({ ...before, d: "new" });
		});

		it("put rows back by themselves only where the policy is replay", async () => {
			for (const policy of ["restore", "replay"] as const) {
				await subject.cleanUp();
				await make(policy);
				await subject.snapshots.restore("sw_a", await swapped());
				const replayed = policy === "replay" ? 1 : null;
				expect(await subject.snapshots.replay("sw_a", "chosen")).toMatchObject([{ inserted: 1, replayed }]);
				expect(await subject.rows()).toEqual(policy === "replay" ? { ...before, d: "new" } : before);
			}
		});

		it("never put a row over one that the restored version wrote", async () => {
			const records = await swapped();
			await subject.snapshots.restore("sw_a", records);
			await subject.put({ d: "mine" });
			expect(await subject.snapshots.replay("sw_a", "all")).toMatchObject([
				{ inserted: 1, replayed: 0, note: expect.stringContaining("taken: d") },
			]);
			expect(await subject.rows()).toEqual({ ...before, d: "mine" });
		});

		it("replay nothing without discarded data", async () => {
			expect(await subject.snapshots.replay("sw_a", "all")).toEqual([]);
		});

		it("are fenced against whoever holds a database open", async () => {
			await subject.put(before);
			expect(await subject.snapshots.fence()).toBeNull();
			const letGo = await subject.hold();
			const refusal = await subject.snapshots.fence();
			expect(refusal).toMatchObject({ code: "database_held" });
			expect(refusal?.message).toMatch(/Process \d+ \(\w+/);
			const [holder, ...others] = await subject.snapshots.holders([]);
			expect(holder).toEqual({
				pid: expect.any(Number),
				command: expect.stringMatching(/\w/),
				database: "data/app.db",
			});
			expect(others).toEqual([]);
			expect(await subject.snapshots.holders([holder?.pid ?? 0])).toEqual([]);
			await letGo();
			expect(await subject.snapshots.holders([])).toEqual([]);
			expect(await subject.snapshots.fence()).toBeNull();
		});

		it("refuse to restore under a living holder, and have changed nothing then", async () => {
			const records = await swapped();
			const letGo = await subject.hold();
			await expect(subject.snapshots.restore("sw_a", records)).rejects.toMatchObject({
				refusal: { code: "database_held" },
			});
			await letGo();
			expect(await subject.rows()).toEqual(after);
			await subject.snapshots.restore("sw_a", records);
			expect(await subject.rows()).toEqual(before);
		});

		it("say which database is missing, and that nothing else is wrong", async () => {
			expect(await subject.snapshots.missing()).toEqual(["data/app.db"]);
			await subject.put(before);
			expect(await subject.snapshots.missing()).toEqual([]);
			expect(await subject.snapshots.protection()).toBeNull();
		});

		it("pass their rehearsal", async () => {
			expect(await subject.snapshots.rehearse()).toBeNull();
			await subject.put(before);
			expect(await subject.snapshots.rehearse()).toBeNull();
			expect(await subject.rows()).toEqual(before);
		});
	});
}
