// The other end of the thread of the Chat SDK's memory: asks and waits, so that the main thread never waits for the disk.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Answer, Call, Greeting, StateMethods } from "./state-worker.js";

const entry = fileURLToPath(new URL("../../../dist/adapters/chat/state-worker.js", import.meta.url));

export type Ask = <M extends keyof StateMethods>(
	method: M,
	...values: Parameters<StateMethods[M]>
) => Promise<ReturnType<StateMethods[M]>>;

export interface StateThread {
	readonly ask: Ask;
	/** Of a damaged file that was replaced by a new one. */
	readonly setAside: string | null;
	/** Resolves when it is over, whoever ended it; what is asked from then on rejects. */
	readonly ended: Promise<void>;
	/** Resolves when the thread has ended; what was asked before is answered. */
	close(): Promise<void>;
}

export interface StateThreadOptions {
	readonly file: string;
	/** Wall-clock milliseconds: what has expired by then is removed. */
	readonly now: () => number;
}

interface Waiting {
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: Error) => void;
}

/** Rejects with a sentence where the file cannot be opened. */
export async function startStateThread({ file, now }: StateThreadOptions): Promise<StateThread> {
	const worker = new Worker(entry, { workerData: { file }, execArgv: [], env: {} });
	const greeting = await greetingOf(worker);
	if (!greeting.opened) {
		await worker.terminate();
		throw new Error(`The chat channels' memory ${file} cannot be opened: ${greeting.why}`);
	}
	const ask = askerOf(worker, { file, now });
	const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
	async function close(): Promise<void> {
		await ask("close");
		worker.ref();
		await ended;
	}
	return { ask, ended, setAside: greeting.setAside, close };
}

function greetingOf(worker: Worker): Promise<Greeting> {
	return new Promise((resolve, reject) => {
		const ended = (code: number) => reject(new Error(`The thread of the chat channels ended with ${code}.`));
		worker.once("error", reject);
		worker.once("exit", ended);
		worker.once("message", (greeting: Greeting) => {
			worker.off("error", reject);
			worker.off("exit", ended);
			resolve(greeting);
		});
	});
}

/** The thread keeps the process alive only while somebody waits for an answer. */
function askerOf(worker: Worker, { file, now }: StateThreadOptions): Ask {
	const waiting = new Map<number, Waiting>();
	let last = 0;
	let ended: Error | null = null;
	const fail = (error: Error) => {
		ended ??= error;
		for (const { reject } of waiting.values()) reject(ended);
		waiting.clear();
	};
	worker.unref();
	worker.on("error", fail);
	worker.on("exit", (code) =>
		fail(new Error(`The chat channels' memory ${file} is closed (its thread ended with ${code}).`)),
	);
	worker.on("message", (answer: Answer) => {
		const call = waiting.get(answer.id);
		waiting.delete(answer.id);
		if (waiting.size === 0) worker.unref();
		if (answer.ok) call?.resolve(answer.value);
		else call?.reject(new Error(answer.message));
	});
	return (method, ...values) =>
		new Promise((resolve, reject) => {
			if (ended !== null) return reject(ended);
			last += 1;
			waiting.set(last, { resolve: resolve as Waiting["resolve"], reject });
			worker.ref();
			worker.postMessage({ id: last, method, values, nowMs: now() } satisfies Call);
		});
}
