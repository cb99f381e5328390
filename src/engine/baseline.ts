// The first release: the operator's branch as it stands, staged like any candidate, so that there is something to come back to (F25).
// While it has never proved itself, a newer commit of the branch takes its place.
import { isRefusal } from "../core/refusals.js";
import type { Live, ReleaseRef } from "../ports.js";
import type { Engine } from "./context.js";
import { causeFrom, demand, effect } from "./effects.js";
import type { Keeper } from "./keeper.js";
import { makeRelease } from "./staging.js";

export async function establishBaseline(engine: Engine, keeper: Keeper): Promise<void> {
	try {
		const live = (await engine.ports.releases.readLive()) ?? (await liveAgain(engine));
		if (live?.proven === true || (live?.trial ?? null) !== null) return;
		await adopt(engine, keeper, live);
	} catch (error) {
		const cause = causeFrom(error, null, engine.ports.scrub);
		engine.ports.log.error("baseline.failed", { cause });
		keeper.tell({ state: "none", proven: false, detail: cause.message });
	}
}

/** Where live.json was lost, `current` still says what is live: a branch that moved on meanwhile was approved by nobody. */
async function liveAgain({ ports }: Engine): Promise<Live | null> {
	const current = await ports.releases.current();
	const release = current === null ? null : await ports.releases.sealed(current);
	if (release === null) return null;
	const live: Live = { schemaVersion: 1, release, proven: (await ports.journal.swaps(1)).length > 0, trial: null };
	await effect(ports, "baseline.pin", () => ports.releases.writeLive(live));
	return live;
}

async function adopt(engine: Engine, keeper: Keeper, live: Live | null): Promise<void> {
	const { repository, releases } = engine.ports;
	const head = demand("baseline.checkout", await repository.head());
	if (live !== null && live.release.commit === head.commit && (await releases.current()) === live.release.id) return;
	keeper.tell({ state: "starting", proven: false, detail: `staging ${head.commit.slice(0, 12)}` });
	const refusal = await repository.intake(head.commit);
	if (isRefusal(refusal)) demand("baseline.checkout", refusal);
	const release: ReleaseRef = {
		id: `base-${head.commit.slice(0, 12)}`,
		commit: head.commit,
		tree: await repository.treeOf(head.commit),
	};
	await makeRelease(engine, {
		room: "baseline",
		release,
		signal: engine.stopping.signal,
		progress: (step) => tell(engine, step),
	});
	await effect(engine.ports, "baseline.flip", () => releases.flip(release.id));
	const next: Live = { schemaVersion: 1, release, proven: false, trial: null };
	await effect(engine.ports, "baseline.pin", () => releases.writeLive(next));
}

function tell(engine: Engine, step: string) {
	return (line: string) =>
		engine.emit({ type: "step:progress", swapId: "baseline", step, line: engine.ports.scrub(line) });
}
