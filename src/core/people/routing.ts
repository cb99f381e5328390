// Who is asked and told where: people by the surfaces that they prefer, the conversation that a request came from, and every channel's own.
// Sends nothing; what follows when nobody answers is in reminding.ts.
import type { Surface } from "../actor.js";
import type { AskedPlace, Conversation, Destination } from "../asked.js";
import { ownPlace, placeText } from "../place.js";
import { type Refusal, refuse } from "../refusals.js";
import type { Swap } from "../swap.js";
import { type Authority, type Person, whoMay } from "./authority.js";
import { quietUntilMs } from "./quiet-hours.js";

/** What has to be known of a channel. */
export interface Reachable {
	readonly name: string;
	readonly surface: Surface;
	readonly directMessage: boolean;
}

export interface Ways {
	readonly authority: Authority;
	/** As configured, in their order. */
	readonly channels: readonly Reachable[];
}

export type Routed = Pick<Swap, "id" | "target" | "proposer" | "proposal" | "conversation" | "approvalExpiresAtMs">;

/** Of one channel: its own conversation, and the others from which requests may come. */
export interface Conversations {
	readonly own: string | null;
	readonly others: readonly string[];
}

/** A builder's word about where it was asked counts only where the operator lists that place. */
export function conversationOf(
	{ channel, conversation, thread }: Conversation,
	known: Readonly<Record<string, Conversations>>,
): Conversation | Refusal {
	const listed = Object.hasOwn(known, channel) ? known[channel] : undefined;
	const where = JSON.stringify(conversation === null ? channel : `${channel}:${conversation}`);
	if (listed === undefined) return refuse("conversation_unknown", { where });
	if (conversation === null || conversation === listed.own) return { channel, conversation: null, thread };
	return listed.others.includes(conversation)
		? { channel, conversation, thread }
		: refuse("conversation_unknown", { where });
}

/** Every channel's own conversation; the one that the request came from in the place of its channel's own. */
export function everywhere({ channels }: Ways, conversation: Conversation | null): readonly Destination[] {
	return channels.map(({ name }) => {
		if (conversation === null || conversation.channel !== name) return { channel: name, place: placeText(ownPlace) };
		const { conversation: id, thread } = conversation;
		return { channel: name, place: placeText({ conversation: id, thread, person: null }) };
	});
}

/** Direct messages to this person, the preferred ones first. */
export function directsTo({ channels }: Ways, { reach = [], identities }: Person): readonly Destination[] {
	return reach.flatMap((surface) => {
		const ids = identities.filter((one) => one.startsWith(`${surface}:`)).map((one) => one.slice(surface.length + 1));
		const theirs = channels.filter((channel) => channel.directMessage && channel.surface === surface);
		return ids.flatMap((person) =>
			theirs.map(({ name }) => ({ channel: name, place: placeText({ ...ownPlace, person }) })),
		);
	});
}

/** Where approval is asked for; null: everywhere, because nobody who may approve is written to directly. */
export function askedFirst(ways: Ways, swap: Routed, nowMs: number): readonly AskedPlace[] | null {
	const people = approversOf(ways, swap);
	const direct = people.flatMap((person) => {
		const [first] = directsTo(ways, person);
		return first === undefined ? [] : [personal(first, { person, swap, nowMs })];
	});
	if (direct.length === 0) return null;
	const others = people.filter((person) => directsTo(ways, person).length === 0);
	return [...conversationsFor(ways, swap, others).map((to) => common(to, nowMs)), ...direct];
}

/** Where the request came from, where nobody can be written to, and where those are who cannot be reached otherwise. */
function conversationsFor(ways: Ways, { conversation }: Routed, others: readonly Person[]): readonly Destination[] {
	const isNeeded = ({ name, surface, directMessage }: Reachable) =>
		!directMessage ||
		conversation?.channel === name ||
		others.some(({ identities }) => identities.some((one) => one.startsWith(`${surface}:`)));
	return everywhere({ ...ways, channels: ways.channels.filter(isNeeded) }, conversation);
}

function approversOf({ authority }: Pick<Ways, "authority">, swap: Routed): readonly Person[] {
	const names = whoMay(authority, "approve", swap);
	return authority.people.filter(({ name }) => names.includes(name));
}

export function common(to: Destination, nowMs: number): AskedPlace {
	return { ...to, person: null, fromMs: nowMs };
}

interface ToPerson {
	readonly person: Person;
	readonly swap: Pick<Swap, "approvalExpiresAtMs">;
	readonly nowMs: number;
}

/** After their quiet hours; at once where it would be too late by then. */
export function personal(to: Destination, { person, swap, nowMs }: ToPerson): AskedPlace {
	const untilMs = quietUntilMs(person.quiet ?? null, nowMs);
	const expiresAtMs = swap.approvalExpiresAtMs ?? Number.POSITIVE_INFINITY;
	const fromMs = untilMs === null || expiresAtMs <= untilMs ? nowMs : untilMs;
	return { ...to, person: person.name, fromMs };
}
