// Snapshots in memory: databases are maps of tables, tables maps of rows. Passes the same sites in the same order as the real one, so that
// a simulated crash between two of them leaves what a real one would.

import { type Refusal, RefusedError, refuse } from "../../../src/core/refusals.js";
import type { SnapshotRecord, TableCounts } from "../../../src/core/swap.js";
import type { Gate, PruneRequest, Remote, Removal, Snapshots } from "../../../src/ports/ports.js";

export type MemoryTable = Map<string, string>;
export type MemoryDatabase = Map<string, MemoryTable>;

/** What survives a crash: the live databases, and what was kept of them. */
export interface MemoryData {
	readonly live: Map<string, MemoryDatabase>;
	readonly snapshots: Map<string, Map<string, MemoryDatabase>>;
	readonly manifests: Map<string, readonly SnapshotRecord[]>;
	readonly staged: Map<string, MemoryDatabase>;
	readonly discarded: Map<string, Map<string, MemoryDatabase | null>>;
	/** What restores for earlier starts of the candidate replaced, oldest first. */
	readonly earlier: Map<string, Map<string, MemoryDatabase | null>[]>;
	/** The last start of the candidate, and those that restores were begun and finished for. */
	readonly started: Map<string, number>;
	readonly begun: Map<string, number>;
	readonly markers: Map<string, number>;
	readonly replayed: Map<string, readonly TableCounts[]>;
	readonly pruned: Map<string, { readonly atMs: number; readonly by: "retention" | "operator" }>;
	/** What the protection of the databases lacks. */
	unprotected: Refusal | null;
	/** What lies on another machine's disk. */
	remote: readonly Remote[];
	/** Folders that no entry covers, written into on trial. */
	written: readonly string[];
	/** Who holds a database open, by name; null when nobody does. */
	holder: { readonly database: string; readonly pid: number; readonly command: string } | null;
}

export function emptyData(): MemoryData {
	return {
		live: new Map(),
		snapshots: new Map(),
		manifests: new Map(),
		staged: new Map(),
		discarded: new Map(),
		earlier: new Map(),
		started: new Map(),
		begun: new Map(),
		markers: new Map(),
		replayed: new Map(),
		pruned: new Map(),
		unprotected: null,
		remote: [],
		written: [],
		holder: null,
	};
}

export interface MemorySnapshotsOptions {
	readonly databases: readonly { readonly path: string; readonly policy: SnapshotRecord["policy"] }[];
	readonly gate: Gate;
	readonly data?: MemoryData;
}

export function createMemorySnapshots({ databases, gate, data = emptyData() }: MemorySnapshotsOptions): Snapshots {
	const fence = async () => {
		const { holder } = data;
		return holder === null ? null : refuse("database_held", holder);
	};
	return {
		warm: () => {},
		rehearse: async () => null,
		copyAhead: async () => {
			for (const { path, policy } of databases) {
				if (policy !== "keep" && data.live.has(path)) await gate.around("snapshots.ahead", async () => {});
			}
		},
		forget: async () => {},
		protection: async () => data.unprotected,
		missing: async () => databases.map(({ path }) => path).filter((path) => !data.live.has(path)),
		fence,
		holders: async (ours) => (data.holder === null || ours.includes(data.holder.pid) ? [] : [data.holder]),
		take: (swapId) => take(data, gate, databases, swapId),
		manifest: async (swapId) => data.manifests.get(swapId) ?? null,
		begin: (swapId, generation) => begin(data, gate, swapId, generation),
		generation: async (swapId) => ({
			started: data.started.get(swapId) ?? null,
			restored: data.markers.get(swapId) ?? null,
		}),
		restore: (swapId, records) => restore(data, gate, swapId, records),
		remote: async () => data.remote,
		uncovered: async () => [],
		written: async () => data.written,
		count: async (swapId) => data.replayed.get(swapId) ?? countAll(data, swapId),
		replay: async (swapId, which) => replayAll(data, swapId, which),
		pruned: async (swapId) =>
			data.pruned.get(swapId) ?? (data.discarded.has(swapId) ? null : { atMs: null, by: "retention" }),
		drop: async (swapId) => remove(data, swapId, "operator"),
		prune: async (request) => prune(data, request),
	};
}

async function take(
	data: MemoryData,
	gate: Gate,
	databases: MemorySnapshotsOptions["databases"],
	swapId: string,
): Promise<readonly SnapshotRecord[]> {
	const earlier = data.manifests.get(swapId);
	if (earlier !== undefined) return earlier;
	const copies = new Map<string, MemoryDatabase>();
	const records: SnapshotRecord[] = [];
	for (const { path, policy } of databases) {
		const live = policy === "keep" ? undefined : data.live.get(path);
		if (live !== undefined)
			await gate.around("snapshots.copy", async () => void copies.set(path, structuredClone(live)));
		const record = async () => recordOf(path, policy, copies.get(path));
		records.push(live === undefined ? await record() : await gate.around("snapshots.verify", record));
	}
	data.snapshots.set(swapId, copies);
	await gate.around("snapshots.manifest", async () => void data.manifests.set(swapId, records));
	return records;
}

function recordOf(
	database: string,
	policy: SnapshotRecord["policy"],
	content: MemoryDatabase | undefined,
): SnapshotRecord {
	if (content === undefined) return { database, file: null, bytes: 0, sha256: null, fingerprint: null, policy };
	const text = JSON.stringify([...content].map(([name, table]) => [name, [...table]]));
	return { database, file: database, bytes: text.length, sha256: text, fingerprint: text, policy };
}

async function restore(
	data: MemoryData,
	gate: Gate,
	swapId: string,
	records: readonly SnapshotRecord[],
): Promise<void> {
	const started = data.started.get(swapId) ?? 0;
	if ((data.markers.get(swapId) ?? -1) >= started) return;
	await gate.around("snapshots.open", async () => open(data, swapId, started));
	if (data.holder !== null) throw new RefusedError(refuse("database_held", data.holder));
	const touched = records.filter(({ policy }) => policy !== "keep");
	for (const record of touched) await gate.around("snapshots.stage", async () => stage(data, swapId, record));
	const aside = data.discarded.get(swapId) ?? new Map<string, MemoryDatabase | null>();
	data.discarded.set(swapId, aside);
	for (const { database } of touched) {
		await gate.around("snapshots.aside", async () => {
			if (!aside.has(database)) aside.set(database, data.live.get(database) ?? null);
		});
	}
	for (const { database } of touched) {
		await gate.around("snapshots.clear", async () => {});
		await gate.around("snapshots.swapIn", async () => swapIn(data, database));
	}
	await gate.around("snapshots.marker", async () => void data.markers.set(swapId, started));
}

async function begin(data: MemoryData, gate: Gate, swapId: string, generation: number): Promise<void> {
	if ((data.started.get(swapId) ?? -1) >= generation) return;
	await gate.around("snapshots.begin", async () => void data.started.set(swapId, generation));
}

function open(data: MemoryData, swapId: string, started: number): void {
	const aside = data.discarded.get(swapId);
	if (aside !== undefined && (data.begun.get(swapId) ?? 0) < started) {
		data.earlier.set(swapId, [...(data.earlier.get(swapId) ?? []), aside]);
		data.discarded.delete(swapId);
		data.replayed.delete(swapId);
	}
	data.begun.set(swapId, started);
}

function stage(data: MemoryData, swapId: string, { database, file }: SnapshotRecord): void {
	if (file === null) return;
	const snapshot = data.snapshots.get(swapId)?.get(database);
	if (snapshot === undefined) throw new Error(`The snapshot of ${database} is gone.`);
	data.staged.set(database, structuredClone(snapshot));
}

function swapIn(data: MemoryData, database: string): void {
	const staged = data.staged.get(database);
	data.staged.delete(database);
	if (staged === undefined) data.live.delete(database);
	else data.live.set(database, staged);
}

function countAll(data: MemoryData, swapId: string): TableCounts[] {
	return overAll(data, swapId, (aside) => countAside(data, swapId, aside));
}

type Aside = ReadonlyMap<string, MemoryDatabase | null>;

function overAll(data: MemoryData, swapId: string, work: (aside: Aside) => readonly TableCounts[]): TableCounts[] {
	if ((data.markers.get(swapId) ?? -1) < (data.begun.get(swapId) ?? 0)) return [];
	const last = data.discarded.get(swapId) ?? new Map<string, MemoryDatabase | null>();
	const before = (data.earlier.get(swapId) ?? []).map((aside, index) =>
		work(withoutTwins(aside, last)).map((count) => ({
			...count,
			database: `${count.database} (replaced before, ${index + 1})`,
		})),
	);
	return [...before.flat(), ...work(last)];
}

/** What was not replaced before the candidate was started again is the same database. */
function withoutTwins(aside: Aside, last: Aside): Aside {
	return new Map([...aside].filter(([database, content]) => content === null || last.get(database) !== content));
}

function countAside(data: MemoryData, swapId: string, aside: Aside): TableCounts[] {
	const counts = [...aside].map(([database, discarded]) => {
		const was = data.snapshots.get(swapId)?.get(database) ?? new Map();
		if (discarded === null) return was.size === 0 ? [] : [removed(database)];
		const names = [...new Set([...was.keys(), ...discarded.keys()])].sort();
		return names.map((table) => countTable(database, table, was.get(table), discarded.get(table)));
	});
	return counts.flat();
}

function removed(database: string): TableCounts {
	const nothing = { inserted: 0, updated: 0, deleted: 0, replayed: null };
	return { database, table: "*", ...nothing, note: "The new version removed it." };
}

function countTable(database: string, table: string, was?: MemoryTable, now?: MemoryTable): TableCounts {
	const [before, after] = [was ?? new Map<string, string>(), now ?? new Map<string, string>()];
	const keys = [...after.keys()];
	const updated = keys.filter((key) => before.has(key) && before.get(key) !== after.get(key)).length;
	const note = was === undefined ? "The new version made the table." : null;
	return {
		database,
		table,
		inserted: keys.filter((key) => !before.has(key)).length,
		updated,
		deleted: [...before.keys()].filter((key) => !after.has(key)).length,
		replayed: null,
		note: now === undefined ? "The new version dropped the table." : note,
	};
}

function replayAll(data: MemoryData, swapId: string, which: "chosen" | "all"): readonly TableCounts[] {
	const records = data.manifests.get(swapId) ?? [];
	const isMeant = (database: string) =>
		which === "all" || records.find((record) => record.database === database)?.policy === "replay";
	const counts = overAll(data, swapId, (aside) =>
		countAside(data, swapId, aside).map((count) =>
			count.table === "*" || !isMeant(count.database) ? count : replayTable(data, swapId, aside, count),
		),
	);
	if (counts.length > 0) data.replayed.set(swapId, counts);
	return counts;
}

function replayTable(data: MemoryData, swapId: string, aside: Aside, count: TableCounts): TableCounts {
	const { database, table } = count;
	const live = data.live.get(database)?.get(table);
	const now = aside.get(database)?.get(table) ?? new Map<string, string>();
	if (live === undefined) return { ...count, replayed: 0, note: "The restored version has no such table." };
	const was = data.snapshots.get(swapId)?.get(database)?.get(table);
	const inserted = [...now].filter(([key]) => was?.has(key) !== true);
	const taken = inserted.filter(([key, row]) => live.has(key) && live.get(key) !== row).map(([key]) => key);
	for (const [key, row] of inserted) if (!live.has(key)) live.set(key, row);
	const note = taken.length === 0 ? null : `Not put back, the key is taken: ${taken.join(", ")}.`;
	return { ...count, replayed: inserted.length - taken.length, note };
}

/** Everything here is of today. */
function prune(data: MemoryData, { pinned, retain, discarded, dry }: PruneRequest): Removal[] {
	const newest = (kept: Map<string, unknown>, most: number) => [...kept.keys()].reverse().slice(0, most);
	const keptData = [
		...newest(data.discarded, discarded.days > 0 ? Number.POSITIVE_INFINITY : discarded.rollbacks),
		...pinned,
	];
	const staying = [...newest(data.manifests, retain), ...keptData];
	const gone = [...data.discarded.keys()].filter((swapId) => !keptData.includes(swapId));
	const old = [...data.snapshots.keys()].filter((swapId) => !staying.includes(swapId));
	if (dry !== true) {
		for (const swapId of gone) remove(data, swapId, "retention");
		for (const swapId of old) for (const kept of [data.snapshots, data.manifests]) kept.delete(swapId);
	}
	return [
		...gone.map((name) => ({ kind: "data", name }) as const),
		...old.map((name) => ({ kind: "snapshot", name }) as const),
	];
}

function remove(data: MemoryData, swapId: string, by: "retention" | "operator"): void {
	data.pruned.set(swapId, { atMs: 0, by });
	const all = [data.snapshots, data.manifests, data.discarded, data.replayed, data.earlier];
	for (const kept of [...all, data.markers, data.started, data.begun]) kept.delete(swapId);
}
