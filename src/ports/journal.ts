// The journal, by concern: swaps and their facts, what is sent, cards and clicks, reviews, audits, tokens, keyed requests, and the one order of
// everything. Each concern has its tables, its module and its slice of this page; a thread answers for all of them. Durable before it resolves.
import type { AgentEvent } from "../core/agents/agent.js";
import type { Fact } from "../core/facts.js";
import type { Subject } from "../core/subject.js";
import type { Actor, Swap } from "../core/swap.js";
import type { CardKind } from "../core/words/card.js";
import type { Agents } from "./agents.js";
import type { Click } from "./delivery.js";

/** The append-only journal with its projection and outbox: one transaction per append, on disk before it resolves. */
export interface Journal extends Concerns {
	/** Calls the listener once when the journal can do nothing more, without having been closed: its thread ended, or owes an answer for too long. */
	onLost(listener: (error: Error) => void): void;
	close(): Promise<void>;
}

/** What the journal's thread answers. */
export interface Concerns extends Ledger, Outbox, Mail, Reviews, Audits, Tokens, Requests, Feed, Agents {}

export interface Ledger {
	/** Rejects with VersionConflict when the swap is not at `expectedVersion` (0: it must not exist). */
	append(batch: Batch): Promise<void>;
	swap(id: string): Promise<Swap | null>;
	/** Newest first. */
	swaps(limit: number): Promise<readonly Swap[]>;
	/** Not ended, or ended and not tidied. Oldest first. */
	unfinished(): Promise<readonly Swap[]>;
	facts(id: string): Promise<readonly Fact[]>;
	/** The newest swap of this target that speaks against this tree (`isKnownBad`); null when none does. */
	knownBad(request: { readonly tree: string; readonly target: string }): Promise<string | null>;
}

export interface Batch {
	readonly swapId: string;
	readonly expectedVersion: number;
	readonly facts: readonly Fact[];
	/** The projection after these facts. */
	readonly next: Swap;
	readonly messages: readonly NewMessage[];
	/** The diff of the submission among these facts. */
	readonly review?: StoredReview | null;
}

export class VersionConflict extends Error {
	override readonly name = "VersionConflict";
	constructor(readonly swapId: string) {
		super(`The swap ${swapId} was changed meanwhile.`);
	}
}

/**
 * Cards are rendered from the swap as it is now, and sent, or the one of this kind that was sent before is edited. `notice`: `text`, once.
 * `outcome`: for builders alone, `text` is the report as JSON.
 */
export interface NewMessage {
	readonly channel: string;
	readonly epoch: number;
	readonly kind: CardKind | "notice" | "outcome";
	readonly text: string | null;
	/** As `placeText` writes it; left out: the channel's own conversation. */
	readonly place?: string;
	/** Not sent before, in wall-clock milliseconds; left out: at once. */
	readonly notBeforeMs?: number | null;
}

export interface Message extends NewMessage {
	readonly id: number;
	readonly subject: Subject;
	readonly place: string;
	readonly attempts: number;
	readonly createdAtMs: number;
	/** When it was sent for the first time, if it was: perhaps by a life that ended before it knew the receipt. */
	readonly sendingAtMs: number | null;
}

/** Messages that wait to be sent: written with the facts that cause them, settled when they are out. */
export interface Outbox {
	/** Pending messages whose time has come, oldest first. */
	due(nowMs: number, limit: number): Promise<readonly Message[]>;
	/** When the next pending message is due, in wall-clock milliseconds; null when none is pending. */
	nextDueMs(): Promise<number | null>;
	/** Written before a message is sent for the first time: whoever finds it set knows that it may have gone out already. */
	sending(messageId: number, atMs: number): Promise<void>;
	/** It went out, or did not have to any more. */
	settle(messageId: number): Promise<void>;
	/** It never goes out: nobody was sent it. */
	drop(messageId: number): Promise<void>;
	/** The notices of one submission that were settled in one place, oldest first: those that were written not long before the message `before`. */
	settledNotices(about: {
		readonly swapId: string;
		readonly epoch: number;
		readonly channel: string;
		readonly place: string;
		readonly before: number;
	}): Promise<readonly string[]>;
	postpone(messageId: number, nextAttemptMs: number, error: string): Promise<void>;
	/** Messages that no fact causes: warnings, reminders, escalations. One of the same subject, epoch, channel, place, kind and text is not added twice. Answers with how many were new. */
	post(subject: Subject, messages: readonly Posted[]): Promise<number>;
	/** By channel. */
	backlog(): Promise<readonly Backlog[]>;
	/** Of messages that wait for nothing any more the newest `keep` stay: by number, no clock. Answers with how many went. Facts, reviews and audits stay for good. */
	forget(keep: number): Promise<number>;
}

/** What waits to be sent on one channel. */
export interface Backlog {
	readonly channel: string;
	readonly pending: number;
	readonly oldestAtMs: number;
	readonly lastError: string | null;
}

/** One message to post. */
export interface Posted {
	readonly channel: string;
	readonly epoch: number;
	readonly kind: CardKind | "notice";
	readonly text: string | null;
	/** As `placeText` writes it. */
	readonly place: string;
	readonly notBeforeMs: number | null;
}

/** A card that is out: one message on one channel. The newest live one of its kind and place is edited, every other one is closed. */
export interface SentCard {
	readonly seq: number;
	readonly swapId: string;
	readonly epoch: number;
	readonly kind: CardKind;
	readonly channel: string;
	/** As `placeText` writes it. */
	readonly place: string;
	readonly receipt: string;
	/** A hash of what it shows, so that nothing is edited into what it is already. */
	readonly face: string;
	/** Closed: it shows an end, without buttons, and is not touched again. */
	readonly state: "live" | "closed";
}

/** A click or a word that came in, before it was judged. Holds no nonce: `genuine` is whether it was the right one. */
export interface StoredClick extends Omit<Click, "nonce"> {
	readonly channel: string;
	readonly genuine: boolean;
	readonly atMs: number;
}

/** Cards that are out, clicks that came in, and what is done once. */
export interface Mail {
	/** Of one swap on one channel, newest first. */
	sentCards(request: { readonly swapId: string; readonly channel: string }): Promise<readonly SentCard[]>;
	/** The same receipt for the same card changes its face and state; another one is a new card. */
	keepCard(card: Omit<SentCard, "seq">): Promise<void>;
	/** Answers with its number; the same event of the same channel again answers with the earlier one. */
	keepClick(click: StoredClick): Promise<{ readonly seq: number; readonly answer: string | null }>;
	answerClick(seq: number, answer: string): Promise<void>;
	/** Without an answer, oldest first. */
	openClicks(): Promise<readonly (StoredClick & { readonly seq: number })[]>;
	/** Once per installation: what was done, such as the introduction. `value` is replaced. */
	keepMark(key: string, value: string): Promise<void>;
	mark(key: string): Promise<string | null>;
}

/** `diff` is what people are shown, at most `limits.reviewBytes`; `sha256` and `bytes` are of the whole one. */
export interface StoredReview {
	readonly swapId: string;
	readonly epoch: number;
	readonly tree: string;
	readonly diff: string;
	readonly sha256: string;
	readonly bytes: number;
}

export interface Reviews {
	/** The diff of one submission, stored once and scrubbed; `review` answers with it or null. */
	keepReview(review: StoredReview): Promise<void>;
	review(swapId: string, epoch: number): Promise<StoredReview | null>;
}

/** One refused request, or one that gave or ended access (its code is `allowed`): who wanted what, through which surface, and which card they had before them. */
export interface AuditEntry {
	readonly atMs: number;
	/** Null: nothing in particular. */
	readonly subject: Subject | null;
	readonly by: Actor;
	readonly verb: string;
	readonly code: string;
	readonly message: string;
	/** The epoch of the card that was clicked, or the tree that was proposed. */
	readonly shown: string | null;
}

export interface Audits {
	/** What was asked for and refused; append-only like the facts. */
	audit(entry: AuditEntry): Promise<void>;
	/** Newest first; about one subject, or about everything. */
	audits(request: AuditsRequest): Promise<readonly AuditEntry[]>;
}

export interface AuditsRequest {
	/** Null: about everything. */
	readonly subject: Subject | null;
	readonly limit: number;
}

export type TokenRole = "operator" | "builder" | "viewer" | "agent";

/** Only a hash of the secret is kept; the secret itself is shown once. */
export interface StoredToken {
	/** `tk_` and six letters or digits; not secret. */
	readonly id: string;
	/** Whom it speaks for: `builder:<name>` for builders, `agent:<name>` for agents, `api:<name>` for people. Unique among those in force. */
	readonly name: string;
	readonly role: TokenRole;
	/** The one target that it is bound to; null: any. */
	readonly target: string | null;
	/** SHA-256 of the secret, in hex: the secret has 256 random bits, so that a slow hash would add nothing. */
	readonly sha256: string;
	readonly createdAtMs: number;
	readonly revokedAtMs: number | null;
}

export interface Tokens {
	/** Rejects when the id is known. */
	keepToken(token: StoredToken): Promise<void>;
	/** Resolves with false when none with this id was in force. */
	revokeToken(id: string, atMs: number): Promise<boolean>;
	/** Oldest first, revoked ones too. */
	tokens(): Promise<readonly StoredToken[]>;
}

/** A request that named a key, and the submission that it became. */
export interface KeyedRequest {
	/** `actorName` of who asked. */
	readonly actor: string;
	readonly key: string;
	/** SHA-256 of what was asked, in hex. */
	readonly fingerprint: string;
	readonly swapId: string;
	readonly epoch: number;
	readonly atMs: number;
}

export interface Requests {
	/** On disk before the submission that it announces; a later one with the same actor and key takes its place. */
	keepRequest(request: KeyedRequest): Promise<void>;
	request(actor: string, key: string): Promise<KeyedRequest | null>;
}

/** In the one order in which everything was journaled; `seq` grows and has no meaning beyond that. */
export type FeedEntry = FedFact | FedEvent;

/** Of a swap. */
export interface FedFact {
	readonly seq: number;
	readonly subject: Subject;
	readonly fact: Fact;
}

/** Of an agent or an installation; these are pruned in the end, facts never. */
export interface FedEvent {
	readonly seq: number;
	readonly subject: Subject;
	readonly event: AgentEvent;
}

/** `byStatus` has every status that occurs; the oldest pending message is null where none is pending. */
export interface JournalFigures {
	readonly byStatus: Readonly<Record<string, number>>;
	readonly pendingMessages: number;
	readonly oldestPendingAtMs: number | null;
}

export interface Feed {
	/** What came after `after`, oldest first. */
	feed(request: { readonly after: number; readonly limit: number }): Promise<readonly FeedEntry[]>;
	/** The newest `seq`; 0 before the first fact. */
	feedEnd(): Promise<number>;
	figures(): Promise<JournalFigures>;
}
