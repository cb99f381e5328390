// Cuts off who takes nothing of what it was sent: a reader that stands still must not hold a stream for ever. It comes back and goes on.
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { limits } from "../../../core/limits.js";
import { actorName } from "../../../core/swap.js";
import type { Clock, Log } from "../../../ports/ports.js";
import type { Caller } from "../base/route.js";

export interface StallWatchOptions {
	readonly clock: Clock;
	readonly log: Log;
	readonly caller: Caller;
	/** Called before the connection is ended. */
	readonly cut: () => void;
}

export interface StallWatch {
	/** Something was handed over. */
	start(): void;
	/** The reader took it. */
	stop(): void;
}

export function createStallWatch(c: Context, { clock, log, caller, cut }: StallWatchOptions): StallWatch {
	const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
	let stop = () => {};

	function ring(): void {
		log.warn("stream_cut", { actor: actorName(caller.actor), path: c.req.path });
		cut();
		outgoing?.destroy();
	}

	return {
		start() {
			stop();
			stop = clock.timer(limits.streamStalledMs, ring);
		},
		stop: () => stop(),
	};
}
