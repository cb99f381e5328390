// A channel in memory: keeps what it was given as people would see it, clicks on demand, and fails or hangs when told to.

import type { Surface } from "../../../src/core/actor.js";
import { placeText } from "../../../src/core/place.js";
import type { Card } from "../../../src/core/words/card.js";
import type { ReviewLimits } from "../../../src/core/words/review.js";
import type { Answer, Capabilities, Click, Delivery, Inbox, Place, Saying } from "../../../src/ports/ports.js";
import { DeliveryFailed } from "../../../src/ports/ports.js";

export interface MemoryDelivery extends Delivery {
	/** As they stand now, by receipt, oldest first. */
	readonly cards: ReadonlyMap<string, Card>;
	/** Every state of every card, in the order in which it was sent or edited. */
	readonly shown: readonly Card[];
	readonly notices: readonly string[];
	/** Every message that went out, with where it went: the text, or the title of the card. */
	readonly sent: readonly { readonly text: string; readonly to: Place; readonly edited: boolean }[];
	/** What the supervisor answers to a click; rejects before `start`. */
	click(click: Click): Promise<string>;
	press(click: Click): Promise<Answer>;
	say(saying: Saying): Promise<string | null>;
	/** The message is deleted: it cannot be edited any more. */
	lose(receipt: string): void;
	/** Every call rejects with this from now on; null ends it. */
	failWith(error: Error | null): void;
	/** Calls do not resolve until the returned function is called. */
	hang(): () => void;
}

export interface MemoryDeliveryOptions {
	readonly name?: string;
	readonly address?: string;
	readonly surface?: Surface;
	readonly limits?: ReviewLimits;
	readonly can?: Partial<Capabilities>;
}

const everything: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	lookup: false,
	cardCharacters: 4_000,
	refreshMs: null,
};

export function createMemoryDelivery(options: MemoryDeliveryOptions = {}): MemoryDelivery {
	const { name = "memory", address = "memory:", surface = "page", limits = { message: 4_000, pieces: 8 } } = options;
	const can = { ...everything, ...options.can };
	const cards = new Map<string, Card>();
	const shown: Card[] = [];
	const notices: string[] = [];
	const sent: { text: string; to: Place; edited: boolean }[] = [];
	const lost = new Set<string>();
	let inbox: Inbox | null = null;
	let failure: Error | null = null;
	let hanging: Promise<void> = Promise.resolve();

	async function reach(): Promise<void> {
		await hanging;
		if (failure !== null) throw failure;
	}

	async function show(receipt: string, card: Card, to: Place, edited: boolean): Promise<string> {
		await reach();
		cards.set(receipt, card);
		shown.push(card);
		sent.push({ text: card.title, to, edited });
		return receipt;
	}

	function started(): Inbox {
		if (inbox === null) throw new Error("The channel is not started.");
		return inbox;
	}

	return {
		name,
		surface,
		limits,
		can,
		cards,
		shown,
		notices,
		sent,
		async start(theirs) {
			await reach();
			inbox = theirs;
		},
		send(card, to) {
			const where = placeText(to) === "" ? "" : `@${placeText(to)}`;
			const plain = `${name}:${card.swapId}:${card.epoch}:${card.kind}${where}`;
			const again = [...lost].filter((receipt) => receipt.startsWith(plain)).length;
			return show(again === 0 ? plain : `${plain}/${again}`, card, to, false);
		},
		async edit(receipt, card, to) {
			if (lost.has(receipt)) throw new DeliveryFailed({ code: "gone", message: "The message was deleted." });
			return show(receipt, card, to, true);
		},
		async notice(text, to) {
			await reach();
			notices.push(text);
			sent.push({ text, to, edited: false });
			return null;
		},
		async stop() {
			inbox = null;
		},
		address: () => (inbox === null ? null : address),
		press: async (click) => started().click(click),
		click: async (click) => (await started().click(click)).sentence,
		say: async (saying) => started().say(saying),
		lose(receipt) {
			lost.add(receipt);
			cards.delete(receipt);
		},
		failWith(error) {
			failure = error;
		},
		hang() {
			let release = () => {};
			hanging = new Promise((resolve) => (release = resolve));
			return () => release();
		},
	};
}
