// What a platform reads from an event, however odd the event is: what cannot be read is of none of ours, and never sent back to be repeated.
import type { Adapter } from "chat";
import type { Place } from "../../../ports/ports.js";
import type { Platform } from "./platform.js";

/** Null: a conversation that is none of this channel's. */
export function placeIn(platform: Platform, adapter: Adapter, threadId: string): Place | null {
	return orNull(() => platform.placeOf(adapter, threadId));
}

/** Null: the event has none. */
export function eventIdIn(platform: Platform, raw: unknown): string | null {
	return orNull(() => platform.eventIdOf?.(raw) ?? null);
}

function orNull<T>(read: () => T | null): T | null {
	try {
		return read();
	} catch {
		return null;
	}
}
