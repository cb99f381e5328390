// Delivers what the journal's outbox holds: at least once, with back-off, each channel for itself. Never blocks a swap and never
// decides a state; the one thing it tells the machine is that a card has arrived.
import { limits } from "../../core/limits.js";
import { swapIdOf } from "../../core/subject.js";
import { type Delivery, DeliveryFailed, type Message } from "../../ports/ports.js";
import { within } from "../../ports/waiting.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import { settingsOf } from "../base/owners.js";
import { jittered } from "../base/retrying.js";
import type { Store } from "../base/store.js";
import type { Channels } from "./channels.js";
import { refreshCards } from "./refreshing.js";
import { type Sending, sendMessage } from "./sending.js";
import { tellBuilder, tellingMs } from "./telling.js";

/** A card that stands where it should. */
interface Arrived {
	readonly swapId: string;
	readonly channel: string;
	readonly epoch: number;
}

export interface Outbox {
	start(): void;
	/** Looks for due messages now. */
	kick(): void;
	/** Shows the cards of a swap on trial anew, for the time that is left; false: its channel has something else to do, or is paused. */
	refresh(swapId: string, channel: string): boolean;
	close(): Promise<void>;
}

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly channels: Channels;
	/** A card went out, or was edited. */
	readonly shown: (card: Arrived) => void;
	readonly below: Sending["below"];
}

export function createOutbox({ engine, store, channels, shown, below }: Parts): Outbox {
	const { journal, clock, deliveries, log } = engine.ports;
	const byName = new Map(deliveries.map((delivery) => [delivery.name, delivery]));
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

	/** Sets off what is due on every channel that is neither busy nor paused; answers with how long to nap, in milliseconds. */
	async function deliverDue(): Promise<number> {
		if (unacknowledged) await acknowledgeEarlier();
		const nowMs = clock.now().wallMs;
		const due = await journal.due(nowMs, limits.outboxDue);
		let pauseMs = Number.POSITIVE_INFINITY;
		for (const name of new Set(due.map((message) => message.channel))) {
			const leftMs = channels.pausedMs(name, nowMs);
			if (leftMs > 0) pauseMs = Math.min(pauseMs, leftMs);
			else if (!busy.has(name)) deliverOn(name, due);
		}
		const nextMs = await journal.nextDueMs();
		const dueInMs = nextMs === null ? limits.outboxBackoffCapMs : nextMs - clock.now().wallMs;
		const napMs = dueInMs > 0 ? dueInMs : Math.min(pauseMs, limits.outboxBackoffCapMs);
		return Math.max(napMs, busy.size > 0 ? limits.outboxBackoffMs : 1);
	}

	function deliverOn(name: string, due: readonly Message[]): void {
		const mine = due.filter((message) => message.channel === name).slice(0, limits.outboxBatch);
		const failed = (error: unknown) => {
			log.error("outbox.failed", { channel: name, cause: causeFrom(error, null, engine.ports.scrub) });
			return clock.sleep(limits.outboxBackoffMs, stop.signal);
		};
		occupy(name, deliverTo(byName.get(name), mine).catch(failed));
	}

	function occupy(name: string, work: Promise<void>): void {
		const over = work.then(() => {
			busy.delete(name);
			kick();
		});
		busy.set(name, over);
	}

	function refresh(swapId: string, name: string): boolean {
		const delivery = byName.get(name);
		const isFree = !busy.has(name) && channels.pausedMs(name, clock.now().wallMs) === 0;
		if (delivery === undefined || !isFree || stop.signal.aborted) return false;
		const failed = (error: unknown) => {
			log.warn("delivery.failed", { channel: name, swap: swapId, cause: causeFrom(error, null, engine.ports.scrub) });
			channels.failed(name, error);
		};
		const asked = refreshCards({ engine, store, delivery, below, within: withinLimit }, swapId);
		occupy(
			name,
			asked.then((any) => (any ? channels.worked(name) : undefined), failed),
		);
		return true;
	}

	/** A life may have ended, or a write failed, between a receipt and its acknowledgement: the card has arrived all the same. */
	async function acknowledgeEarlier(): Promise<void> {
		const open = (await store.unfinished()).filter((swap) => swap.status === "awaiting_confirmation");
		for (const { id: swapId, epoch } of open) {
			for (const { name: channel } of deliveries) {
				const sent = await journal.sentCards({ swapId, channel });
				if (sent.some((card) => card.kind === "card" && card.epoch === epoch))
					await acknowledge({ swapId, epoch, channel });
			}
		}
		unacknowledged = false;
	}

	/** One channel whose service does not answer is left alone for a while, with all that waits for it. */
	async function deliverTo(delivery: Delivery | undefined, messages: readonly Message[]): Promise<void> {
		for (const message of messages) {
			if (stop.signal.aborted || channels.pausedMs(message.channel, clock.now().wallMs) > 0) return;
			await deliver(delivery, message);
		}
	}

	async function deliver(delivery: Delivery | undefined, message: Message): Promise<void> {
		if (delivery === undefined && message.kind !== "outcome") return journal.drop(message.id);
		try {
			const arrived = await arrival(delivery, message);
			channels.worked(message.channel);
			const swapId = message.kind === "card" ? swapIdOf(message.subject) : null;
			if (swapId !== null) shown({ ...message, swapId });
			if (arrived && swapId !== null) {
				unacknowledged = true;
				await acknowledge({ ...message, swapId });
				unacknowledged = false;
			}
			await journal.settle(message.id);
		} catch (error) {
			await postpone(message, error);
		}
	}

	async function postpone(message: Message, error: unknown): Promise<void> {
		const cause = causeFrom(error, null, engine.ports.scrub);
		const code = error instanceof DeliveryFailed ? error.code : null;
		log.warn("delivery.failed", { channel: message.channel, swap: swapIdOf(message.subject), code, cause });
		const pauseMs = channels.failed(message.channel, error) ?? jittered(engine.ports, message.attempts);
		const waitMs = waitsForProgram(byName.get(message.channel), error) ? 0 : pauseMs;
		await journal.postpone(message.id, clock.now().wallMs + waitMs, cause.message);
	}

	/** Outcomes are for builders' channels: no other delivery ever sees one. */
	async function arrival(delivery: Delivery | undefined, message: Message): Promise<boolean> {
		if (message.kind === "outcome") {
			await withinLimit(tellBuilder({ engine, store, signal: stop.signal }, message), async () => {}, tellingMs);
			return false;
		}
		return delivery !== undefined && sendMessage({ engine, store, delivery, below, within: withinLimit }, message);
	}

	async function acknowledge(arrived: Arrived): Promise<void> {
		const { swapId, channel, epoch } = arrived;
		const swap = await store.read(swapId);
		if (swap === null) return;
		const { afterDeliveryMs } = settingsOf(engine, swap).deadman;
		await store.record(swapId, { verb: "delivered", channel, epoch, afterDeliveryMs });
	}

	/** What comes after the limit is not lost: `late` keeps it, so that nothing is sent twice for it. */
	async function withinLimit<T>(
		work: Promise<T>,
		late: (value: T) => Promise<void>,
		limitMs: number = limits.sendTimeoutMs,
	): Promise<T> {
		const giveUp = () => {
			work.then(late).then(kick, () => {});
			throw new DeliveryFailed({ code: "unreachable", message: `No answer within ${limitMs} ms.` });
		};
		return within(work, { sleep: clock.sleep, limitMs, late: giveUp });
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
	}

	return {
		start: () => {
			pump = run();
		},
		kick,
		refresh,
		close,
	};
}

/** What no program took waits for one, not for a time: the pause of its channel ends when one asks. */
function waitsForProgram(delivery: Delivery | undefined, error: unknown): boolean {
	return delivery?.mailbox !== undefined && error instanceof DeliveryFailed && error.code === "unreachable";
}
