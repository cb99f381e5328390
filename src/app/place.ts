// Where a supervisor works and by which settings. What a start does where the disk or the configuration is bad: it has patience with what only passes, and says which settings it goes by.
import type { Settings } from "../config/config.js";
import { limits } from "../core/limits.js";
import { isPassingCode } from "../core/machine/passing-causes.js";
import type { Refusal } from "../core/refusals.js";
import type { Clock, Log } from "../ports/ports.js";
import type { StatePlace } from "../state/place.js";

export interface Place {
	/** The operator's repository. */
	readonly root: string;
	readonly stateDir: string;
	/** What says that the state lies there; left out: the caller. */
	readonly stateBy?: StatePlace["by"];
	/** Why nothing new is begun, although a rollback that is due is carried out; left out: nothing stands in the way. */
	readonly suspect?: Refusal | null;
	readonly settings: Settings;
	/** What the settings were made from, as JSON; left out: nothing is kept with a swap. */
	readonly source?: unknown;
	/** Why these are not the settings that the operator has written by now; null or left out: they are. */
	readonly unusable?: string | null;
}

export function tellKept({ unusable = null }: Place, log: Log): void {
	if (unusable === null) return;
	const next = "A restart behind the end of the swap takes the configuration as it is then.";
	log.warn("configuration.kept", { why: unusable, next });
}

/** A passing error is waited out for a while; after that it is thrown. */
export async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
	const untilMs = clock.now().bootMs + limits.journalWaitMs;
	for (;;) {
		try {
			return await work();
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === undefined || !isPassingCode(code.toLowerCase()) || clock.now().bootMs > untilMs) throw error;
			await clock.sleep(limits.retryPauseMs);
		}
	}
}
