// The port Snapshots with the program's files beside its databases: each verb does both, in the same stop. The databases' adapter is handed in and
// knows nothing of this.
import { join } from "node:path";
import { isRemote, mountOf } from "../../core/mounts.js";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Snapshots } from "../../ports/ports.js";
import { copyAhead, forget, materialBytes } from "./ahead.js";
import { groundOf, leftOut, realOr } from "./ground.js";
import { count, replay } from "./kept.js";
import { type Covered, type FilesParts, placeOf } from "./places.js";
import { prune } from "./prune.js";
import { putBack } from "./put-back.js";
import { type Manifest, readManifest, reserve } from "./records.js";
import { rehearse } from "./rehearsal.js";
import { MOST_WATCHED, take } from "./take.js";
import { treeOf } from "./tree.js";
import { written } from "./written.js";

export function withFiles(databases: Snapshots, parts: FilesParts): Snapshots {
	return {
		...databases,
		...lookingAt(databases, parts),
		...keeping(databases, parts),
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
	};
}

/** What only looks. */
function lookingAt(databases: Snapshots, parts: FilesParts) {
	return {
		rehearse: async (swapId) =>
			(await databases.rehearse(swapId)) ?? (await rehearse(parts, await materialBytes(parts, swapId))),
		async remote() {
			const mounts = await parts.files.mounts();
			const found = parts.covered.map(async ({ path, policy }) => {
				const mount = mountOf(mounts, await realOr(join(parts.root, path)));
				return policy === "restore" && mount !== null && isRemote(mount) ? [{ path, kind: mount.kind }] : [];
			});
			return [...(await databases.remote()), ...(await Promise.all(found)).flat()];
		},
		async uncovered() {
			const found = parts.covered.map(async (covered) => ((await isUncovered(parts, covered)) ? [covered.path] : []));
			return (await Promise.all(found)).flat();
		},
		written: (swapId) => written(parts, swapId),
		async manifest(swapId) {
			const records = await databases.manifest(swapId);
			const manifest = await readManifest(placeOf(parts, swapId).manifest);
			return records === null ? null : [...records, ...(manifest === null ? [] : recordsOf(manifest))];
		},
	} satisfies Partial<Snapshots>;
}

/** What makes copies, and removes them. */
function keeping(databases: Snapshots, parts: FilesParts) {
	return {
		async copyAhead(swapId) {
			await databases.copyAhead(swapId);
			await copyAhead(parts, swapId);
		},
		async forget(swapId) {
			await databases.forget(swapId);
			await forget(parts, swapId);
		},
		async take(swapId) {
			if (parts.covered.length === 0) return databases.take(swapId);
			const manifest = await take(parts, swapId);
			return [...(await databases.take(swapId)), ...recordsOf(manifest)];
		},
		async drop(swapId) {
			await databases.drop(swapId);
			await parts.files.remove(placeOf(parts, swapId).swap);
		},
		async prune(request) {
			return [...(await databases.prune(request)), ...(await prune(parts, request))];
		},
	} satisfies Partial<Snapshots>;
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
