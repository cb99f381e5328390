// What `deadman doctor` and `deadman init` know without a running supervisor. Refuses nothing that it can say instead.
import { join } from "node:path";
import { findUnprotected } from "../adapters/databases/protection.js";
import { remoteOf } from "../adapters/databases/rehearsal.js";
import { examineDependencies, troublesAt } from "../adapters/git/dependencies/examine-dependencies.js";
import { examineGit } from "../adapters/git/releases/examine.js";
import { layoutOf } from "../adapters/git/repository/layout.js";
import { unreleasableInIndex } from "../adapters/git/trees/filters.js";
import { createTracked, trackedOf } from "../adapters/git/trees/tracked.js";
import { openJournal } from "../adapters/journal/journal.js";
import { createCommands } from "../adapters/process/confine/commands.js";
import { examineConfinement } from "../adapters/process/confine/examine.js";
import { examineState } from "../adapters/state/examine.js";
import { examineSystem } from "../adapters/system/examine.js";
import { examineHttp } from "../adapters/system/examine-http.js";
import { examineNodeChoice } from "../adapters/system/examine-node.js";
import { createFiles } from "../adapters/system/files.js";
import type { Settings } from "../config/config.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import { createEngine } from "../engine/base/context.js";
import { examineEngine } from "../engine/programs/examination.js";
import { takeIn } from "../engine/taking-in.js";
import type { Finding, Log, Remote } from "../ports/ports.js";
import { apartFinding } from "./apart.js";
import { examineChannels } from "./channels.js";
import { examineDisk } from "./disk.js";
import { earlyPorts, journalFile, type Place } from "./ports.js";
import { engineSettings } from "./settings.js";
import { readyState } from "./state.js";
import { nodeFor, versionsOf } from "./targets.js";

/** For `deadman init`: before there is a state folder, and without making one. */
export async function protect({ root, gitDir, settings }: Unmade): Promise<Refusal | null> {
	const stateDir = join(root, ".deadman");
	const commands = createCommands({ scrub: (text) => text });
	const tracked = (paths: readonly string[]) => trackedOf({ root, gitDir, stateDir, commands }, paths);
	const databases = settings.databases.flatMap(({ path }) => (path === undefined ? [] : [path]));
	return findUnprotected({ root, stateDir, databases, versions: versionsOf(settings), tracked });
}

/** For `deadman init`: what of the repository no release can hold. A git that cannot answer is left to `deadman doctor`. */
export async function unreleasable({ root, gitDir }: Omit<Unmade, "settings">): Promise<readonly Refusal[]> {
	const commands = createCommands({ scrub: (text) => text });
	return unreleasableInIndex({ root, gitDir, layout: layoutOf(join(root, ".deadman")), commands }).catch(() => []);
}

/** For `deadman init`: what lies on the disk of another machine. */
export async function farAway({ root, settings }: Omit<Unmade, "gitDir">): Promise<readonly Remote[]> {
	const paths = [...settings.databases, ...settings.files].flatMap(({ path }) => path ?? []);
	return remoteOf({ root, stateDir: join(root, ".deadman"), files: createFiles() }, paths);
}

/** For `deadman init`: what of the project's dependencies goes otherwise than somebody may think. */
export async function troubles({ root, settings }: Omit<Unmade, "gitDir">): Promise<readonly string[]> {
	const { install, program } = settings;
	const { version } = await examineNodeChoice(nodeFor({ root }, program), "");
	return (await troublesAt({ root, install, version })).map(({ sentence, next }) => `${sentence} ${next}`);
}

interface Unmade {
	readonly root: string;
	readonly gitDir: string;
	readonly settings: Settings;
}

/** For `deadman doctor`: everything that can be known without a running supervisor. Refuses nothing; says it instead. */
export async function examine(place: Place): Promise<readonly Finding[]> {
	const unready = await readyState(place);
	if (unready !== null) return [{ name: "state", level: "bad", sentence: unready.message, next: unready.next }];
	const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };
	const ports = await earlyPorts(place, { log: quiet, deliveries: [] });
	const findings = await examineSystem({ stateDir: place.stateDir, files: createFiles() });
	const { root, stateDir, settings } = place;
	findings.push(...(await examineState({ root, stateDir })));
	findings.push(...(await examineConfinement({ sandbox: settings.sandbox, root, stateDir })));
	findings.push(apartFinding(settings));
	findings.push(...examineHttp(settings.http));
	findings.push(...(await examineChannels({ root, settings })));
	findings.push(...(await examineGround(place)));
	findings.push(await examineGit({ commands: createCommands({ scrub: ports.scrub }) }));
	findings.push(...(await examineDisk({ root, stateDir, settings, sizes: () => ports.upkeep.sizes() })));
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

/** What releases run on: their Node, and their dependencies. */
async function examineGround({ root, stateDir, settings }: Place): Promise<Finding[]> {
	const { activation, install, program } = settings;
	const { findings, version } = await examineNodeChoice(nodeFor({ root }, program), process.env.PATH ?? "");
	const commands = createCommands({ scrub: (text) => text });
	const log: Log = { info: () => {}, warn: () => {}, error: () => {} };
	const tracked = createTracked({ root, stateDir, commands, files: createFiles(), log });
	return [...findings, ...(await examineDependencies({ root, stateDir, activation, install, version, tracked }))];
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
