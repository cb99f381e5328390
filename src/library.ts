// deadman inside a host's own process: a supervisor from a folder and a configuration in code, and its doors for the command line. Touches no signals.
import { join, resolve } from "node:path";
import { createClock } from "./adapters/system/clock.js";
import { createNonces } from "./adapters/system/nonces.js";
import { compose, type Place } from "./app/compose.js";
import { readyState } from "./app/state.js";
import { type Config, parseConfig } from "./config/config.js";
import { isRefusal, type Refusal } from "./core/refusals.js";
import type { Supervisor } from "./engine/verbs/supervisor.js";
import type { Delivery, Log } from "./ports/ports.js";
import { placeOf } from "./state/place.js";
import { createDoors } from "./surfaces/http/doors/doors.js";
import { asBegun } from "./surfaces/kept-configuration.js";

/** What a channel of one's own is given. */
export interface DeliveryTools {
	/** What a click on the card of this swap and epoch has to carry. Give it to people who may decide, never to a builder. */
	nonce(swapId: string, epoch: number): string;
}

export interface SupervisorOptions {
	/** The folder of the git repository whose program is supervised; relative to the working directory. */
	readonly root: string;
	/** As in `.deadman/config.json`; see `defineConfig`. */
	readonly config: Config;
	/** In place of the channels that the configuration names. */
	readonly delivery?: readonly (Delivery | ((tools: DeliveryTools) => Delivery))[];
	/** Default: JSON lines on stderr, at the level of the environment's DEADMAN_LOG. */
	readonly log?: Log;
	/** Called where the supervisor has to leave to be restarted, with the exit code. Default: ends this process. */
	readonly exit?: (code: number) => void;
}

/** A supervisor in this process. */
export interface EmbeddedSupervisor extends Supervisor {
	/** Journal, releases and sockets; absolute. */
	readonly stateDir: string;
	/**
	 * Opens the sockets, and TCP where `http` is configured, as `deadman run` does. Call it before `start`: programs report to a socket.
	 * @returns null, or why a door cannot be opened.
	 */
	serve(): Promise<Refusal | null>;
	/** Closes the doors, then stops the program; a running window stays on disk and goes on at the next start. */
	stop(): Promise<void>;
}

/**
 * Takes the lock of the state folder and opens the journal; nothing runs until `start`.
 *
 * @returns a Refusal for a wrong configuration (`config_invalid`), or when another supervisor holds the folder.
 * @throws Error when the disk fails.
 * @example
 * const supervisor = await createSupervisor({ root: ".", config });
 * if (isRefusal(supervisor)) throw new RefusedError(supervisor);
 * await supervisor.serve();
 * await supervisor.start();
 */
export async function createSupervisor(options: SupervisorOptions): Promise<EmbeddedSupervisor | Refusal> {
	const { config, delivery, log, exit } = options;
	const settings = parseConfig(config, "createSupervisor({ config })");
	if (isRefusal(settings)) return settings;
	const root = resolve(options.root);
	const place = await placeOf({ root, configured: settings.stateDir });
	if (isRefusal(place)) return place;
	const { stateDir, by: stateBy } = place;
	const composed = await compose(
		{ root, stateDir, stateBy, ...(await asBegun(stateDir, { settings, source: config })) },
		{
			...(delivery && { deliveries: await channels(delivery, { root, stateDir, stateBy, settings }) }),
			...(log && { log }),
			...(exit && { exiting: { exit } }),
		},
	);
	if (isRefusal(composed)) return composed;
	const { supervisor } = composed;
	const doors = createDoors(composed, createClock(), settings.http);
	return {
		...supervisor,
		stateDir,
		serve: async () => doors.refusal() ?? (await doors.open()),
		async stop() {
			await doors.retire();
			await supervisor.stop();
			await doors.close();
		},
	};
}

/** Nonces are of the state, so it has to be there first. */
async function channels(delivery: NonNullable<SupervisorOptions["delivery"]>, place: Place): Promise<Delivery[]> {
	const unready = await readyState(place);
	if (unready !== null) return [];
	const nonces = await createNonces({ file: join(place.stateDir, "nonces.key") });
	const tools: DeliveryTools = { nonce: (swapId, epoch) => nonces.of(swapId, epoch) };
	return delivery.map((one) => (typeof one === "function" ? one(tools) : one));
}
