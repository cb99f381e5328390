// A channel over one `Chat` of the SDK: opens it, sends through it, and hands in what comes. What differs between platforms is asked of a
// Platform. Sends once: who tries again is the outbox.
import type { Adapter } from "chat";
import type { CreateChannel } from "../../../channel-kind.js";
import { limits } from "../../../core/limits.js";
import type { Card } from "../../../core/words/card.js";
import { type Delivery, DeliveryFailed, type Nonces, type Place } from "../../../ports/ports.js";
import { buttonValue } from "./clicks.js";
import type { ConnectionParts } from "./connection.js";
import { createLink, type Link, type LinkTimes } from "./link.js";
import type { EditRequest, Platform, PlatformOptions } from "./platform.js";

export { buttonValue, clickedValue } from "./clicks.js";

export interface ChatChannelParts extends ConnectionParts {
	readonly nonces: Nonces;
	/** Milliseconds; for tests. */
	readonly times?: LinkTimes;
}

/** Longer than the outbox waits for a message: a receipt that comes late is kept by it, and no second card goes out. */
const usual: LinkTimes = { startMs: 3 * limits.sendTimeoutMs, callMs: 3 * limits.sendTimeoutMs, endMs: 5_000 };

export function createChatChannel({ nonces, times = usual, ...parts }: ChatChannelParts): Delivery {
	const { name, platform } = parts;
	const link = createLink(parts, times);
	const { surface, limits: fits, can } = platform;
	return {
		name,
		surface,
		limits: fits,
		can,
		start: link.start,
		stop: link.stop,
		address: () => (link.isOpen() ? platform.address() : null),
		...sendingOf(platform, link, (card) => buttonValue(card, nonces)),
		...((platform.receives ?? platform.before !== undefined) ? { receive: link.receive } : {}),
	};
}

export function creating<Settings>(
	platform: (options: PlatformOptions<Settings>) => Platform,
): CreateChannel<Settings> {
	return (channel, { name, secret, nonces, log }) =>
		createChatChannel({ name, platform: platform({ channel, secret }), nonces, log });
}

function sendingOf(
	platform: Platform,
	link: Link,
	carried: (card: Card) => string,
): Pick<Delivery, "send" | "edit" | "notice" | "find"> {
	const threadOf = (adapter: Adapter, to: Place) => platform.threadOf(adapter, to);
	const messageOf = (card: Card) => platform.messageOf(card, carried(card));
	async function edited(adapter: Adapter, request: EditRequest): Promise<string> {
		const { threadId, messageId, message } = request;
		if (platform.edit !== undefined) return platform.edit(adapter, request);
		if (!platform.can.edit) return receiptOf(await adapter.postMessage(threadId, message));
		return receiptOf(await adapter.editMessage(threadId, messageId, message));
	}
	return {
		send: (card, to) =>
			link.call("send", async (adapter) =>
				receiptOf(await adapter.postMessage(await threadOf(adapter, to), messageOf(card))),
			),
		edit: (messageId, card, to) =>
			link.call("edit", async (adapter) =>
				edited(adapter, { threadId: await threadOf(adapter, to), messageId, message: messageOf(card) }),
			),
		notice: (text, to) =>
			link.call("notice", async (adapter) =>
				receiptOf(await adapter.postMessage(await threadOf(adapter, to), platform.textOf(text))),
			),
		...findingOf(platform, link, carried),
	};
}

function findingOf(platform: Platform, link: Link, carried: (card: Card) => string): Pick<Delivery, "find"> {
	if (!platform.can.lookup || platform.find === undefined) return {};
	return {
		find: (card, to) =>
			link.call("find", async (adapter) => {
				const threadId = await platform.threadOf(adapter, to);
				return (await platform.find?.(adapter, threadId, carried(card))) ?? null;
			}),
	};
}

function receiptOf({ id }: { readonly id: string }): string {
	if (typeof id === "string" && id !== "") return id;
	throw new DeliveryFailed({ code: "refused", message: "The platform took the message and named no id of it." });
}
