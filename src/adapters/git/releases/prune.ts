// Removes releases that nobody needs any more: never a pinned one, never the live one, half-made ones always.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { deleteRefArgs } from "../repository/argv.js";
import { pinRef } from "../repository/layout.js";
import { readMarker } from "../repository/marker.js";
import { clearRelease } from "./checkout.js";
import type { ReleaseContext } from "./release-context.js";
import { dropSpare, keepAsSpare } from "./unchanged.js";

export interface PruneRequest {
	readonly pinned: readonly string[];
	readonly retain: number;
	readonly current: string | null;
	readonly dry?: boolean;
}

/** Keeps the pinned ones, the current one, and of the others the `retain` that were sealed last. */
export async function pruneReleases(
	context: ReleaseContext,
	request: PruneRequest,
	pruneDependencies: (context: ReleaseContext) => Promise<void>,
): Promise<string[]> {
	const kept = new Set([...request.pinned, ...(request.current === null ? [] : [request.current])]);
	const others = (await knownReleases(context)).filter((id) => !kept.has(id));
	const sealed: { id: string; sealedAtMs: number }[] = [];
	for (const id of others) {
		const marker = await readMarker(context.own.layout, id);
		if (marker !== null) sealed.push(marker);
	}
	sealed.sort((a, b) => b.sealedAtMs - a.sealedAtMs || b.id.localeCompare(a.id));
	const retained = new Set(sealed.slice(0, request.retain).map(({ id }) => id));
	const goes = others.filter((one) => !retained.has(one));
	if (request.dry === true) return goes;
	const last = kept.size + retained.size === 0;
	for (const id of goes) await removeRelease(context, id, last);
	if (last) await dropSpare(context);
	await pruneDependencies(context);
	return goes;
}

/** Seen as a folder, a marker, a registration or a pin: a killed removal leaves any of them. */
async function knownReleases({ own }: ReleaseContext): Promise<string[]> {
	const { layout, git } = own;
	const names = await readdir(layout.releases);
	const registered = await readdir(join(layout.own, "worktrees")).catch(ifAbsent([]));
	const pins = await git.text(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/deadman/releases"]);
	const all = [...names.map((name) => name.replace(/\.json$/, "")), ...registered, ...pins.split("\n")];
	return [...new Set(all)].filter((name) => /^[A-Za-z0-9][\w-]{0,63}$/.test(name)).sort();
}

/** Where others follow, its files are of use to the next one. */
async function removeRelease(context: ReleaseContext, id: string, last: boolean): Promise<void> {
	if (!last) {
		await keepAsSpare(context, id).catch(async (error: unknown) => {
			context.log.warn("releases.no_spare", { release: id, error: String(error) });
			await dropSpare(context);
		});
	}
	await clearRelease(context, id);
	await context.files.remove(join(context.own.layout.logs, `${id}-stage.log`));
	await context.own.git.run(deleteRefArgs(pinRef(id)));
}
