// What goes wrong with data beside refusals and errors of the system: an error with a stable code, by which others tell whether to try on.

export type DataCode =
	| "database_held"
	| "database_bad"
	| "snapshot_gone"
	| "snapshot_changed"
	| "ground_changed"
	| "data_process_ended";

export class DataError extends Error {
	override readonly name = "DataError";
	constructor(
		readonly code: DataCode,
		message: string,
	) {
		super(message);
	}
}

/** No space, or no more of it for this user. */
export function isFull(error: unknown): boolean {
	return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}
