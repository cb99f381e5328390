// The port Releases: immutable, built worktrees off the own repository, and the one link that says which is live. Only joins the parts.
import { join } from "node:path";
import type { ReleaseRef, Releases } from "../../../ports/ports.js";
import { adviceOn } from "../dependencies/advice.js";
import { provideDependencies, pruneDependencies } from "../dependencies/dependency-store.js";
import { type Layout, layoutOf } from "../repository/layout.js";
import { assertReleaseId, readMarker } from "../repository/marker.js";
import { openOwnRepository } from "../repository/own-repository.js";
import { checkoutRelease } from "./checkout.js";
import { createLive } from "./live.js";
import { mendRelease } from "./mend.js";
import { pruneReleases } from "./prune.js";
import type { Proof, ReleaseContext, ReleasesOptions } from "./release-context.js";
import { sealRelease, verifySealed } from "./seal.js";
import { sharedRefused } from "./shared-paths.js";
import { stageCommands, stageInstaller } from "./stage-commands.js";
import { verifyRelease } from "./verify.js";

export type { ReleasesOptions } from "./release-context.js";

/** Releases stand at `<stateDir>/releases/<id>`; each is whole only when `<id>.json` stands beside it. */
export function createReleases(options: ReleasesOptions): Releases {
	const layout = layoutOf(options.stateDir);
	const folder = (id: string) => join(layout.releases, assertReleaseId(id));
	const live = createLive({ ...options, layout });
	const known = { folder, current: live.current, proofs: new Map<string, Proof>() };
	const prepared = async (): Promise<ReleaseContext> => ({
		...options,
		...known,
		own: await openOwnRepository(options),
	});
	const on = async <T>(release: ReleaseRef | string, work: (context: ReleaseContext) => Promise<T>) => {
		assertReleaseId(typeof release === "string" ? release : release.id);
		return work(await prepared());
	};

	return {
		...live,
		folder,
		/** The branch moves only at a promotion, and then to the release's own commit. */
		head: async () => null,
		checkout: (release) => on(release, (context) => checkoutRelease(context, release)),
		sharing: () => sharedRefused(options),
		advice: async (tree) => adviceOn(await prepared(), tree),
		install: (release, progress, signal) =>
			on(release, (prepared) => {
				const context = { ...prepared, signal };
				const installer = stageInstaller(context, release, progress);
				return provideDependencies(context, release, { installer, progress });
			}),
		build: (release, progress, signal) =>
			on(release, (context) => stageCommands({ ...context, signal }, release, progress).build()),
		check: (release, progress, signal) =>
			on(release, (context) => stageCommands({ ...context, signal }, release, progress).check()),
		seal: (release) => on(release, (context) => sealRelease(context, release)),
		sealed: (id) => sealed(layout, assertReleaseId(id)),
		verify: (id, by) => on(id, (context) => (by === "seal" ? verifySealed(context, id) : verifyRelease(context, id))),
		mend: (id) => on(id, (context) => mendRelease(context, id)),
		prune: async (request) => {
			const context = await prepared();
			return pruneReleases(context, { ...request, current: await live.current() }, pruneDependencies);
		},
	};
}

async function sealed(layout: Layout, id: string): Promise<ReleaseRef | null> {
	const marker = await readMarker(layout, id);
	return marker === null ? null : { id, commit: marker.commit, tree: marker.tree };
}
