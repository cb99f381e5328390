// A chat service in memory that outlives the supervisor, as a real one does: every send is another message, whoever sent it, and an edit
// of a deleted one fails. With `lookup` its history can be read.

import { placeText } from "../../../src/core/place.js";
import type { Button, Card } from "../../../src/core/words/card.js";
import {
	type Answer,
	type Capabilities,
	type Delivery,
	DeliveryFailed,
	type Inbox,
	type Place,
} from "../../../src/ports/ports.js";

export interface PlatformMessage {
	readonly id: string;
	readonly to: string;
	readonly text: string;
	readonly card: Card | null;
	readonly edits: number;
}

export interface MemoryPlatform {
	readonly delivery: Delivery;
	/** As people see them now, in the order in which they came. */
	readonly messages: () => readonly PlatformMessage[];
	readonly cards: () => readonly PlatformMessage[];
	/** On the button of this message, as this person. */
	press(message: PlatformMessage, verdict: Button, actorId?: string): Promise<Answer>;
	say(text: string, actorId?: string): Promise<string | null>;
	/** What the supervisor gave the channel at its start. */
	inbox(): Inbox;
	remove(id: string): void;
	/** Every call ends with this; null ends it. */
	failWith(error: Error | null): void;
	/** Calls, failed ones too. */
	readonly calls: () => number;
}

interface Options {
	readonly name?: string;
	readonly surface?: Delivery["surface"];
	readonly can?: Partial<Capabilities>;
}

const chat: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	lookup: false,
	cardCharacters: 4_000,
	refreshMs: null,
};

export function createMemoryPlatform({ name = "chat", surface = "page", can = {} }: Options = {}): MemoryPlatform {
	const messages = new Map<string, PlatformMessage>();
	let last = 0;
	let calls = 0;
	let failure: Error | null = null;
	let inbox: Inbox | null = null;

	async function called<T>(work: () => T): Promise<T> {
		calls += 1;
		if (failure !== null) throw failure;
		return work();
	}

	function put(text: string, card: Card | null, to: Place): string {
		last += 1;
		const id = `m${last}`;
		messages.set(id, { id, to: placeText(to), text, card, edits: 0 });
		return id;
	}

	function change(id: string, card: Card): string {
		const found = messages.get(id);
		if (found === undefined) throw new DeliveryFailed({ code: "gone", message: `There is no message ${id}.` });
		messages.set(id, { ...found, card, text: card.title, edits: found.edits + 1 });
		return id;
	}

	function newest({ swapId, epoch, kind }: Card, to: Place): string | null {
		const isIt = ({ card, to: where }: PlatformMessage) =>
			card?.swapId === swapId && card.epoch === epoch && card.kind === kind && where === placeText(to);
		return [...messages.values()].findLast(isIt)?.id ?? null;
	}

	const capabilities = { ...chat, ...can };
	const delivery: Delivery = {
		name,
		surface,
		limits: { message: 4_000, pieces: 8 },
		can: capabilities,
		start: (theirs) =>
			called(() => {
				inbox = theirs;
			}),
		send: (card, to) => called(() => put(card.title, card, to)),
		edit: (receipt, card) => called(() => change(receipt, card)),
		notice: (text, to) => called(() => put(text, null, to)),
		...(capabilities.lookup ? { find: (card: Card, to: Place) => called(() => newest(card, to)) } : {}),
		stop: async () => {},
		address: () => "memory:",
	};

	function opened(): Inbox {
		if (inbox === null) throw new Error("The channel was never opened.");
		return inbox;
	}

	return {
		delivery,
		messages: () => [...messages.values()],
		cards: () => [...messages.values()].filter(({ card }) => card !== null),
		press({ id, card, to }, verdict, actorId = "ana") {
			if (card === null) throw new Error(`${id} is no card.`);
			const { swapId, epoch } = card;
			const place = { conversation: null, thread: null, person: to === "" ? null : to };
			return opened().click({
				...{ swapId, epoch, verdict, actorId, nonce: `${swapId}.${epoch}` },
				...{ receipt: id, eventId: null, ...(to === "" ? {} : { place }) },
			});
		},
		say: (text, actorId = "ana") =>
			opened().say({ text, actorId, place: { conversation: null, thread: null, person: null } }),
		inbox: opened,
		remove: (id) => void messages.delete(id),
		failWith(error) {
			failure = error;
		},
		calls: () => calls,
	};
}
