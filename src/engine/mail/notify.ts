// Tries channels out: a test card to each one's own conversation, edited once, with what failed and how long it took. Touches no swap and
// writes nothing.
import { isTyped } from "../../core/actor.js";
import { limits } from "../../core/limits.js";
import { ownPlace } from "../../core/place.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { actorName } from "../../core/swap.js";
import { testCard } from "../../core/words/test-card.js";
import { type Delivery, DeliveryFailed } from "../../ports/ports.js";
import { within } from "../../ports/waiting.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { ChannelTest, Correspondence } from "../verbs/channels.js";
import type { Channels } from "./channels.js";

interface Parts {
	readonly engine: Engine;
	readonly channels: Channels;
	readonly audit: Audit;
}

type Asked = Parameters<Correspondence["testChannels"]>[0];

const lookMs = 100;

export function createNotify({ engine, channels, audit }: Parts): Pick<Correspondence, "testChannels"> {
	const { clock, deliveries, scrub } = engine.ports;

	function chosen({ by, channel }: Asked): readonly Delivery[] | Refusal {
		if (!isTyped(by.surface)) {
			return refuse("not_authorised", { actor: actorName(by), verb: 'ask "Send a test card" of' });
		}
		if (channel === null) return deliveries;
		const found = deliveries.filter(({ name }) => name === channel);
		if (found.length > 0) return found;
		const known = deliveries.map(({ name }) => name).join(", ");
		return refuse("channel_unknown", { name: JSON.stringify(channel), known: known === "" ? "none" : known });
	}

	/** One that is still opening has as long as a message to be there. */
	async function opened({ name }: Delivery): Promise<void> {
		const begunMs = clock.now().bootMs;
		const stateNow = () => channels.states().find((state) => state.name === name);
		while (stateNow()?.state === "opening") {
			if (clock.now().bootMs - begunMs >= limits.sendTimeoutMs) {
				throw new NotOpen("opening", `It is still opening after ${limits.sendTimeoutMs / 1_000} s.`);
			}
			await clock.sleep(lookMs, engine.stopping.signal);
		}
		const now = stateNow();
		if (now?.state === "failing" && now.address === null) {
			throw new NotOpen("not_open", `It cannot be opened: ${now.error ?? "no reason was given."}`);
		}
	}

	const late = () => {
		const message = `No answer within ${limits.sendTimeoutMs / 1_000} s.`;
		throw new DeliveryFailed({ code: "unreachable", message });
	};
	const limit = { sleep: clock.sleep, limitMs: limits.sendTimeoutMs, late };

	async function tryOut(delivery: Delivery): Promise<boolean> {
		await opened(delivery);
		const { name: channel, can } = delivery;
		const card = (edited: boolean) => testCard({ channel, buttons: can.buttons, edited });
		const receipt = await within(delivery.send(card(false), ownPlace), limit);
		if (can.edit) await within(delivery.edit(receipt, card(true), ownPlace), limit);
		channels.worked(channel);
		return can.edit;
	}

	async function test(delivery: Delivery): Promise<ChannelTest> {
		const begunMs = clock.now().bootMs;
		const tried = await tryOut(delivery).then(
			(edited) => ({ edited, failure: null }),
			(error: unknown) => ({ edited: false, failure: failureOf(delivery, error) }),
		);
		const { name, can } = delivery;
		return { name, address: delivery.address(), ...tried, tookMs: Math.round(clock.now().bootMs - begunMs), can };
	}

	function failureOf({ mailbox }: Delivery, error: unknown): ChannelTest["failure"] {
		const code = error instanceof DeliveryFailed || error instanceof NotOpen ? error.code : "failed";
		const { message } = causeFrom(error, null, scrub);
		return { code, message, next: mailbox !== undefined && code === "unreachable" ? undelivered : nextOf[code] };
	}

	return {
		async testChannels(asked) {
			const wanted = chosen(asked);
			if (!isRefusal(wanted)) return Promise.all(wanted.map(test));
			const { by } = asked;
			await audit({ swapId: null, by, verb: "notify test", refusal: wanted, shown: null });
			return wanted;
		},
	};
}

class NotOpen extends Error {
	override readonly name = "NotOpen";
	constructor(
		readonly code: "opening" | "not_open",
		message: string,
	) {
		super(message);
	}
}

const undelivered = "Call `deliver` of deadman/client in the program that runs, and look into its log.";

const nextOf: Readonly<Record<DeliveryFailed["code"] | NotOpen["code"] | "failed", string>> = {
	rate_limited: "Wait as long as the service asks; messages wait in the outbox meanwhile.",
	unreachable: "Look whether the service, its address and the network between answer; it is tried again by itself.",
	refused: "Look at the channel's keys in the configuration: the service does not take this message there.",
	revoked: "Make a new token or secret at the service and put it where the configuration names it.",
	gone: "Name a conversation that exists, and invite the bot to it.",
	not_installed: "Install the package named above beside deadman, then start the supervisor again.",
	opening: "Ask again in a moment; `deadman status` says why where it does not open.",
	not_open: "Put right what it says; it is opened again by itself.",
	failed: "The supervisor's log says more; `deadman doctor` looks at the channel's configuration.",
};
