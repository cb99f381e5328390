// Going back, one target at a time, when the journal cannot be read: what it takes stands in live.json beside the releases (F11). Only a trial is undone;
// without one nothing is touched.
import type { Trial } from "../ports.js";
import type { Ports } from "./context.js";
import { demand, effect } from "./effects.js";

type Needed = Pick<Ports, "gate" | "scrub" | "releases" | "snapshots" | "programs" | "ballast" | "log">;

/** The swap that was undone, or null when none was on trial. */
export async function goBackWithoutJournal(ports: Needed): Promise<string | null> {
	const found = await ports.releases.readLive();
	const trial = found?.trial ?? null;
	if (trial === null) return null;
	ports.log.error("emergency.rollback", { swap: trial.swapId, previous: trial.previous.id });
	await effect(ports, "rollBack.ballast", () => ports.ballast.free());
	await effect(ports, "rollBack.stop", () => ports.programs.stopAll());
	await restoreData(ports, trial);
	await effect(ports, "rollBack.flip", () => ports.releases.flip(trial.previous.id));
	const head = (await ports.releases.head()) ?? found?.head;
	const live = { schemaVersion: 1, release: trial.previous, proven: true, trial: null, head } as const;
	await effect(ports, "rollBack.unpin", () => ports.releases.writeLive(live));
	await startAgain(ports, trial.previous.id);
	return trial.swapId;
}

/** Without a whole snapshot the candidate was never started, so the data is as it was. */
async function restoreData(ports: Needed, trial: Trial): Promise<void> {
	const records = await ports.snapshots.manifest(trial.swapId);
	if (records === null) return;
	demand("rollBack.fence", await effect(ports, "rollBack.fence", () => ports.snapshots.fence()));
	await effect(ports, "rollBack.restore", () => ports.snapshots.restore(trial.swapId, records));
}

async function startAgain(ports: Needed, release: string): Promise<void> {
	if (!ports.programs.hasCommand) return;
	const folder = ports.releases.folder(release);
	await effect(ports, "rollBack.start", () => ports.programs.start({ release, folder, swapId: null }));
}
