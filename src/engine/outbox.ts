// Delivers what the journal's outbox holds: at least once, with back-off, each channel for itself. Never blocks a swap and never
// decides a state; the one thing it tells the machine is that a card has arrived.
import { cardOf } from "../core/card.js";
import { limits } from "../core/limits.js";
import { backoffMs } from "../core/policy.js";
import type { Click, Delivery, Message } from "../ports.js";
import type { Engine } from "./context.js";
import { causeFrom } from "./effects.js";
import { settingsOf } from "./owners.js";
import type { Store } from "./store.js";
import { tellBuilder, tellingMs } from "./telling.js";

export interface Outbox {
	start(click: (click: Click) => Promise<string>): void;
	/** Looks for due messages now. */
	kick(): void;
	close(): Promise<void>;
}

export function createOutbox(engine: Engine, store: Store): Outbox {
	const { journal, clock, deliveries, log } = engine.ports;
	const channels = new Map(deliveries.map((delivery) => [delivery.name, delivery]));
	const stop = new AbortController();
	let wake = (): void => {};
	/** Channels that deliver right now: a slow one holds up nobody else. */
	const busy = new Map<string, Promise<void>>();
	let unacknowledged = true;
	let kicked = false;
	let pump: Promise<void> = Promise.resolve();

	function kick(): void {
		kicked = true;
		wake();
	}

	function start(click: (click: Click) => Promise<string>): void {
		for (const delivery of deliveries) void open(delivery, click);
		pump = run();
	}

	/** A channel whose service is down is opened again later, off everybody's path. */
	async function open(delivery: Delivery, click: (click: Click) => Promise<string>): Promise<void> {
		for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
			try {
				return await delivery.start(click);
			} catch (error) {
				log.warn("delivery.start_failed", {
					channel: delivery.name,
					cause: causeFrom(error, null, engine.ports.scrub),
				});
				await clock.sleep(backoffMs(limits.outboxBackoffMs, limits.outboxBackoffCapMs, attempt), stop.signal);
			}
		}
	}

	async function run(): Promise<void> {
		while (!stop.signal.aborted) {
			kicked = false;
			const napMs = await deliverDue().catch((error) => {
				log.error("outbox.failed", { cause: causeFrom(error, null, engine.ports.scrub) });
				return limits.outboxBackoffMs;
			});
			if (!kicked) await nap(napMs);
		}
	}

	/** Sets off what is due on every channel that is not busy; answers with how long to nap, in milliseconds. */
	async function deliverDue(): Promise<number> {
		if (unacknowledged) await acknowledgeEarlier();
		const due = await journal.due(clock.now().wallMs, limits.outboxDue);
		for (const name of new Set(due.map((message) => message.channel))) {
			if (!busy.has(name)) deliverOn(name, due);
		}
		const nextMs = await journal.nextDueMs();
		const napMs = nextMs === null ? limits.outboxBackoffCapMs : nextMs - clock.now().wallMs;
		return Math.max(napMs, busy.size > 0 ? limits.outboxBackoffMs : 1);
	}

	function deliverOn(name: string, due: readonly Message[]): void {
		const mine = due.filter((message) => message.channel === name).slice(0, limits.outboxBatch);
		const failed = (error: unknown) => {
			log.error("outbox.failed", { channel: name, cause: causeFrom(error, null, engine.ports.scrub) });
			return clock.sleep(limits.outboxBackoffMs, stop.signal);
		};
		const work = deliverTo(channels.get(name), mine).catch(failed);
		busy.set(
			name,
			work.then(() => {
				busy.delete(name);
				kick();
			}),
		);
	}

	/** A life may have ended, or a write failed, between a receipt and its acknowledgement: the card has arrived all the same. */
	async function acknowledgeEarlier(): Promise<void> {
		const open = (await store.unfinished()).filter((swap) => swap.status === "awaiting_confirmation");
		for (const { id: swapId, epoch } of open) {
			for (const { name: channel } of deliveries) {
				const receipt = await journal.receipt({ swapId, epoch, channel, kind: "card" });
				if (receipt !== null) await acknowledge({ swapId, epoch, channel });
			}
		}
		unacknowledged = false;
	}

	async function deliverTo(delivery: Delivery | undefined, messages: readonly Message[]): Promise<void> {
		for (const message of messages) {
			if (stop.signal.aborted) return;
			await deliver(delivery, message);
		}
	}

	async function deliver(delivery: Delivery | undefined, message: Message): Promise<void> {
		if (delivery === undefined && message.kind !== "outcome") return journal.settle(message.id, null);
		try {
			const receipt = await arrival(delivery, message);
			await journal.settle(message.id, receipt);
			if (receipt === null || message.kind !== "card") return;
			unacknowledged = true;
			await acknowledge(message);
			unacknowledged = false;
		} catch (error) {
			const cause = causeFrom(error, null, engine.ports.scrub);
			const pauseMs = backoffMs(limits.outboxBackoffMs, limits.outboxBackoffCapMs, message.attempts);
			log.warn("delivery.failed", { channel: message.channel, swap: message.swapId, cause });
			await journal.postpone(message.id, clock.now().wallMs + pauseMs, cause.message);
		}
	}

	/** Outcomes are for builders' channels: no other delivery ever sees one. */
	async function arrival(delivery: Delivery | undefined, message: Message): Promise<string | null> {
		if (message.kind !== "outcome") return delivery === undefined ? null : withinLimit(send(delivery, message));
		await withinLimit(tellBuilder({ engine, store, signal: stop.signal }, message), tellingMs);
		return null;
	}

	/** Cards are rendered from the swap as it is now, so a late one is still true. */
	async function send(delivery: Delivery, message: Message): Promise<string | null> {
		const { swapId, epoch, channel, kind } = message;
		if (kind === "outcome") return null;
		if (kind === "notice") {
			await delivery.notice(engine.ports.scrub(message.text ?? ""));
			return null;
		}
		const swap = await store.read(swapId);
		if (swap === null) return null;
		const receipt = await journal.receipt({ swapId, epoch, channel, kind });
		const card = cardOf(swap, kind, engine.settings.authority);
		if (receipt === null) return delivery.send(card);
		await delivery.edit(receipt, card);
		return receipt;
	}

	async function acknowledge(arrived: Pick<Message, "swapId" | "channel" | "epoch">): Promise<void> {
		const { swapId, channel, epoch } = arrived;
		const swap = await store.read(swapId);
		if (swap === null) return;
		const { afterDeliveryMs } = settingsOf(engine, swap).deadman;
		await store.record(swapId, { verb: "delivered", channel, epoch, afterDeliveryMs });
	}

	async function withinLimit<T>(work: Promise<T>, limitMs: number = limits.sendTimeoutMs): Promise<T> {
		const over = new AbortController();
		const late = clock.sleep(limitMs, over.signal).then(() => {
			throw new Error(`No answer within ${limitMs} ms.`);
		});
		try {
			return await Promise.race([work, late]);
		} finally {
			late.catch(() => {});
			over.abort();
		}
	}

	async function nap(napMs: number): Promise<void> {
		const awake = new AbortController();
		wake = () => awake.abort();
		const ended = () => awake.abort();
		stop.signal.addEventListener("abort", ended, { once: true });
		await clock.sleep(napMs, awake.signal);
		stop.signal.removeEventListener("abort", ended);
		wake = () => {};
	}

	async function close(): Promise<void> {
		stop.abort();
		wake();
		await pump;
		await Promise.all(busy.values());
		await Promise.allSettled(deliveries.map((delivery) => delivery.stop()));
	}

	return { start, kick, close };
}
