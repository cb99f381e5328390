// What the window wrote: counted against the snapshot, put back where it fits, and remembered beside the data that was set aside.
import { join } from "node:path";
import type { TableCounts } from "../../core/swap.js";
import type { Files } from "../../ports.js";
import { statOrNull } from "./bytes.js";
import { startDataChild } from "./data-child.js";
import type { Change, Compared } from "./data-jobs.js";
import { discardedFolder, kindOf, type Place, placeOf, type Roots } from "./places.js";
import { type Marker, type Replayed, readMarker, readReplayed, writeReplayed } from "./records.js";

interface Kept {
	readonly database: string;
	readonly place: Place;
	readonly compared: Compared;
	/** Something that cannot be compared table by table. */
	readonly note: string | null;
}

const nothing = { inserted: 0, updated: 0, deleted: 0 };

export async function count(roots: Roots, swapId: string): Promise<TableCounts[]> {
	const folder = discardedFolder(roots, swapId);
	const counted = await overAll(roots, swapId, (child, { compared }) => child.ask("count", compared));
	const earlier = await readReplayed(folder);
	return earlier === null ? counted : counted.map((counts) => withReplay(counts, earlier));
}

function withReplay(counts: TableCounts, { tables }: Replayed): TableCounts {
	const known = tables.find(({ database, table }) => database === counts.database && table === counts.table);
	return known === undefined ? counts : { ...counts, replayed: known.replayed, note: known.note };
}

export async function replay(roots: Roots, files: Files, swapId: string): Promise<TableCounts[]> {
	const tables = await overAll(roots, swapId, putBack);
	if (tables.length === 0) return tables;
	const results = tables.map(({ database, table, replayed, note }) => ({ database, table, replayed, note }));
	await writeReplayed(files, discardedFolder(roots, swapId), { schemaVersion: 1, tables: results });
	return tables;
}

/** Nothing is half put back: where SQLite ends the transaction, all of it is undone. */
async function putBack(child: Child, { compared, place }: Kept): Promise<readonly Change[]> {
	let why = "The restored version has no such database.";
	try {
		if ((await statOrNull(place.live)) !== null) return await child.ask("replay", { ...compared, live: place.live });
	} catch (error) {
		why = `Nothing was put back: ${(error as Error).message}`;
	}
	const changes = await child.ask("count", compared);
	return changes.map((change) => ({ ...change, replayed: 0, note: change.inserted > 0 ? why : change.note }));
}

type Child = ReturnType<typeof startDataChild>;
type Work = (child: Child, kept: Kept) => Promise<readonly Change[]>;

async function overAll(roots: Roots, swapId: string, work: Work): Promise<TableCounts[]> {
	const marker = await readMarker(discardedFolder(roots, swapId));
	if (marker === null) return [];
	const child = startDataChild();
	try {
		const all: TableCounts[] = [];
		for (const kept of await keptOf(roots, marker)) all.push(...(await countsOf(child, kept, work)));
		return all;
	} finally {
		await child.end();
	}
}

/** The new version may have ruined its database: that is told, and fails no rollback. */
async function countsOf(child: Child, kept: Kept, work: Work): Promise<TableCounts[]> {
	const { database, note } = kept;
	const whole = (why: string) => [{ database, table: "*", ...nothing, replayed: null, note: why }];
	if (note !== null) return whole(note);
	try {
		const changes = await work(child, kept);
		return changes.map((change) => ({ database, ...change }));
	} catch (error) {
		return whole(`It cannot be compared: ${(error as Error).message}`);
	}
}

async function keptOf(roots: Roots, { swapId, databases }: Marker): Promise<Kept[]> {
	const kept = databases.map(async ({ record, name }, index): Promise<Kept[]> => {
		const kind = kindOf(record);
		if (kind !== "file" && kind !== "absent") return [];
		const place = await placeOf(roots, record.database, swapId, index);
		const discarded = join(place.discarded, name);
		const present = (await statOrNull(discarded)) !== null;
		if (!present && kind === "absent") return [];
		const compared = { discarded, baseline: kind === "absent" ? null : await baselineOf(place) };
		return [{ database: record.database, place, compared, note: present ? null : "The new version removed it." }];
	});
	return (await Promise.all(kept)).flat();
}

/** On a full disk the snapshot itself was put in place; then the restored database stands for it. */
async function baselineOf({ snapshot, live }: Place): Promise<string> {
	return (await statOrNull(snapshot)) === null ? live : snapshot;
}
