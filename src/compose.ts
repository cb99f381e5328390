// The only room that joins engine and adapters. Builds a supervisor for one repository, and the read-only views that work without one.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { examineGit } from "./adapters/git/examine.js";
import { trackedOf } from "./adapters/git/tracked.js";
import { createCommands } from "./adapters/process/commands.js";
import { examineConfinement } from "./adapters/process/examine.js";
import { openJournal } from "./adapters/sqlite/journal.js";
import { findUnprotected } from "./adapters/sqlite/protection.js";
import { readJournal } from "./adapters/sqlite/read-journal.js";
import { examineSystem } from "./adapters/system/examine.js";
import { examineHttp } from "./adapters/system/examine-http.js";
import { createFiles } from "./adapters/system/files.js";
import { examineChannels } from "./compose-channels.js";
import {
	type Early,
	earlyPorts,
	journalFile,
	type Place,
	type Sockets,
	type Substitutes,
	socketsOf,
} from "./compose-ports.js";
import { engineSettings } from "./compose-settings.js";
import { versionsOf } from "./compose-targets.js";
import type { Settings } from "./config.js";
import type { Authority } from "./core/authority.js";
import { limits } from "./core/limits.js";
import { phases } from "./core/phases.js";
import { isRefusal, type Refusal, refuse } from "./core/refusals.js";
import { createSupervisor } from "./engine/create-supervisor.js";
import { goBackWithoutJournal } from "./engine/emergency.js";
import { examineEngine } from "./engine/examination.js";
import type { Supervisor } from "./engine/supervisor.js";
import type { Exiting, Finding, Journal, Log, Scrub } from "./ports.js";

export { journalFile, type Place, type Sockets, type Substitutes, socketsOf } from "./compose-ports.js";

export interface Composition {
	readonly supervisor: Supervisor;
	readonly sockets: Sockets;
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
	/** Who may decide what: views tell from it whether a phrase is asked for. */
	readonly authority: Authority;
}

/** Takes the lock and opens the journal; refuses when another supervisor runs or the state is newer. An unreadable journal undoes a running trial first. */
export async function compose(place: Place, substitutes: Substitutes = {}): Promise<Composition | Refusal> {
	await mkdir(place.stateDir, { recursive: true, mode: 0o700 });
	const ports = await earlyPorts(place, substitutes);
	const locked = await ports.lock.acquire();
	if (locked !== null) return locked;
	const journal = await openJournal({ file: journalFile(place.stateDir) });
	if (isRefusal(journal)) {
		await withoutJournal(ports, journal);
		return journal;
	}
	const forgetful = await unknownTrial(journal, ports, place.stateDir);
	if (forgetful !== null) {
		await journal.close();
		await withoutJournal(ports, forgetful);
		return forgetful;
	}
	const settings = engineSettings(place.settings);
	const supervisor = createSupervisor({ ...ports, journal }, settings);
	const { log, exiting, scrub } = ports;
	return { supervisor, sockets: socketsOf(place.stateDir), log, exiting, scrub, authority: settings.authority };
}

/** A journal that was lost and begun anew, or replaced by an older one, cannot tell what becomes of the trial that runs. */
async function unknownTrial(journal: Journal, ports: Early, stateDir: string): Promise<Refusal | null> {
	for (const { releases } of [ports, ...ports.agents]) {
		const trial = (await releases.readLive())?.trial ?? null;
		const swap = trial === null ? null : await journal.swap(trial.swapId);
		if (trial === null || (swap !== null && phases[swap.status].liveTouched)) continue;
		const why = `live.json says that ${trial.swapId} is on trial, and it does not`;
		return refuse("journal_unreadable", { path: journalFile(stateDir), why });
	}
	return null;
}

async function withoutJournal(ports: Early, refusal: Refusal): Promise<void> {
	try {
		if (refusal.code !== "journal_unreadable") return;
		for (const theirs of [{}, ...ports.agents]) await goBackWithoutJournal({ ...ports, ...theirs });
	} finally {
		await ports.lock.release();
	}
}

/** The journal, read only: for the command line while no supervisor answers. */
export function inspect({ stateDir }: { readonly stateDir: string }) {
	const journal = readJournal({ file: journalFile(stateDir) });
	return isRefusal(journal) ? journal : { ...journal, swaps: () => journal.swaps(limits.listed) };
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
		const found = await examineEngine({ ...ports, journal }, engineSettings(place.settings));
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
