// The port Snapshots with the program's files beside its databases: each verb does both, in the same stop. The databases' adapter is handed in and
// knows nothing of this.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Snapshots } from "../../ports/ports.js";
import { copyAhead, forget, materialBytes } from "./ahead.js";
import { together } from "./copy.js";
import { groundOf, leftOut } from "./ground.js";
import { count, replay } from "./kept.js";
import { type Covered, type FilesParts, placeOf } from "./places.js";
import { prune } from "./prune.js";
import { putBack } from "./put-back.js";
import { type Manifest, readManifest, reserve } from "./records.js";
import { MOST_WATCHED, take } from "./take.js";
import { itemAt, treeOf } from "./tree.js";

const MEBIBYTE = 1024 * 1024;

export function withFiles(databases: Snapshots, parts: FilesParts): Snapshots {
	return {
		...databases,
		rehearse: async (swapId) =>
			(await databases.rehearse(swapId)) ?? (await findRoom(parts, await materialBytes(parts, swapId))),
		async copyAhead(swapId) {
			await databases.copyAhead(swapId);
			await copyAhead(parts, swapId);
		},
		async forget(swapId) {
			await databases.forget(swapId);
			await forget(parts, swapId);
		},
		async uncovered() {
			const found = parts.covered.map(async (covered) => ((await isUncovered(parts, covered)) ? [covered.path] : []));
			return (await Promise.all(found)).flat();
		},
		async take(swapId) {
			if (parts.covered.length === 0) return databases.take(swapId);
			const manifest = await take(parts, swapId);
			return [...(await databases.take(swapId)), ...recordsOf(manifest)];
		},
		async manifest(swapId) {
			const records = await databases.manifest(swapId);
			const manifest = await readManifest(placeOf(parts, swapId).manifest);
			return records === null ? null : [...records, ...(manifest === null ? [] : recordsOf(manifest))];
		},
		async begin(swapId, generation) {
			const { manifest, spare } = placeOf(parts, swapId);
			const { files, gate } = parts;
			// An earlier restore may have used it.
			if ((await files.exists(manifest)) && !(await files.exists(spare)))
				await gate.around("files.reserve", () => reserve(spare));
			await databases.begin(swapId, generation);
		},
		/** The databases first: they look for the folders on their way, and what fails with files keeps none of them from going back. */
		async restore(swapId, records) {
			const { started } = await databases.generation(swapId);
			await databases.restore(
				swapId,
				records.filter((record) => !isOfFiles(record)),
			);
			if (records.some(isOfFiles)) await putBack(parts, swapId, started ?? 0);
		},
		count: async (swapId) => [...(await databases.count(swapId)), ...(await count(parts, swapId))],
		replay: async (swapId, which) => [
			...(await databases.replay(swapId, which)),
			...(await (which === "all" ? replay(parts, swapId) : count(parts, swapId))),
		],
		async drop(swapId) {
			await databases.drop(swapId);
			await parts.files.remove(placeOf(parts, swapId).swap);
		},
		async prune(request) {
			await databases.prune(request);
			await prune(parts, request);
		},
	};
}

/** Folders alone are none that anybody would miss. */
async function isUncovered(parts: FilesParts, covered: Covered): Promise<boolean> {
	if (covered.policy !== "watch") return false;
	const ground = await groundOf(parts, covered);
	const tree = await treeOf(ground.folder, { isLeftOut: leftOut(ground), most: MOST_WATCHED });
	return tree === null || [...tree.values()].some(({ kind }) => kind !== "folder");
}

const isOfFiles = ({ kind }: SnapshotRecord) => kind === "files";

function recordsOf({ entries }: Manifest): SnapshotRecord[] {
	const nothing = { file: null, sha256: null, fingerprint: null, kind: "files" } as const;
	return entries.map(({ path, policy, bytes }) => {
		return { ...nothing, database: path, bytes, policy: policy === "restore" ? policy : "keep" };
	});
}

/** One copy in the state folder now, of which `there` bytes are made, one beside the files at a rollback; and whether everything can be read. */
async function findRoom(parts: FilesParts, there: number): Promise<Refusal | null> {
	let bytes = MEBIBYTE - there;
	for (const covered of parts.covered.filter(({ policy }) => policy === "restore")) {
		try {
			bytes += await bytesOf(parts, covered);
		} catch (error) {
			return refuse("files_bad", { path: covered.path, why: (error as Error).message });
		}
	}
	const free = await parts.files.freeBytes(parts.stateDir);
	if (free >= bytes) return null;
	const [needed, found] = [bytes, free].map((size) => `${Math.ceil(size / MEBIBYTE)} MiB`);
	return refuse("no_space", { path: parts.stateDir, needed: needed ?? "", free: found ?? "", discarded: "" });
}

async function bytesOf(parts: FilesParts, covered: Covered): Promise<number> {
	const ground = await groundOf(parts, covered);
	const itself = await itemAt(ground.folder);
	if (itself !== null && itself.kind !== "folder") throw new Error("it is no folder");
	const tree = (await treeOf(ground.folder, { isLeftOut: leftOut(ground), strict: true })) ?? new Map();
	let bytes = 0;
	await together(tree, async (path, { kind, size }) => {
		bytes += size;
		if (kind === "file") await access(join(ground.folder, path), constants.R_OK);
	});
	return bytes;
}
