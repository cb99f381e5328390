// The only room that joins engine and adapters. Builds a supervisor for one repository, and the read-only views that work without one.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findUnprotected } from "../adapters/databases/protection.js";
import { examineGit } from "../adapters/git/releases/examine.js";
import { trackedOf } from "../adapters/git/trees/tracked.js";
import { openJournal } from "../adapters/journal/journal.js";
import { readJournal } from "../adapters/journal/read-journal.js";
import { createCommands } from "../adapters/process/confine/commands.js";
import { examineConfinement } from "../adapters/process/confine/examine.js";
import { createClock } from "../adapters/system/clock.js";
import { createEmergencyLog, reserveEmergencyLog } from "../adapters/system/emergency-log.js";
import { examineSystem } from "../adapters/system/examine.js";
import { examineHttp } from "../adapters/system/examine-http.js";
import { createFiles } from "../adapters/system/files.js";
import type { Settings } from "../config/config.js";
import { limits } from "../core/limits.js";
import type { Authority } from "../core/people/authority.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import type { Swap } from "../core/swap.js";
import { createEngine } from "../engine/base/context.js";
import { createSupervisor } from "../engine/create-supervisor.js";
import { examineEngine } from "../engine/programs/examination.js";
import { takeIn, withEmergencies } from "../engine/taking-in.js";
import type { Supervisor } from "../engine/verbs/supervisor.js";
import type { Exiting, Finding, Log, Scrub } from "../ports/ports.js";
import { examineChannels } from "./channels.js";
import { usableJournal } from "./journal.js";
import { patiently, tellKept } from "./place.js";
import {
	earlyPorts,
	emergencyFile,
	journalFile,
	type Place,
	type Sockets,
	type Substitutes,
	socketsOf,
} from "./ports.js";
import { engineSettings } from "./settings.js";
import { versionsOf } from "./targets.js";

export { journalFile, type Place, type Sockets, type Substitutes, socketsOf } from "./ports.js";

export interface Composition {
	readonly supervisor: Supervisor;
	readonly sockets: Sockets;
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
	/** Who may decide what: views tell from it whether a phrase is asked for. */
	readonly authority: Authority;
}

/**
 * Takes the lock, opens the journal, and takes in what was done without it. Refuses when another supervisor runs or the state is newer. A journal that
 * cannot be used undoes a running trial first; one that cannot be used for a passing cause is tried again for a while before that.
 */
export async function compose(place: Place, substitutes: Substitutes = {}): Promise<Composition | Refusal> {
	const clock = substitutes.clock ?? createClock();
	await mkdir(place.stateDir, { recursive: true, mode: 0o700 });
	const ports = await patiently(clock, () => earlyPorts(place, { ...substitutes, clock }));
	tellKept(place, ports.log);
	const locked = await patiently(clock, () => ports.lock.acquire());
	if (locked !== null) return locked;
	const settings = { ...engineSettings(place.settings), source: place.source };
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
	return { supervisor, sockets: socketsOf(place.stateDir), log, exiting, scrub, authority: settings.authority };
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

/** For `deadman init`: before there is a state folder, and without making one. */
export async function protect({ root, gitDir, settings }: Unmade): Promise<Refusal | null> {
	const stateDir = join(root, ".deadman");
	const commands = createCommands({ scrub: (text) => text });
	const tracked = (paths: readonly string[]) => trackedOf({ root, gitDir, stateDir, commands }, paths);
	const databases = settings.databases.flatMap(({ path }) => (path === undefined ? [] : [path]));
	return findUnprotected({ root, stateDir, databases, versions: versionsOf(settings), tracked });
}

interface Unmade {
	readonly root: string;
	readonly gitDir: string;
	readonly settings: Settings;
}

/** For `deadman doctor`: everything that can be known without a running supervisor. Refuses nothing; says it instead. */
export async function examine(place: Place): Promise<readonly Finding[]> {
	await mkdir(place.stateDir, { recursive: true, mode: 0o700 });
	const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };
	const ports = await earlyPorts(place, { log: quiet, deliveries: [] });
	const findings = await examineSystem({ stateDir: place.stateDir, files: createFiles() });
	const { root, stateDir, settings } = place;
	findings.push(...(await examineConfinement({ sandbox: settings.sandbox, root, stateDir })));
	findings.push(...examineHttp(settings.http));
	findings.push(...(await examineChannels({ root, settings })));
	findings.push(await examineGit({ commands: createCommands({ scrub: ports.scrub }) }));
	const locked = await ports.lock.acquire();
	if (locked !== null) return [...findings, running(locked)];
	try {
		const journal = await openJournal({ file: journalFile(place.stateDir) });
		if (isRefusal(journal)) return [...findings, unreadable(journal)];
		const settings = engineSettings(place.settings);
		await takeIn(createEngine({ ...ports, journal }, settings));
		const found = await examineEngine({ ...ports, journal }, settings);
		await journal.close();
		return [...findings, ...found];
	} finally {
		await ports.lock.release();
	}
}

function running(locked: Refusal): Finding {
	return {
		name: "lock",
		level: "ok",
		sentence: `${locked.message} It was not disturbed; \`deadman status\` asks it.`,
		next: null,
	};
}

function unreadable(refusal: Refusal): Finding {
	return { name: "journal", level: "bad", sentence: refusal.message, next: refusal.next };
}
