// What happens, as it happens: one JSON object per line. A slow reader loses progress lines, never the supervisor's time.
import type { Context } from "hono";
import { stream } from "hono/streaming";
import type { Swap } from "../../../core/swap.js";
import type { Supervisor, SupervisorEvent } from "../../../engine/verbs/supervisor.js";
import type { Clock, Log } from "../../../ports/ports.js";
import { type SwapView, schemaVersion } from "../../view.js";
import type { Caller } from "../base/route.js";
import { sees } from "../base/scope.js";
import { createStallWatch } from "./stall-watch.js";

/** As the stream carries it; the first line is `connected`. */
export type EventView =
	| { readonly type: "connected"; readonly schemaVersion: typeof schemaVersion }
	| { readonly type: "swap:changed"; readonly swap: SwapView; readonly facts: readonly string[] }
	| Exclude<SupervisorEvent, { type: "swap:changed" }>;

interface EventsOptions {
	readonly supervisor: Supervisor;
	readonly view: (swap: Swap) => SwapView;
	readonly clock: Clock;
	readonly log: Log;
	readonly caller: Caller;
	/** A swap's id leaves out what belongs to other swaps; null: everything. */
	readonly only: string | null;
	/** Gives the stream's place back. */
	readonly release: () => void;
}

/** Events that may wait for a slow reader; beyond, the oldest are dropped. */
const queueLength = 1_000;

export function streamEvents(c: Context, options: EventsOptions): Response {
	const { supervisor, view, caller, only } = options;
	c.header("content-type", "application/x-ndjson");
	return stream(c, async (out) => {
		const queue = createQueue();
		queue.push({ type: "connected", schemaVersion });
		const unsubscribe = supervisor.subscribe((event) => {
			if (!isSeen(caller, event)) return;
			if (only === null || swapOf(event) === null || swapOf(event) === only) queue.push(eventViewOf(event, view));
		});
		const watch = createStallWatch(c, { ...options, cut: end });
		function end(): void {
			watch.stop();
			queue.close();
			unsubscribe();
			options.release();
		}
		// A write to a reader who has gone may never come back.
		out.onAbort(end);
		try {
			for (let event = await queue.take(); event !== null && !out.aborted; event = await queue.take()) {
				watch.start();
				await out.write(`${JSON.stringify(event)}\n`);
				watch.stop();
			}
		} finally {
			end();
		}
	});
}

/** Of a builder's own swaps; what steps print, and the programs, are the operators' to see. */
function isSeen(caller: Caller, event: SupervisorEvent): boolean {
	if (caller.role !== "builder") return true;
	return event.type === "swap:changed" && sees(caller, event.swap);
}

function swapOf(event: SupervisorEvent): string | null {
	if (event.type === "swap:changed") return event.swap.id;
	return event.type === "step:progress" ? event.swapId : null;
}

function eventViewOf(event: SupervisorEvent, view: EventsOptions["view"]): EventView {
	if (event.type !== "swap:changed") return event;
	return { type: event.type, swap: view(event.swap), facts: event.facts.map((fact) => fact.type) };
}

interface Queue {
	push(event: EventView): void;
	/** Null once it is closed. */
	take(): Promise<EventView | null>;
	close(): void;
}

function createQueue(): Queue {
	const waiting: EventView[] = [];
	let closed = false;
	let wake = () => {};
	return {
		push(event) {
			waiting.push(event);
			if (waiting.length > queueLength) waiting.shift();
			wake();
		},
		async take() {
			while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
			return closed ? null : (waiting.shift() ?? null);
		},
		close() {
			closed = true;
			wake();
		},
	};
}
