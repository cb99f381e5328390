// Whether who builds and who decides can be told apart on this machine: only users of the system keep them apart, and whoever runs as the
// supervisor's user speaks for anybody at the terminal.

export interface Users {
	/** Of the supervisor. */
	readonly own: number;
	/** Of the program, as configured: a name or an id; null: it runs as the supervisor does. */
	readonly program: string | number | null;
	/** What the supervisor starts itself: without it, what builds has been started by somebody else. */
	readonly runsProgram: boolean;
}

/** A clause that says why they cannot be told apart; null: they can. */
export function notApart({ own, program, runsProgram }: Users): string | null {
	const isOwn = program === null || String(program) === String(own) || (own === 0 && program === "root");
	if (!isOwn || !runsProgram) return null;
	return `the program, and every builder that runs as user ${own}, is the same user as the supervisor and may say at its socket that it is a person`;
}
