// Whether a snapshot can be taken and later restored: room for the copies, and databases that are whole.
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Files } from "../../ports/ports.js";
import { bytesOf, lstatOrNull, statOrNull } from "./bytes.js";
import { startDataChild } from "./data-child.js";
import { originOf } from "./origin.js";
import { type Roots, sidecars } from "./places.js";

/** Swaps that a sentence names. */
const SHOWN = 5;
const MARGIN_BYTES = 1024 * 1024;

/** One copy in the state folder now, of which `there` bytes are made already, and one beside the database at a rollback. */
export async function findSpace(
	roots: Roots,
	files: Files,
	databases: readonly string[],
	there = 0,
): Promise<Refusal | null> {
	const needs = new Map<number | string, { path: string; bytes: number }>();
	const add = async (path: string, bytes: number) => {
		const device = (await statOrNull(path))?.dev ?? path;
		const known = needs.get(device);
		needs.set(device, { path: known?.path ?? path, bytes: (known?.bytes ?? MARGIN_BYTES) + bytes });
	};
	for (const database of databases) {
		const live = (await originOf(roots, database)).file;
		const bytes = await sizeWithLog(live);
		await add(roots.stateDir, bytes);
		await add(dirname(live), bytes);
	}
	if (databases.length > 0) await add(roots.stateDir, -there);
	for (const { path, bytes } of needs.values()) {
		const free = await files.freeBytes(path);
		if (free >= bytes) continue;
		const discarded = await discardedSentence(roots);
		return refuse("no_space", { path, needed: mebibytes(bytes), free: mebibytes(free), discarded });
	}
	return null;
}

/** Nothing of it is deleted early: whoever needs the space decides what goes. */
async function discardedSentence({ stateDir }: Roots): Promise<string> {
	const folder = join(stateDir, "discarded");
	const entries =
		(await lstatOrNull(folder)) === null ? [] : await readdir(folder, { withFileTypes: true, recursive: true });
	let bytes = 0;
	for (const entry of entries) {
		if (entry.isFile()) bytes += (await lstatOrNull(join(entry.parentPath, entry.name)))?.size ?? 0;
	}
	const swaps = new Set(
		entries.filter((one) => one.parentPath === folder && one.isDirectory()).map(({ name }) => name.replace(/\..*/, "")),
	);
	if (swaps.size === 0) return "";
	const which = [...swaps].sort().slice(0, SHOWN).join(", ");
	return ` What rollbacks set aside takes ${mebibytes(bytes)} (${which}${swaps.size > SHOWN ? ", ..." : ""}); \`deadman data drop SWAP\` removes that of one, for good.`;
}

async function sizeWithLog(live: string): Promise<number> {
	const sizes = await Promise.all(["", ...sidecars].map((suffix) => bytesOf(`${live}${suffix}`)));
	return sizes.reduce((sum, size) => sum + size, 0);
}

function mebibytes(bytes: number): string {
	return `${Math.ceil(bytes / MARGIN_BYTES)} MiB`;
}

/** While the program runs: nothing is written, and nobody waits for long. */
export async function checkDatabases(roots: Roots, databases: readonly string[]): Promise<Refusal | null> {
	const present: { database: string; file: string }[] = [];
	for (const database of databases) {
		const file = (await originOf(roots, database)).file;
		const found = await statOrNull(file);
		if (found === null) continue;
		if (!found.isFile()) return refuse("database_bad", { database, why: "it is no file" });
		present.push({ database, file });
	}
	return present.length === 0 ? null : checkContents(present);
}

async function checkContents(present: readonly { database: string; file: string }[]): Promise<Refusal | null> {
	const child = startDataChild();
	try {
		for (const { database, file } of present) {
			const why = await child.ask("check", { file });
			if (why !== null) return refuse("database_bad", { database, why });
		}
		return null;
	} finally {
		await child.end();
	}
}
