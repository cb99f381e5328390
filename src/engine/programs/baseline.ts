// The first release: the operator's branch as it stands, staged like any candidate, so that there is something to come back to (F25).
// While it has never proved itself, a newer commit of the branch takes its place.
import { isRefusal } from "../../core/refusals.js";
import { hostTarget } from "../../core/swap.js";
import type { Live, ReleaseRef } from "../../ports/ports.js";
import type { TargetEngine } from "../base/context.js";
import { causeFrom, demand, effect } from "../base/effects.js";
import type { Keeper } from "./keeper.js";
import { makeRelease } from "./staging.js";

export async function establishBaseline(engine: TargetEngine, keeper: Keeper): Promise<void> {
	try {
		const live = (await engine.ports.releases.readLive()) ?? (await liveAgain(engine));
		if ((live?.trial ?? null) !== null) return;
		if (live?.proven === true && engine.target === hostTarget) return;
		await adopt(engine, keeper, live);
	} catch (error) {
		const cause = causeFrom(error, null, engine.ports.scrub);
		engine.ports.log.error("baseline.failed", { cause });
		keeper.tell({ state: "none", proven: false, detail: cause.message });
	}
}

/** Where live.json was lost, `current` still says what is live: a branch that moved on meanwhile was approved by nobody. */
async function liveAgain({ ports }: TargetEngine): Promise<Live | null> {
	const current = await ports.releases.current();
	const release = current === null ? null : await ports.releases.sealed(current);
	if (release === null) return null;
	const live: Live = { schemaVersion: 1, release, proven: (await ports.journal.swaps(1)).length > 0, trial: null };
	await effect(ports, "baseline.pin", () => ports.releases.writeLive(live));
	return live;
}

async function adopt(engine: TargetEngine, keeper: Keeper, live: Live | null): Promise<void> {
	if (engine.target !== hostTarget) return adoptAgent(engine, live);
	const { repository, releases } = engine.ports;
	const head = demand("baseline.checkout", await repository.head());
	if (live !== null && live.release.commit === head.commit && (await releases.current()) === live.release.id) return;
	keeper.tell({ state: "starting", proven: false, detail: `staging ${head.commit.slice(0, 12)}` });
	const refusal = (await repository.intake(head.commit)) ?? (await repository.unreleasable(head.commit));
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

/** An agent's baseline is what lies in its private folders, or the template where nothing does. Also folders that are new in the configuration are taken over. */
async function adoptAgent(engine: TargetEngine, live: Live | null): Promise<void> {
	const { ports, of } = engine;
	const agent = ports.agents.find(({ name }) => name === engine.target);
	const host = await of(hostTarget).ports.releases.readLive();
	if (agent === undefined || host === null) throw new Error("The host's baseline does not stand yet.");
	const head = host.head ?? host.release.commit;
	const refusal = await effect(ports, "baseline.adopt", () => agent.privates.adopt(head));
	demand("baseline.adopt", refusal);
	const current = await ports.releases.current();
	if (current === null) throw new Error(`${engine.target} has nothing live after its private folders were taken over.`);
	if (live?.release.id === current) return;
	const release = (await ports.releases.sealed(current)) ?? {
		id: current,
		commit: head,
		tree: await ports.repository.treeOf(head),
	};
	const next: Live = { schemaVersion: 1, release, proven: live?.proven ?? false, trial: null };
	await effect(ports, "baseline.pin", () => ports.releases.writeLive(next));
}

function tell(engine: TargetEngine, step: string) {
	return (line: string) =>
		engine.emit({ type: "step:progress", swapId: "baseline", step, line: engine.ports.scrub(line) });
}
