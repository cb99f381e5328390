// Runs the operator's install, build and check commands inside a release: confined, with a stripped environment and a home of their
// own, every line to the log of the stage. What only an install may see is scrubbed from all that it says.
import { createWriteStream } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { installOf } from "../../../config/install.js";
import { createScrub } from "../../../core/rules/redact.js";
import type { CheckResult } from "../../../core/swap.js";
import { CommandFailed, type Progress, type ReleaseRef } from "../../../ports/ports.js";
import type { Given } from "../dependencies/dependency-key.js";
import type { Installer } from "../dependencies/dependency-store.js";
import { type InstallSecrets, noSecrets } from "../dependencies/install-secrets.js";
import { assertNoSecrets, assertOutlives } from "../dependencies/left-behind.js";
import { jobMarker } from "../repository/leftover-processes.js";
import type { ReleaseContext } from "./release-context.js";
import { assertUnchanged } from "./seal.js";
import { assertNoSpecialFiles } from "./special-files.js";
import { stageConfinement } from "./stage-confinement.js";
import { networkPasswords, stageEnvironment } from "./stage-environment.js";
import {
	closeHome,
	homeOf,
	openHome,
	openSettings,
	operatorSettings,
	type StageHome,
	writeSettings,
} from "./stage-home.js";
import { npmrcForInstall, secretsForInstall } from "./stage-secrets.js";

type Command = string | readonly string[];

const SHOWN_CHARACTERS = 300;

export function stageCommands(context: ReleaseContext, release: ReleaseRef, progress: Progress) {
	const { settings } = context;
	return {
		async build() {
			if (settings.build === null) return;
			await runStage(context, release, { title: "build", command: settings.build, progress, secrets: noSecrets });
			await assertUnchanged(context, release, "the build");
		},
		/** Each with how long it took. The home of this release's commands ends with them. */
		async check(): Promise<readonly CheckResult[]> {
			const results: CheckResult[] = [];
			for (const command of settings.checks) {
				if (command === null) continue;
				const begunMs = performance.now();
				await runStage(context, release, { title: "check", command, progress, secrets: noSecrets });
				results.push({ command: shownCommand(context, command), durationMs: Math.round(performance.now() - begunMs) });
				await assertUnchanged(context, release, "a check");
			}
			await closeHome(context, release);
			await assertNoSpecialFiles(context, release);
			return results;
		},
	};
}

export function stageInstaller(context: ReleaseContext, release: ReleaseRef, progress: Progress): Installer {
	return {
		given: () => givenTo(context, release),
		async run(command) {
			const secrets = await secretsForInstall(context, release);
			await runStage(context, release, { title: "install", command, progress, secrets });
			await assertNoSecrets(context, release, secrets.values);
			await assertOutlives(context, release, homeOf(context, release).folder);
			await assertUnchanged(context, release, "the install");
		},
	};
}

/** What an install finds beside the tree; the part that is no secret. */
async function givenTo(context: ReleaseContext, release: ReleaseRef): Promise<Given> {
	const path = process.env.PATH ?? "";
	const named = await npmrcForInstall(context, release);
	const npmrc = `${await operatorSettings(homedir())}${openSettings(named ?? "")}`;
	return { npmrc, path: (await context.node?.searchPath(path)) ?? path };
}

function shownCommand({ scrub = createScrub({ secrets: [] }) }: ReleaseContext, command: Command): string {
	const shown = scrub(typeof command === "string" ? command : command.join(" "));
	return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}

interface Stage {
	readonly title: "install" | "build" | "check";
	readonly command: Command;
	readonly progress: Progress;
	/** Of an install; none for all others. */
	readonly secrets: InstallSecrets;
}

async function runStage(context: ReleaseContext, release: ReleaseRef, stage: Stage): Promise<void> {
	const log = createWriteStream(join(context.own.layout.logs, `${release.id}-stage.log`), { flags: "a", mode: 0o600 });
	// A full disk must not stop a build, nor hide its own error behind the log's.
	log.on("error", () => {});
	log.write(`== ${stage.title}\n`);
	const scrub = createScrub({ secrets: [...stage.secrets.values, ...networkPasswords()] });
	const follow = (line: string) => {
		const shown = scrub(line);
		log.write(`${shown}\n`);
		stage.progress(shown);
	};
	try {
		await runConfined(context, release, { ...stage, progress: follow });
	} catch (error) {
		await closeHome(context, release).catch(() => {});
		const failure = scrubbed(error, scrub);
		throw stage.title === "install" ? explained(failure, follow) : failure;
	} finally {
		log.end();
		await finished(log).catch(() => {});
	}
}

async function runConfined(context: ReleaseContext, release: ReleaseRef, stage: Stage): Promise<void> {
	const { own, commands, settings, node } = context;
	const installs = stage.title === "install";
	const operator = { home: homedir(), path: process.env.PATH };
	const home = await openHome(context, release, { anew: installs, operatorHome: operator.home });
	const plain = await operatorSettings(operator.home);
	const environment = stageEnvironment({ release: release.id, home: home.folder, installs });
	if (stage.secrets.npmrc !== null) await writeSettings(home, `${plain}${stage.secrets.npmrc}\n`);
	await commands.run({
		command: stage.command,
		cwd: context.folder(release.id),
		env: {
			...environment,
			...(node === undefined ? {} : { PATH: await node.searchPath(process.env.PATH ?? "") }),
			...(installs ? cacheVariables(home) : {}),
			...nameless(context),
			...stage.secrets.variables,
			...jobMarker(own.layout.stateDir, release.id),
		},
		timeoutMs: settings.limits.timeout,
		maxOutputBytes: settings.limits.output,
		...(context.signal === undefined ? {} : { signal: context.signal }),
		onLine: stage.progress,
		confine: await stageConfinement(context, release, { home, operator, installs }),
	});
	if (stage.secrets.npmrc !== null) await writeSettings(home, plain);
}

/** Of Yarn's packages, what the program needs must lie in the release: the home is gone by then. */
function cacheVariables({ cache }: StageHome): Record<string, string> {
	return { npm_config_cache: cache, YARN_ENABLE_GLOBAL_CACHE: "false", YARN_ENABLE_TELEMETRY: "0" };
}

/** Files of the repository may name an install's secrets; where the variable is not there at all, Yarn refuses to do anything. */
function nameless({ settings }: ReleaseContext): Record<string, string> {
	const { secrets } = installOf(settings.install);
	return Object.fromEntries(Object.keys(secrets).map((name) => [name, ""]));
}

const unauthorised =
	/\bE40[13]\b|\b40[13] (?:Unauthorized|Forbidden)\b|ERR_PNPM_FETCH_40[13]|YN0041|Invalid authentication/;

function scrubbed(error: unknown, scrub: (text: string) => string): unknown {
	if (!(error instanceof CommandFailed)) return error;
	return new CommandFailed(scrub(error.command), error.reason, error.code, error.tail.map(scrub));
}

/** A command's own words, and what they mean for an install that was refused by a registry. */
function explained(error: unknown, tell: (line: string) => void): unknown {
	if (!(error instanceof CommandFailed) || !unauthorised.test(error.tail.join("\n"))) return error;
	const sentence =
		"The registry wants to know who asks. Name a token under `install.secrets`, or a file for npm by `install.npmrc`: only the install sees them.";
	tell(sentence);
	return new CommandFailed(error.command, error.reason, error.code, [...error.tail, sentence]);
}
