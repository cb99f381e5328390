// What the window wrote: counted against the snapshot, put back where it fits, and remembered beside the data that was set aside.
import { readlink } from "node:fs/promises";
import { join } from "node:path";
import type { DataPolicy, SnapshotRecord, TableCounts } from "../../core/swap.js";
import type { Files } from "../../ports/ports.js";
import { lstatOrNull, statOrNull } from "./bytes.js";
import type { Change, Compared } from "./child/data-jobs.js";
import { startDataChild } from "./data-child.js";
import { earlierFolders, namesIn } from "./generations.js";
import { originOf } from "./origin.js";
import { discardedFolder, kindOf, type Place, placeOf, type Roots, snapshotFolder } from "./places.js";
import { type Manifest, type Replayed, readManifest, readMarker, readReplayed, writeReplayed } from "./records.js";

interface Kept {
	readonly database: string;
	readonly place: Place;
	readonly policy: DataPolicy;
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

export async function replay(
	parts: Roots & { readonly files: Files },
	swapId: string,
	which: "chosen" | "all",
): Promise<TableCounts[]> {
	const { files, ...roots } = parts;
	const isMeant = ({ policy }: Kept) => which === "all" || policy === "replay";
	const tables = await overAll(roots, swapId, (child, kept) =>
		isMeant(kept) ? putBack(child, kept) : child.ask("count", kept.compared),
	);
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

/** Earlier restores first, as the rows were written. None is counted whose last one was not finished. */
async function overAll(roots: Roots, swapId: string, work: Work): Promise<TableCounts[]> {
	const folder = discardedFolder(roots, swapId);
	if ((await readMarker(folder)) === null) return [];
	const earlier = await earlierFolders(roots, swapId);
	const all: Kept[] = [];
	for (const [index, one] of [...earlier, folder].entries()) {
		const which = one === folder ? "" : ` (replaced before, ${index + 1})`;
		const kept = await keptOf(roots, swapId, one);
		all.push(...kept.map((some) => ({ ...some, database: `${some.database}${which}` })));
	}
	const child = startDataChild();
	try {
		const counts: TableCounts[] = [];
		for (const kept of await withoutTwins(all)) counts.push(...(await countsOf(child, kept, work)));
		return counts;
	} finally {
		await child.end();
	}
}

/** Where a restore was cut off before it replaced the file, the candidate went on writing into that one: the later one tells all of it. */
async function withoutTwins(all: readonly Kept[]): Promise<readonly Kept[]> {
	const identities = await Promise.all(
		all.map(async ({ compared }) => {
			const found = await statOrNull(compared.discarded);
			return found === null ? null : `${found.dev}:${found.ino}`;
		}),
	);
	return all.filter((_, index) => {
		const own = identities[index] ?? null;
		return own === null || !identities.includes(own, index + 1);
	});
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

async function keptOf(roots: Roots, swapId: string, folder: string): Promise<Kept[]> {
	const manifest = await readManifest(snapshotFolder(roots, swapId));
	const kept = (await restoredIn(manifest, folder)).map(async ({ record, name }, index): Promise<Kept[]> => {
		const kind = kindOf(record);
		if (kind !== "file" && kind !== "absent") return [];
		const { file } = manifest?.databases[index]?.origin ?? (await originOf(roots, record.database));
		const place = placeOf(roots, file, { swapId, index });
		const discarded = join(folder, String(index), name ?? place.name);
		const present = (await statOrNull(discarded)) !== null;
		if (!present && kind === "absent") return [];
		const compared = { discarded, baseline: kind === "absent" ? null : await baselineOf(place) };
		const note = present ? null : await absenceOf(join(folder, String(index)), place);
		return [{ database: record.database, policy: record.policy, place, compared, note }];
	});
	return (await Promise.all(kept)).flat();
}

async function absenceOf(folder: string, { name }: Place): Promise<string> {
	const replaced = join(folder, `${name}.replaced`);
	const found = await lstatOrNull(replaced);
	if (found === null) return "The new version removed it.";
	if (!found.isSymbolicLink()) return `The new version put something else in its place, kept as ${replaced}.`;
	return `The new version put a link in its place, to ${await readlink(replaced)}; what that leads to was not touched.`;
}

/** A restore that was not finished before the candidate was started again has no marker: what it set aside is kept all the same. */
async function restoredIn(
	manifest: Manifest | null,
	folder: string,
): Promise<readonly { readonly record: SnapshotRecord; readonly name: string | null }[]> {
	const marker = await readMarker(folder);
	if (marker !== null) return marker.databases;
	const there = await namesIn(folder);
	return (manifest?.databases ?? []).map(({ record }, index) =>
		there.includes(String(index)) ? { record, name: null } : { record: { ...record, policy: "keep" }, name: null },
	);
}

/** On a full disk the snapshot itself was put in place; then the restored database stands for it. */
async function baselineOf({ snapshot, live }: Place): Promise<string> {
	return (await statOrNull(snapshot)) === null ? live : snapshot;
}
