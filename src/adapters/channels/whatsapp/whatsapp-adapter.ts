// The SDK's WhatsApp adapter with what a card needs beside it: calls that end, Meta's own words in failures, the sender of the signed event
// as the only identity, and the card that was answered in place of the answer. Loaded only when a channel starts.
import { WhatsAppAdapter, type WhatsAppRawMessage } from "@chat-adapter/whatsapp";
import type { WebhookOptions } from "chat";
import { limits } from "../../../core/limits.js";
import { DeliveryFailed } from "../../../ports/ports.js";
import { failureFrom } from "./whatsapp-failure.js";

type Inbound = WhatsAppRawMessage["message"];
type Contact = WhatsAppRawMessage["contact"];

interface Identity {
	readonly bsuid?: string;
	readonly phone?: string;
	readonly userId: string;
}

export class CardWhatsApp extends WhatsAppAdapter {
	/** The SDK remembers which numbers and ids belonged together, so that whoever gets a number next would be taken for its last owner. */
	protected override async resolve(inbound: Inbound): Promise<Identity | null> {
		const { from: phone, from_user_id: bsuid } = inbound;
		const userId = phone ?? bsuid;
		if (userId === undefined) return null;
		return { userId, ...(phone === undefined ? {} : { phone }), ...(bsuid === undefined ? {} : { bsuid }) };
	}

	protected override async handleUserIdUpdate(): Promise<void> {}

	/** What is pressed comes as a message of its own; the card's id, where it is told, is in its context. */
	protected override handleInteractiveReply(
		inbound: Inbound,
		contact: Contact,
		phoneNumberId: string,
		options?: WebhookOptions,
		identity?: Identity,
	): void {
		const pressed = { ...inbound, id: inbound.context?.id ?? "", event: inbound.id };
		super.handleInteractiveReply(pressed, contact, phoneNumberId, options, identity);
	}

	override async startTyping(): Promise<void> {}

	protected override async graphApiRequest<T>(path: string, body: unknown): Promise<T> {
		const response = await this.#post(path, JSON.stringify(body));
		const text = await response.text().catch(() => "");
		if (!response.ok) throw failureFrom(response.status, response.headers, text);
		try {
			return JSON.parse(text);
		} catch {
			throw new DeliveryFailed({ code: "unreachable", message: "WhatsApp's answer was no JSON." });
		}
	}

	async #post(path: string, body: string): Promise<Response> {
		const headers = { authorization: `Bearer ${this.accessToken}`, "content-type": "application/json" };
		const signal = AbortSignal.timeout(limits.sendTimeoutMs - 1_000);
		try {
			return await fetch(`${this.graphApiUrl}${path}`, { method: "POST", headers, body, signal });
		} catch (error) {
			const { name, cause } = error as Error & { cause?: { code?: string } };
			const why = name === "TimeoutError" ? "it did not answer in time" : (cause?.code ?? name);
			throw new DeliveryFailed({ code: "unreachable", message: `WhatsApp could not be reached: ${why}.` });
		}
	}
}
