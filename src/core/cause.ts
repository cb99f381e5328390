// Why something went wrong, as it is kept, shown and compared.

/** What went wrong: a stable code, a sentence, and the last lines of the log that shows it (already scrubbed). */
export interface Cause {
	readonly code: string;
	readonly message: string;
	readonly site: string | null;
	readonly log: readonly string[];
}

export function causeOf(code: string, message: string, site: string | null = null, log: readonly string[] = []): Cause {
	return { code, message, site, log };
}
