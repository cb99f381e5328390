// Starts the child process that does all SQLite work on the program's databases: opening and closing such a file in the supervisor's own
// process would cancel SQLite's locks there, and a long check would stop its event loop.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, JobKind, Reply, Request } from "./data-jobs.js";

const entry = fileURLToPath(new URL("../../../dist/adapters/sqlite/data-worker.js", import.meta.url));
/** Far above what any job takes: gigabytes are checked in seconds. */
const JOB_TIMEOUT_MS = 10 * 60_000;
const STDERR_CHARACTERS = 2_000;

export interface DataChild {
	/** One at a time. Rejects when the job fails or the child dies. */
	ask<K extends JobKind>(kind: K, request: Request<K>): Promise<Answer<K>>;
	/** Kills it: a lock that it holds goes without a trace, and a finished job has no connection open. */
	end(): Promise<void>;
}

export function startDataChild(): DataChild {
	const child = fork(entry, [], { env: {}, execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
	const gone = endingOf(child);
	async function ask<K extends JobKind>(kind: K, request: Request<K>): Promise<Answer<K>> {
		const reply = new Promise<Reply>((resolve) => child.once("message", (message) => resolve(message as Reply)));
		if (child.connected) child.send({ kind, request }, () => {});
		const late = setTimeout(() => child.kill("SIGKILL"), JOB_TIMEOUT_MS);
		const first = await Promise.race([reply, gone]);
		clearTimeout(late);
		if (first.ok) return first.answer as Answer<K>;
		throw new Error(first.message);
	}
	async function end(): Promise<void> {
		child.kill("SIGKILL");
		await gone;
	}
	return { ask, end };
}

/** The answer to whoever still waits when the child is gone. */
function endingOf(child: ChildProcess): Promise<Reply> {
	let complaint = "";
	child.stderr?.on("data", (chunk: Buffer) => {
		complaint = (complaint + chunk.toString()).slice(-STDERR_CHARACTERS);
	});
	return new Promise((resolve) => {
		const fail = (why: string) => resolve({ ok: false, message: `The process for SQLite work is gone: ${why}` });
		child.once("error", (error) => fail(error.message));
		child.once("close", (code, signal) => fail(`it ended with ${signal ?? code}. ${complaint}`.trim()));
	});
}

/** For a single job. */
export async function askChild<K extends JobKind>(kind: K, request: Request<K>): Promise<Answer<K>> {
	const child = startDataChild();
	try {
		return await child.ask(kind, request);
	} finally {
		await child.end();
	}
}
