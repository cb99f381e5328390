// Where a request came from, and where approval of it is asked for. Owns the shapes, and that no place is asked twice.

/** As its builder says and the operator allows it: a channel, and a conversation (null: its own) and a thread there. */
export interface Conversation {
	readonly channel: string;
	readonly conversation: string | null;
	readonly thread: string | null;
}

/** `place` as `placeText` writes it, `person` by name where it is somebody's direct messages. */
export interface AskedPlace {
	readonly channel: string;
	readonly place: string;
	readonly person: string | null;
	/** Not before, in wall-clock milliseconds. */
	readonly fromMs: number;
}

/** Where on which channel. */
export type Destination = Pick<AskedPlace, "channel" | "place">;

export function isSamePlace(one: Destination, other: Destination): boolean {
	return one.channel === other.channel && one.place === other.place;
}

/** Each once, as it was asked first. */
export function withPlaces(asked: readonly AskedPlace[], more: readonly AskedPlace[]): readonly AskedPlace[] {
	const all = [...asked];
	for (const place of more) if (!all.some((one) => isSamePlace(one, place))) all.push(place);
	return all;
}
