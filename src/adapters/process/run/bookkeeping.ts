// What a bad disk may cost, and what not: a file of ours that cannot be written is told, and the program is started or ended all the same.
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "../../../ports/ports.js";

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

/** One small file, old or new, never half. */
export async function writeDurably(file: string, text: string): Promise<void> {
	await mkdir(dirname(file), { recursive: true, mode: 0o700 });
	const handle = await open(`${file}.new`, "w", 0o600);
	try {
		await handle.writeFile(text);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(`${file}.new`, file);
	await syncFolder(dirname(file));
}

export async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	await handle.sync().finally(() => handle.close());
}

/** Full, read only, broken, out of descriptors: each carries the system's own number. */
function isOfTheSystem(error: unknown): boolean {
	return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === "number";
}
