// What a channel holds of its connection: opened once however often it is asked for, ended whenever it is asked for, and every call through it
// ends in time and fails as the port says.
import type { Adapter } from "chat";
import { DeliveryFailed, type Inbox, type Received, type Reply } from "../../../ports/ports.js";
import { type Connection, type ConnectionParts, openConnection } from "./connection.js";
import { failureFrom } from "./failure.js";
import { within } from "./time-limit.js";
import { notOpen, receiveRequest } from "./webhook.js";

export interface LinkTimes {
	/** For the platform, the SDK and the listener to open, each. */
	readonly startMs: number;
	readonly callMs: number;
	/** For everything to end, when the channel stops. */
	readonly endMs: number;
}

export interface Link {
	readonly isOpen: () => boolean;
	/** Rejects with DeliveryFailed, and may be called again then. */
	start(inbox: Inbox): Promise<void>;
	/** Also in the middle of a start, which rejects then. */
	stop(): Promise<void>;
	/** Rejects with DeliveryFailed. */
	call<T>(verb: string, work: (adapter: Adapter) => Promise<T>): Promise<T>;
	receive(request: Received): Promise<Reply>;
}

export function createLink(parts: ConnectionParts, times: LinkTimes): Link {
	const { name, platform } = parts;
	let open: { readonly connection: Connection; readonly inbox: Inbox } | null = null;
	let starting: Promise<void> | null = null;
	let ending: Promise<void> | null = null;
	let stopping = new AbortController();
	const failing = (verb: string) => (error: unknown) => {
		throw failureFrom(error, { failureOf: platform.failureOf, what: `${name}: ${verb}` });
	};

	async function begin(inbox: Inbox, stopped: AbortSignal): Promise<void> {
		await ending;
		const connection = await openConnection(parts, { inbox, stopped, times });
		open = { connection, inbox };
		if (stopped.aborted) await end();
	}

	async function end(): Promise<void> {
		const last = open;
		open = null;
		if (last !== null) {
			ending = last.connection.close().finally(() => {
				ending = null;
			});
		}
		await ending;
	}

	return {
		isOpen: () => open !== null,
		start(inbox) {
			if (open !== null) return Promise.resolve();
			starting ??= begin(inbox, stopping.signal)
				.catch(failing("start"))
				.finally(() => {
					starting = null;
				});
			return starting;
		},
		async stop() {
			stopping.abort();
			await starting?.catch(() => {});
			stopping = new AbortController();
			await end();
		},
		async call(verb, work) {
			const adapter = open?.connection.adapter;
			if (adapter === undefined) throw new DeliveryFailed({ code: "unreachable", message: `${name} is not open.` });
			const limit = { limitMs: times.callMs, what: `${name}: ${verb}` };
			return within(work(adapter), limit).catch(failing(verb));
		},
		receive: async (request) => (open === null ? notOpen : receiveRequest(parts, open, request)),
	};
}
