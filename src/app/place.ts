// What a start does where the disk or the configuration is bad: it has patience with what only passes, and says which settings it goes by.

import { limits } from "../core/limits.js";
import { isPassingCode } from "../core/machine/passing-causes.js";
import type { Clock, Log } from "../ports/ports.js";
import type { Place } from "./ports.js";

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
