// Who holds a database open, told by /proc: every open file of every process, compared by device and inode. Linux; elsewhere nobody is
// seen, and the lock that take and restore ask for stands alone.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate, setTimeout } from "node:timers/promises";
import { limits } from "../../core/limits.js";
import { type Refusal, RefusedError, refuse } from "../../core/refusals.js";
import { DataError } from "./child/failure.js";
import { childPids, type DataChild } from "./data-child.js";
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
		if (performance.now() >= until) return refusalOf(holder);
		await setTimeout(PAUSE_MS);
	}
}

function refusalOf({ pid, command, file }: Holder): Refusal {
	return refuse("database_held", { pid, command, database: file });
}

/** For whoever was kept out by a lock: names the process where it can be seen. */
export async function heldError(file: string, what = `Another process has a lock on ${file}.`): Promise<Error> {
	const [holder] = await findHolders([file], { except: [...childPids()], most: 1 });
	return holder === undefined ? new DataError("database_held", what) : new RefusedError(refusalOf(holder));
}

/** Locks each file until the child ends; throws what names the holder of one that stays locked for so long. */
export async function lockAll(child: DataChild, files: readonly string[], waitMs: number): Promise<void> {
	const busy = await child.ask("hold", { files, waitMs });
	if (busy !== null) throw await heldError(busy);
}

export async function findHolder(files: readonly string[]): Promise<Holder | null> {
	const [holder] = await findHolders(files, { except: [], most: 1 });
	return holder ?? null;
}

/** Processes whose files we may not look into belong to another user: they are ignored here, and the lock is what stops them. */
export async function findHolders(
	files: readonly string[],
	{ except, most }: { readonly except: readonly number[]; readonly most: number },
): Promise<readonly Holder[]> {
	const wanted = await identitiesOf(files);
	if (wanted.size === 0) return [];
	const found: Holder[] = [];
	const pause = createPause();
	for (const pid of list("/proc")) {
		if (!/^\d+$/.test(pid) || Number(pid) === process.pid || except.includes(Number(pid))) continue;
		const file = await heldBy(pid, wanted, pause);
		if (file === null) continue;
		found.push({ pid: Number(pid), command: commandOf(pid), file });
		if (found.length >= most) break;
	}
	return found;
}

async function heldBy(pid: string, wanted: ReadonlyMap<string, string>, pause: () => Promise<void>) {
	for (const folder of descriptorsOf(pid)) {
		for (const descriptor of list(folder)) {
			const file = wanted.get(identityOf(`${folder}/${descriptor}`));
			if (file !== undefined) return file;
			await pause();
		}
	}
	await pause();
	return null;
}

/** A leader that was killed is an empty zombie while its other threads still run, and they hold what it held. */
function descriptorsOf(pid: string): readonly string[] {
	const own = `/proc/${pid}/fd`;
	if (list(own).length > 0) return [own];
	const others = list(`/proc/${pid}/task`).filter((thread) => thread !== pid);
	return others.map((thread) => `/proc/${pid}/task/${thread}/fd`);
}

/** Lets others run whenever the slice is over. */
function createPause(): () => Promise<void> {
	let sliceEnd = performance.now() + SLICE_MS;
	return async () => {
		if (performance.now() < sliceEnd) return;
		await setImmediate();
		sliceEnd = performance.now() + SLICE_MS;
	};
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
