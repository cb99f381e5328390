// Children of an earlier life of the supervisor that outlived its kill -9: found by a marker in their environment, and ended before their folders are cleared. Linux only.
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const MARKER = "DEADMAN_JOB";
const WAIT_MS = 5_000;
const PAUSE_MS = 10;
const AT_ONCE = 32;

/** One supervisor process: the pid alone may be given again, and clocks may be set back. */
const life = `${process.pid}.${randomBytes(6).toString("hex")}`;

/** `job` is "git" or the id of a release that is being made. */
export function jobMarker(stateDir: string, job: string): Record<string, string> {
	return { [MARKER]: `${life}/${job}/${stateDir}` };
}

/** Ends what earlier lives left running in this state folder. */
export async function endEarlierLives(stateDir: string): Promise<void> {
	await endAll((owner, _job, folder) => folder === stateDir && owner !== life);
}

/** Ends whatever still works on this release, of any life. */
export async function endJob(stateDir: string, wanted: string): Promise<void> {
	await endAll((_owner, job, folder) => folder === stateDir && job === wanted);
}

type Match = (owner: string, job: string, stateDir: string) => boolean;

async function endAll(match: Match): Promise<void> {
	const deadlineMs = performance.now() + WAIT_MS;
	for (let pids = await find(match); pids.length > 0; pids = await find(match)) {
		if (performance.now() > deadlineMs) throw new Error(`Processes of an earlier life do not end: ${pids.join(", ")}.`);
		for (const pid of pids) kill(pid);
		await sleep(PAUSE_MS);
	}
}

function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It has ended meanwhile.
	}
}

async function find(match: Match): Promise<number[]> {
	const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
	const found: number[] = [];
	for (let index = 0; index < pids.length; index += AT_ONCE) {
		const part = pids.slice(index, index + AT_ONCE);
		const hits = await Promise.all(part.map((pid) => carries(pid, match)));
		found.push(...part.filter((_, place) => hits[place]).map(Number));
	}
	return found;
}

/** The environment of a zombie reads as empty, so it does not count. */
async function carries(pid: string, match: Match): Promise<boolean> {
	if (Number(pid) === process.pid) return false;
	const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
	const value = environment.split("\0").find((pair) => pair.startsWith(`${MARKER}=`));
	const [, owner, job, stateDir] = /^[^=]+=([^/]+)\/([^/]+)\/(.*)$/s.exec(value ?? "") ?? [];
	return owner !== undefined && job !== undefined && stateDir !== undefined && match(owner, job, stateDir);
}
