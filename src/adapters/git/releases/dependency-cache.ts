// Dependencies shared between releases: `deps/<key>/node_modules`, linked into each release that needs the same. What a build writes into is never shared.
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Progress, ReleaseRef } from "../../../ports/ports.js";
import type { Queue } from "../../../ports/waiting.js";
import { dependencyKey, installCommand } from "./dependency-key.js";
import { changedBetween, isMovable, listFolder } from "./folder-listing.js";
import type { ReleaseContext } from "./release-context.js";
import { entryOf, MODULES, PRIVATE, shareNoMore } from "./shared-modules.js";
import { stageCommands } from "./stage-commands.js";

/** Installed in this life and waiting for the seal: only what the build and the checks leave as it was is moved to the cache. */
interface Pending {
	readonly key: string;
	readonly listing: Buffer;
}

const LISTING = "listing";

/** `queue` keeps a prune from an entry that is moved but not linked yet. */
export function dependencyCache(queue: Queue) {
	const pending = new Map<string, Pending>();
	return {
		install: (context: ReleaseContext, release: ReleaseRef, progress: Progress) =>
			install(context, release, progress, pending),
		confirmUnchanged,
		share: (context: ReleaseContext, release: ReleaseRef) =>
			queue(async () => {
				const one = pending.get(release.id);
				pending.delete(release.id);
				if (one !== undefined) await share(context, release, one);
			}),
		prune: (context: ReleaseContext) => queue(() => prune(context)),
	};
}

async function install(
	context: ReleaseContext,
	release: ReleaseRef,
	progress: Progress,
	pending: Map<string, Pending>,
): Promise<void> {
	pending.delete(release.id);
	const command = await installCommand(context, release);
	if (command === null) return progress("No dependencies to install.");
	const key = await dependencyKey(context, release, command);
	const entry = key === null ? null : join(context.own.layout.dependencies, key);
	if (entry !== null && (await isShared(entry))) {
		progress("Dependencies are taken from the cache.");
		return link(context, release, entry);
	}
	await stageCommands(context, release, progress).install(command);
	const modules = join(context.folder(release.id), MODULES);
	if (key === null || (await stat(modules).catch(() => null)) === null) return;
	const listing = await listFolder(context, modules);
	if (isMovable(listing)) pending.set(release.id, { key, listing });
}

/** Whole once its listing stands: the entry is renamed into place with it. */
async function isShared(entry: string): Promise<boolean> {
	const names = await readdir(entry).catch(() => [] as string[]);
	return names.includes(MODULES) && names.includes(LISTING) && !names.includes(PRIVATE);
}

async function share(context: ReleaseContext, release: ReleaseRef, { key, listing }: Pending): Promise<void> {
	const entry = join(context.own.layout.dependencies, key);
	const modules = join(context.folder(release.id), MODULES);
	if ((await readdir(entry).catch(() => [] as string[])).includes(PRIVATE)) return;
	if (!(await listFolder(context, modules)).equals(listing)) return;
	if (await isShared(entry)) await context.files.remove(modules);
	else await moveToCache(context, { entry, modules, listing, half: `${entry}.${release.id}.half` });
	await link(context, release, entry);
}

interface MoveRequest {
	readonly entry: string;
	readonly half: string;
	readonly modules: string;
	readonly listing: Buffer;
}

async function moveToCache(
	{ files, gate }: ReleaseContext,
	{ entry, half, modules, listing }: MoveRequest,
): Promise<void> {
	await gate.around("dependencies.moveToCache", async () => {
		await files.remove(half);
		await files.remove(entry);
		await mkdir(half);
		await writeFile(join(half, LISTING), listing);
		await rename(modules, join(half, MODULES));
		await files.syncTree(half);
		await rename(half, entry);
		await files.syncFolder(dirname(entry));
	});
}

async function link(context: ReleaseContext, release: ReleaseRef, entry: string): Promise<void> {
	await context.gate.around("dependencies.linkFromCache", async () => {
		const modules = join(context.folder(release.id), MODULES);
		await rm(modules, { recursive: true, force: true });
		await symlink(join(entry, MODULES), modules);
	});
}

/** After a build on shared dependencies: other releases run on them, so a build that wrote there fails, and the next one installs its own. */
async function confirmUnchanged(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const entry = await entryOf(context, release.id);
	if (entry === null) return;
	const before = await readFile(join(entry, LISTING)).catch(() => null);
	const after = await listFolder(context, join(entry, MODULES));
	if (before === null || after.equals(before)) return;
	await shareNoMore(entry);
	const paths = changedBetween(before, after);
	context.log.error("dependencies.changed", { release: release.id, entry, paths });
	throw new Error(
		`The build of release ${release.id} wrote into dependencies that it shares with others: ${paths.join(", ")}. Submit again: they are not shared any more.`,
	);
}

/** Removes entries that no release links to, and half-made ones; a mark that an entry is private stays. */
async function prune(context: ReleaseContext): Promise<void> {
	const { dependencies, releases } = context.own.layout;
	const ids = (await readdir(releases)).filter((name) => !name.endsWith(".json"));
	const used = new Set<string>();
	for (const id of ids) {
		const entry = await entryOf({ ...context, folder: (one) => join(releases, one) }, id);
		if (entry !== null) used.add(basename(entry));
	}
	for (const name of await readdir(dependencies)) {
		if (!used.has(name)) await context.files.remove(join(dependencies, name));
	}
}
