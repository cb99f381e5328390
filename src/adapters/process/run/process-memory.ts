// How much memory a number of processes hold, by /proc. Files that are only mapped do not count: the system can drop those.
import { readFile } from "node:fs/promises";
import { type LivingProcess, mapInParts } from "./procfs.js";

const KIB = 1024;

/**
 * In bytes. The quick sum counts a page that several share once for each of them; only when that is above `enoughBytes`, shared pages
 * are divided among their owners, which asks the system for more.
 */
export async function memoryOf(processes: readonly LivingProcess[], enoughBytes: number): Promise<number> {
	const quick = await sum(processes, quickOf);
	return quick <= enoughBytes ? quick : sum(processes, preciseOf);
}

async function sum(processes: readonly LivingProcess[], of: (thread: number) => Promise<number>): Promise<number> {
	const each = await mapInParts(processes, ({ thread }) => of(thread));
	return each.reduce((all, one) => all + one, 0);
}

async function quickOf(thread: number): Promise<number> {
	return fieldsOf(await read(`/proc/${thread}/status`), ["RssAnon", "RssShmem"]);
}

async function preciseOf(thread: number): Promise<number> {
	const rollup = await read(`/proc/${thread}/smaps_rollup`);
	return rollup === "" ? quickOf(thread) : fieldsOf(rollup, ["Pss_Anon", "Pss_Shmem"]);
}

function fieldsOf(text: string, names: readonly string[]): number {
	const numbers = names.map((name) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text)?.[1] ?? 0));
	return numbers.reduce((all, one) => all + one, 0) * KIB;
}

/** Empty when it has ended, or is not ours to read. */
function read(path: string): Promise<string> {
	return readFile(path, "utf8").catch(() => "");
}
