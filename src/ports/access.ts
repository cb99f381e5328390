// What the journal keeps beside swaps: tokens, requests that named a key, and the one order of all facts. Part of the page in ports.ts.
import type { Fact } from "../core/facts.js";

export type TokenRole = "operator" | "builder" | "viewer";

/** Only a hash of the secret is kept; the secret itself is shown once. */
export interface StoredToken {
	/** `tk_` and six letters or digits; not secret. */
	readonly id: string;
	/** Whom it speaks for: `builder:<name>` for builders, `api:<name>` for people. Unique among those in force. */
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

/** A fact in the one order in which everything was journaled; `seq` grows and has no meaning beyond that. */
export interface FeedEntry {
	readonly seq: number;
	readonly swapId: string;
	readonly fact: Fact;
}

/** `byStatus` has every status that occurs; the oldest pending message is null where none is pending. */
export interface JournalFigures {
	readonly byStatus: Readonly<Record<string, number>>;
	readonly pendingMessages: number;
	readonly oldestPendingAtMs: number | null;
}

export interface Feed {
	/** Facts after `after`, oldest first. */
	feed(request: { readonly after: number; readonly limit: number }): Promise<readonly FeedEntry[]>;
	/** The newest `seq`; 0 before the first fact. */
	feedEnd(): Promise<number>;
	figures(): Promise<JournalFigures>;
}
