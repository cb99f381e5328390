// Every adapter of one supervisor, put together: those that all targets share, the host's, and each agent's.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { noSecrets, readInstallSecrets } from "../adapters/git/dependencies/install-secrets.js";
import { networkPasswords } from "../adapters/git/releases/stage-environment.js";
import { createRepository } from "../adapters/git/repository.js";
import { createUpkeep } from "../adapters/git/upkeep/upkeep.js";
import { createWorkspaces } from "../adapters/git/workspaces/workspaces.js";
import { createCommands } from "../adapters/process/confine/commands.js";
import { createClock } from "../adapters/system/clock.js";
import { createCredentials } from "../adapters/system/credentials.js";
import { createEmergencyLog } from "../adapters/system/emergency-log.js";
import { createExiting } from "../adapters/system/exiting.js";
import { createFiles } from "../adapters/system/files.js";
import { openGate } from "../adapters/system/gate.js";
import { createIds } from "../adapters/system/ids.js";
import { createLog } from "../adapters/system/log.js";
import { createNonces } from "../adapters/system/nonces.js";
import type { Settings } from "../config/config.js";
import { createScrub, createScrubbing, isSecretName } from "../core/rules/redact.js";
import type { Ports } from "../engine/base/context.js";
import { quietLog } from "../engine/base/quiet-log.js";
import type { Files } from "../ports/ports.js";
import { builderChannels, webhookSecrets } from "./builders.js";
import { deliveriesOf, deliverySecrets } from "./delivery.js";
import { createLocks } from "./lock.js";
import type { Place } from "./place.js";
import { createAgent, createHost, type TargetParts } from "./targets.js";
import { workspaceFolderOf } from "./workspace-folder.js";

export type { Place } from "./place.js";

/** What a test may put in the place of an adapter. */
export type Substitutes = Partial<Pick<Ports, "gate" | "exiting" | "clock" | "deliveries" | "log">>;

export interface Sockets {
	readonly operator: string;
	readonly program: string;
}

/** All of it but the journal, which is opened only under the lock. */
export type Early = Omit<Ports, "journal">;

export function socketsOf(stateDir: string): Sockets {
	return { operator: join(stateDir, "deadman.sock"), program: join(stateDir, "program.sock") };
}

export function journalFile(stateDir: string): string {
	return join(stateDir, "state.db");
}

export function emergencyFile(stateDir: string): string {
	return join(stateDir, "emergency");
}

/** `gateway`: where programs reach it over TCP, as it is when one is started. */
export async function earlyPorts(
	place: Place,
	substitutes: Substitutes,
	gateway: () => string | null = () => null,
): Promise<Early> {
	const { root, stateDir, settings } = place;
	const secrets = await secretsFor({ root, settings });
	const scrub = createScrub({ secrets });
	const clock = substitutes.clock ?? createClock();
	const log = quietLog(substitutes.log ?? createLog({ level: logLevel(process.env.DEADMAN_LOG), scrub }));
	const gate = substitutes.gate ?? openGate;
	const files = createFiles();
	const commands = createCommands({ scrub, sandbox: settings.sandbox });
	const nonces = await createNonces({ file: join(stateDir, "nonces.key") });
	const instance = await instanceOf(stateDir, files);
	const shared = { root, stateDir, commands, files, log };
	const sharedPaths = settings.shared.map(({ path }) => path);
	const folder = await workspaceFolderOf(place);
	const workspaces = createWorkspaces({ ...shared, folder, branch: settings.branch, shared: sharedPaths });
	const sockets = socketsOf(stateDir);
	const parts: TargetParts = { ...shared, settings, gate, clock, scrub, instance, sockets, gateway };
	const host = createHost(parts);
	const agents = Object.keys(settings.targets).map((name) => createAgent(parts, name));
	const onTrial = async () => {
		const lives = await Promise.all([host, ...agents].map(({ releases }) => releases.readLive()));
		return lives.some((live) => live !== null && live.trial !== null);
	};
	return {
		clock,
		gate,
		log,
		scrub,
		scrubbing: createScrubbing({ secrets }),
		exiting: substitutes.exiting ?? createExiting(),
		nonces,
		credentials: createCredentials(),
		ids: createIds(),
		lock: await createLocks({ root, stateDir, onTrial, log }),
		emergency: createEmergencyLog({ file: emergencyFile(stateDir), files }),
		repository: createRepository({ ...shared, gate, branch: settings.branch, activation: settings.activation }),
		workspaces,
		upkeep: createUpkeep(shared),
		builderChannels: builderChannels({ root, settings, workspaces, commands, clock }),
		...host,
		agents,
		deliveries:
			substitutes.deliveries ?? (await deliveriesOf({ settings, root, stateDir, nonces, files, commands, clock, log })),
	};
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

function logLevel(wanted: string | undefined): (typeof logLevels)[number] {
	return logLevels.find((level) => level === wanted) ?? "info";
}

/** Everything that no log, card or error may hold. */
async function secretsFor({ root, settings }: Pick<Place, "root" | "settings">): Promise<readonly string[]> {
	return [
		...secretsOf(settings),
		...(await webhookSecrets(root, settings)),
		...(await deliverySecrets(root, settings)),
		...(await installValues({ root, install: settings.install })),
	];
}

/** What only installs see, as far as it is there now, and the passwords of the ways to the network. */
async function installValues(ground: Parameters<typeof readInstallSecrets>[0]): Promise<readonly string[]> {
	const { values } = await readInstallSecrets(ground).catch(() => noSecrets);
	return [...values, ...networkPasswords()];
}

/** Values that must never leave: of the programs' environments and of ours, where the name says so. */
function secretsOf(settings: Settings): string[] {
	const programs = [settings.program, ...Object.values(settings.targets).flatMap(({ program }) => program ?? [])];
	const all = [...programs.flatMap(({ env }) => Object.entries(env)), ...Object.entries(process.env)];
	return all.filter(([name]) => isSecretName(name)).flatMap(([, value]) => (value === undefined ? [] : [value]));
}

/** Marks every program of this state folder; no secret. */
async function instanceOf(stateDir: string, files: Files): Promise<string> {
	const path = join(stateDir, "instance");
	if (!(await files.exists(path))) await files.writeAtomic(path, randomUUID());
	return (await readFile(path, "utf8")).trim();
}
