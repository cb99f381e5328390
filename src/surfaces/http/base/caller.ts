// Who calls on the operator's socket, and what its routes work with. The file's permissions are the authority; the header only names the caller.
import type { Context } from "hono";
import type { Authority } from "../../../core/people/authority.js";
import type { Actor, Swap } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { Clock, Log, Scrub } from "../../../ports/ports.js";
import type { SwapView } from "../../view.js";
import { headerOf } from "./headers.js";
import type { Caller } from "./route.js";

/** What rows work with. */
export interface RouteOptions {
	readonly supervisor: Supervisor;
	/** Of a swap as it is now. */
	readonly view: (swap: Swap) => SwapView;
	readonly authority: Authority;
	readonly log: Log;
	readonly scrub: Scrub;
	readonly clock: Clock;
	/** Where the door over TCP listens, for `status`; null: there is none. */
	readonly tcpAddress?: () => string | null;
}

/** Carries `cli:1000` or `builder:claude`. */
export const actorHeader = "deadman-actor";

/** A builder stays a builder on this socket too; anything unreadable is an unknown operator. */
export function actorOf(c: Context): Actor {
	const [, surface, id] = /^(cli|builder):([\w.@:+-]{1,64})$/.exec(headerOf(c, actorHeader) ?? "") ?? [];
	if (surface === undefined || id === undefined) return { surface: "cli", id: "unknown" };
	return { surface: surface as "cli" | "builder", id };
}

/** On the socket: whoever may open the file is an operator, but for those who say that they are builders. */
export function callerOnSocket(c: Context): Caller {
	const actor = actorOf(c);
	return { actor, role: actor.surface === "builder" ? "builder" : "operator", target: null, confined: false };
}
