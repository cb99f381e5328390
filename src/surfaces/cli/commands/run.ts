// `deadman run` and `deadman doctor`: the two commands that read the whole configuration and load the supervisor's code.
import type { Finding } from "../../../ports/ports.js";
import { readConfiguration, readGuarding } from "../../configuration.js";
import { runDaemon } from "../../daemon.js";
import { statusViewOf } from "../../http/schemas/status.js";
import { viewOf } from "../../view.js";
import { accepted, exitCodeOf, exitCodes, failureOf } from "../session/failure.js";
import type { Common, Terminal } from "../session/session.js";
import { channelFindings } from "./channel-findings.js";

const placeOf = ({ dir }: Common) => ({ cwd: process.cwd(), dir: dir ?? null });

export async function run({ output, clock, load }: Terminal, options: Common): Promise<void> {
	for (const stream of [process.stdout, process.stderr]) stream.on("error", ignored);
	const configuration = accepted(await readGuarding(placeOf(options)));
	const { compose } = await load();
	await runDaemon({
		configuration,
		compose,
		signals: process,
		clock,
		refused(refusal) {
			output.failure(failureOf(refusal));
			return exitCodeOf(refusal);
		},
		async serving({ supervisor, authority }) {
			const { supervisor: it, swap } = statusViewOf(await supervisor.status(), (one) =>
				viewOf(one, clock.now(), authority),
			);
			if (output.json) output.result({ supervisor: it, swap }, () => "");
			else output.note(`deadman guards ${configuration.root}; \`deadman status\` tells how it stands.`);
		},
	});
}

/** A reader that went away, or a full disk below a log, must not end the guard. */
function ignored(): void {}

/** Exit code 1 when something is bad; warnings do not fail. */
export async function doctor({ output, clock, load }: Terminal, options: Common): Promise<void> {
	const configuration = accepted(await readConfiguration(placeOf(options)));
	const { examine } = await load();
	const asked = await channelFindings(configuration.stateDir, clock);
	const findings = [valid(configuration.configPath), ...(await examine(configuration)), ...asked];
	output.result({ findings }, () => findings.map(lineOf).join("\n"));
	if (findings.some((finding) => finding.level === "bad")) process.exitCode = exitCodes.failed;
}

function valid(path: string): Finding {
	return { name: "configuration", level: "ok", sentence: `${path} is valid.`, next: null };
}

function lineOf({ name, level, sentence, next }: Finding): string {
	const mark = { ok: "ok  ", warn: "warn", bad: "BAD " }[level];
	return `${mark}  ${name}: ${sentence}${next === null ? "" : `\n        ${next}`}`;
}
