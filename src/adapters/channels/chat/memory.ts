// What the Chat SDK remembers while a connection lasts: names of people, messages of one album, locks. Holds no click and no card: those are
// the journal's. What is over is forgotten when it is asked for, what nobody asks for when there is too much.
import type { Lock, StateAdapter } from "chat";

const REMEMBERED = 2_000;

interface Kept {
	readonly value: unknown;
	readonly untilMs: number;
}

export function createMemory(): StateAdapter {
	const kept = new Map<string, Kept>();
	const nothing = async () => {};

	function read<T>(key: string): T | null {
		const found = kept.get(key);
		if (found === undefined || found.untilMs > Date.now()) return (found?.value as T | undefined) ?? null;
		kept.delete(key);
		return null;
	}
	/** As the SDK has it: no time and a time of 0 mean that it stays. */
	function keep(key: string, value: unknown, ttlMs = 0): void {
		kept.delete(key);
		kept.set(key, { value, untilMs: ttlMs === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlMs });
		if (kept.size > REMEMBERED) kept.delete(kept.keys().next().value ?? "");
	}
	function keepNew(key: string, value: unknown, ttlMs?: number): boolean {
		if (read(key) !== null) return false;
		keep(key, value, ttlMs);
		return true;
	}
	const holds = ({ threadId, token }: Lock) => read(`lock:${threadId}`) === token;

	return {
		connect: nothing,
		disconnect: nothing,
		get: async <T>(key: string) => read<T>(key),
		set: async (key, value, ttlMs) => keep(key, value, ttlMs),
		setIfNotExists: async (key, value, ttlMs) => keepNew(key, value, ttlMs),
		delete: async (key) => void kept.delete(key),
		getList: async <T>(key: string) => read<T[]>(`list:${key}`) ?? [],
		async appendToList(key, value, { maxLength = REMEMBERED, ttlMs } = {}) {
			keep(`list:${key}`, [...(read<unknown[]>(`list:${key}`) ?? []), value].slice(-maxLength), ttlMs);
		},
		async acquireLock(threadId, ttlMs) {
			const token = crypto.randomUUID();
			return keepNew(`lock:${threadId}`, token, ttlMs) ? { threadId, token, expiresAt: Date.now() + ttlMs } : null;
		},
		async extendLock(lock, ttlMs) {
			if (!holds(lock)) return false;
			keep(`lock:${lock.threadId}`, lock.token, ttlMs);
			return true;
		},
		releaseLock: async (lock) => void (holds(lock) && kept.delete(`lock:${lock.threadId}`)),
		forceReleaseLock: async (threadId) => void kept.delete(`lock:${threadId}`),
		// Nothing of ours subscribes or waits in a queue: each event is handled as it comes.
		subscribe: nothing,
		unsubscribe: nothing,
		isSubscribed: async () => false,
		enqueue: async () => 0,
		dequeue: async () => null,
		queueDepth: async () => 0,
	};
}
