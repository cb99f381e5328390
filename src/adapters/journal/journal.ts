// The port Journal over a worker thread: an append is on disk before it resolves, and the main thread never waits for the disk.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { limits } from "../../core/limits.js";
import { isRefusal, type Refusal } from "../../core/refusals.js";
import type { Concerns, Journal } from "../../ports/ports.js";
import { type Answer, uncarry } from "./journal-calls.js";

const entry = fileURLToPath(new URL("../../../dist/adapters/journal/journal-worker.js", import.meta.url));

export interface JournalOptions {
	readonly file: string;
	/** Wall-clock milliseconds: when a new message is due. */
	readonly now?: (() => number) | undefined;
	/** How long the thread may owe an answer before it counts as lost, in milliseconds. */
	readonly answerMs?: number | undefined;
}

interface Waiting {
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: Error) => void;
}

interface Asker {
	readonly ask: Ask;
	readonly onLost: Journal["onLost"];
	/** Its end is asked for from now on. */
	retire(): void;
}

type Ask = (method: string, ...values: readonly unknown[]) => Promise<unknown>;

/** Creates the file where there is none and migrates an older one. Refuses a newer, damaged or foreign one. */
export async function openJournal({ file, now, answerMs }: JournalOptions): Promise<Journal | Refusal> {
	const worker = new Worker(entry, { workerData: { file }, execArgv: [], env: {} });
	const opened = await firstMessage(worker);
	if (isRefusal(opened)) {
		await worker.terminate();
		return opened;
	}
	return journalOver(askerOf(worker, { file, now, answerMs }), worker, opened);
}

/** The names of what it answers, once it is open. */
function firstMessage(worker: Worker): Promise<readonly string[] | Refusal> {
	return new Promise((resolve, reject) => {
		const ended = (code: number) => reject(new Error(`The journal's thread ended with ${code} before it opened.`));
		worker.once("error", reject);
		worker.once("exit", ended);
		worker.once("message", (message: readonly string[] | Refusal) => {
			worker.off("error", reject);
			worker.off("exit", ended);
			resolve(message);
		});
	});
}

/**
 * The thread keeps the process alive only while somebody waits for an answer. One that ends unasked, or owes an answer for too long, is lost: nothing can be
 * decided any more, and whoever listens is told once.
 */
function askerOf(worker: Worker, { file, now = Date.now, answerMs = limits.journalAnswerMs }: JournalOptions): Asker {
	const waiting = new Map<number, Waiting>();
	const listeners: ((error: Error) => void)[] = [];
	let last = 0;
	let ended: Error | null = null;
	let retired = false;
	const fail = (error: Error) => {
		const first = ended === null;
		ended ??= error;
		for (const { reject } of waiting.values()) reject(ended);
		waiting.clear();
		if (first && !retired) for (const listener of listeners) listener(ended);
	};
	const patience = createPatience(answerMs, () =>
		fail(new Error(`The journal ${file} has not answered for ${answerMs} ms.`)),
	);
	worker.unref();
	worker.on("error", fail);
	worker.on("exit", (code) => fail(new Error(`The journal ${file} is closed (its thread ended with ${code}).`)));
	worker.on("message", (answer: Answer) => {
		const call = waiting.get(answer.id);
		waiting.delete(answer.id);
		patience.begin(waiting.size > 0);
		if (waiting.size === 0) worker.unref();
		if (answer.ok) call?.resolve(answer.value);
		else call?.reject(uncarry(answer.error));
	});
	const ask: Ask = (method, ...values) =>
		new Promise((resolve, reject) => {
			if (ended !== null) return reject(ended);
			last += 1;
			waiting.set(last, { resolve: resolve as Waiting["resolve"], reject });
			if (waiting.size === 1) patience.begin(true);
			worker.ref();
			worker.postMessage({ id: last, method, values, nowMs: now() });
		});
	return {
		ask,
		onLost: (listener) => void (ended === null ? listeners.push(listener) : listener(ended)),
		retire: () => {
			retired = true;
			patience.begin(false);
		},
	};
}

/** Rings twice, so that a process that was stopped, whose timers are all due when it goes on, hears the answer in between. */
function createPatience(answerMs: number, over: () => void) {
	let timer: NodeJS.Timeout | undefined;
	function begin(isOwed: boolean): void {
		clearTimeout(timer);
		if (!isOwed) return;
		const again = () => {
			timer = setTimeout(over, answerMs / 2);
			timer.unref();
		};
		timer = setTimeout(again, answerMs / 2);
		timer.unref();
	}
	return { begin };
}

/** Each concern of the port is answered by the thread: what it does is written there alone. */
function journalOver({ ask, onLost, retire }: Asker, worker: Worker, methods: readonly string[]): Journal {
	let closed: Promise<void> | null = null;
	async function close(): Promise<void> {
		retire();
		const ended = new Promise((resolve) => worker.once("exit", resolve));
		await ask("close");
		// Nobody waits for an answer any more, but for the thread's end.
		worker.ref();
		await ended;
	}
	const calls = Object.fromEntries(methods.map((method) => [method, (...values: unknown[]) => ask(method, ...values)]));
	return {
		...(calls as unknown as Concerns),
		onLost,
		close: () => {
			closed ??= close();
			return closed;
		},
	};
}
