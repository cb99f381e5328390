// What an entry of the journal is about: a swap, or one of the other things that are told, audited and fed to readers.

export const subjectKinds = ["swap", "agent", "installation", "job", "schedule", "rollout"] as const;

export interface Subject {
	readonly kind: (typeof subjectKinds)[number];
	readonly id: string;
}

export function swapSubject(id: string): Subject {
	return { kind: "swap", id };
}

/** Null where it is about something else, or nothing in particular. */
export function swapIdOf(subject: Subject | null): string | null {
	return subject?.kind === "swap" ? subject.id : null;
}
