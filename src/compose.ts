// The only file that joins engine and adapters. Builds a supervisor for one repository, and the read-only views that work without one.
import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createConsole } from "./adapters/delivery/console.js";
import { createPage } from "./adapters/delivery/page.js";
import { examineGit } from "./adapters/git/examine.js";
import { createReleases } from "./adapters/git/releases.js";
import { createRepository } from "./adapters/git/repository.js";
import { createWorkspaces } from "./adapters/git/workspaces.js";
import { createCommands } from "./adapters/process/commands.js";
import { createProbe } from "./adapters/process/probe.js";
import { createPrograms } from "./adapters/process/programs.js";
import { openJournal } from "./adapters/sqlite/journal.js";
import { createLock } from "./adapters/sqlite/lock.js";
import { readJournal } from "./adapters/sqlite/read-journal.js";
import { createSnapshots } from "./adapters/sqlite/snapshots.js";
import { createBallast } from "./adapters/system/ballast.js";
import { createClock } from "./adapters/system/clock.js";
import { examineSystem } from "./adapters/system/examine.js";
import { createExiting } from "./adapters/system/exiting.js";
import { createFiles } from "./adapters/system/files.js";
import { openGate } from "./adapters/system/gate.js";
import { createIds } from "./adapters/system/ids.js";
import { createLog } from "./adapters/system/log.js";
import { createNonces } from "./adapters/system/nonces.js";
import type { Settings } from "./config.js";
import { limits } from "./core/limits.js";
import { phases } from "./core/phases.js";
import { createScrub, isSecretName } from "./core/redact.js";
import { isRefusal, type Refusal, refuse } from "./core/refusals.js";
import type { EngineSettings, Ports } from "./engine/context.js";
import { createSupervisor } from "./engine/create-supervisor.js";
import { goBackWithoutJournal } from "./engine/emergency.js";
import { examineEngine } from "./engine/examination.js";
import type { Supervisor } from "./engine/supervisor.js";
import type { Delivery, Exiting, Files, Finding, Journal, Log, Scrub } from "./ports.js";

export interface Place {
	/** The operator's repository. */
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Settings;
}

/** What a test may put in the place of an adapter. */
export type Substitutes = Partial<Pick<Ports, "gate" | "exiting" | "clock" | "deliveries" | "log">>;

export interface Composition {
	readonly supervisor: Supervisor;
	readonly sockets: Sockets;
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
}

export interface Sockets {
	readonly operator: string;
	readonly program: string;
}

type Early = Omit<Ports, "journal">;

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
	const supervisor = createSupervisor({ ...ports, journal }, engineSettings(place.settings));
	return { supervisor, sockets: socketsOf(place.stateDir), log: ports.log, exiting: ports.exiting, scrub: ports.scrub };
}

/** A journal that was lost and begun anew, or replaced by an older one, cannot tell what becomes of the trial that runs. */
async function unknownTrial(journal: Journal, ports: Early, stateDir: string): Promise<Refusal | null> {
	const trial = (await ports.releases.readLive())?.trial ?? null;
	if (trial === null) return null;
	const swap = await journal.swap(trial.swapId);
	if (swap !== null && phases[swap.status].liveTouched) return null;
	const why = `live.json says that ${trial.swapId} is on trial, and it does not`;
	return refuse("journal_unreadable", { path: journalFile(stateDir), why });
}

async function withoutJournal(ports: Early, refusal: Refusal): Promise<void> {
	try {
		if (refusal.code === "journal_unreadable") await goBackWithoutJournal(ports);
	} finally {
		await ports.lock.release();
	}
}

export function socketsOf(stateDir: string): Sockets {
	return { operator: join(stateDir, "deadman.sock"), program: join(stateDir, "program.sock") };
}

export function journalFile(stateDir: string): string {
	return join(stateDir, "state.db");
}

async function earlyPorts({ root, stateDir, settings }: Place, substitutes: Substitutes): Promise<Early> {
	const scrub = createScrub({ secrets: secretsOf(settings) });
	const clock = substitutes.clock ?? createClock();
	const log = substitutes.log ?? createLog({ level: logLevel(process.env.DEADMAN_LOG), scrub });
	const gate = substitutes.gate ?? openGate;
	const exiting = substitutes.exiting ?? createExiting();
	const files = createFiles();
	const commands = createCommands({ scrub });
	const nonces = await createNonces({ file: join(stateDir, "nonces.key") });
	const instance = await instanceOf(stateDir, files);
	const { program, databases, branch } = settings;
	const shared = { root, stateDir, commands, files, log };
	return {
		clock,
		gate,
		log,
		scrub,
		exiting,
		nonces,
		ids: createIds(),
		lock: createLock({ file: join(stateDir, "lock") }),
		ballast: createBallast({ file: join(stateDir, "ballast"), bytes: limits.ballastBytes, files }),
		repository: createRepository({ ...shared, branch }),
		workspaces: createWorkspaces({ ...shared, branch }),
		releases: createReleases({ ...shared, settings, gate }),
		snapshots: createSnapshots({ ...shared, databases, gate }),
		programs: createPrograms({ program, root, stateDir, instance, sockets: socketsOf(stateDir), scrub, clock, log }),
		probe: createProbe({ readiness: program.readiness, stateDir, scrub, commands, clock }),
		deliveries: substitutes.deliveries ?? deliveriesOf({ settings, stateDir, nonces, files, log }),
	};
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

function logLevel(wanted: string | undefined): (typeof logLevels)[number] {
	return logLevels.find((level) => level === wanted) ?? "info";
}

interface DeliveryParts {
	readonly settings: Settings;
	readonly stateDir: string;
	readonly nonces: Ports["nonces"];
	readonly files: Files;
	readonly log: Log;
}

function deliveriesOf({ settings, stateDir, nonces, files, log }: DeliveryParts): Delivery[] {
	return settings.delivery.map((channel) =>
		channel.kind === "console"
			? createConsole({ write: (text: string) => process.stderr.write(text) })
			: createPage({ port: channel.port, stateDir, nonces, files, log }),
	);
}

/** Values that must never leave: of the program's environment and of ours, where the name says so. */
function secretsOf(settings: Settings): string[] {
	const all = [...Object.entries(settings.program.env), ...Object.entries(process.env)];
	return all.filter(([name]) => isSecretName(name)).flatMap(([, value]) => (value === undefined ? [] : [value]));
}

/** Marks every program of this state folder; no secret. */
async function instanceOf(stateDir: string, files: Files): Promise<string> {
	const path = join(stateDir, "instance");
	if (!(await files.exists(path))) await files.writeAtomic(path, randomUUID());
	return (await readFile(path, "utf8")).trim();
}

function engineSettings(settings: Settings): EngineSettings {
	const { deadman, program } = settings;
	const { timeout, minUptime, interval } = program.readiness;
	return {
		branch: settings.branch,
		approval: settings.approval,
		shared: settings.shared,
		deadman: { initialMs: deadman.initial, afterDeliveryMs: deadman.afterDelivery, capMs: deadman.cap },
		restart: program.restart,
		readiness: { timeoutMs: timeout, minUptimeMs: minUptime, intervalMs: interval },
		heartbeatMs: program.heartbeat,
		retain: settings.retain,
	};
}

/** The journal, read only: for the command line while no supervisor answers. */
export function inspect({ stateDir }: { readonly stateDir: string }) {
	const journal = readJournal({ file: journalFile(stateDir) });
	return isRefusal(journal) ? journal : { ...journal, swaps: () => journal.swaps(limits.listed) };
}

/** For `deadman doctor`: everything that can be known without a running supervisor. Refuses nothing; says it instead. */
export async function examine(place: Place): Promise<readonly Finding[]> {
	await mkdir(place.stateDir, { recursive: true, mode: 0o700 });
	const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };
	const ports = await earlyPorts(place, { log: quiet, deliveries: [] });
	const findings = await examineSystem({ stateDir: place.stateDir, files: createFiles() });
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
