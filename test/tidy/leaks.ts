// Gives a run of the tests a temporary folder of its own, and fails the run when something is left in it or a program started there
// still lives. Ends what it finds, by pid, so that a leak of one run never disturbs the next.
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tellProblems } from "../support/problems.js";

export interface Leaked {
	readonly pid: number;
	/** Why it counts as ours. */
	readonly trace: string;
}

/** The name is short, because sockets live in it and the system limits their paths. */
export default async function setup(): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "dm-"));
	process.env.TMPDIR = folder;
	process.env.DEADMAN_STATE_HOME = join(folder, "state");
	return () => teardown(folder);
}

async function teardown(folder: string): Promise<void> {
	const problems = await leaksIn(folder);
	for (const { pid } of await programsOf(folder)) end(pid);
	await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	if (problems.length === 0) return;
	tellProblems(problems);
	process.exitCode = 1; // vitest prints what a teardown throws, but still leaves with 0
	throw new Error(`The tests leaked:\n${problems.join("\n")}`);
}

export async function leaksIn(folder: string): Promise<string[]> {
	const programs = await programsOf(folder);
	const folders = (await readdir(folder)).filter((name) => name.startsWith("deadman"));
	return [
		...programs.map(({ pid, trace }) => `process ${pid} is still alive (${trace})`),
		...folders.map((name) => `${join(folder, name)} was not removed`),
	];
}

/** Living processes that a supervisor in `folder` started, or that work there. A zombie has neither trace and is none. */
export async function programsOf(folder: string): Promise<Leaked[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
	const found = await Promise.all(pids.map((pid) => traceOf(pid, folder)));
	return found.filter((leak) => leak !== null);
}

async function traceOf(pid: string, folder: string): Promise<Leaked | null> {
	const [environment, cwd] = await Promise.all([
		readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""),
		readlink(`/proc/${pid}/cwd`).catch(() => ""),
	]);
	const marker = environment.split("\0").find((entry) => entry.startsWith("DEADMAN_") && entry.includes(`${folder}/`));
	if (marker !== undefined) return { pid: Number(pid), trace: marker };
	return cwd.startsWith(`${folder}/`) ? { pid: Number(pid), trace: `it works in ${cwd}` } : null;
}

function end(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It ended by itself meanwhile.
	}
}
