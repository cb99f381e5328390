// Takes one folder over: its content into a slot of the live version, what lay there aside, a link in its place. May be entered from any point;
// until the link stands, nobody uses the slot.
import { lstat, mkdir, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { PrivateContext } from "./private-context.js";
import { linkTarget } from "./private-fitness.js";
import type { Place } from "./private-places.js";
import { fillSlot, isTakenOver } from "./private-slots.js";
import { currentVersion, versionFolder } from "./private-versions.js";

interface Wanted {
	readonly head: string;
	readonly slot: string;
}

/** Null, or why it cannot be done; then its folder is where it was. */
export async function takeOver(context: PrivateContext, place: Place, head: string): Promise<string | null> {
	const { layout, files } = context;
	const found = await lstat(join(context.root, place.folder)).catch(ifAbsent(null));
	if (found?.isSymbolicLink() === true) return null;
	const slot = join(versionFolder(layout, (await currentVersion(layout)) ?? ""), String(place.slot));
	if (!(await files.exists(slot))) {
		const reason = await fillAside(context, place, { head, slot });
		if (reason !== null) return reason;
	}
	const reason =
		(found === null ? null : await moveAside(context, place)) ?? (await settle(context, place, { head, slot }));
	if (reason !== null) return reason;
	await linkPlace(context, place);
	return null;
}

/** Somebody removed the link: the live content is where it was. */
export async function relink(context: PrivateContext, place: Place): Promise<void> {
	if (!(await context.files.exists(join(context.root, place.folder)))) await linkPlace(context, place);
}

/** Made beside the version and moved in as a whole. */
async function fillAside(context: PrivateContext, place: Place, { head, slot }: Wanted): Promise<string | null> {
	const { layout, files } = context;
	await files.remove(layout.making);
	const reason = await fillSlot(context, place, { head, slot: layout.making, unlessSame: slot });
	if (reason !== null || !(await files.exists(layout.making))) return reason;
	await context.gate.around("privates.sync", () => files.syncTree(layout.making));
	await files.remove(slot);
	await rename(layout.making, slot);
	await files.syncFolder(dirname(slot));
	return null;
}

async function moveAside({ layout, files, gate, root }: PrivateContext, place: Place): Promise<string | null> {
	const full = join(root, place.folder);
	return gate.around("privates.aside", async () => {
		try {
			await rename(full, join(layout.adopted, String(place.slot)));
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === "EBUSY" || code === "EXDEV") return "something is mounted there";
			throw error;
		}
		await files.syncFolder(layout.adopted);
		await files.syncFolder(dirname(full));
		return null;
	});
}

/** What was written into the folder until it was moved aside is taken along. If that fails, the folder comes back. */
async function settle(context: PrivateContext, place: Place, wanted: Wanted): Promise<string | null> {
	if (!(await isTakenOver(context, place))) return null;
	let settled = false;
	try {
		const reason = await fillAside(context, place, wanted);
		settled = reason === null;
		return reason;
	} finally {
		if (!settled) {
			await rename(join(context.layout.adopted, String(place.slot)), join(context.root, place.folder));
		}
	}
}

async function linkPlace(context: PrivateContext, place: Place): Promise<void> {
	const full = join(context.root, place.folder);
	await context.gate.around("privates.link", async () => {
		await mkdir(dirname(full), { recursive: true });
		await symlink(linkTarget(context, place), full);
		await context.files.syncFolder(dirname(full));
	});
}
