// The port Releases for an agent that runs from private folders: candidates are staged as changes, and become live by one switch. Only joins the parts.
import { join } from "node:path";
import type { ReleaseRef, Releases } from "../../../ports/ports.js";
import { createLive } from "../releases/live.js";
import { type PrivateLayout, privateLayoutOf } from "../repository/layout.js";
import { assertReleaseId } from "../repository/marker.js";
import { type PrivateContext, type PrivateOptions, preparePrivate, targetQueue } from "./private-context.js";
import { mainSlot } from "./private-places.js";
import { notAsAfter } from "./private-plan.js";
import { prunePrivates } from "./private-prune.js";
import { readRecord, releaseOf } from "./private-records.js";
import { contentsFolder, sealCandidate, stageCandidate } from "./private-stage.js";
import { currentVersion, makeVersion, readVersion, switchTo, versionFolder } from "./private-versions.js";

export type { PrivateOptions } from "./private-context.js";

export interface PrivateReleasesOptions extends PrivateOptions {
	/** Whole worktrees in which a candidate is installed, built and checked; null where the target does none of it. */
	readonly staged: Releases | null;
}

/**
 * A version stands at `<targetDir>/versions/<id>`, with a numbered folder for each place. A program's folder is that of its one own folder, or of its
 * only place; with several places and none or several of its own, the version itself.
 */
export function createPrivateReleases(options: PrivateReleasesOptions): Releases {
	const layout = privateLayoutOf(options.targetDir);
	const { staged } = options;
	const live = createLive({ ...options, layout: { ...layout, releases: layout.versions } });
	const queue = targetQueue(options.targetDir);
	const on = <T>(id: string, work: (context: PrivateContext) => Promise<T>) => {
		assertReleaseId(id);
		return queue(async () => work(await preparePrivate(options))) as Promise<T>;
	};

	return {
		checkout: async (release) => {
			await staged?.checkout(release);
			await on(release.id, (context) => stageCandidate(context, release));
		},
		advice: async () => [],
		/** Its folders are its own; what it stages is the host's matter. */
		sharing: async () => null,
		install: async (release, progress, signal) => staged?.install(release, progress, signal),
		build: async (release, progress, signal) => staged?.build(release, progress, signal),
		check: async (release, progress, signal) => (await staged?.check(release, progress, signal)) ?? [],
		seal: async (release) => {
			await staged?.seal(release);
			await on(release.id, (context) => sealCandidate(context, release));
		},
		sealed: async (id): Promise<ReleaseRef | null> => {
			const record = (await readVersion(layout, assertReleaseId(id))) ?? (await readRecord(layout, "staged", id));
			return record === null ? null : releaseOf(record);
		},
		verify: async (id) => ((await isSettled(live, assertReleaseId(id))) ? [] : differing(layout, id)),
		/** A version that is live may be written into by its own program, and what it wrote is gone back to. */
		mend: async () => [],
		current: () => currentVersion(layout),
		flip: (id) => on(id, (context) => flip(context, id)),
		folder: (id) => {
			const version = versionFolder(layout, assertReleaseId(id));
			const slot = mainSlot(options, layout);
			return slot === null ? version : join(version, String(slot));
		},
		readLive: live.readLive,
		writeLive: live.writeLive,
		head: async () => null,
		prune: (request) => queue(async () => prunePrivates(await preparePrivate(options), request)),
	};
}

/** One that was never made differs in all of it. */
async function differing(layout: PrivateLayout, id: string): Promise<readonly string[]> {
	const version = await readVersion(layout, id);
	if (version !== null) return notAsAfter(versionFolder(layout, id), version.plan);
	const known = await readRecord(layout, "staged", id);
	return known === null ? [] : known.plan.map(({ shown }) => shown);
}

/** Live and decided: its program may write into all of it, and the next change is reviewed on what it wrote. */
async function isSettled({ readLive }: Pick<Releases, "readLive">, id: string): Promise<boolean> {
	const live = await readLive();
	return live !== null && live.trial === null && live.release.id === id;
}

/** A version that was made and never switched to may be older than what is live now, so it is made again. */
async function flip(context: PrivateContext, id: string): Promise<void> {
	const { layout } = context;
	const version = await readVersion(layout, id);
	const isLive = (await currentVersion(layout)) === id;
	const staged = version === null || (!version.lived && !isLive) ? await readRecord(layout, "staged", id) : null;
	if (version === null && staged === null) throw new Error(`There is no release ${id} to point to.`);
	if (staged !== null) await makeVersion(context, staged, contentsFolder(layout, id));
	await switchTo(context, id);
}
