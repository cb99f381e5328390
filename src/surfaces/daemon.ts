// `deadman run`: composes a supervisor, opens its doors from the first moment, and leaves when told to. Decides nothing about swaps.
import { limits } from "../core/limits.js";
import { phases } from "../core/machine/phases.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import type { Clock, Log } from "../ports/ports.js";
import type { Compose, Composed } from "./composition.js";
import type { Configuration } from "./configuration.js";
import { createDoors } from "./http/doors/doors.js";

/** The process, as far as the daemon needs it; tests pass an emitter. */
export interface Signals {
	on(event: string, listener: (detail: unknown) => void): unknown;
}

export interface DaemonOptions {
	readonly configuration: Configuration;
	readonly compose: Compose;
	readonly signals: Signals;
	readonly clock: Clock;
	/** Tells a refusal to people and answers with the code to leave with. */
	readonly refused: (refusal: Refusal) => number;
	readonly serving: (composed: Composed) => Promise<void>;
}

const stopped = 0;
const failed = 1;

/** Resolves when everything serves, or when leaving was decided. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
	const composed = await options.compose(options.configuration);
	if (isRefusal(composed)) {
		process.exitCode = options.refused(composed);
		return;
	}
	const { log, sockets } = composed;
	const life = createLife(composed, options);
	heed(options.signals, life, log);
	try {
		const refusal = await life.begin();
		if (life.isLeaving()) return;
		if (refusal !== null) return await life.leave(options.refused(refusal));
		log.info("serving", { socket: sockets.operator });
		await options.serving(composed);
	} catch (error) {
		log.error("start_failed", { error: describe(error) });
		await life.leave(failed);
	}
}

interface Life {
	/** Serves and starts; a refusal when a socket or the address cannot be bound. */
	begin(): Promise<Refusal | null>;
	/** Leaves without stopping anything: what is unfinished is swept at the next start. */
	leave(code: number): Promise<void>;
	/** The program is stopped; a window that runs stays on disk. A second call does not wait. */
	stop(): Promise<void>;
	isLeaving(): boolean;
}

function createLife(composed: Composed, { clock, configuration }: DaemonOptions): Life {
	const { supervisor, exiting, log } = composed;
	const doors = createDoors(composed, clock, configuration.settings.http);
	let leaving = false;

	/** The start may stage a whole baseline, so the sockets serve before and meanwhile. No closed door stands before a rollback that is due (F38). */
	async function begin(): Promise<Refusal | null> {
		const closed = await openDoors().catch((error: unknown) => ({ error }));
		if (closed !== null) {
			if (!(await isLiveTouched())) {
				if ("error" in closed) throw closed.error;
				return closed;
			}
			void openLater();
		}
		await supervisor.start();
		return null;
	}

	const openDoors = async () => doors.refusal() ?? (await doors.open());

	/** What cannot be asked counts as yes: starting goes on with nothing that is not on record. */
	async function isLiveTouched(): Promise<boolean> {
		const swaps = await supervisor.swaps().catch(() => null);
		return swaps === null || swaps.some(({ status }) => phases[status].liveTouched);
	}

	async function openLater(): Promise<void> {
		while (!leaving) {
			const closed = await openDoors().catch((error: unknown) => ({ message: describe(error) }));
			if (closed === null) return;
			log.error("doors.closed", { reason: closed.message });
			await clock.sleep(limits.blockedPauseMs);
		}
	}

	async function leave(code: number): Promise<void> {
		leaving = true;
		await doors.close();
		exiting.exit(code);
	}

	async function stop(): Promise<void> {
		if (leaving) {
			exiting.exit(failed);
			return;
		}
		leaving = true;
		try {
			await doors.retire();
			await supervisor.stop();
			await leave(stopped);
		} catch (error) {
			log.error("stop_failed", { error: describe(error) });
			await leave(failed);
		}
	}

	return { begin, leave, stop, isLeaving: () => leaving };
}

function heed(signals: Signals, life: Life, log: Log): void {
	for (const signal of ["SIGTERM", "SIGINT"]) {
		signals.on(signal, () => {
			log.info("stopping", { signal });
			void life.stop();
		});
	}
	signals.on("SIGHUP", () => log.info("ignored", { signal: "SIGHUP" }));
	for (const bug of ["uncaughtException", "unhandledRejection"]) {
		signals.on(bug, (error) => {
			log.error("bug", { kind: bug, error: describe(error) });
			void life.leave(failed);
		});
	}
}

function describe(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
