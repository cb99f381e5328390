// Whether the folders of a target can be taken over as they lie there. Changes nothing.
import { lstat, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { PrivateContext } from "./private-context.js";
import { trackedRefusal } from "./private-ignore.js";
import type { Place } from "./private-places.js";
import { isTakenOver } from "./private-slots.js";
import { currentVersion } from "./private-versions.js";

export async function unfitness(context: PrivateContext, places: readonly Place[]): Promise<Refusal | null> {
	return sameTemplate(context, places) ?? (await trackedRefusal(context)) ?? (await firstUnfit(context, places));
}

export function unfit({ name }: PrivateContext, { folder }: Place, reason: string): Refusal {
	return refuse("private_unfit", { path: JSON.stringify(folder), target: name, reason });
}

export function linkTarget({ layout }: PrivateContext, { slot }: Place): string {
	return join(layout.current, String(slot));
}

/** A path of the template lands in one place only. */
function sameTemplate(context: PrivateContext, places: readonly Place[]): Refusal | null {
	const twice = places.find(({ template }, index) => places.findIndex((one) => one.template === template) !== index);
	if (twice === undefined) return null;
	return unfit(context, twice, `${JSON.stringify(twice.template)} is the template of another of its folders too`);
}

async function firstUnfit(context: PrivateContext, places: readonly Place[]): Promise<Refusal | null> {
	const known = places.find(({ linked }) => linked);
	if (known !== undefined && (await currentVersion(context.layout)) === null) {
		return unfit(context, known, `${context.layout.current} is gone, which says where its live content is`);
	}
	for (const place of places) {
		const reason = await whyUnfit(context, place);
		if (reason !== null) return unfit(context, place, reason);
	}
	return null;
}

async function whyUnfit(context: PrivateContext, place: Place): Promise<string | null> {
	const full = join(context.root, place.folder);
	const found = await lstat(full).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return null;
		if (error.code === "ENOTDIR") return "file" as const;
		throw error;
	});
	if (found === null) return null;
	if (found === "file") return "a file stands above it";
	if (found.isSymbolicLink()) {
		const target = await readlink(full);
		return target === linkTarget(context, place) ? null : `it is a link to ${JSON.stringify(target)}`;
	}
	if (!found.isDirectory()) return "it is no folder";
	if (place.linked) return "a folder stands where the link to its live content was";
	if (await isTakenOver(context, place)) return "what lay there before was taken over already";
	const state = await stat(context.stateDir);
	return state.dev === found.dev ? null : "it lies on another file system than the state folder";
}
