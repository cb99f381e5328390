// The language between the journal's client and its thread: one call, one answer. Errors cross as data and keep their class.
import { VersionConflict } from "../../ports/ports.js";

export interface Call {
	readonly id: number;
	readonly method: string;
	readonly values: readonly unknown[];
	/** When it was asked, in wall-clock milliseconds. */
	readonly nowMs: number;
}

export type Answer =
	| { readonly id: number; readonly ok: true; readonly value: unknown }
	| { readonly id: number; readonly ok: false; readonly error: Carried };

/** `swapId` is set for a VersionConflict only. */
export interface Carried {
	readonly message: string;
	readonly code: string | null;
	readonly stack: string | null;
	readonly swapId: string | null;
}

export function carry(error: unknown): Carried {
	if (!(error instanceof Error)) return { message: String(error), code: null, stack: null, swapId: null };
	const code = (error as NodeJS.ErrnoException).code ?? null;
	const swapId = error instanceof VersionConflict ? error.swapId : null;
	return { message: error.message, code, stack: error.stack ?? null, swapId };
}

export function uncarry({ message, code, stack, swapId }: Carried): Error {
	if (swapId !== null) return new VersionConflict(swapId);
	const error: NodeJS.ErrnoException = new Error(message);
	if (code !== null) error.code = code;
	if (stack !== null) error.stack = stack;
	return error;
}
