// The journal in memory: same promises, no disk. Its disk is a value of its own, so that a simulated crash can open it again.

import type { AgentEvent } from "../../../src/core/agents/agent.js";
import type { Fact } from "../../../src/core/facts.js";
import { isSettled } from "../../../src/core/machine/evolve.js";
import { isKnownBad } from "../../../src/core/machine/known-bad.js";
import { type Subject, swapSubject } from "../../../src/core/subject.js";
import type { Swap } from "../../../src/core/swap.js";
import {
	type AuditEntry,
	type Backlog,
	type Batch,
	type Feed,
	type FeedEntry,
	type Journal,
	type JournalFigures,
	type KeyedRequest,
	type Message,
	type NewMessage,
	type Posted,
	type Requests,
	type StoredReview,
	type StoredToken,
	type Tokens,
	VersionConflict,
} from "../../../src/ports/ports.js";
import { type AgentsDisk, agentsOn, emptyAgentsDisk, type Fed } from "./agents.js";
import { emptyMailDisk, type MailDisk, mailOn } from "./mail.js";

interface StoredMessage {
	readonly message: Message;
	readonly state: "pending" | "settled" | "superseded";
	readonly nextAttemptMs: number;
	readonly error: string | null;
}

/** Swap and index of its fact, or what happened to something else, as JSON. */
type Place = { readonly seq: number } & (
	| { readonly swapId: string; readonly index: number }
	| { readonly subject: Subject; readonly event: string }
);

export interface MemoryDisk {
	/** JSON by swap id, in order of creation: what is stored is a copy, as on a real disk. */
	readonly swaps: Map<string, string>;
	readonly facts: Map<string, string[]>;
	outbox: readonly StoredMessage[];
	lastMessage: number;
	/** JSON in the order in which it came. */
	readonly reviews: string[];
	readonly audits: string[];
	readonly tokens: string[];
	readonly requests: Map<string, string>;
	/** In the order in which they came. */
	feed: readonly Place[];
	readonly mail: MailDisk;
	readonly agents: AgentsDisk;
}

export function emptyDisk(): MemoryDisk {
	return {
		swaps: new Map(),
		facts: new Map(),
		outbox: [],
		lastMessage: 0,
		reviews: [],
		audits: [],
		tokens: [],
		requests: new Map(),
		feed: [],
		mail: emptyMailDisk(),
		agents: emptyAgentsDisk(),
	};
}

export interface MemoryJournalOptions {
	/** Wall-clock milliseconds: when a new message is due. */
	readonly now: () => number;
	readonly disk?: MemoryDisk;
}

export function createMemoryJournal({ now, disk = emptyDisk() }: MemoryJournalOptions): Journal {
	let open = true;
	const on = async <T>(work: () => T): Promise<T> => {
		if (!open) throw new Error("The journal is closed.");
		return work();
	};
	return {
		append: (batch) => on(() => append(disk, batch, now())),
		swap: (id) => on(() => parse<Swap>(disk.swaps.get(id))),
		swaps: (limit) => on(() => allSwaps(disk).reverse().slice(0, limit)),
		unfinished: () => on(() => allSwaps(disk).filter((swap) => !isSettled(swap))),
		facts: (id) => on(() => (disk.facts.get(id) ?? []).map((text) => JSON.parse(text) as Fact)),
		knownBad: (request) => on(() => knownBad(disk, request)),
		due: (nowMs, limit) => on(() => due(disk, nowMs, limit)),
		nextDueMs: () => on(() => nextDueMs(disk)),
		settle: (messageId) => on(() => end(disk, messageId, "settled")),
		drop: (messageId) => on(() => end(disk, messageId, "superseded")),
		settledNotices: (about) => on(() => settledNotices(disk, about)),
		postpone: (messageId, nextAttemptMs, error) => on(() => postpone(disk, messageId, nextAttemptMs, error)),
		sending: (messageId, atMs) => on(() => sending(disk, messageId, atMs)),
		post: (subject, messages) => on(() => post(disk, subject, messages, now())),
		backlog: () => on(() => backlog(disk)),
		forget: (keep) => on(() => forget(disk, keep)),
		...mailOn(disk.mail, on),
		keepReview: (review) => on(() => keepReview(disk, review)),
		review: (swapId, epoch) => on(() => newestReview(disk, swapId, epoch)),
		audit: (entry) => on(() => void disk.audits.push(JSON.stringify(entry))),
		audits: (request) => on(() => audits(disk, request)),
		...besideSwaps(disk, on),
		...agentsOn(disk.agents, on, fedBy(disk)),
		// Memory is never lost without its holder.
		onLost: () => {},
		close: async () => {
			open = false;
		},
	};
}

/** What stands beside swaps: on the same disk. */
function besideSwaps(disk: MemoryDisk, on: <T>(work: () => T) => Promise<T>): Tokens & Requests & Feed {
	const keyOf = (actor: string, key: string) => JSON.stringify([actor, key]);
	return {
		keepToken: (token) => on(() => keepToken(disk, token)),
		revokeToken: (id, atMs) => on(() => revokeToken(disk, id, atMs)),
		tokens: () => on(() => disk.tokens.map((text) => JSON.parse(text) as StoredToken)),
		keepRequest: (request) => on(() => keepRequest(disk, keyOf(request.actor, request.key), request)),
		request: (actor, key) => on(() => parse<KeyedRequest>(disk.requests.get(keyOf(actor, key)))),
		feed: ({ after, limit }) =>
			on(() =>
				disk.feed
					.filter(({ seq }) => seq > after)
					.slice(0, limit)
					.map((place) => entryOf(disk, place)),
			),
		feedEnd: () => on(() => disk.feed.at(-1)?.seq ?? 0),
		figures: () => on(() => figures(disk)),
	};
}

/** As on a real disk: a key is of use while its client may still repeat the request. */
const keptMs = 30 * 24 * 60 * 60 * 1_000;

function keepRequest(disk: MemoryDisk, key: string, request: KeyedRequest): void {
	for (const [other, text] of disk.requests) {
		if ((JSON.parse(text) as KeyedRequest).atMs < request.atMs - keptMs) disk.requests.delete(other);
	}
	disk.requests.set(key, JSON.stringify(request));
}

function keepToken(disk: MemoryDisk, token: StoredToken): void {
	const known = disk.tokens.map((text) => JSON.parse(text) as StoredToken);
	const taken = (other: StoredToken) => other.name === token.name && other.revokedAtMs === null;
	const isSame = (other: StoredToken) => other.id === token.id || other.sha256 === token.sha256;
	if (known.some((other) => isSame(other) || taken(other))) throw new Error("there is such a token");
	disk.tokens.push(JSON.stringify(token));
}

function revokeToken(disk: MemoryDisk, id: string, atMs: number): boolean {
	const index = disk.tokens.findIndex((text) => {
		const token = JSON.parse(text) as StoredToken;
		return token.id === id && token.revokedAtMs === null;
	});
	const found = parse<StoredToken>(disk.tokens[index]);
	if (found !== null) disk.tokens[index] = JSON.stringify({ ...found, revokedAtMs: atMs });
	return found !== null;
}

function entryOf(disk: MemoryDisk, place: Place): FeedEntry {
	const { seq } = place;
	if ("event" in place) return { seq, subject: place.subject, event: JSON.parse(place.event) as AgentEvent };
	const fact = JSON.parse(disk.facts.get(place.swapId)?.[place.index] ?? "null") as Fact;
	return { seq, subject: swapSubject(place.swapId), fact };
}

const nextSeq = ({ feed }: MemoryDisk) => (feed.at(-1)?.seq ?? 0) + 1;

/** The newest place stays, as on a real disk. */
function fedBy(disk: MemoryDisk): Fed {
	const isOld = (place: Place, beforeMs: number) =>
		"event" in place && (JSON.parse(place.event) as AgentEvent).atMs < beforeMs;
	return {
		tell(subject, event) {
			disk.feed = [...disk.feed, { seq: nextSeq(disk), subject, event: JSON.stringify(event) }];
		},
		forget(beforeMs) {
			disk.feed = disk.feed.filter((place, index) => index === disk.feed.length - 1 || !isOld(place, beforeMs));
		},
	};
}

function figures(disk: MemoryDisk): JournalFigures {
	const byStatus: Record<string, number> = {};
	for (const { status } of allSwaps(disk)) byStatus[status] = (byStatus[status] ?? 0) + 1;
	const pending = disk.outbox.filter(({ state }) => state === "pending").map(({ message }) => message.createdAtMs);
	return {
		byStatus,
		pendingMessages: pending.length,
		oldestPendingAtMs: pending.length === 0 ? null : Math.min(...pending),
	};
}

function append(disk: MemoryDisk, batch: Batch, nowMs: number): void {
	const { swapId, expectedVersion, facts, next, messages, review = null } = batch;
	if (next.id !== swapId || next.version !== expectedVersion + facts.length || facts.length === 0) {
		throw new Error(`The batch for ${swapId} does not fit its own projection.`);
	}
	const version = parse<Swap>(disk.swaps.get(swapId))?.version ?? 0;
	if (version !== expectedVersion) throw new VersionConflict(swapId);
	disk.swaps.set(swapId, JSON.stringify(next));
	for (const index of facts.keys()) {
		disk.feed = [...disk.feed, { seq: nextSeq(disk), swapId, index: expectedVersion + index }];
	}
	disk.facts.set(swapId, [...(disk.facts.get(swapId) ?? []), ...facts.map((fact) => JSON.stringify(fact))]);
	if (review !== null) keepReview(disk, review);
	for (const message of messages) put(disk, swapSubject(swapId), message, nowMs);
}

function put(disk: MemoryDisk, subject: Subject, added: NewMessage, nowMs: number): void {
	const { channel, epoch, kind, text, place = "", notBeforeMs = null } = added;
	if (kind !== "notice" && kind !== "outcome") supersede(disk, { subject, channel, kind, place });
	disk.lastMessage += 1;
	const own = { id: disk.lastMessage, subject, attempts: 0, createdAtMs: nowMs, sendingAtMs: null };
	const message: Message = { ...own, channel, epoch, kind, text, place };
	const nextAttemptMs = Math.max(nowMs, Math.ceil(notBeforeMs ?? nowMs));
	disk.outbox = [...disk.outbox, { message, state: "pending", nextAttemptMs, error: null }];
}

function post(disk: MemoryDisk, subject: Subject, messages: readonly Posted[], nowMs: number): number {
	const keyOf = ({
		epoch,
		channel,
		place,
		kind,
		text,
	}: Pick<Message, "epoch" | "channel" | "place" | "kind" | "text">) =>
		JSON.stringify([epoch, channel, place, kind, text]);
	const known = disk.outbox
		.filter(({ message }) => isSame(message.subject, subject))
		.map(({ message }) => keyOf(message));
	const added = messages.filter((message) => !known.includes(keyOf(message)));
	for (const message of added) put(disk, subject, message, nowMs);
	return added.length;
}

function sending(disk: MemoryDisk, messageId: number, atMs: number): void {
	change(
		disk,
		({ message }) => message.id === messageId && message.sendingAtMs === null,
		(stored) => ({ ...stored, message: { ...stored.message, sendingAtMs: Math.round(atMs) } }),
	);
}

function backlog(disk: MemoryDisk): Backlog[] {
	const pending = disk.outbox.filter(({ state }) => state === "pending");
	const channels = [...new Set(pending.map(({ message }) => message.channel))].sort();
	return channels.map((channel) => {
		const mine = pending.filter(({ message }) => message.channel === channel);
		const oldestAtMs = Math.min(...mine.map(({ message }) => message.createdAtMs));
		const lastError = mine.findLast(({ error }) => error !== null)?.error ?? null;
		return { channel, pending: mine.length, oldestAtMs, lastError };
	});
}

function supersede(disk: MemoryDisk, newer: Pick<Message, "subject" | "channel" | "kind" | "place">): void {
	change(
		disk,
		({ message, state }) =>
			state === "pending" &&
			message.kind === newer.kind &&
			isSame(message.subject, newer.subject) &&
			message.place === newer.place &&
			message.channel === newer.channel,
		(stored) => ({ ...stored, state: "superseded" }),
	);
}

function isSame(one: Subject, other: Subject): boolean {
	return one.kind === other.kind && one.id === other.id;
}

function change(
	disk: MemoryDisk,
	which: (stored: StoredMessage) => boolean,
	how: (stored: StoredMessage) => StoredMessage,
) {
	disk.outbox = disk.outbox.map((stored) => (which(stored) ? how(stored) : stored));
}

function allSwaps(disk: MemoryDisk): Swap[] {
	return [...disk.swaps.values()].map((text) => JSON.parse(text) as Swap);
}

function knownBad(disk: MemoryDisk, { tree, target }: Parameters<Journal["knownBad"]>[0]): string | null {
	const same = allSwaps(disk).filter((swap) => swap.proposal?.tree === tree && swap.target === target);
	return same.findLast(isKnownBad)?.id ?? null;
}

/** The oldest pending message of every thread: the ones behind it wait for it. */
function heads(disk: MemoryDisk): StoredMessage[] {
	const threads = new Map<string, StoredMessage>();
	for (const stored of disk.outbox) {
		const thread = JSON.stringify([stored.message.channel, stored.message.place, stored.message.subject]);
		if (stored.state === "pending" && !threads.has(thread)) threads.set(thread, stored);
	}
	return [...threads.values()].sort((a, b) => a.message.id - b.message.id);
}

function due(disk: MemoryDisk, nowMs: number, limit: number): Message[] {
	const ready = heads(disk).filter(({ nextAttemptMs }) => nextAttemptMs <= nowMs);
	return ready.slice(0, limit).map(({ message }) => ({ ...message }));
}

function nextDueMs(disk: MemoryDisk): number | null {
	const times = heads(disk).map(({ nextAttemptMs }) => nextAttemptMs);
	return times.length === 0 ? null : Math.min(...times);
}

function end(disk: MemoryDisk, messageId: number, as: "settled" | "superseded"): void {
	change(
		disk,
		({ message, state }) => message.id === messageId && state === "pending",
		(stored) => ({ ...stored, state: as }),
	);
}

function settledNotices(
	disk: MemoryDisk,
	{ swapId, epoch, channel, place, before }: Parameters<Journal["settledNotices"]>[0],
): string[] {
	const isAsked = ({ message, state }: StoredMessage) =>
		state === "settled" &&
		message.kind === "notice" &&
		message.id < before &&
		message.epoch === epoch &&
		message.channel === channel &&
		message.place === place &&
		isSame(message.subject, swapSubject(swapId));
	return disk.outbox.filter(isAsked).flatMap(({ message: { text } }) => (text === null ? [] : [text]));
}

function forget(disk: MemoryDisk, keep: number): number {
	const over = disk.outbox.filter(({ state }) => state !== "pending");
	const goes = new Set(over.slice(0, Math.max(0, over.length - keep)));
	disk.outbox = disk.outbox.filter((stored) => !goes.has(stored));
	return goes.size;
}

function postpone(disk: MemoryDisk, messageId: number, nextAttemptMs: number, error: string): void {
	change(
		disk,
		({ message, state }) => message.id === messageId && state === "pending",
		(stored) => ({
			...stored,
			error,
			nextAttemptMs: Math.ceil(nextAttemptMs),
			message: { ...stored.message, attempts: stored.message.attempts + 1 },
		}),
	);
}

function keepReview(disk: MemoryDisk, review: StoredReview): void {
	const { swapId, epoch, tree, diff, sha256, bytes } = review;
	if (!disk.swaps.has(swapId)) throw new Error(`There is no swap ${swapId} to keep a review of.`);
	const newest = newestReview(disk, swapId, epoch);
	const same = newest?.tree === tree && newest.sha256 === sha256 && newest.bytes === bytes && newest.diff === diff;
	if (!same) disk.reviews.push(JSON.stringify(review));
}

function newestReview(disk: MemoryDisk, swapId: string, epoch: number): StoredReview | null {
	const all = disk.reviews.map((text) => JSON.parse(text) as StoredReview);
	return all.findLast((review) => review.swapId === swapId && review.epoch === epoch) ?? null;
}

function audits(disk: MemoryDisk, { subject, limit }: Parameters<Journal["audits"]>[0]): AuditEntry[] {
	const all = disk.audits.map((text) => JSON.parse(text) as AuditEntry).reverse();
	return all
		.filter((entry) => subject === null || (entry.subject !== null && isSame(entry.subject, subject)))
		.slice(0, limit);
}

function parse<T>(text: string | undefined): T | null {
	return text === undefined ? null : (JSON.parse(text) as T);
}
