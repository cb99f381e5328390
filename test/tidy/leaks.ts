// Gives a run of the tests a temporary folder of its own, and fails the run when something is left in it or a program started there
// still lives. Ends what it finds, by pid, so that a leak of one run never disturbs the next.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every program of a supervisor carries this variable; it names the state folder that the program belongs to. */
const marker = "DEADMAN_INSTANCE=";

export interface Leaked {
	readonly pid: number;
	readonly marker: string;
}

/** Short, because sockets live in it and the system limits their paths. */
export default async function setup(): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "dm-"));
	process.env.TMPDIR = folder;
	return () => teardown(folder);
}

async function teardown(folder: string): Promise<void> {
	const problems = await leaksIn(folder);
	for (const { pid } of await programsOf(folder)) end(pid);
	await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	if (problems.length > 0) throw new Error(`The tests leaked:\n${problems.join("\n")}`);
}

export async function leaksIn(folder: string): Promise<string[]> {
	const programs = await programsOf(folder);
	const folders = (await readdir(folder)).filter((name) => name.startsWith("deadman"));
	return [
		...programs.map(({ pid, marker: value }) => `process ${pid} (${value}) is still alive`),
		...folders.map((name) => `${join(folder, name)} was not removed`),
	];
}

/** Living processes whose marker names a place in `folder`. A zombie has no environment any more and is not one. */
export async function programsOf(folder: string): Promise<Leaked[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
	const found = await Promise.all(pids.map((pid) => markerOf(pid)));
	return found.filter((leak): leak is Leaked => leak?.marker.startsWith(`${marker}${folder}/`) === true);
}

async function markerOf(pid: string): Promise<Leaked | null> {
	try {
		const environment = await readFile(`/proc/${pid}/environ`, "utf8");
		const variable = environment.split("\0").find((entry) => entry.startsWith(marker));
		return variable === undefined ? null : { pid: Number(pid), marker: variable };
	} catch {
		return null;
	}
}

function end(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It ended by itself meanwhile.
	}
}
