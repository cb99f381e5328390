// What is known about an agent's client, as data.
import type { Piece } from "../piece.js";

export interface Place {
	/** The repository's folder. */
	readonly root: string;
}

export interface Client {
	pieces(place: Place): readonly Piece[];
	/** With `--hooks`; null where the client has none. */
	readonly hooks: ((place: Place) => readonly Piece[]) | null;
	/** What a person still has to know or do, in sentences. */
	notes(place: Place): readonly string[];
}
