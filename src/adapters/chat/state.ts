// The Chat SDK's memory in SQLite: subscriptions, locks, lists, queues and entries that survive a restart, kept apart per channel in one
// file. Holds no click and no card: those are the journal's.
import type { Lock, QueueEntry, StateAdapter } from "chat";
import { limits } from "../../core/limits.js";
import type { Log } from "../../ports.js";
import type { Entry } from "./state-entries.js";
import { stateLimits } from "./state-limits.js";
import { createSharedThread, type SharedThread } from "./state-shared.js";
import { type Ask, startStateThread } from "./state-thread.js";

export interface StatesOptions {
	/** Made where there is none; a damaged one is set aside as `<file>.damaged`. */
	readonly file: string;
	readonly log: Log;
	/** Wall-clock milliseconds. */
	readonly now?: () => number;
}

/**
 * The memory of each channel by its name; two of the same name see the same. Every method of every one rejects with a sentence where the
 * file is not open or not writable, and with a RangeError for a key, value or time out of bounds.
 */
export function createChatStates({ file, log, now = Date.now }: StatesOptions): (channel: string) => StateAdapter {
	const shared = createSharedThread({ file, log, start: () => startStateThread({ file, now }) });
	return (channel) => stateOf(shared, channel, now);
}

function stateOf(shared: SharedThread, channel: string, now: () => number): StateAdapter {
	const holder = {};
	const ask: Ask = (method, ...values) => shared.ask(holder)(method, ...values);
	const within = { channel, now, ask };
	return {
		connect: () => shared.join(holder),
		disconnect: () => shared.leave(holder),
		...entriesOf(within),
		...locksOf(within),
		...listsOf(within),
	};
}

interface Within {
	readonly channel: string;
	readonly now: () => number;
	readonly ask: Ask;
}

type Entries = "get" | "set" | "setIfNotExists" | "delete" | "subscribe" | "unsubscribe" | "isSubscribed";

function entriesOf({ channel, now, ask }: Within): Pick<StateAdapter, Entries> {
	const entry = (key: string, value: unknown, ttlMs?: number): Entry => ({
		channel,
		key: bounded(key),
		value: textOf(value),
		expiresAtMs: expiry(now(), ttlMs),
	});
	return {
		get: async <T>(key: string) => readValue<T>(await ask("get", channel, bounded(key), now())),
		set: async (key, value, ttlMs) => ask("set", entry(key, value, ttlMs)),
		setIfNotExists: async (key, value, ttlMs) => ask("setIfNotExists", entry(key, value, ttlMs), now()),
		delete: async (key) => ask("remove", channel, bounded(key)),
		subscribe: async (threadId) => ask("subscribe", channel, bounded(threadId)),
		unsubscribe: async (threadId) => ask("unsubscribe", channel, bounded(threadId)),
		isSubscribed: async (threadId) => ask("isSubscribed", channel, bounded(threadId)),
	};
}

type Locks = "acquireLock" | "extendLock" | "releaseLock" | "forceReleaseLock";

function locksOf({ channel, now, ask }: Within): Pick<StateAdapter, Locks> {
	return {
		acquireLock: async (threadId, ttlMs): Promise<Lock | null> => {
			const held = await ask("acquireLock", channel, bounded(threadId), span(ttlMs), now());
			return held === null ? null : { threadId, token: held.token, expiresAt: held.expiresAtMs };
		},
		extendLock: async ({ threadId, token }, ttlMs) => {
			const nowMs = now();
			return ask("extendLock", channel, bounded(threadId), token, { expiresAtMs: nowMs + span(ttlMs), nowMs });
		},
		releaseLock: async ({ threadId, token }) => ask("releaseLock", channel, bounded(threadId), token),
		forceReleaseLock: async (threadId) => ask("forceReleaseLock", channel, bounded(threadId)),
	};
}

type Lists = "appendToList" | "getList" | "enqueue" | "dequeue" | "queueDepth";

function listsOf({ channel, now, ask }: Within): Pick<StateAdapter, Lists> {
	return {
		appendToList: async (key, value, { maxLength = stateLimits.items, ttlMs } = {}) => {
			const nowMs = now();
			const entry = { channel, key: bounded(key), value: textOf(value), expiresAtMs: expiry(nowMs, ttlMs) };
			await ask("appendToList", entry, positive(maxLength), nowMs);
		},
		getList: async <T>(key: string) =>
			(await ask("getList", channel, bounded(key), now())).map((text) => JSON.parse(text) as T),
		enqueue: async (threadId, entry, maxSize) => {
			const queued = { channel, key: bounded(threadId), value: textOf(entry), expiresAtMs: entry.expiresAt };
			return ask("enqueue", queued, positive(maxSize), now());
		},
		dequeue: async (threadId) => readValue<QueueEntry>(await ask("dequeue", channel, bounded(threadId), now())),
		queueDepth: async (threadId) => ask("queueDepth", channel, bounded(threadId), now()),
	};
}

function readValue<T>(text: string | null): T | null {
	return text === null ? null : (JSON.parse(text) as T);
}

/** Here and not in the thread: the SDK's messages write themselves as JSON, and would lose that on the way. */
function textOf(value: unknown): string {
	const text = JSON.stringify(value) ?? "null";
	if (text.length <= stateLimits.valueCharacters) return text;
	throw new RangeError(`A value of ${text.length} characters is not kept: at most ${stateLimits.valueCharacters}.`);
}

function bounded(key: string): string {
	if (key.length <= stateLimits.keyCharacters) return key;
	throw new RangeError(`A key of ${key.length} characters is not kept: at most ${stateLimits.keyCharacters}.`);
}

function positive(value: number): number {
	if (Number.isSafeInteger(value) && value > 0) return value;
	throw new RangeError(`${value} is no positive whole number.`);
}

/** What was over before it began lasts a millisecond. */
function span(ttlMs: number): number {
	if (Number.isFinite(ttlMs)) return Math.min(Math.max(Math.ceil(ttlMs), 1), limits.maxDurationMs * 100);
	throw new RangeError(`${ttlMs} is no number of milliseconds.`);
}

/** As the SDK's own adapters have it: no time and a time of 0 mean that it never expires. */
function expiry(nowMs: number, ttlMs: number | undefined): number | null {
	return ttlMs === undefined || ttlMs === 0 ? null : nowMs + span(ttlMs);
}
