// Starts the child process that does all SQLite work on the program's databases: opening and closing such a file in the supervisor's own
// process would cancel SQLite's locks there, and a long check would stop its event loop.
import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Answer, JobKind, Reply, Request } from "./child/data-jobs.js";
import type { DataCode } from "./child/failure.js";

const entry = fileURLToPath(new URL("../../../dist/adapters/databases/child/data-worker.js", import.meta.url));
/** Far above what any job takes: gigabytes are checked in seconds. */
const JOB_TIMEOUT_MS = 10 * 60_000;
const STDERR_CHARACTERS = 2_000;

export interface DataChild {
	/** A child that waits for work keeps nobody from leaving. */
	rest(): void;
	isThere(): boolean;
	/** One at a time. Rejects when the job fails, with the code that SQLite or the system gave, or when the child dies. */
	ask<K extends JobKind>(kind: K, request: Request<K>): Promise<Answer<K>>;
	/** Kills it: a lock that it holds goes without a trace, and a finished job has no connection open. */
	end(): Promise<void>;
}

const alive = new Set<number>();

/** Of the children of this process: whoever looks for holders of a database does not mean them. */
export function childPids(): ReadonlySet<number> {
	return alive;
}

export function startDataChild(): DataChild {
	const child = fork(entry, [], { env: {}, execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
	const gone = endingOf(child);
	count(child.pid, gone);
	async function ask<K extends JobKind>(kind: K, request: Request<K>): Promise<Answer<K>> {
		child.ref();
		child.channel?.ref();
		const reply = new Promise<Reply>((resolve) => child.once("message", (message) => resolve(message as Reply)));
		if (child.connected) child.send({ kind, request }, () => {});
		const late = setTimeout(() => child.kill("SIGKILL"), JOB_TIMEOUT_MS);
		const first = await Promise.race([reply, gone]);
		clearTimeout(late);
		if (first.ok) return first.answer as Answer<K>;
		throw Object.assign(new Error(first.message), first.code === null ? {} : { code: first.code });
	}
	async function end(): Promise<void> {
		child.kill("SIGKILL");
		await gone;
	}
	function rest(): void {
		child.unref();
		child.channel?.unref();
		(child.stderr as Socket | null)?.unref();
	}
	return { ask, end, rest, isThere: () => child.connected };
}

function count(pid: number | undefined, gone: Promise<unknown>): void {
	if (pid === undefined) return;
	alive.add(pid);
	void gone.then(() => alive.delete(pid));
}

const ended: DataCode = "data_process_ended";

/** The answer to whoever still waits when the child is gone. */
function endingOf(child: ChildProcess): Promise<Reply> {
	let complaint = "";
	child.stderr?.on("data", (chunk: Buffer) => {
		complaint = (complaint + chunk.toString()).slice(-STDERR_CHARACTERS);
	});
	return new Promise((resolve) => {
		const fail = (code: string, why: string) =>
			resolve({ ok: false, code, message: `The process for SQLite work is gone: ${why}` });
		child.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? ended, error.message));
		child.once("close", (code, signal) => fail(ended, `it ended with ${signal ?? code}. ${complaint}`.trim()));
	});
}

/** Children started ahead: a process takes longer to start than most of its jobs, and a stopped program waits for them. */
export interface DataChildren {
	/** Exactly so many wait from now on. */
	warm(count: number): void;
	/** A warm one, or a new one. */
	next(): DataChild;
}

export function createDataChildren(): DataChildren {
	const waiting: DataChild[] = [];
	let wanted = 0;

	/** One a turn: starting a process holds the loop for some milliseconds. */
	function fill(): void {
		if (waiting.length >= wanted) return;
		const child = startDataChild();
		child.rest();
		waiting.push(child);
		setImmediate(fill);
	}

	return {
		warm: (count) => {
			wanted = count;
			for (const child of waiting.splice(count)) void child.end();
			fill();
		},
		next: () => {
			wanted = Math.max(0, wanted - 1);
			for (let child = waiting.shift(); child !== undefined; child = waiting.shift()) {
				if (child.isThere()) return child;
			}
			return startDataChild();
		},
	};
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
