// One thread for the memory of all channels: started by the first that connects, ended by the last that leaves, started anew if it died.
import type { Log } from "../../ports.js";
import type { StateThread } from "./state-thread.js";

export interface SharedThread {
	/** The holder may ask from now on. Rejects where the file cannot be opened; it may be tried again. */
	join(holder: object): Promise<void>;
	/** Resolves when everything that was asked is on disk. */
	leave(holder: object): Promise<void>;
	/** Rejects for one that has not joined. */
	ask: (holder: object) => StateThread["ask"];
}

export interface SharedThreadOptions {
	readonly file: string;
	readonly log: Log;
	readonly start: () => Promise<StateThread>;
}

export function createSharedThread({ file, log, start }: SharedThreadOptions): SharedThread {
	const holders = new Set<object>();
	let thread: StateThread | null = null;
	let turn: Promise<unknown> = Promise.resolve();
	// One after the other: a channel may join while the last one leaves.
	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const next = turn.then(work);
		turn = next.catch(() => {});
		return next;
	};
	async function open(): Promise<StateThread> {
		const opened = await start();
		if (opened.setAside !== null) log.warn("chat.memory_damaged", { file, setAside: opened.setAside });
		void opened.ended.then(() => {
			if (thread === opened) thread = null;
		});
		return opened;
	}
	const ready = () =>
		inTurn(async () => {
			thread ??= await open();
			return thread;
		});
	async function leave(holder: object): Promise<void> {
		if (!holders.delete(holder) || holders.size > 0) return;
		const last = thread;
		thread = null;
		await last?.close();
	}
	return {
		async join(holder) {
			await ready();
			holders.add(holder);
		},
		leave: (holder) => inTurn(() => leave(holder)),
		ask:
			(holder) =>
			async (method, ...values) => {
				if (!holders.has(holder)) throw new Error(`The chat channels' memory ${file} is not open: connect first.`);
				return (thread ?? (await ready())).ask(method, ...values);
			},
	};
}
