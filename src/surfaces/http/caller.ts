// Who calls on the operator's socket, and what its routes work with. The file's permissions are the authority; the header only names the caller.
import type { Context } from "hono";
import type { Instant } from "../../core/deadman.js";
import type { Actor } from "../../core/swap.js";
import type { Supervisor } from "../../engine/supervisor.js";
import type { Log, Scrub } from "../../ports.js";

export interface OperatorOptions {
	readonly supervisor: Supervisor;
	readonly now: () => Instant;
	readonly log: Log;
	readonly scrub: Scrub;
}

/** Carries `cli:1000` or `builder:1000`. */
export const actorHeader = "deadman-actor";

/** A builder stays a builder on this socket too; anything unreadable is an unknown operator. */
export function actorOf(c: Context): Actor {
	const [, surface, id] = /^(cli|builder):([\w.@-]{1,64})$/.exec(c.req.header(actorHeader) ?? "") ?? [];
	if (surface === undefined || id === undefined) return { surface: "cli", id: "unknown" };
	return { surface: surface as "cli" | "builder", id };
}
