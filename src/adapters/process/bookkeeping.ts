// What a bad disk may cost, and what not: a file of ours that cannot be written is told, and the program is started or ended all the same.
import type { Log } from "../../ports.js";

interface Bookkeeping {
	readonly log: Log;
	/** Of the warning. */
	readonly event: string;
	readonly details?: Readonly<Record<string, unknown>>;
}

/** Whether it could be done. What no disk is to blame for is a bug, and rejects. */
export async function attempt({ log, event, details }: Bookkeeping, work: () => Promise<unknown>): Promise<boolean> {
	try {
		await work();
		return true;
	} catch (error) {
		if (!isOfTheSystem(error)) throw error;
		log.warn(event, { ...details, error });
		return false;
	}
}

/** Full, read only, broken, out of descriptors: each carries the system's own number. */
function isOfTheSystem(error: unknown): boolean {
	return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === "number";
}
