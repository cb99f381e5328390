// Joins engine and adapters: builds a supervisor for one repository, and the read-only view of its journal that works without one.
import { join } from "node:path";
import { readJournal } from "../adapters/journal/read-journal.js";
import type { Kept } from "../adapters/state/keep.js";
import { createClock } from "../adapters/system/clock.js";
import { createEmergencyLog, reserveEmergencyLog } from "../adapters/system/emergency-log.js";
import { createFiles } from "../adapters/system/files.js";
import { limits } from "../core/limits.js";
import type { Authority } from "../core/people/authority.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import type { Swap } from "../core/swap.js";
import { createSupervisor } from "../engine/create-supervisor.js";
import { withEmergencies } from "../engine/taking-in.js";
import type { Supervisor } from "../engine/verbs/supervisor.js";
import type { Exiting, Log, Scrub } from "../ports/ports.js";
import { apartRefusal } from "./apart.js";
import { countBoot } from "./boots.js";
import { gatewayAddress, reachable } from "./gateway.js";
import { goBackFirst, usableJournal } from "./journal.js";
import { patiently, tellKept } from "./place.js";
import {
	type Early,
	earlyPorts,
	emergencyFile,
	journalFile,
	type Place,
	type Sockets,
	type Substitutes,
	socketsOf,
} from "./ports.js";
import { engineSettings } from "./settings.js";
import { readyShared } from "./sharing.js";
import { readyState, settleState } from "./state.js";

export { journalFile, type Place, type Sockets, type Substitutes, socketsOf } from "./ports.js";

export interface Composition {
	readonly supervisor: Supervisor;
	readonly sockets: Sockets;
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
	/** Who may decide what: views tell from it whether a phrase is asked for. */
	readonly authority: Authority;
	/** Where callers on the operators' socket prove who they are. */
	readonly callers: string;
	/** Where the door over TCP listens, for programs that are started from now on. */
	readonly tellAddress: (address: string) => void;
}

/**
 * Takes the lock, opens the journal, and takes in what was done without it. Refuses when another supervisor runs, the state is newer, or a first start
 * does not know what is shared. A journal that
 * cannot be used undoes a running trial first; one that cannot be used for a passing cause is tried again for a while before that.
 */
export async function compose(place: Place, substitutes: Substitutes = {}): Promise<Composition | Refusal> {
	const clock = substitutes.clock ?? createClock();
	const unready = await patiently(clock, () => readyState(place));
	if (unready !== null) return unready;
	let gateway = gatewayAddress(place.settings.http);
	const ports = await patiently(clock, () => earlyPorts(place, { ...substitutes, clock }, () => gateway));
	tellKept(place, ports.log);
	const locked = await patiently(clock, () => ports.lock.acquire());
	if (locked !== null) return locked;
	const releases = [ports, ...ports.agents].map((one) => one.releases);
	const starts = await countBoot({ stateDir: place.stateDir, files: createFiles(), clock, log: ports.log, releases });
	if (starts > limits.guardStarts) await goBackFirst(ports, starts);
	const kept = await settled(ports, place);
	if (isRefusal(kept)) {
		await ports.lock.release();
		return kept;
	}
	const settings = { ...engineSettings(place.settings), source: place.source, blocked: kept.blocked };
	await reserveEmergencyLog({ file: emergencyFile(place.stateDir), files: createFiles() }).catch(() => {});
	const journal = await usableJournal(ports, place.stateDir, settings).catch(async (error: unknown) => {
		await ports.lock.release();
		throw error;
	});
	if (isRefusal(journal)) {
		await ports.lock.release();
		return journal;
	}
	const supervisor = createSupervisor({ ...ports, journal }, settings);
	const { log, exiting, scrub } = ports;
	const { authority } = settings;
	const callers = join(place.stateDir, "callers");
	const tellAddress = (address: string) => {
		gateway = reachable(address);
	};
	const sockets = socketsOf(place.stateDir);
	return { supervisor, sockets, log, exiting, scrub, authority, callers, tellAddress };
}

/** What a start finds to its state and to what is shared, before the journal is opened. */
async function settled(ports: Early, place: Place): Promise<Kept | Refusal> {
	try {
		const kept = await settleState(place, ports.log);
		if (isRefusal(kept)) return kept;
		return (await apartRefusal(ports, place.settings)) ?? (await readyShared(ports, place)) ?? kept;
	} catch (error) {
		await ports.lock.release();
		throw error;
	}
}

/** The journal, read only, with what could not be written to it: for the command line while no supervisor answers. */
export async function inspect({ stateDir }: { readonly stateDir: string }) {
	const journal = readJournal({ file: journalFile(stateDir) });
	if (isRefusal(journal)) return journal;
	const emergencies = createEmergencyLog({ file: emergencyFile(stateDir), files: createFiles() });
	const entries = await emergencies.pending().catch(() => []);
	const whole = (swap: Swap) => withEmergencies(swap, entries);
	return {
		...journal,
		swap(id: string) {
			const swap = journal.swap(id);
			return swap === null ? null : whole(swap);
		},
		swaps: () => journal.swaps(limits.listed).map(whole),
	};
}
