// Runs the operator's install, build and check commands inside a release: confined, with a stripped environment and a home of their
// own, every line to the log of the stage.
import { createWriteStream, existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { createScrub } from "../../../core/rules/redact.js";
import type { CheckResult } from "../../../core/swap.js";
import { CommandFailed, type Progress, type ReleaseRef } from "../../../ports/ports.js";
import { jobMarker } from "../repository/leftover-processes.js";
import type { ReleaseContext } from "./release-context.js";
import { assertUnchanged } from "./seal.js";
import { entryOf, shareNoMore } from "./shared-modules.js";
import { assertNoSpecialFiles } from "./special-files.js";
import { stageConfinement, toolVariables } from "./stage-confinement.js";
import { closeHome, openHome, type StageHome } from "./stage-home.js";

type Command = string | readonly string[];

const passed = ["PATH", "LANG", "TZ", "USER"] as const;

const SHOWN_CHARACTERS = 300;

/** All that a command of the stage sees of the supervisor's environment. What a program is given to run, its build is not. */
export function stageEnvironment(release: string, home: string, own: NodeJS.ProcessEnv = process.env) {
	const kept = passed.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
	const found = toolVariables({ home: own.HOME, path: own.PATH }, existsSync);
	return { ...Object.fromEntries(kept), ...found, HOME: home, CI: "true", DEADMAN_RELEASE: release };
}

export function stageCommands(context: ReleaseContext, release: ReleaseRef, progress: Progress) {
	const { settings } = context;
	return {
		install: (command: Command) => runStage(context, release, { title: "install", command, progress }),
		async build() {
			if (settings.build === null) return;
			await runStage(context, release, { title: "build", command: settings.build, progress });
			await assertUnchanged(context, release, "the build");
		},
		/** Each with how long it took. The home of this release's commands ends with them. */
		async check(): Promise<readonly CheckResult[]> {
			const results: CheckResult[] = [];
			for (const command of settings.checks) {
				if (command === null) continue;
				const begunMs = performance.now();
				await runStage(context, release, { title: "check", command, progress });
				results.push({ command: shownCommand(context, command), durationMs: Math.round(performance.now() - begunMs) });
				await assertUnchanged(context, release, "a check");
			}
			await closeHome(context, release);
			await assertNoSpecialFiles(context, release);
			return results;
		},
	};
}

function shownCommand({ scrub = createScrub({ secrets: [] }) }: ReleaseContext, command: Command): string {
	const shown = scrub(typeof command === "string" ? command : command.join(" "));
	return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}

interface Stage {
	readonly title: "install" | "build" | "check";
	readonly command: Command;
	readonly progress: Progress;
}

async function runStage(context: ReleaseContext, release: ReleaseRef, stage: Stage): Promise<void> {
	const log = createWriteStream(join(context.own.layout.logs, `${release.id}-stage.log`), { flags: "a", mode: 0o600 });
	// A full disk must not stop a build, nor hide its own error behind the log's.
	log.on("error", () => {});
	log.write(`== ${stage.title}\n`);
	const follow = (line: string) => {
		log.write(`${line}\n`);
		stage.progress(line);
	};
	try {
		await runConfined(context, release, { ...stage, progress: follow });
	} catch (error) {
		await closeHome(context, release).catch(() => {});
		throw await explained(context, release, error);
	} finally {
		log.end();
		await finished(log).catch(() => {});
	}
}

async function runConfined(context: ReleaseContext, release: ReleaseRef, stage: Stage): Promise<void> {
	const { own, commands, settings } = context;
	const installs = stage.title === "install";
	const operator = { home: homedir(), path: process.env.PATH };
	const home = await openHome(context, release, { anew: installs, operatorHome: operator.home });
	await commands.run({
		command: stage.command,
		cwd: context.folder(release.id),
		env: {
			...stageEnvironment(release.id, home.folder),
			...(installs ? cacheVariables(home) : {}),
			...jobMarker(own.layout.stateDir, release.id),
		},
		timeoutMs: settings.limits.timeout,
		maxOutputBytes: settings.limits.output,
		...(context.signal === undefined ? {} : { signal: context.signal }),
		onLine: stage.progress,
		confine: await stageConfinement(context, release, { home, operator, installs }),
	});
}

function cacheVariables({ cache }: StageHome): Record<string, string> {
	return { npm_config_cache: cache };
}

/** In a sandbox nobody writes into dependencies that others run on: who tries gets its own the next time. */
async function explained(context: ReleaseContext, release: ReleaseRef, error: unknown): Promise<unknown> {
	if (!(error instanceof CommandFailed)) return error;
	const said = error.tail.join("\n");
	const entry = await entryOf(context, release.id);
	if (entry === null || !/EROFS|read-only file system/i.test(said) || !said.includes("node_modules")) return error;
	await shareNoMore(entry);
	context.log.error("dependencies.written", { release: release.id, entry });
	const sentence =
		"It tried to write into dependencies that it shares with others. Submit again: they are not shared any more.";
	return new CommandFailed(error.command, error.reason, error.code, [...error.tail, sentence]);
}
