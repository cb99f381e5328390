// Takes a target's folders over, all into one first version; one that joins later comes into the live version. May be entered from any point.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Refusal } from "../../../core/refusals.js";
import { revisionArgs } from "../repository/argv.js";
import type { PrivateContext } from "./private-context.js";
import { unfit, unfitness } from "./private-fitness.js";
import { ignoreFolders } from "./private-ignore.js";
import { type Place, placesOf, writePlaces } from "./private-places.js";
import { recordOf } from "./private-records.js";
import { fillSlot } from "./private-slots.js";
import { relink, takeOver } from "./private-takeover.js";
import { clearVersion, currentVersion, finishVersion, switchTo, versionFolder } from "./private-versions.js";

export async function adoptPlaces(context: PrivateContext, head: string): Promise<Refusal | null> {
	const { layout, files } = context;
	let places = await placesOf(context);
	const refusal = await unfitness(context, places);
	if (refusal !== null) return refusal;
	for (const folder of ["versions", "staged", "adopted"] as const) {
		await mkdir(layout[folder], { recursive: true, mode: 0o700 });
	}
	await writePlaces(files, layout, places);
	const unmade = (await currentVersion(layout)) === null ? await makeBase(context, places, head) : null;
	if (unmade !== null) return unmade;
	for (const place of places) {
		if (place.linked) {
			await relink(context, place);
			continue;
		}
		const reason = await takeOver(context, place, head);
		if (reason !== null) return unfit(context, place, reason);
		places = places.map((one) => (one.slot === place.slot ? { ...one, linked: true } : one));
		await writePlaces(files, layout, places);
	}
	await ignoreFolders(context);
	return null;
}

const BASE = "base-1";

/** Nothing is linked yet, so whatever an earlier try left under its name was never used. */
async function makeBase(context: PrivateContext, places: readonly Place[], head: string): Promise<Refusal | null> {
	const making = `${versionFolder(context.layout, BASE)}.making`;
	await clearVersion(context, BASE);
	await mkdir(making);
	for (const place of places) {
		const reason = await fillSlot(context, place, { head, slot: join(making, String(place.slot)) });
		if (reason !== null) return unfit(context, place, reason);
	}
	const tree = await context.own.git.text(revisionArgs(`${head}^{tree}`));
	await finishVersion(context, recordOf({ id: BASE, commit: head, tree }, []), making);
	await switchTo(context, BASE);
	return null;
}
