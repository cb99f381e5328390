// The journal's thread: holds the one connection that writes, and answers calls one after the other. Decides nothing.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { isRefusal } from "../../core/refusals.js";
import type {
	AuditEntry,
	Batch,
	Journal,
	KeyedRequest,
	Posted,
	SentCard,
	StoredClick,
	StoredReview,
	StoredToken,
} from "../../ports/ports.js";
import { type AuditsRequest, addAudit, auditsOf } from "./audits.js";
import { answerClick, keepCard, keepClick, keepMark, markOf, openClicksOf, sentCardsOf } from "./cards.js";
import { feedEndOf, feedOf, figuresOf } from "./feed.js";
import { type Answer, type Call, carry } from "./journal-calls.js";
import { openForWriting } from "./journal-file.js";
import { append, factsOf, knownBadOf, swapOf, swapsOf, unfinishedOf } from "./ledger.js";
import { backlogOf, dueOf, nextDueMsOf, post, postpone, sending, settle } from "./outbox.js";
import { keepReview, reviewOf } from "./reviews.js";
import { keepRequest, keepToken, requestOf, revokeToken, tokensOf } from "./tokens.js";

export function methodsOf(database: Database) {
	return {
		append: (batch: Batch, nowMs: number) => append(database, batch, nowMs),
		swap: (id: string) => swapOf(database, id),
		swaps: (limit: number) => swapsOf(database, limit),
		unfinished: () => unfinishedOf(database),
		facts: (id: string) => factsOf(database, id),
		knownBad: (request: Parameters<Journal["knownBad"]>[0]) => knownBadOf(database, request),
		due: (nowMs: number, limit: number) => dueOf(database, nowMs, limit),
		nextDueMs: () => nextDueMsOf(database),
		settle: (messageId: number) => settle(database, messageId),
		postpone: (messageId: number, nextAttemptMs: number, error: string) =>
			postpone(database, messageId, nextAttemptMs, error),
		...mailOf(database),
		keepReview: (review: StoredReview) => keepReview(database, review),
		review: (swapId: string, epoch: number) => reviewOf(database, swapId, epoch),
		audit: (entry: AuditEntry) => addAudit(database, entry),
		audits: (request: AuditsRequest) => auditsOf(database, request),
		keepToken: (token: StoredToken) => keepToken(database, token),
		revokeToken: (id: string, atMs: number) => revokeToken(database, id, atMs),
		tokens: () => tokensOf(database),
		keepRequest: (request: KeyedRequest) => keepRequest(database, request),
		request: (actor: string, key: string) => requestOf(database, actor, key),
		feed: (request: { readonly after: number; readonly limit: number }) => feedOf(database, request),
		feedEnd: () => feedEndOf(database),
		figures: () => figuresOf(database),
		close: () => {
			database.close();
		},
	};
}

function mailOf(database: Database) {
	return {
		sending: (messageId: number, atMs: number) => sending(database, messageId, atMs),
		sentCards: (request: { readonly swapId: string; readonly channel: string }) => sentCardsOf(database, request),
		keepCard: (card: Omit<SentCard, "seq">) => keepCard(database, card),
		post: (swapId: string, messages: readonly Posted[], nowMs: number) => post(database, swapId, messages, nowMs),
		backlog: () => backlogOf(database),
		keepClick: (click: StoredClick) => keepClick(database, click),
		answerClick: (seq: number, answer: string) => answerClick(database, seq, answer),
		openClicks: () => openClicksOf(database),
		keepMark: (key: string, value: string) => keepMark(database, key, value),
		mark: (key: string) => markOf(database, key),
	};
}

export type Methods = ReturnType<typeof methodsOf>;

function serve(port: MessagePort, file: string): void {
	const opened = openForWriting(file);
	port.postMessage(isRefusal(opened) ? opened : null);
	if (isRefusal(opened)) {
		port.close();
		return;
	}
	const methods: Record<string, (...values: never[]) => unknown> = methodsOf(opened);
	port.on("message", (call: Call) => {
		port.postMessage(answer(methods, call));
		if (call.method === "close") port.close();
	});
}

function answer(methods: Record<string, (...values: never[]) => unknown>, { id, method, values }: Call): Answer {
	try {
		return { id, ok: true, value: methods[method]?.(...(values as never[])) };
	} catch (error) {
		return { id, ok: false, error: carry(error) };
	}
}

if (parentPort !== null) serve(parentPort, (workerData as { file: string }).file);
