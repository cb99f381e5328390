// The state of each channel: opened off everybody's path and again with back-off, paused where its service asks for it or does not answer,
// and what came in that was no click. Sends nothing.
import { limits } from "../../core/limits.js";
import { createRate } from "../../core/rate.js";
import { type Delivery, DeliveryFailed, type Inbox } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import { jittered } from "../base/retrying.js";

/** What `status` says of one. */
export interface ChannelState {
	readonly name: string;
	readonly address: string | null;
	readonly state: "opening" | "open" | "failing";
	/** Why it fails; scrubbed. */
	readonly error: string | null;
	/** What came in and was refused before it was a click, since the start. */
	readonly refused: number;
	readonly lastRefusal: string | null;
}

export interface Channels {
	/** `opened` is called for each that has really connected. */
	open(inboxOf: (delivery: Delivery) => Omit<Inbox, "refused">, opened: (delivery: Delivery) => void): void;
	states(): readonly ChannelState[];
	/** How long nothing goes out on it, in milliseconds. */
	pausedMs(name: string, nowMs: number): number;
	worked(name: string): void;
	/** Answers with how long the channel is paused, in milliseconds; null: the failure was of this message alone. */
	failed(name: string, error: unknown): number | null;
	close(): Promise<void>;
}

interface Known {
	state: ChannelState["state"];
	error: string | null;
	refused: number;
	lastRefusal: string | null;
	failures: number;
	pausedUntilMs: number;
}

/** Nothing is learned from asking again at once. */
const wholeChannel: ReadonlySet<DeliveryFailed["code"]> = new Set([
	"rate_limited",
	"unreachable",
	"revoked",
	"not_installed",
]);

/** A platform may not silence a channel for longer. */
const longestPauseMs = 60 * 60 * 1_000;

export function createChannels(engine: Engine): Channels {
	const { clock, deliveries, log, scrub } = engine.ports;
	const stop = new AbortController();
	const opening: Promise<void>[] = [];
	const known = new Map<string, Known>();
	const rate = createRate({ perMinute: limits.auditsPerMinute, nowMs: () => clock.now().wallMs });

	function of(name: string): Known {
		const found = known.get(name);
		if (found !== undefined) return found;
		const fresh: Known = {
			state: "opening",
			error: null,
			refused: 0,
			lastRefusal: null,
			failures: 0,
			pausedUntilMs: 0,
		};
		known.set(name, fresh);
		return fresh;
	}

	/** A channel whose service is down is opened again later, off everybody's path. */
	async function open(delivery: Delivery, inbox: Inbox, opened: (delivery: Delivery) => void): Promise<void> {
		const one = of(delivery.name);
		for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
			try {
				await delivery.start(inbox);
				Object.assign(one, { state: "open", error: null });
				return opened(delivery);
			} catch (error) {
				const cause = causeFrom(error, null, scrub);
				Object.assign(one, { state: "failing", error: cause.message });
				log.warn("delivery.start_failed", { channel: delivery.name, cause });
				await clock.sleep(jittered(engine.ports, attempt), stop.signal);
			}
		}
	}

	function refused(name: string): Inbox["refused"] {
		return ({ code, detail }) => {
			const one = of(name);
			one.refused += 1;
			one.lastRefusal = scrub(`${code}: ${detail}`).slice(0, limits.reasonCharacters);
			// A flood is only counted: nobody fills the log from outside.
			if (rate.take(name) > 0) return;
			log.warn("delivery.refused", { channel: name, code, detail: scrub(detail).slice(0, limits.reasonCharacters) });
		};
	}

	function failed(name: string, error: unknown): number | null {
		const one = of(name);
		one.error = causeFrom(error, null, scrub).message;
		if (!(error instanceof DeliveryFailed) || !wholeChannel.has(error.code)) return null;
		one.state = error.code === "rate_limited" ? one.state : "failing";
		const pauseMs = Math.min(error.retryAfterMs ?? jittered(engine.ports, one.failures), longestPauseMs);
		one.failures += 1;
		one.pausedUntilMs = clock.now().wallMs + pauseMs;
		return pauseMs;
	}

	return {
		open(inboxOf, opened) {
			for (const delivery of deliveries) {
				opening.push(open(delivery, { ...inboxOf(delivery), refused: refused(delivery.name) }, opened));
			}
		},
		states: () =>
			deliveries.map((delivery) => {
				const { state, error, refused, lastRefusal } = of(delivery.name);
				return { name: delivery.name, address: delivery.address(), state, error, refused, lastRefusal };
			}),
		pausedMs: (name, nowMs) => Math.min(Math.max(0, of(name).pausedUntilMs - nowMs), longestPauseMs),
		worked(name) {
			Object.assign(of(name), { state: "open", error: null, failures: 0, pausedUntilMs: 0 });
		},
		failed,
		async close() {
			stop.abort();
			await Promise.allSettled(deliveries.map((delivery) => delivery.stop()));
			await Promise.all(opening);
		},
	};
}
