// Dependencies that several releases need: each has them as whole folders of its own, copied from a sealed entry `deps/<key>`. Installs once for a key, keeps, takes and prunes.
import { lstat, readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Progress, ReleaseRef } from "../../../ports/ports.js";
import type { Queue } from "../../../ports/waiting.js";
import { createQueue } from "../../../ports/waiting.js";
import { trackedBelowArgs } from "../repository/argv.js";
import type { Command, DependencyContext } from "./dependency-context.js";
import { dependencyKey, type Given } from "./dependency-key.js";
import { type Contents, clearRoots, isSound, makeEntry, placeEntry, readContents, usersOf } from "./entry.js";
import { installCommand } from "./install-command.js";
import { leftBehind } from "./left-behind.js";
import { legacyEntryOf } from "./legacy.js";

/** Runs the install itself, as whoever stages a release does. */
export interface Installer {
	given(): Promise<Given>;
	run(command: Command): Promise<void>;
}

/** One for each folder of entries, whoever stages: nothing is pruned while it is taken. */
const queues = new Map<string, Queue>();

function queueOf({ own }: DependencyContext): Queue {
	const { dependencies } = own.layout;
	const known = queues.get(dependencies) ?? createQueue();
	queues.set(dependencies, known);
	return known;
}

export async function provideDependencies(
	context: DependencyContext,
	release: ReleaseRef,
	{ installer, progress }: { readonly installer: Installer; readonly progress: Progress },
): Promise<void> {
	const command = await installCommand(context, release);
	if (command === null) return progress("No dependencies to install.");
	const key = await dependencyKey(context, release, { command, given: await installer.given() });
	const entry = key === null ? null : join(context.own.layout.dependencies, key);
	const queue = queueOf(context);
	if (entry !== null && (await queue(() => take(context, release, entry)))) {
		return progress("Dependencies are copied from what was installed before.");
	}
	await installer.run(command);
	if (entry !== null) await queue(() => keep(context, release, { entry, progress }));
}

/** False where there is no such entry, or none that can be trusted: that one is thrown away. */
async function take(context: DependencyContext, release: ReleaseRef, entry: string): Promise<boolean> {
	const { gate, files, log } = context;
	if (!(await isThere(entry))) return false;
	const found = await readContents(entry);
	if (found !== null && !(await fits(context, release, found))) return false;
	return gate.around("dependencies.take", async () => {
		const spoiled = async () => {
			log.warn("dependencies.spoiled", { release: release.id, entry });
			await files.remove(entry);
			return false;
		};
		if (found === null || !(await isSound(context, entry))) return spoiled();
		try {
			await placeEntry(context, release, { entry, made: found });
			// Once more: what was changed while it was copied may be in the copy.
			if (await isSound(context, entry)) return true;
		} catch (error) {
			await clearRoots(context, release, found.roots).catch(() => {});
			throw error;
		}
		await clearRoots(context, release, found.roots);
		return spoiled();
	});
}

/** Every folder above a root is one of the release, and nothing tracked stands at its place. */
async function fits(context: DependencyContext, release: ReleaseRef, { roots }: Contents): Promise<boolean> {
	const folder = context.folder(release.id);
	const real = await realpath(folder);
	for (const above of new Set(roots.map((root) => dirname(root)))) {
		if ((await realpath(join(folder, above)).catch(() => null)) !== join(real, above)) return false;
	}
	return (await context.own.git.text(trackedBelowArgs(release.tree, roots))) === "";
}

/** A store that cannot be filled stops no release: the next one installs again. */
async function keep(
	context: DependencyContext,
	release: ReleaseRef,
	{ entry, progress }: { readonly entry: string; readonly progress: Progress },
): Promise<void> {
	const left = await leftBehind(context, release);
	if ("why" in left) {
		if (left.why !== null) progress(`Dependencies are installed for this release alone: ${left.why}.`);
		return;
	}
	try {
		await context.gate.around("dependencies.keep", () => makeEntry(context, release, { entry, left }));
	} catch (error) {
		if (context.signal?.aborted === true) throw error;
		context.log.warn("dependencies.not_kept", { release: release.id, entry, error: String(error) });
	}
}

async function isThere(path: string): Promise<boolean> {
	return (await lstat(path).catch(() => null)) !== null;
}

/** Removes what no release has taken, and half-made entries; the newest stays for the next release, and those to which older releases link. */
export function pruneDependencies(context: DependencyContext): Promise<void> {
	return queueOf(context)(async () => {
		const { dependencies, releases } = context.own.layout;
		const ids = (await readdir(releases)).filter((name) => !name.endsWith(".json"));
		const linked = new Set<string | null>();
		for (const id of ids) linked.add(await legacyEntryOf({ dependencies, folder: join(releases, id) }));
		const unused: { readonly entry: string; readonly madeAtMs: number }[] = [];
		for (const name of await readdir(dependencies)) {
			const entry = join(dependencies, name);
			if (linked.has(entry) || (await usersOf(entry, new Set(ids))).length > 0) continue;
			const made = name.endsWith(".half") ? null : await readContents(entry);
			unused.push({ entry, madeAtMs: made?.madeAtMs ?? -1 });
		}
		const newest = Math.max(0, ...unused.map(({ madeAtMs }) => madeAtMs));
		for (const { entry, madeAtMs } of unused) if (madeAtMs !== newest) await context.files.remove(entry);
	});
}
