// Runs one command with limits on time and output, and ends everything it started, whichever way it ends. Inherits nothing. Linux only.
import { constants } from "node:os";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { limits } from "../../../core/limits.js";
import { type Command, CommandFailed, type CommandResult, type Commands, type Scrub } from "../../../ports/ports.js";
import { endFamily, type Family, halt, type Marker } from "../run/family.js";
import { endOrphans, newCommandMarker } from "../run/orphans.js";
import { createOutput, type Output } from "../run/output.js";
import { watchFamily } from "../run/watch-family.js";
import { createConfinement, plainStart, type Start } from "./confinement.js";
import type { SandboxMode } from "./sandbox.js";

const GRACE_MS = 2_000;
/** How long output may still arrive when the command itself has ended. */
const DRAIN_MS = 250;
const SHOWN_CHARACTERS = 300;

type Reason = CommandFailed["reason"];

/**
 * `DEADMAN_COMMAND` is the one variable added to a command's environment: what it starts is found again by it.
 * No command runs before those are ended that an earlier life left running. `sandbox` is for confined commands: `auto` takes one where
 * the machine has it, `required` refuses with a RefusedError where it has none, `off` (the default) runs them under their limits alone.
 */
export function createCommands(options: { readonly scrub: Scrub; readonly sandbox?: SandboxMode }): Commands {
	const cleared = endOrphans().catch(() => {});
	const confinement = createConfinement(options.sandbox ?? "off");
	return {
		async run(command) {
			await cleared;
			const shown = showCommand(command.command, options.scrub);
			if (command.signal?.aborted === true) throw new CommandFailed(shown, "aborted", null, []);
			const { confine } = command;
			const start = confine === undefined ? plainStart(command) : await confinement.start(command, confine);
			if ("missing" in start) throw new CommandFailed(shown, "spawn", null, [options.scrub(start.missing)]);
			return run({ command, start, shown, scrub: options.scrub });
		},
	};
}

interface Running {
	readonly command: Command;
	readonly start: Start;
	readonly shown: string;
	readonly scrub: Scrub;
}

async function run({ command, start, shown, scrub }: Running): Promise<CommandResult> {
	const output = createOutput({ scrub, maxBytes: command.maxOutputBytes, onLine: command.onLine });
	await letOthersGo();
	const end = await follow(command, start, output);
	await output.finish();
	if (end.reason !== null) {
		// Scrubbed for a failure alone: nobody reads the tail of a command that did well, and most print objects, not words.
		const tail = output.tail();
		throw new CommandFailed(shown, end.reason, end.code, end.note === null ? tail : [...tail, scrub(end.note)]);
	}
	return { code: end.code ?? 0, stdout: output.stdout(), stderr: output.stderr() };
}

/** Starting a process holds the loop for some milliseconds. One turn alone would still come before the timers that are due. */
async function letOthersGo(): Promise<void> {
	await nextTurn();
	await nextTurn();
}

interface End {
	readonly reason: Reason | null;
	readonly code: number | null;
	readonly note: string | null;
}

async function follow(command: Command, start: Start, output: Output): Promise<End> {
	const marker = newCommandMarker();
	const child = launch(command, start, marker);
	if (child.pid === undefined) return { reason: "spawn", code: null, note: (await child).shortMessage ?? null };
	const family: Family = { marker, groups: [child.pid], ...(start.held ? { holder: child.pid } : {}) };
	const stopper = createStopper(command, family);
	for (const stream of ["stdout", "stderr"] as const) {
		child[stream].on("data", (chunk: Buffer) => {
			output.take(stream, chunk);
			if (output.bytes > command.maxOutputBytes) stopper.stop("output");
		});
	}
	const exit = await new Promise<Ended>((resolve) => {
		child.once("exit", (code, signal) => resolve({ code, signal }));
	});
	await Promise.race([child, sleep(DRAIN_MS)]);
	await stopper.finish();
	child.stdout.destroy();
	child.stderr.destroy();
	await child;
	return judge(start.held ? signalled(exit) : exit, stopper.reason(), command.accept ?? [0]);
}

function launch(command: Command, { file, args, cwd }: Start, marker: Marker) {
	return execa(file, args, {
		cwd,
		env: { ...command.env, [marker.name]: marker.value },
		extendEnv: false,
		detached: true,
		buffer: false,
		reject: false,
		encoding: "buffer",
		stdout: "pipe",
		stderr: "pipe",
		...(command.input === undefined ? { stdin: "ignore" as const } : { input: command.input }),
	});
}

/** First reason wins. `finish` ends what is left of the family, after a good exit too: a build leaves nothing behind. */
function createStopper(command: Command, family: Family) {
	let reason: Reason | null = null;
	let ending: Promise<void> | null = null;
	const stop = (why: Reason) => {
		if (ending !== null) return;
		reason = why;
		// Who takes more than it may does not get the time to take still more.
		const greedy = why === "processes" || why === "memory";
		if (greedy) halt(family);
		ending = endFamily(family, { graceMs: greedy ? 0 : GRACE_MS, known: watch?.known ?? [] });
		ending.catch(() => {});
	};
	const watch = command.confine === undefined ? null : watchFamily(family, command.confine, stop);
	const onAbort = () => stop("aborted");
	const timer = setTimeout(() => stop("timeout"), Math.min(command.timeoutMs, limits.timerMs));
	command.signal?.addEventListener("abort", onAbort, { once: true });
	return {
		stop,
		reason: () => reason,
		async finish() {
			clearTimeout(timer);
			watch?.stop();
			command.signal?.removeEventListener("abort", onAbort);
			ending ??= endFamily(
				{ ...family, newerThan: family.groups[0] ?? 0 },
				{ graceMs: GRACE_MS, known: watch?.known ?? [] },
			);
			await ending;
		},
	};
}

interface Ended {
	readonly code: number | null;
	readonly signal: string | null;
}

/** A sandbox tells a signal as shells do, so its code stays beside it. */
function signalled({ code, signal }: Ended): Ended {
	const [name] = Object.entries(constants.signals).find(([, number]) => code === 128 + number) ?? [signal];
	return { code, signal: name };
}

function judge(exit: Ended, reason: Reason | null, accept: readonly number[]): End {
	if (reason !== null) return { reason, code: exit.code, note: null };
	if (exit.code !== null && accept.includes(exit.code)) return { reason: null, code: exit.code, note: null };
	return { reason: "exit", code: exit.code, note: exit.signal === null ? null : `ended by ${exit.signal}` };
}

function showCommand(command: string | readonly string[], scrub: Scrub): string {
	const text = typeof command === "string" ? command : command.map(quoteArgument).join(" ");
	const shown = scrub(text);
	return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}

function quoteArgument(argument: string): string {
	return /^[\w./:=@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
