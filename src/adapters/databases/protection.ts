// Whether each configured database is one that outlives its versions: where it has to lie, that it is a file of its own, and that its name
// is no slip of the pen. Reads names and headers, changes nothing.
import { open, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Refusal, refuse } from "../../core/refusals.js";
import { lstatOrNull } from "./bytes.js";
import { namesIn } from "./generations.js";
import { isWithin, originOf } from "./origin.js";
import type { Roots } from "./places.js";

/** What a version runs from. `release`: a folder of its own, with links to what is `shared`; `in_place`: the checkout, whose `outputs` are swapped. */
export type Versions =
	| { readonly how: "release"; readonly shared: readonly string[] }
	| { readonly how: "in_place"; readonly outputs: readonly string[] }
	| { readonly how: "private" };

export interface Guarded extends Roots {
	/** As the configuration writes them. */
	readonly databases: readonly string[];
	readonly versions: Versions;
	/** Those of the paths that git tracks, or that hold something it does. */
	readonly tracked: (paths: readonly string[]) => Promise<readonly string[]>;
}

interface Fault {
	readonly why: string;
	readonly remedy: string;
}

/** The first that is not. Never asked at a start: a rollback may be due. */
export async function findUnprotected(guarded: Guarded): Promise<Refusal | null> {
	for (const database of guarded.databases) {
		// A slip of the pen first: what else there is to say of it would lead astray.
		const fault =
			(await misnamed(guarded, database)) ??
			misplaced(database, guarded.versions) ??
			(await noFile(guarded, database)) ??
			(await trackedFault(guarded, database));
		if (fault !== null) return refuse("database_unprotected", { database, ...fault });
	}
	return null;
}

export async function missingOf(roots: Roots, databases: readonly string[]): Promise<readonly string[]> {
	const files = await Promise.all(databases.map(async (database) => (await originOf(roots, database)).file));
	const found = await Promise.all(files.map(lstatOrNull));
	return databases.filter((_, index) => found[index] === null);
}

function misplaced(database: string, versions: Versions): Fault | null {
	if (versions.how === "release" && !versions.shared.some((shared) => isWithin(shared, database))) {
		return {
			why: "it lies under no path of `shared`, so each version would have one of its own, gone with that version",
			remedy: `add ${JSON.stringify(topOf(database))} to \`shared\` in the configuration, or correct the path`,
		};
	}
	const output = versions.how === "in_place" ? versions.outputs.find((one) => isWithin(one, database)) : undefined;
	if (output === undefined) return null;
	return {
		why: `it lies in the output ${output}, which is swapped with each version`,
		remedy: "move it out of there and correct the path in the configuration",
	};
}

/** As it is written in `shared`. */
function topOf(database: string): string {
	const [top = database, ...below] = database.split("/");
	return below.length > 0 ? `${top}/` : top;
}

async function noFile(roots: Roots, database: string): Promise<Fault | null> {
	const found = await lstatOrNull((await originOf(roots, database)).file);
	if (found === null || found.isFile()) return null;
	const what = found.isDirectory() ? "there is a folder at its place" : "what lies at its place is no file";
	return { why: what, remedy: "name the database file itself in the configuration" };
}

async function trackedFault({ tracked }: Guarded, database: string): Promise<Fault | null> {
	if ((await tracked([database])).length === 0) return null;
	return {
		why: "git tracks it, so each version would bring its own",
		remedy: `take it out of git (\`git rm --cached ${database}\`) and ignore it`,
	};
}

/** A path that no file has yet is right before the first start, unless another database looks as if it were meant. */
async function misnamed(guarded: Guarded, database: string): Promise<Fault | null> {
	if ((await missingOf(guarded, [database])).length === 0) return null;
	const others = await databasesNear(guarded, database);
	const [only] = others.length === 1 ? others : [];
	const apart = (other: string) => distance(basename(other).toLowerCase(), basename(database).toLowerCase());
	const slips = others.filter((other) => isSlip(basename(other), basename(database)));
	const [nearest = only] = slips.sort((one, other) => apart(one) - apart(other));
	if (nearest === undefined) return null;
	return {
		why: `there is no such file, but there is ${nearest}: did you mean ${nearest}?`,
		remedy: "correct the path in the configuration, or list that file under `databases` as well if it is another one",
	};
}

const NAMES = /\.(db|db3|sqlite|sqlite3)$/;
/** Whatever it is: that may be the slip. */
const ENDING = /\.[^.]*$/;
/** Looked at in one folder. */
const ENTRIES = 1_000;

/** Other databases in its folder and in the shared ones that the configuration does not name. */
async function databasesNear({ root, stateDir, databases, versions }: Guarded, database: string): Promise<string[]> {
	const shared = versions.how === "release" ? versions.shared : [];
	const found: string[] = [];
	for (const folder of new Set([dirname(database), ...shared])) {
		for (const name of (await namesIn(join(root, folder)))
			.sort()
			.filter((one) => NAMES.test(one))
			.slice(0, ENTRIES)) {
			const path = join(folder, name);
			if (databases.includes(path) || isWithin(stateDir, join(root, path))) continue;
			if (await isDatabase(join(root, path))) found.push(path);
		}
	}
	return found;
}

async function isDatabase(path: string): Promise<boolean> {
	if (!(await stat(path).catch(() => null))?.isFile()) return false;
	const handle = await open(path, "r").catch(() => null);
	if (handle === null) return false;
	try {
		const header = Buffer.alloc(16);
		await handle.read(header, 0, header.length, 0);
		return header.toString("latin1") === "SQLite format 3\0";
	} finally {
		await handle.close();
	}
}

/** Two letters at most, and less than half of the name. */
function isSlip(one: string, other: string): boolean {
	const [a, b] = [one, other].map((name) => name.replace(ENDING, "").toLowerCase());
	if (a === undefined || b === undefined) return false;
	return a === b || distance(a, b) <= Math.min(2, Math.floor(Math.max(a.length, b.length) / 2));
}

/** Letters to change, add or leave out. */
function distance(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, index) => index);
	for (let i = 1; i <= one.length; i += 1) {
		const next = [i];
		for (let j = 1; j <= other.length; j += 1) {
			const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
			next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[other.length] ?? 0;
}
