// One way to run an effect: labelled with its site, its error turned into a StepFailure with a scrubbed cause. Decides nothing.
import { limits } from "../../core/limits.js";
import { passingCodeIn } from "../../core/machine/passing-causes.js";
import type { Site } from "../../core/machine/sites.js";
import { isRefusal, type Refusal, RefusedError } from "../../core/refusals.js";
import { type Cause, causeOf } from "../../core/swap.js";
import { CommandFailed, type Gate, type Scrub } from "../../ports/ports.js";

/** An effect that went wrong. */
export class StepFailure extends Error {
	override readonly name = "StepFailure";
	constructor(
		readonly site: Site,
		readonly failure: Cause,
	) {
		super(`${site}: ${failure.message}`);
	}
}

/** The swap moved on while a step ran: the step ends without an outcome of its own. */
export class Interrupted extends Error {
	override readonly name = "Interrupted";
}

interface Surroundings {
	readonly gate: Gate;
	readonly scrub: Scrub;
}

export async function effect<T>({ gate, scrub }: Surroundings, site: Site, run: () => Promise<T>): Promise<T> {
	try {
		return await gate.around(site, run);
	} catch (error) {
		if (error instanceof StepFailure || error instanceof Interrupted) throw error;
		throw new StepFailure(site, causeFrom(error, site, scrub));
	}
}

/** For effects that answer with a refusal: inside a step, a refusal is a failure with its code. */
export function demand<T>(site: Site, value: T | Refusal): T {
	if (!isRefusal(value)) return value;
	throw new StepFailure(site, causeOf(value.code, `${value.message} ${value.next}`, site));
}

export function causeFrom(error: unknown, site: Site | null, scrub: Scrub): Cause {
	if (error instanceof StepFailure) return error.failure;
	if (error instanceof CommandFailed) {
		const message = `${error.command} ${commandReasons[error.reason]}${error.reason === "exit" ? ` ${error.code}` : ""}.`;
		const code = passingCodeIn(error.tail.join("\n")) ?? `command_${error.reason}`;
		return causeOf(code, scrub(message), site, lastLines(error.tail.map(scrub)));
	}
	if (error instanceof RefusedError) return causeOf(error.refusal.code, scrub(error.message), site);
	const message = error instanceof Error ? error.message : String(error);
	const code = errorCode(error) ?? passingCodeIn(message) ?? "failed";
	return causeOf(code, scrub(message).slice(0, limits.causeLogCharacters), site);
}

const commandReasons = {
	exit: "ended with code",
	timeout: "did not end within its time limit",
	output: "printed more than its output limit",
	processes: "started more processes than its limit",
	memory: "took more memory than its limit",
	spawn: "could not be started",
	aborted: "was stopped",
} as const;

function errorCode(error: unknown): string | null {
	const code = (error as { readonly code?: unknown } | null)?.code;
	return typeof code === "string" ? code.toLowerCase() : null;
}

export function lastLines(lines: readonly string[]): string[] {
	return lines.slice(-limits.causeLogLines).map((line) => line.slice(0, limits.causeLogCharacters));
}
