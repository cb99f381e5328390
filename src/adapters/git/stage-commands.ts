// Runs the operator's install, build and check commands inside a release: stripped environment, limits, every line to the log of the stage.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Progress, ReleaseRef } from "../../ports.js";
import { jobMarker } from "./leftover-processes.js";
import type { ReleaseContext } from "./release-context.js";
import { assertUnchanged } from "./seal.js";

type Command = string | readonly string[];

const passed = ["PATH", "HOME", "LANG", "TZ", "USER"] as const;

/** All that a command of the stage sees of the supervisor's environment. */
export function stageEnvironment(release: string, own: NodeJS.ProcessEnv = process.env): Record<string, string> {
	const kept = passed.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
	return { ...Object.fromEntries(kept), CI: "true", DEADMAN_RELEASE: release };
}

export function stageCommands(context: ReleaseContext, release: ReleaseRef, progress: Progress) {
	const { settings } = context;
	return {
		run: (title: string, command: Command) => runStage(context, release, { title, command, progress }),
		async build() {
			if (settings.build === null) return;
			await runStage(context, release, { title: "build", command: settings.build, progress });
			await assertUnchanged(context, release, "the build");
		},
		async check() {
			for (const command of settings.checks) {
				if (command === null) continue;
				await runStage(context, release, { title: "check", command, progress });
				await assertUnchanged(context, release, "a check");
			}
		},
	};
}

interface Stage {
	readonly title: string;
	readonly command: Command;
	readonly progress: Progress;
}

async function runStage(context: ReleaseContext, release: ReleaseRef, stage: Stage): Promise<void> {
	const { own, commands, settings } = context;
	const log = createWriteStream(join(own.layout.logs, `${release.id}-stage.log`), { flags: "a", mode: 0o600 });
	// A full disk must not stop a build, nor hide its own error behind the log's.
	log.on("error", () => {});
	log.write(`== ${stage.title}\n`);
	try {
		await commands.run({
			command: stage.command,
			cwd: context.folder(release.id),
			env: { ...stageEnvironment(release.id), ...jobMarker(own.layout.stateDir, release.id) },
			timeoutMs: settings.limits.timeout,
			maxOutputBytes: settings.limits.output,
			...(context.signal === undefined ? {} : { signal: context.signal }),
			onLine: (line) => {
				log.write(`${line}\n`);
				stage.progress(line);
			},
		});
	} finally {
		log.end();
		await finished(log).catch(() => {});
	}
}
