// The SDK's Telegram adapter with what a card needs beside it: plain text with entities, calls that end, the platform's own words in
// failures, a press that is answered with a sentence, and updates that are handled before they count as handled. Loaded only when a channel
// starts.
import { setTimeout as sleep } from "node:timers/promises";
import {
	TelegramAdapter,
	type TelegramAdapterConfig,
	type TelegramCallbackQuery,
	type TelegramUpdate,
} from "@chat-adapter/telegram";
import type { WebhookOptions } from "chat";
import { limits } from "../../../core/limits.js";
import { shortened } from "../../../core/rules/untrusted.js";
import { DeliveryFailed, type Inbox } from "../../../ports/ports.js";
import { failureFrom, isTooOld } from "./telegram-failure.js";
import { rendered } from "./telegram-text.js";
import { isGenuine, secretHeader, updateFrom } from "./telegram-update.js";

/** What a press can be answered with. */
const answerCharacters = 200;
const pollMarginMs = 10_000;
/** Telegram gives 100 updates at once: so many stay there behind one that cannot be stored, and no more. */
const heldUpdates = 50;
const heldPauseMs = 1_000;

type Payload = Readonly<Record<string, unknown>>;
type Operation<T> = (parseMode: "MarkdownV2" | "plain", text: string) => Promise<T>;

export class CardTelegram extends TelegramAdapter {
	/** Presses that turn a wheel until they are answered. */
	readonly #pressed = new Set<string>();
	/** Updates that could not be stored yet. Telegram keeps what no poll has asked beyond, and the next life is given it again. */
	readonly #unstored = new Set<number>();
	readonly #refused: Inbox["refused"];
	/** Why nothing can be polled for; told once, until it works again. */
	#deaf: string | null = null;

	constructor(config: TelegramAdapterConfig, refused: Inbox["refused"] = () => {}) {
		super(config);
		this.#refused = refused;
	}

	/** Answers a press with a sentence that its person alone sees. Rejects where it comes too late for that. */
	async answerPress(queryId: string, sentence: string): Promise<void> {
		this.#pressed.delete(queryId);
		const text = shortened(sentence.replaceAll("`", "'"), answerCharacters);
		await this.#call("answerCallbackQuery", { callback_query_id: queryId, text, show_alert: text !== "" });
	}

	/** Where Telegram posts updates to; empty: nowhere, they are polled for. */
	async webhookUrl(): Promise<string> {
		const { url = "" } = await this.#call<{ url?: string }>("getWebhookInfo", {});
		return url;
	}

	/** The SDK marks an update as seen before anything is done with it, so that one repeated after a crash would be lost. The journal knows repeats. */
	override async handleWebhook(request: Request, options?: WebhookOptions): Promise<Response> {
		if (!isGenuine(request.headers.get(secretHeader), this.secretToken ?? ""))
			return new Response("Invalid secret token", { status: 401 });
		const update = updateFrom(await request.json().catch(() => null));
		if (update === null) return new Response("No update", { status: 400 });
		const done = await Promise.allSettled(this.processUpdate(update, options) ?? []);
		return done.some(({ status }) => status === "rejected")
			? new Response("Try again", { status: 500 })
			: new Response("OK");
	}

	protected override processUpdate(update: TelegramUpdate, options?: WebhookOptions): Promise<void>[] | void {
		const known = updateFrom(update);
		if (known === null) {
			return this.#refused({ code: "malformed", detail: "An update of Telegram's could not be read." });
		}
		const work = super.processUpdate(known, options);
		const { update_id: id } = known;
		void Promise.all(work ?? []).then(
			() => this.#unstored.delete(id),
			() => this.#unstored.add(id),
		);
		return work;
	}

	/** Handed in first; when nobody answered it with a sentence, the wheel is stopped without one. */
	protected override async handleCallbackQuery(query: TelegramCallbackQuery, options?: WebhookOptions): Promise<void> {
		this.#pressed.add(query.id);
		await super.handleCallbackQuery(query, options);
		if (!this.#pressed.has(query.id)) return;
		await this.answerPress(query.id, "").catch((error: unknown) => {
			if (!isTooOld(error)) this.logger.warn("A press could not be answered", { error });
		});
	}

	override async startTyping(): Promise<void> {}

	/** Markdown would have to be escaped and could fail to parse; the text stays as it is, and `telegramFetch` knows a card by this mode. */
	protected override async withTelegramMarkdownFallback<T>(
		parseMode: "MarkdownV2" | "plain",
		operation: Operation<T>,
		{ fallbackText }: { initialText: string; fallbackText: string; method: string },
	): Promise<T> {
		return operation(parseMode, fallbackText);
	}

	protected override async telegramFetch<T>(
		method: string,
		payload: Payload | FormData = {},
		request: { signal?: AbortSignal } = {},
	): Promise<T> {
		if (payload instanceof FormData) return super.telegramFetch<T>(method, payload, request);
		// The SDK answers a press at once and without words; ours follows when the click is stored.
		if (method === "answerCallbackQuery") return true as T;
		if (method === "sendMessage" || method === "editMessageText") return this.#call(method, inPlainText(payload));
		if (method !== "getUpdates") return this.#call(method, payload);
		return this.#poll(payload, request.signal) as Promise<T>;
	}

	async #poll(payload: Payload, signal?: AbortSignal): Promise<TelegramUpdate[]> {
		const seconds = typeof payload.timeout === "number" ? payload.timeout : 0;
		const within = AbortSignal.timeout(seconds * 1_000 + pollMarginMs);
		const either = signal === undefined ? within : AbortSignal.any([signal, within]);
		try {
			const updates = await this.#updates(payload, either);
			this.#deaf = null;
			return updates;
		} catch (error) {
			if (error instanceof DeliveryFailed) {
				this.#tellDeaf(error);
				await sleep(error.retryAfterMs ?? 0, null, signal === undefined ? {} : { signal });
			}
			throw error;
		}
	}

	/** What could not be stored is tried again by the SDK, which has it already: it is only not asked beyond. */
	async #updates(payload: Payload, signal: AbortSignal): Promise<TelegramUpdate[]> {
		const offset = Number(payload.offset ?? 0);
		const from = Math.min(offset, ...[...this.#unstored].filter((id) => id > offset - heldUpdates));
		const asked = from < offset ? { ...payload, offset: from } : { ...payload };
		const updates = await super.telegramFetch<TelegramUpdate[]>("getUpdates", asked, { signal });
		if (from === offset) return updates;
		const fresh = updates.filter(({ update_id: id }) => id >= offset);
		// Telegram has something to give, so it does not wait by itself.
		if (fresh.length === 0) await sleep(heldPauseMs, null, { signal });
		return fresh;
	}

	/** A revoked token, a webhook that was set meanwhile, another bot that polls with the same token. */
	#tellDeaf({ code, message }: DeliveryFailed): void {
		if ((code !== "revoked" && code !== "refused") || this.#deaf === message) return;
		this.#deaf = message;
		this.#refused({ code: "polling_refused", detail: message });
	}

	#call<T>(method: string, payload: Payload): Promise<T> {
		return super.telegramFetch<T>(
			method,
			{ ...payload },
			{ signal: AbortSignal.timeout(limits.sendTimeoutMs - 1_000) },
		);
	}

	protected override throwTelegramApiError(method: string, status: number, body: unknown): never {
		throw failureFrom(method, status, body);
	}
}

function inPlainText({ parse_mode: mode, text, ...rest }: Payload): Payload {
	const { text: plain, entities } = rendered(String(text), { hasTitle: mode === "MarkdownV2" });
	return { ...rest, text: plain, entities, link_preview_options: { is_disabled: true } };
}
