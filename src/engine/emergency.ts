// Going back, one target at a time, when the journal cannot be read: what it takes stands in live.json beside the releases (F11). Only a trial is undone;
// without one nothing is touched. That it was begun is on record before its first effect, and the journal's next reader takes it in (F35).
import type { EmergencyEntry, Live, Trial } from "../ports/ports.js";
import type { Ports } from "./base/context.js";
import { causeFrom, demand, effect } from "./base/effects.js";

type Needed = Pick<
	Ports,
	"clock" | "gate" | "scrub" | "releases" | "snapshots" | "programs" | "ballast" | "log" | "emergency"
> & { readonly target: string };

export interface Emergency {
	/** What is wrong with the journal, or else the whole sentence. */
	readonly why: string;
	/** Of the cause; left out: the journal cannot be used. Who kills its guard is given no time for it. */
	readonly code?: "supervisor_killed";
}

/** The swap that was undone, or null when none was on trial. May be called again after it rejected. */
export async function goBackWithoutJournal(ports: Needed, emergency: Emergency): Promise<string | null> {
	const found = await ports.releases.readLive();
	const trial = found?.trial ?? null;
	if (trial === null) return null;
	ports.log.error("emergency.rollback", { swap: trial.swapId, target: ports.target, previous: trial.previous.id });
	const atOnce = emergency.code !== undefined;
	if (atOnce) await stop(ports, { atOnce });
	await announce(ports, trial, emergency);
	await stop(ports, { atOnce });
	await effect(ports, "rollBack.ballast", () => ports.ballast.free()).catch((error) =>
		ports.log.warn("ballast.kept", { cause: causeFrom(error, null, ports.scrub) }),
	);
	await restoreData(ports, trial);
	await effect(ports, "rollBack.mend", () => ports.releases.mend(trial.previous.id)).catch((error) =>
		ports.log.error("emergency.unmended", { cause: causeFrom(error, null, ports.scrub) }),
	);
	await effect(ports, "rollBack.flip", () => ports.releases.flip(trial.previous.id));
	const head = (await ports.releases.head()) ?? found?.head;
	const live: Live = { schemaVersion: 1, release: trial.previous, proven: true, trial: null, head };
	await effect(ports, "rollBack.unpin", () => ports.releases.writeLive(live));
	await startAgain(ports, trial.previous.id);
	return trial.swapId;
}

function stop(ports: Needed, how: { readonly atOnce: boolean }): Promise<void> {
	return effect(ports, "rollBack.stop", () => ports.programs.stopAll(undefined, how));
}

/** Where not even this can be written, what must not serve is stopped all the same: `current`, live.json and the data tell the next life. */
async function announce(ports: Needed, trial: Trial, { why, code }: Emergency): Promise<void> {
	const { clock, emergency, gate, log, scrub, target } = ports;
	const { swapId, previous } = trial;
	const entry: EmergencyEntry = { kind: "undone", swapId, target, previous, atMs: clock.now().wallMs, why, code };
	try {
		await gate.around("emergency.append", () => emergency.append(entry));
	} catch (error) {
		log.error("emergency.unwritable", { swap: swapId, cause: causeFrom(error, null, scrub) });
	}
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
