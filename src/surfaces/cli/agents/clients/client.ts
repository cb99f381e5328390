// What is known about an agent's client, as data.
import type { Insertion } from "../insertion.js";

export interface Place {
	/** The repository's folder. */
	readonly root: string;
}

export interface Client {
	insertions(place: Place): readonly Insertion[];
	/** With `--hooks`; null where the client has none. */
	readonly hooks: ((place: Place) => readonly Insertion[]) | null;
	/** What a person still has to know or do, in sentences. */
	notes(place: Place): readonly string[];
}
