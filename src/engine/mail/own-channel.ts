// Whether the version on trial has shown its card through its own channel: where it has not in time, the other channels' cards say so, and
// take it back when it has. Decides nothing.
import { swapSubject } from "../../core/subject.js";
import type { Swap } from "../../core/swap.js";
import type { Delivery } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";

export interface OwnChannel {
	/** Lines below the card of this swap on that channel. */
	below(delivery: Delivery, swap: Swap): Promise<readonly string[]>;
	/** Rings when its own channel should have delivered. */
	follow(swap: Swap): void;
	/** A card went out on a channel. */
	shown(card: { readonly swapId: string; readonly channel: string }): void;
	close(): void;
}

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	/** Looks for due messages. */
	readonly kick: () => void;
}

export const silentLine = "The new version's own channel has not delivered this card.";

/** One ring and one delivery of each try: the outbox takes each text once. */
const posts = { silent: "own channel silent", delivered: "own channel delivered" } as const;

export function createOwnChannel({ engine, store, kick }: Parts): OwnChannel {
	const { clock, deliveries, journal, log, scrub } = engine.ports;
	const own = deliveries.find(({ mailbox }) => mailbox !== undefined) ?? null;
	const withinMs = own?.mailbox?.withinMs ?? 0;
	const others = deliveries.filter(({ mailbox }) => mailbox === undefined);
	const alarms = new Map<string, () => void>();
	/** Tries whose silence was told. */
	const told = new Set<string>();

	async function isSilent(swap: Swap): Promise<boolean> {
		if (own === null || swap.status !== "awaiting_confirmation") return false;
		if (clock.now().wallMs - swap.statusAtMs < withinMs) return false;
		const sent = await journal.sentCards({ swapId: swap.id, channel: own.name });
		return !sent.some(({ kind, epoch }) => kind === "card" && epoch === swap.epoch);
	}

	function follow(swap: Swap): void {
		if (own === null || others.length === 0) return;
		const key = keyOf(swap);
		if (swap.status !== "awaiting_confirmation") forget(swap.id);
		if (swap.status !== "awaiting_confirmation" || alarms.has(key)) return;
		const leftMs = Math.min(withinMs, Math.max(0, withinMs - (clock.now().wallMs - swap.statusAtMs)));
		alarms.set(
			key,
			clock.timer(leftMs, () => announce(swap.id, "silent")),
		);
	}

	function forget(swapId: string): void {
		for (const [key, cancel] of alarms) {
			if (!key.startsWith(`${swapId}.`)) continue;
			cancel();
			alarms.delete(key);
		}
		for (const key of told) if (key.startsWith(`${swapId}.`)) told.delete(key);
	}

	function announce(swapId: string, what: keyof typeof posts): void {
		const failed = (error: unknown) =>
			log.warn("own_channel.not_told", { swap: swapId, cause: causeFrom(error, null, scrub) });
		void tell(swapId, what).catch(failed);
	}

	/** Their cards are rendered anew, each from the state as it is then. */
	async function tell(swapId: string, what: keyof typeof posts): Promise<void> {
		const swap = await store.read(swapId);
		if (swap === null || swap.status !== "awaiting_confirmation") return;
		if (what === "silent") told.add(keyOf(swap));
		if ((await isSilent(swap)) !== (what === "silent")) return;
		const { epoch } = swap;
		for (const { name: channel } of others) {
			const sent = await journal.sentCards({ swapId, channel });
			const live = sent.filter((card) => card.kind === "card" && card.epoch === epoch && card.state === "live");
			const places = [...new Set(live.map(({ place }) => place))];
			const card = { channel, epoch, kind: "card", text: posts[what], notBeforeMs: null } as const;
			await journal.post(
				swapSubject(swapId),
				places.map((place) => ({ ...card, place })),
			);
		}
		log.info(`own_channel.${what}`, { swap: swapId });
		kick();
	}

	return {
		below: async (delivery, swap) => (delivery.mailbox === undefined && (await isSilent(swap)) ? [silentLine] : []),
		follow,
		shown({ swapId, channel }) {
			if (channel !== own?.name) return;
			if ([...told].some((key) => key.startsWith(`${swapId}.`))) announce(swapId, "delivered");
		},
		close() {
			for (const cancel of alarms.values()) cancel();
		},
	};
}

function keyOf({ id, epoch }: Swap): string {
	return `${id}.${epoch}`;
}
