// A channel over one `Chat` of the SDK: starts it, sends through it, and hands clicks and words in. What differs between platforms is
// asked of a Platform.
import type { Adapter } from "chat";
import type { Card } from "../../core/card.js";
import type { Click, Delivery, Inbox, Log, Nonces, Place } from "../../ports.js";
import { DeliveryFailed } from "../../ports.js";
import type { OpenState, Platform } from "./platform.js";

export interface ChatChannelParts {
	readonly name: string;
	readonly platform: Platform;
	readonly nonces: Nonces;
	readonly openState: OpenState;
	readonly log: Log;
}

/** What a button carries: 30 characters for an epoch below 1,000. */
export function buttonValue({ swapId, epoch }: Card, nonces: Nonces): string {
	return `${swapId}.${epoch}.${nonces.of(swapId, epoch)}`;
}

const verdicts: ReadonlySet<string> = new Set([
	"confirm",
	"rollback",
	"extend",
	"approve",
	"reject",
	"promote",
	"keep",
]);

/** What a button said, strictly; null: none of ours. */
export function clickedValue(
	verdict: string,
	value: string | undefined,
): Pick<Click, "swapId" | "epoch" | "nonce" | "verdict"> | null {
	const found = /^(sw_[a-z0-9]{6})\.([1-9]\d{0,8})\.([\w-]{16})$/.exec(value ?? "");
	if (found === null || !verdicts.has(verdict)) return null;
	const [, swapId = "", epoch = "", nonce = ""] = found;
	return { swapId, epoch: Number(epoch), nonce, verdict: verdict as Click["verdict"] };
}

export function createChatChannel({ name, platform, nonces, log }: ChatChannelParts): Delivery {
	const stop = new AbortController();
	let open: Adapter | null = null;

	function adapter(): Adapter {
		if (open === null) throw new DeliveryFailed({ code: "unreachable", message: `${name} is not connected.` });
		return open;
	}

	async function start(_inbox: Inbox): Promise<void> {
		open = await platform.open({ name, log, signal: stop.signal });
	}

	async function send(card: Card, to: Place): Promise<string> {
		const threadId = await platform.threadOf(adapter(), to);
		const { id } = await adapter().postMessage(threadId, platform.messageOf(card, buttonValue(card, nonces)));
		return id;
	}

	return {
		name,
		surface: platform.surface,
		limits: platform.limits,
		can: platform.can,
		start,
		send,
		async edit(receipt, card, to) {
			const threadId = await platform.threadOf(adapter(), to);
			const message = platform.messageOf(card, buttonValue(card, nonces));
			if (platform.edit !== undefined) return platform.edit(adapter(), { threadId, messageId: receipt, message });
			return (await adapter().editMessage(threadId, receipt, message)).id;
		},
		async notice(text, to) {
			const threadId = await platform.threadOf(adapter(), to);
			return (await adapter().postMessage(threadId, platform.textOf(text))).id;
		},
		stop: async () => stop.abort(),
		address: () => (open === null ? null : platform.address()),
	};
}
