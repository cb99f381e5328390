// Commands that run nothing: each is answered as scripted, and remembered.
import { type Command, CommandFailed, type CommandResult, type Commands } from "../../../src/ports/ports.js";

export interface Answer {
	readonly code?: number;
	readonly stdout?: string;
	readonly stderr?: string;
	/** Never ends by itself. */
	readonly hangs?: boolean;
	readonly cannotStart?: boolean;
	/** Goes over a limit of its confinement; one that is not confined has none. */
	readonly exceeds?: "processes" | "memory";
}

export interface MemoryCommands extends Commands {
	readonly ran: readonly Command[];
}

/** `answer` decides by the command; undefined counts as exit code 0 without output. */
export function createMemoryCommands(options: {
	readonly answer?: (command: Command) => Answer | undefined;
	readonly scrub?: (text: string) => string;
}): MemoryCommands {
	const { answer = () => undefined, scrub = (text) => text } = options;
	const ran: Command[] = [];
	return {
		ran,
		async run(command) {
			const shown = scrub(typeof command.command === "string" ? command.command : command.command.join(" "));
			const fail = (reason: CommandFailed["reason"], code: number | null, tail: string[] = []) =>
				new CommandFailed(shown, reason, code, tail);
			if (command.signal?.aborted === true) throw fail("aborted", null);
			ran.push(command);
			const given = answer(command) ?? {};
			if (given.cannotStart === true) throw fail("spawn", null);
			if (given.exceeds !== undefined && command.confine !== undefined) throw fail(given.exceeds, null);
			if (given.hangs === true) throw fail(await ended(command), null);
			return finish(command, given, { scrub, fail });
		},
	};
}

function ended(command: Command): Promise<"aborted" | "timeout"> {
	return new Promise((resolve) => {
		if (command.signal === undefined) resolve("timeout");
		command.signal?.addEventListener("abort", () => resolve("aborted"), { once: true });
		setTimeout(() => resolve("timeout"), command.timeoutMs).unref();
	});
}

interface Finishing {
	readonly scrub: (text: string) => string;
	readonly fail: (reason: CommandFailed["reason"], code: number | null, tail: string[]) => CommandFailed;
}

function finish(command: Command, given: Answer, { scrub, fail }: Finishing): CommandResult {
	const { code = 0, stdout = "", stderr = "" } = given;
	const lines = [stdout, stderr].flatMap((text) => text.split("\n")).filter((line) => line !== "");
	for (const line of lines) command.onLine?.(scrub(line));
	const tail = lines.map(scrub).slice(-20);
	if (Buffer.byteLength(stdout) + Buffer.byteLength(stderr) > command.maxOutputBytes) throw fail("output", null, tail);
	if (!(command.accept ?? [0]).includes(code)) throw fail("exit", code, tail);
	return { code, stdout: Buffer.from(stdout), stderr: scrub(stderr) };
}
