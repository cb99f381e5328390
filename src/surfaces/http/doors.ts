// The two sockets of a supervisor as one thing that opens and closes. Opened only by the holder of the state folder's lock.
import type { Instant } from "../../core/deadman.js";
import type { Refusal } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import type { Composed } from "../composition.js";
import { refuseSocketPath } from "../socket-path.js";
import { viewOf } from "../view.js";
import { type Door, listen, privatePathOf } from "./listen.js";
import { createOperatorApp } from "./operator.js";
import { createProgramApp } from "./program.js";

export interface Doors {
	/** Before anything starts: can these paths be bound at all? */
	refusal(): Refusal | null;
	open(): Promise<void>;
	/** New callers find no supervisor from here on; requests in flight go on. */
	retire(): Promise<void>;
	close(): Promise<void>;
}

export function createDoors(composed: Composed, now: () => Instant): Doors {
	const { authority, supervisor, log, scrub, sockets } = composed;
	const { operator, program } = sockets;
	const view = (swap: Swap) => viewOf(swap, now(), authority);
	const options = { supervisor, log, scrub, authority, view };
	const doors: Door[] = [];
	return {
		refusal: () => refuseSocketPath(privatePathOf(operator)) ?? refuseSocketPath(privatePathOf(program)),
		async open() {
			doors.push(await listen({ app: createOperatorApp(options), path: operator }));
			doors.push(await listen({ app: createProgramApp(options), path: program }));
		},
		async retire() {
			await Promise.allSettled(doors.map((door) => door.retire()));
		},
		async close() {
			await Promise.allSettled(doors.splice(0).map((door) => door.close()));
		},
	};
}
