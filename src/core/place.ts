// Where on a channel a message goes: its own conversation, another one, a thread, or one person's direct messages. Owns how it is stored.

/** All null: the channel's own conversation. Identifiers are the platform's. */
export interface Place {
	readonly conversation: string | null;
	readonly thread: string | null;
	/** Direct messages to this identity of the channel's surface. */
	readonly person: string | null;
}

export const ownPlace: Place = { conversation: null, thread: null, person: null };

/** `""` for the channel's own conversation, else JSON: the same place is the same text. */
export function placeText({ conversation, thread, person }: Place): string {
	if (conversation === null && thread === null && person === null) return "";
	return JSON.stringify([conversation, thread, person]);
}

/** Of what `placeText` wrote; what cannot be read is the channel's own conversation. */
export function placeFrom(text: string): Place {
	if (text === "") return ownPlace;
	const [conversation = null, thread = null, person = null] = JSON.parse(text) as (string | null)[];
	return { conversation, thread, person };
}
