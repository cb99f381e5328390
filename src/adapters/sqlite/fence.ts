// Who holds a database open, told by /proc: every open file of every process, compared by device and inode. Linux; elsewhere nobody is
// seen, and the lock that take and restore ask for stands alone.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate, setTimeout } from "node:timers/promises";
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { isAbsent, sidecars } from "./places.js";

const PAUSE_MS = 25;
/** /proc answers from memory, so reading it at once is ten times cheaper than asking the thread pool; but never for longer than this. */
const SLICE_MS = 4;

export interface Holder {
	readonly pid: number;
	readonly command: string;
	readonly file: string;
}

/** Resolves when nobody is left, or with a refusal after `waitMs`. */
export async function fence(files: readonly string[], waitMs: number = limits.fenceMs): Promise<Refusal | null> {
	const until = performance.now() + waitMs;
	for (;;) {
		const holder = await findHolder(files);
		if (holder === null) return null;
		if (performance.now() >= until) {
			return refuse("database_held", { pid: holder.pid, command: holder.command, database: holder.file });
		}
		await setTimeout(PAUSE_MS);
	}
}

/** Processes whose files we may not look into belong to another user: they are ignored here, and the lock is what stops them. */
export async function findHolder(files: readonly string[]): Promise<Holder | null> {
	const wanted = await identitiesOf(files);
	if (wanted.size === 0) return null;
	let sliceEnd = performance.now() + SLICE_MS;
	for (const pid of list("/proc")) {
		if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
		for (const descriptor of list(`/proc/${pid}/fd`)) {
			const file = wanted.get(identityOf(`/proc/${pid}/fd/${descriptor}`));
			if (file !== undefined) return { pid: Number(pid), command: commandOf(pid), file };
			if (performance.now() < sliceEnd) continue;
			await setImmediate();
			sliceEnd = performance.now() + SLICE_MS;
		}
	}
	return null;
}

async function identitiesOf(files: readonly string[]): Promise<Map<string, string>> {
	const found = new Map<string, string>();
	for (const file of files) {
		for (const suffix of ["", ...sidecars]) {
			try {
				const { dev, ino } = await stat(`${file}${suffix}`);
				found.set(`${dev}:${ino}`, file);
			} catch (error) {
				if (!isAbsent(error)) throw error;
			}
		}
	}
	return found;
}

/** Sockets, pipes and the like have no path, and most descriptors are those. */
function identityOf(descriptor: string): string {
	try {
		if (!readlinkSync(descriptor).startsWith("/")) return "";
		const { dev, ino } = statSync(descriptor);
		return `${dev}:${ino}`;
	} catch {
		return "";
	}
}

function list(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

/** The name only: a command line may hold secrets. */
function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
	} catch {
		return "ended meanwhile";
	}
}
