// Which connections a token is used on, so that revoking it ends what it still reads or waits for.
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { isRefusal } from "../../../core/refusals.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";

export interface Sessions {
	join(tokenId: string, c: Context): void;
	/** The same supervisor, whose revocations are heard. */
	heed(supervisor: Supervisor): Supervisor;
}

/** What is needed of a socket of node's. */
interface Connection {
	once(event: "close", listener: () => void): unknown;
	destroy(): unknown;
}

export function createSessions(): Sessions {
	const open = new Map<string, Set<Connection>>();
	const known = new WeakSet<Connection>();

	function leave(connection: Connection): void {
		for (const [id, connections] of open) {
			connections.delete(connection);
			if (connections.size === 0) open.delete(id);
		}
	}

	function end(id: string): void {
		for (const connection of open.get(id) ?? []) connection.destroy();
	}

	return {
		join(tokenId, c) {
			const connection: Connection | undefined = ((c.env ?? {}) as Partial<HttpBindings>).incoming?.socket;
			if (connection === undefined) return;
			open.set(tokenId, (open.get(tokenId) ?? new Set()).add(connection));
			if (known.has(connection)) return;
			known.add(connection);
			connection.once("close", () => leave(connection));
		},
		heed: (supervisor) => ({
			...supervisor,
			async revokeToken(request) {
				const answer = await supervisor.revokeToken(request);
				if (!isRefusal(answer)) end(answer.id);
				return answer;
			},
		}),
	};
}
