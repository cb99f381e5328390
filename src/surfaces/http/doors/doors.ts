// The doors of a supervisor, its two sockets and TCP where it is configured, as one thing that opens and closes. Opened only by the holder of the state folder's lock.
import type { Hono } from "hono";
import type { HttpSettings } from "../../../config/http.js";
import { isRefusal, type Refusal } from "../../../core/refusals.js";
import type { Swap } from "../../../core/swap.js";
import type { Clock } from "../../../ports/ports.js";
import type { Composed } from "../../composition.js";
import { mountMcp } from "../../mcp/mount.js";
import { refuseSocketPath } from "../../socket-path.js";
import { viewOf } from "../../view.js";
import { callerOnSocket } from "../base/caller.js";
import { type CallerProof, createCallerProof } from "./caller-proof.js";
import { type Door, listen, privatePathOf } from "./listen.js";
import { listenTcp } from "./listen-tcp.js";
import { createOperatorApp } from "./operator.js";
import { createProgramApp } from "./program.js";
import { createSessions } from "./sessions.js";
import { createTcpApp } from "./tcp.js";

export interface Doors {
	/** Before anything starts: can these paths be bound at all? */
	refusal(): Refusal | null;
	/** Opens those that are not open yet. Refuses where the configured address cannot be listened on; rejects where a socket cannot. */
	open(): Promise<Refusal | null>;
	/** New callers find no supervisor from here on; requests in flight go on. */
	retire(): Promise<void>;
	close(): Promise<void>;
}

/** `http`: null opens no door over TCP. */
export function createDoors(composed: Composed, clock: Clock, http: HttpSettings | null = null): Doors {
	const { authority, log, scrub, sockets } = composed;
	const { operator, program } = sockets;
	const sessions = createSessions();
	const supervisor = sessions.heed(composed.supervisor);
	let address: string | null = null;
	const view = (swap: Swap) => viewOf(swap, clock.now(), authority);
	const options = { supervisor, log, scrub, authority, view, clock, tcpAddress: () => address };
	const doors: Door[] = [];
	const open = new Set<string>();

	/** Once: a second try opens only what is still closed. */
	async function once(name: string, listening: () => Promise<Door | Refusal>): Promise<Refusal | null> {
		if (open.has(name)) return null;
		const door = await listening();
		if (isRefusal(door)) return door;
		doors.push(door);
		open.add(name);
		return null;
	}

	async function listenOn(settings: HttpSettings): Promise<Door | Refusal> {
		const app = createTcpApp({ ...options, http: settings, sessions }, (app, { callerOf }) =>
			mountMcp(app, { ...options, callerOf }),
		);
		const door = await listenTcp({ app, host: settings.host, port: settings.port });
		if (isRefusal(door)) return door;
		address = door.address;
		composed.tellAddress?.(door.address);
		log.info("listening", { address });
		return door;
	}

	return {
		refusal: () => refuseSocketPath(privatePathOf(operator)) ?? refuseSocketPath(privatePathOf(program)),
		async open() {
			// The program's first: a version on trial may have to report there, whatever keeps the others closed.
			await once("program", () => listen({ app: createProgramApp(options), path: program }));
			await once("operator", async () => {
				const proof = proofIn(composed, clock);
				await proof?.ready();
				const before = proof === null ? [] : [proof.middleware];
				const mount = (app: Hono) => mountMcp(app, { ...options, callerOf: callerOnSocket });
				const app = createOperatorApp({ ...options, before }, mount);
				return listen({ app, path: operator });
			});
			return http === null ? null : once("tcp", () => listenOn(http));
		},
		async retire() {
			await Promise.allSettled(doors.map((door) => door.retire()));
		},
		async close() {
			await Promise.allSettled(doors.splice(0).map((door) => door.close()));
		},
	};
}

function proofIn({ callers }: Composed, clock: Clock): CallerProof | null {
	const uid = process.getuid?.();
	if (callers === undefined || uid === undefined) return null;
	return createCallerProof({ folder: callers, uid, nowMs: () => clock.now().bootMs });
}
