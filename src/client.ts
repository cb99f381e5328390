// What a supervised program imports, as `deadman/client`: tells the supervisor that it is ready, gets on, or is alive, and delivers its cards
// through the program's own channel. No dependencies.
import { type ClientRequest, request } from "node:http";
import { scheduler, setTimeout as sleep } from "node:timers/promises";

const TIMEOUT_MS = 5_000;
const READY_TRIES = 5;
const READY_PAUSE_MS = 200;
/** Longer than the supervisor holds a request for messages. */
const TAKE_TIMEOUT_MS = 40_000;
const ANSWER_TRIES = 3;
const EMPTY_PAUSE_MS = 250;
const PAUSE_MS = 500;
const PAUSE_CAP_MS = 10_000;
const REMEMBERED = 256;

/**
 * Says that the program serves. Call it once it really does: its listeners are bound, its database is migrated, its channels
 * are connected. With `readiness.report` in the configuration this is what ends the start.
 *
 * @returns true when the supervisor acknowledged it; false when the program is not supervised, or nobody answered after 5
 *   tries of at most 5 s each. Never throws.
 */
export async function ready(): Promise<boolean> {
	for (let tries = 1; isSupervised(); tries += 1) {
		if (await said("ready", {})) return true;
		if (tries === READY_TRIES) break;
		await scheduler.wait(READY_PAUSE_MS * tries);
	}
	return false;
}

/**
 * Says that a slow start still gets on: each call extends the time until it counts as failed, under the cap of the deadman.
 *
 * @returns true when the supervisor acknowledged it, false otherwise, after at most 5 s. Never throws.
 */
export function progress(): Promise<boolean> {
	return said("progress", {});
}

/**
 * Says that the program is alive. With `program.heartbeat` in the configuration, a silence longer than it rolls a swap on
 * trial back. `fatal` says that the program cannot do its work, in a sentence: a swap on trial rolls back at once.
 *
 * @returns true when the supervisor acknowledged it, false otherwise, after at most 5 s. Never throws.
 */
export function heartbeat(report: { readonly fatal?: string } = {}): Promise<boolean> {
	return said("heartbeat", { fatal: report.fatal ?? null });
}

/** A card: plain text to be escaped for the chat that shows it. `buttons` holds the verdicts that are open now. */
export interface Card {
	readonly swapId: string;
	readonly epoch: number;
	readonly kind: "approval" | "card" | "promotion";
	readonly title: string;
	readonly lines: readonly string[];
	readonly buttons: readonly Verdict[];
	/** When its window ends, in milliseconds since the epoch; null: it has none. */
	readonly expiresAtMs: number | null;
	readonly decided: boolean;
	/** What has to be typed to approve it; null where nothing has. */
	readonly phrase: string | null;
}

export type Verdict = "confirm" | "rollback" | "extend" | "approve" | "reject" | "promote" | "keep";

/** What the supervisor asks the program to show in its chat. */
export interface Message {
	/** The same id again is the same message. */
	readonly id: string;
	readonly kind: "card" | "notice";
	/** Null for notices. */
	readonly card: Card | null;
	/** Null for cards. */
	readonly text: string | null;
	/** What the handler returned for the message that is to be edited now; null: it is a new one. */
	readonly receipt: string | null;
}

/**
 * Shows one message, or edits the one that `receipt` names, and returns the id under which it can be edited later, at most 1,024 characters.
 * Throw where the chat does not take it: `retryAfterMs` (milliseconds) on the error says when to try again, `gone: true` that the message
 * to edit was deleted.
 */
export type Deliver = (message: Message) => Promise<string> | string;

/**
 * Delivers the supervisor's cards and notices through the program's own chat, where a channel of the kind `app` is configured: so the way out
 * of the new version is tried before anybody confirms it. Messages come one at a time, in their order. It goes on through restarts of the
 * supervisor, and does not keep the process alive by itself. Does nothing where the program is not supervised.
 *
 * @returns a function that stops it; a message that is being handled is still answered. Never throws, whatever the handler does.
 */
export function deliver(handler: Deliver): () => void {
	const stop = new AbortController();
	if (isSupervised()) void run(handler, stop.signal).catch(() => {});
	return () => stop.abort();
}

/**
 * Hands in a click that a person made in the program's own chat. Only `reject` and `rollback` count there, by people who have the identity
 * `app:<actor>` in the configuration: a version on trial has no say in whether it stays.
 *
 * @param click - `actor`: the person in that chat, at most 64 letters, digits and `_.@:+-`; `eventId`: the chat's own id of the click, so
 *   that it counts once.
 * @returns what happened or why not, as a sentence for that person; null when the program is not supervised or nobody answered within 5 s.
 *   Never throws.
 */
export async function relay(click: {
	readonly swapId: string;
	readonly epoch: number;
	readonly verdict: Verdict;
	readonly actor: string;
	readonly eventId?: string;
}): Promise<string | null> {
	const { swapId, epoch, verdict, actor, eventId } = click;
	const answer = await call("click", { swapId, epoch, verdict, actor, eventId: eventId ?? null });
	if (answer === null) return null;
	const { sentence, error } = answer.json as { sentence?: string; error?: { message: string; next: string } };
	return sentence ?? (error === undefined ? null : `${error.message} ${error.next}`);
}

async function run(handler: Deliver, signal: AbortSignal): Promise<void> {
	/** What was shown already, by the message's id: its answer may have been lost. */
	const shown = new Map<string, Shown>();
	for (let failures = 0; !signal.aborted; ) {
		const answer = await call("mail/take", {}, { timeoutMs: TAKE_TIMEOUT_MS, signal });
		if (answer === null || !answer.ok) {
			await pause(Math.min(PAUSE_MS * 2 ** Math.min(failures, 10), PAUSE_CAP_MS), signal);
			failures += 1;
			continue;
		}
		failures = 0;
		const { message = null } = answer.json as { message?: Message | null };
		if (message === null) await pause(EMPTY_PAUSE_MS, signal);
		else await tell(await outcomeOf(handler, message, shown));
	}
}

interface Shown {
	readonly content: string;
	readonly receipt: string;
}

async function outcomeOf(handler: Deliver, message: Message, shown: Map<string, Shown>): Promise<object> {
	const { id } = message;
	const content = JSON.stringify([message.card, message.text]);
	const before = shown.get(id);
	if (before?.content === content) return { id, receipt: before.receipt };
	const known = message.receipt ?? before?.receipt ?? null;
	try {
		const receipt = String(await handler({ ...message, receipt: known }));
		shown.delete(id);
		shown.set(id, { content, receipt });
		if (shown.size > REMEMBERED) shown.delete(shown.keys().next().value ?? "");
		return { id, receipt: receipt.slice(0, 1_024) || id.slice(0, 200) };
	} catch (error) {
		const { message: why, retryAfterMs, gone } = (error ?? {}) as Failed;
		if (gone === true) for (const [key, { receipt }] of shown) if (receipt === known) shown.delete(key);
		const wait = typeof retryAfterMs === "number" && retryAfterMs >= 0 ? Math.round(retryAfterMs) : null;
		return { id, error: String(why ?? error).slice(0, 1_000), retryAfterMs: wait, gone: gone === true };
	}
}

interface Failed {
	readonly message?: unknown;
	readonly retryAfterMs?: unknown;
	readonly gone?: unknown;
}

/** An answer that does not arrive is asked for again with the same message. */
async function tell(outcome: object): Promise<void> {
	for (let tries = 1; tries <= ANSWER_TRIES; tries += 1) {
		if ((await call("mail/answer", outcome)) !== null) return;
		await pause(PAUSE_MS);
	}
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
}

function isSupervised(): boolean {
	return Boolean(process.env.DEADMAN_SOCKET) && Boolean(process.env.DEADMAN_TOKEN);
}

async function said(what: "ready" | "progress" | "heartbeat", body: object): Promise<boolean> {
	return (await call(what, body))?.ok ?? false;
}

interface Answered {
	readonly ok: boolean;
	readonly json: unknown;
}

interface Waiting {
	readonly timeoutMs: number;
	/** Ends the call. */
	readonly signal: AbortSignal;
}

/** Null when nobody answered. */
function call(what: string, body: object, waiting?: Waiting): Promise<Answered | null> {
	if (!isSupervised()) return Promise.resolve(null);
	const json = JSON.stringify(body);
	const headers = {
		authorization: `Bearer ${process.env.DEADMAN_TOKEN}`,
		"content-type": "application/json",
		"content-length": Buffer.byteLength(json),
	};
	const signal = AbortSignal.timeout(waiting?.timeoutMs ?? TIMEOUT_MS);
	return new Promise((resolve) => {
		try {
			const options = { socketPath: process.env.DEADMAN_SOCKET, path: `/v1/program/${what}`, method: "POST", headers };
			const sent = request({ ...options, agent: false, signal }, (answer) => {
				let text = "";
				answer.setEncoding("utf8").on("data", (piece) => (text += piece));
				answer.on("error", () => resolve(null));
				answer.on("end", () => resolve({ ok: (answer.statusCode ?? 500) < 300, json: parsed(text) }));
			});
			if (waiting !== undefined) follow(sent, waiting.signal);
			sent.on("error", () => resolve(null));
			sent.end(json);
		} catch {
			resolve(null);
		}
	});
}

/** Ends with the signal, and keeps no process alive. */
function follow(sent: ClientRequest, signal: AbortSignal): void {
	const end = () => void sent.destroy();
	signal.addEventListener("abort", end, { once: true });
	sent.on("close", () => signal.removeEventListener("abort", end));
	sent.on("socket", (socket) => socket.unref());
	if (signal.aborted) end();
}

/** An object, whatever came. */
function parsed(text: string): object {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? value : {};
	} catch {
		return {};
	}
}
