// Facts as server-sent events. Pulled by the reader: the next event is made when the one before was taken, so a slow client costs one
// batch and loses nothing; one that takes nothing is cut off and comes back with the last id it has.
import type { Context } from "hono";
import { limits } from "../../../core/limits.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Swap } from "../../../core/swap.js";
import type { FedEvent, Log } from "../../../ports/ports.js";
import { type FactView, factViewOf, type SwapView, schemaVersion } from "../../view.js";
import { createFactCursor, type FactCursor, type FactCursorOptions, type Seen, type SeenFact } from "./fact-cursor.js";
import { createStallWatch } from "./stall-watch.js";

/** `event: hello`, the first one: `after` is its id, where this stream begins; `end` is the newest fact's. */
export interface HelloView {
	readonly schemaVersion: typeof schemaVersion;
	readonly after: number;
	readonly end: number;
}

/** `event: fact`. Its id is the fact's number in the feed: numbers grow, and those between belong to what was left out. */
export interface FactEventView {
	readonly schemaVersion: typeof schemaVersion;
	readonly swapId: string;
	readonly fact: FactView;
	/** As the swap is now, on the last of its facts that were read together; null on those before it. */
	readonly swap: SwapView | null;
}

/** `event: agent`, with an id of the same feed: what happened to an agent or an installation. */
export interface AgentEventView {
	readonly schemaVersion: typeof schemaVersion;
	readonly subject: FedEvent["subject"];
	readonly event: FedEvent["event"];
}

export interface SseOptions extends FactCursorOptions {
	/** The newest number of the feed, when the stream begins. */
	readonly end: number;
	readonly view: (swap: Swap) => SwapView;
	readonly log: Log;
	/** Gives the stream's place back. */
	readonly release: () => void;
}

/** What a client may ask for by `accept`: events where it names them, else the lines of the command line. */
export function wantsEvents(c: Context): boolean {
	return /\btext\/event-stream\b/i.test(c.req.header("accept") ?? "");
}

/** Where to go on; the header, which a client that comes back sends by itself, counts before the query. Without either: at the end. */
export function startOf(given: readonly (string | undefined)[], end: number): number | Refusal {
	const id = given.find((one) => one !== undefined);
	if (id === undefined) return end;
	const shown = /^[\w.:-]{1,32}$/.test(id) ? id : `of ${id.length} characters`;
	if (!/^(0|[1-9]\d{0,15})$/.test(id)) return refuse("event_id_invalid", { id: shown, why: "it is not one of ours" });
	return Number(id) <= end ? Number(id) : refuse("event_id_invalid", { id: shown, why: `the newest event is ${end}` });
}

export function streamFacts(c: Context, options: SseOptions): Response {
	return new Response(createStream(c, options), {
		headers: {
			"content-type": "text/event-stream; charset=utf-8",
			"cache-control": "no-store, no-transform",
			"x-accel-buffering": "no",
		},
	});
}

/** Nothing is made before it is asked for; the watch runs from the moment something is handed over until the next is asked for. */
function createStream(c: Context, options: SseOptions): ReadableStream<Uint8Array> {
	const cursor = createFactCursor(options);
	const texts = textsOf(cursor, options);
	const watch = createStallWatch(c, { ...options, cut: finish });
	let over = false;

	function finish(): void {
		over = true;
		watch.stop();
		cursor.close();
		options.release();
	}

	/** A journal that is closed under it is how a stream of a stopped supervisor ends. */
	function noted(error: unknown): null {
		options.log.info("stream_ended", { position: cursor.position(), error: String(error) });
		return null;
	}

	async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
		watch.stop();
		const text = over ? null : await texts().catch(noted);
		if (text !== null && !over) {
			controller.enqueue(encoder.encode(text));
			watch.start();
			return;
		}
		finish();
		try {
			controller.close();
		} catch {
			// Its reader has gone before us.
		}
	}

	watch.start();
	return new ReadableStream({ pull, cancel: finish }, { highWaterMark: 0 });
}

const encoder = new TextEncoder();

/** What is sent, one after the other: the greeting, facts, and signs of life that carry the place of what was left out. */
function textsOf(cursor: FactCursor, { after, end, view }: SseOptions): () => Promise<string> {
	let greeted = false;
	let told = after;
	return async () => {
		if (!greeted) {
			greeted = true;
			const hello: HelloView = { schemaVersion, after, end };
			return `retry: ${limits.streamRetryMs}\n${eventText("hello", after, hello)}`;
		}
		const seen = await cursor.next();
		const seq = seen?.seq ?? cursor.position();
		const text = seen === null ? pulseText(told, seq) : seenText(seen, view);
		told = seq;
		return text;
	};
}

/** An id without data moves the client's place and is no event to it. */
function pulseText(told: number, position: number): string {
	return position === told ? ": still here\n\n" : `: still here\nid: ${position}\n\n`;
}

function eventText(event: string, id: number, data: object): string {
	return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function seenText(seen: Seen, view: SseOptions["view"]): string {
	if ("fact" in seen) return eventText("fact", seen.seq, factEventOf(seen, view));
	const { subject, event } = seen;
	const agent: AgentEventView = { schemaVersion, subject, event };
	return eventText("agent", seen.seq, agent);
}

function factEventOf({ swapId, fact, swap }: SeenFact, view: SseOptions["view"]): FactEventView {
	return { schemaVersion, swapId, fact: factViewOf(fact), swap: swap === null ? null : view(swap) };
}
