// How a command fails: an exit code and an error as people and programs read it. Exit codes are part of the interface.
import { isRefusal, type Refusal, type RefusalKind, refuse } from "../../../core/refusals.js";
import type { ErrorView } from "../../http/base/answers.js";

export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	notFound: 3,
	notAllowed: 4,
	conflict: 5,
	noSupervisor: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codeOfKind: Readonly<Record<RefusalKind, ExitCode>> = {
	usage: exitCodes.usage,
	not_found: exitCodes.notFound,
	not_allowed: exitCodes.notAllowed,
	unauthenticated: exitCodes.notAllowed,
	conflict: exitCodes.conflict,
	too_many: exitCodes.failed,
};

const codeOfHttp: Readonly<Record<number, ExitCode>> = {
	400: exitCodes.usage,
	413: exitCodes.usage,
	404: exitCodes.notFound,
	401: exitCodes.notAllowed,
	403: exitCodes.notAllowed,
	409: exitCodes.conflict,
};

/** Thrown by commands, told by `main`. */
export class Failure extends Error {
	override readonly name = "Failure";
	constructor(
		readonly exitCode: ExitCode,
		readonly view: ErrorView,
	) {
		super(view.message);
	}
}

export function exitCodeOf({ kind, code }: Refusal): ExitCode {
	return code === "no_supervisor" ? exitCodes.noSupervisor : codeOfKind[kind];
}

export function failureOf(refusal: Refusal): Failure {
	const { code, message, next } = refusal;
	return new Failure(exitCodeOf(refusal), { code, message, next });
}

/** The value, or a throw that `main` turns into the right exit code. */
export function accepted<T>(result: T | Refusal): T {
	if (isRefusal(result)) throw failureOf(result);
	return result;
}

/** An answer of the supervisor that was no success. */
export function failureOfAnswer(status: number, body: unknown): Failure {
	const error = (body as { error?: Partial<ErrorView> } | null)?.error;
	return new Failure(codeOfHttp[status] ?? exitCodes.failed, {
		code: error?.code ?? "internal",
		message: error?.message ?? `The supervisor answered with HTTP ${status}.`,
		next: error?.next ?? "The supervisor's log says more.",
	});
}

export function noSupervisor(stateDir: string): Failure {
	return failureOf(refuse("no_supervisor", { path: stateDir }));
}

/** Anything thrown, as a failure: what is not one of ours is a bug or the machine's trouble. */
export function asFailure(error: unknown): Failure {
	if (error instanceof Failure) return error;
	return new Failure(exitCodes.failed, {
		code: "internal",
		message: error instanceof Error ? error.message : String(error),
		next: "`deadman doctor` looks for what may be wrong.",
	});
}
