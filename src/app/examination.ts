// What `deadman doctor` and `deadman init` know without a running supervisor. Refuses nothing that it can say instead.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findUnprotected } from "../adapters/databases/protection.js";
import { examineGit } from "../adapters/git/releases/examine.js";
import { examineDependencies } from "../adapters/git/releases/examine-dependencies.js";
import { layoutOf } from "../adapters/git/repository/layout.js";
import { unreleasableInIndex } from "../adapters/git/trees/filters.js";
import { trackedOf } from "../adapters/git/trees/tracked.js";
import { openJournal } from "../adapters/journal/journal.js";
import { createCommands } from "../adapters/process/confine/commands.js";
import { examineConfinement } from "../adapters/process/confine/examine.js";
import { examineSystem } from "../adapters/system/examine.js";
import { examineHttp } from "../adapters/system/examine-http.js";
import { createFiles } from "../adapters/system/files.js";
import type { Settings } from "../config/config.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import { createEngine } from "../engine/base/context.js";
import { examineEngine } from "../engine/programs/examination.js";
import { takeIn } from "../engine/taking-in.js";
import type { Finding, Log } from "../ports/ports.js";
import { apartFinding } from "./apart.js";
import { examineChannels } from "./channels.js";
import { earlyPorts, journalFile, type Place } from "./ports.js";
import { engineSettings } from "./settings.js";
import { versionsOf } from "./targets.js";

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
	findings.push(apartFinding(settings));
	findings.push(...examineHttp(settings.http));
	findings.push(...(await examineChannels({ root, settings })));
	const { activation, install } = settings;
	findings.push(...(await examineDependencies({ root, stateDir, activation, install })));
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
