// Runs one command and turns every ending into an exit code and, with --json, into one object.
import { CommanderError } from "commander";
import { packageVersion } from "../version.js";
import { buildCommands } from "./commands.js";
import { asFailure, exitCodes, Failure } from "./session/failure.js";
import { createOutput, type Output } from "./session/output.js";
import { createPrompt } from "./session/prompt.js";
import type { Terminal } from "./session/session.js";

export async function runCommand(argv: readonly string[], given: Pick<Terminal, "clock" | "load">): Promise<void> {
	const { stdout, stderr } = process;
	stdout.on("error", forgiveClosedPipe);
	const json = argv.includes("--json");
	const output = createOutput({ stdout, stderr, json });
	const prompt = json ? null : createPrompt({ stdin: process.stdin, stderr });
	try {
		await buildCommands({ version: packageVersion(), terminal: { ...given, output, prompt } }).parseAsync([...argv], {
			from: "user",
		});
	} catch (error) {
		end(output, error);
	}
}

function end(output: Output, error: unknown): void {
	if (error instanceof CommanderError && error.exitCode === 0) return;
	const failure = error instanceof CommanderError ? usage(error) : asFailure(error);
	output.failure(failure);
	process.exitCode = failure.exitCode;
}

function usage(error: CommanderError): Failure {
	const message = error.code === "commander.help" ? "No command was given." : error.message.replace(/^error: /, "");
	return new Failure(exitCodes.usage, {
		code: "input_invalid",
		message,
		next: "`deadman --help` shows how it is used.",
	});
}

/** `deadman diff X | head` is no error. */
function forgiveClosedPipe(error: NodeJS.ErrnoException): void {
	if (error.code !== "EPIPE") throw error;
}
