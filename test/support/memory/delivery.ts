// A channel in memory: keeps what it was given as people would see it, clicks on demand, and fails or hangs when told to.
import type { Card } from "../../../src/core/card.js";
import type { ReviewLimits } from "../../../src/core/review.js";
import type { Click, Delivery } from "../../../src/ports.js";

export interface MemoryDelivery extends Delivery {
	/** As they stand now, by receipt, oldest first. */
	readonly cards: ReadonlyMap<string, Card>;
	/** Every state of every card, in the order in which it was sent or edited. */
	readonly shown: readonly Card[];
	readonly notices: readonly string[];
	/** What the supervisor answers to a click; rejects before `start`. */
	click(click: Click): Promise<string>;
	/** Every call rejects with this from now on; null ends it. */
	failWith(error: Error | null): void;
	/** Calls do not resolve until the returned function is called. */
	hang(): () => void;
}

export function createMemoryDelivery(
	options: { readonly name?: string; readonly address?: string; readonly limits?: ReviewLimits } = {},
): MemoryDelivery {
	const { name = "memory", address = "memory:", limits = { message: 4_000, pieces: 8 } } = options;
	const cards = new Map<string, Card>();
	const shown: Card[] = [];
	const notices: string[] = [];
	let click: ((click: Click) => Promise<string>) | null = null;
	let failure: Error | null = null;
	let hanging: Promise<void> = Promise.resolve();

	async function reach(): Promise<void> {
		await hanging;
		if (failure !== null) throw failure;
	}

	async function show(receipt: string, card: Card): Promise<void> {
		await reach();
		cards.set(receipt, card);
		shown.push(card);
	}

	return {
		name,
		limits,
		cards,
		shown,
		notices,
		async start(onClick) {
			await reach();
			click = onClick;
		},
		async send(card) {
			const receipt = `${name}:${card.swapId}:${card.epoch}:${card.kind}`;
			await show(receipt, card);
			return receipt;
		},
		edit: show,
		async notice(text) {
			await reach();
			notices.push(text);
		},
		async stop() {
			click = null;
		},
		address: () => (click === null ? null : address),
		async click(it) {
			if (click === null) throw new Error("The channel is not started.");
			return click(it);
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
