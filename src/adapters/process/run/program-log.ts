// The log file of each release: programs append to it themselves, so that it goes on without us. Opens, rotates and reads it.
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { limits } from "../../../core/limits.js";
import type { Log, Scrub } from "../../../ports/ports.js";
import { attempt } from "./bookkeeping.js";
import { lastLines } from "./output.js";
import { isAlive, readStat } from "./procfs.js";

const TAIL_BYTES = 64 * 1024;
const ROTATE_EVERY_MS = 1_000;
/** Of a file that grows while it is copied: somebody may write without end. */
const COPY_LOOKS = 8;
/** Logs of more releases than this are removed, oldest first. */
const KEPT_RELEASES = 20;

/** The line that stands before everything a run writes. */
const MARK = "[deadman] run ";

export function markOf(runId: string): string {
	return `${MARK}${runId} `;
}

export function logFileOf(stateDir: string, release: string): string {
	if (!/^[\w.-]+$/.test(release)) throw new Error(`${JSON.stringify(release)} is no name of a release.`);
	return join(stateDir, "logs", `${release}.log`);
}

/**
 * Open for appending, readable by its owner only, with the run's mark written. The caller closes it with `closeLog`. Null where the disk
 * does not take the mark: a run without a log is better than none, and without its mark, lines of earlier runs would count as its own.
 */
export async function openLog(
	stateDir: string,
	run: { readonly release: string; readonly runId: string; readonly atMs: number },
	log: Log,
): Promise<FileHandle | null> {
	const file = logFileOf(stateDir, run.release);
	const details = { release: run.release, runId: run.runId };
	await attempt({ log, event: "program.log_rotation_failed", details }, () => rotate(file));
	let handle: FileHandle | null = null;
	const begun = await attempt({ log, event: "program.log_unwritable", details }, async () => {
		await mkdir(join(stateDir, "logs"), { recursive: true, mode: 0o700 });
		handle = await open(file, "a", 0o600);
		await handle.chmod(0o600);
		const newline = (await endsInALine(file)) ? "" : "\n";
		await handle.appendFile(
			`${newline}${markOf(run.runId)}of ${run.release} began ${new Date(run.atMs).toISOString()}\n`,
		);
	});
	if (begun) return handle;
	await closeLog(handle);
	return null;
}

/** What the program writes is its own affair from then on, so an error here is nobody's. */
export async function closeLog(handle: FileHandle | null): Promise<void> {
	await handle?.close().catch(() => {});
}

/** Whether one of its two outputs goes to this file: not those of a run that could not be given a log. */
export async function writesTo(pid: number, file: string): Promise<boolean> {
	const found = await readStat(pid);
	if (!isAlive(found)) return false;
	const ends = [file, `/proc/${found.thread}/fd/1`, `/proc/${found.thread}/fd/2`];
	const [wanted, ...outputs] = await Promise.all(ends.map((end) => stat(end).catch(() => null)));
	return outputs.some((output) => output !== null && output?.ino === wanted?.ino && output?.dev === wanted?.dev);
}

/** A program that died in the middle of a line must not swallow the next mark. */
async function endsInALine(file: string): Promise<boolean> {
	const tail = await readTail(file);
	return tail === "" || tail.endsWith("\n");
}

/** Copies and truncates: the program keeps its descriptor, and appends at the new end. Returns whether it was due. */
export async function rotate(file: string, limitBytes: number = limits.logBytes): Promise<boolean> {
	const size = await stat(file).then(
		(found) => found.size,
		() => 0,
	);
	if (size <= limitBytes) return false;
	await copyWhole(file, `${file}.new`);
	for (let age = limits.logFiles - 2; age >= 1; age -= 1) {
		await rename(`${file}.${age}`, `${file}.${age + 1}`).catch(ignoreAbsence);
	}
	await rename(`${file}.new`, `${file}.1`);
	await truncate(file, 0);
	return true;
}

/** Half a copy would fill a full disk still more. */
async function copyWhole(file: string, copy: string): Promise<void> {
	try {
		await copyGrowing(file, copy);
	} catch (error) {
		await rm(copy, { force: true }).catch(() => {});
		throw error;
	}
}

/** What is written during the copy is copied too; only between the last look and the cut can a line be lost. */
async function copyGrowing(file: string, copy: string): Promise<void> {
	await copyFile(file, copy);
	for (let looks = 0; looks < COPY_LOOKS; looks += 1) {
		const { size: start } = await stat(copy);
		if ((await stat(file)).size <= start) return;
		await pipeline(createReadStream(file, { start }), createWriteStream(copy, { flags: "a" }));
	}
}

/** Looks after the logs of living programs, until none is followed. */
export function createRotation(stateDir: string, log: Log) {
	let files: readonly string[] = [];
	let timer: NodeJS.Timeout | null = null;
	let busy = false;
	let told = false;
	const check = async () => {
		if (busy) return;
		busy = true;
		try {
			for (const file of files) await rotate(file);
			told = false;
		} catch (error) {
			// A full disk stays full for a while, and whoever keeps our log may share it.
			if (!told) log.warn("program.log_rotation_failed", { error });
			told = true;
		}
		busy = false;
	};
	return {
		follow(runs: readonly { readonly release: string }[]) {
			files = [...new Set(runs.map((run) => logFileOf(stateDir, run.release)))];
			if (timer !== null) clearInterval(timer);
			timer = files.length === 0 ? null : setInterval(() => void check(), ROTATE_EVERY_MS).unref();
		},
	};
}

/** The last scrubbed lines, of the rotated file too where the new one is short. */
export async function tailOf(file: string, lines: number, scrub: Scrub): Promise<readonly string[]> {
	const newest = await readTail(file);
	const text = newest.length < TAIL_BYTES ? `${await readTail(`${file}.1`)}${newest}` : newest;
	const written = text.split("\n").filter((line) => !line.startsWith(MARK));
	return lastLines(scrub(written.join("\n")), lines);
}

/** From a line's start: what a cut goes through is no longer recognised as a secret. */
async function readTail(file: string): Promise<string> {
	const handle = await open(file, "r").catch(() => null);
	if (handle === null) return "";
	try {
		const { size } = await handle.stat();
		const from = Math.max(0, size - TAIL_BYTES);
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, TAIL_BYTES)), 0, null, from);
		const text = buffer.toString("utf8", 0, bytesRead);
		return from === 0 ? text : text.slice(text.search(/\s/) + 1);
	} finally {
		await handle.close();
	}
}

export async function pruneLogs(stateDir: string, keep: ReadonlySet<string>): Promise<void> {
	const folder = join(stateDir, "logs");
	const names = await readdir(folder).catch(() => []);
	const releases = [...new Set(names.map((name) => name.replace(/\.log(?:\.\w+)?$/, "")))];
	const dated = await Promise.all(
		releases.map(async (release) => {
			const found = await stat(join(folder, `${release}.log`)).catch(() => null);
			return { release, atMs: found?.mtimeMs ?? 0 };
		}),
	);
	const old = dated.sort((a, b) => b.atMs - a.atMs).slice(KEPT_RELEASES);
	const gone = new Set(old.map(({ release }) => release).filter((release) => !keep.has(release)));
	const files = names.filter((name) => gone.has(name.replace(/\.log(?:\.\w+)?$/, "")));
	await Promise.all(files.map((name) => rm(join(folder, name), { force: true })));
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
	if (error.code !== "ENOENT") throw error;
}
