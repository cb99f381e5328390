// Refs of the own repository that keep objects nobody needs: of swaps that ended long ago, of overlays that newer ones hold, of stand-ins beyond the newest.
// Decided by lists and by history, never by a clock. Those of releases go with their releases, those of workspaces with their workspaces.
import type { Needed, Removal } from "../../../ports/ports.js";
import type { Git } from "../repository/git.js";
import type { Own } from "../repository/own-repository.js";
import { UNMERGED } from "../trees/unmerged.js";

const SWAPS = "refs/deadman/swaps/";
const OVERLAYS = "refs/deadman/overlays/";

export async function tidyRefs({ git }: Own, { swaps, isKnown, standIns, dry }: Needed): Promise<Removal[]> {
	const goes = [
		...(await unneeded(await refsBelow(git, SWAPS), new Set(swaps), isKnown)),
		...(await heldByOthers(git)),
		...(await refsBelow(git, UNMERGED, "-committerdate")).map(({ ref }) => ref).slice(standIns),
	];
	if (!dry && goes.length > 0) {
		await git.run(["update-ref", "--no-deref", "--stdin", "-z"], {
			input: goes.map((ref) => `delete ${ref}\0\0`).join(""),
		});
	}
	return goes.map((name) => ({ kind: "ref", name }));
}

interface Ref {
	readonly ref: string;
	readonly commit: string;
}

async function refsBelow(git: Git, prefix: string, sort = "refname"): Promise<Ref[]> {
	const text = await git.text(["for-each-ref", `--sort=${sort}`, "--format=%(refname) %(objectname)", prefix]);
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => ({ ref: line.split(" ")[0] ?? "", commit: line.split(" ")[1] ?? "" }));
}

/** How long a proposal may take from its merge to its record, and when the refs of those that are not on record were first seen. */
const PREPARING_MS = 10 * 60_000;
const unrecorded = new Map<string, number>();

/** A swap has up to three: its own, the host's part of it, and the commit of its promotion. */
async function unneeded(
	refs: readonly Ref[],
	swaps: ReadonlySet<string>,
	isKnown: Needed["isKnown"],
): Promise<string[]> {
	const goes: string[] = [];
	for (const { ref } of refs) {
		const swap = ref.slice(SWAPS.length).replace(/-(host|template)$/, "");
		if (!swaps.has(swap) && ((await isKnown(swap)) || wasRefused(ref))) goes.push(ref);
	}
	return goes;
}

/** A clock that cannot be set: after a restart the time begins anew. */
function wasRefused(ref: string): boolean {
	const sinceMs = unrecorded.get(ref) ?? performance.now();
	unrecorded.set(ref, sinceMs);
	return performance.now() - sinceMs > PREPARING_MS;
}

/** What stands in a newer overlay's history needs no ref of its own. */
async function heldByOthers(git: Git): Promise<string[]> {
	const refs = await refsBelow(git, OVERLAYS);
	if (refs.length < 2) return [];
	const input = [...new Set(refs.flatMap(({ commit }) => [`^${commit}^@`, commit]))]
		.map((line) => `${line}\n`)
		.join("");
	// Each is listed unless another one has it in its history.
	const heads = new Set(
		(await git.text(["rev-list", "--no-walk=unsorted", "--ignore-missing", "--stdin"], { input })).split("\n"),
	);
	return refs.filter(({ commit }) => !heads.has(commit)).map(({ ref }) => ref);
}
