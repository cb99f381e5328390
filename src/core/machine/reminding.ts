// What follows when nobody decides: the next surface of somebody who could not be reached, and those to whom it is escalated. Each is a
// fact, so that it happens once whatever restarts in between. Reads no clock and sends nothing.
import { actorName } from "../actor.js";
import { type AskedPlace, type Destination, isSamePlace } from "../asked.js";
import { formatDuration } from "../duration.js";
import type { FactBody, FactOf } from "../facts.js";
import { type Person, whoMay } from "../people/authority.js";
import { common, directsTo, everywhere, personal, type Ways } from "../people/routing.js";
import type { Swap } from "../swap.js";

/** Durations in milliseconds. */
export interface Reminding {
	readonly fallbackAfterMs: number;
	/** Null: never. */
	readonly escalateAfterMs: number | null;
	/** Roles or names. */
	readonly escalateTo: readonly string[];
}

export interface Waiting {
	readonly ways: Ways;
	readonly reminding: Reminding;
	readonly swap: Swap;
	/** Cards of this try that are out. */
	readonly arrived: readonly Destination[];
	/** After a time in which nobody could send anything, the first way gets its chance before the next one. */
	readonly reroutesFromMs: number;
	readonly nowMs: number;
}

/** `fact` is as it has to be recorded at `atMs`, or now if that is over. */
export interface Reminder {
	readonly atMs: number;
	readonly fact: FactBody;
}

/** The next one; null: nothing follows any more. */
export function nextReminder(waiting: Waiting): Reminder | null {
	const { swap } = waiting;
	if (swap.status !== "pending_approval") return null;
	const all = [...rerouted(waiting), ...escalated(waiting)];
	const [first = null] = all.filter(({ atMs }) => atMs < (swap.approvalExpiresAtMs ?? atMs + 1)).sort(byTime);
	return first;
}

function byTime(one: Reminder, other: Reminder): number {
	return one.atMs - other.atMs;
}

/** Where it is asked already: where nothing is noted, everywhere. */
export function askedOf(ways: Ways, { asked, conversation, statusAtMs }: Swap): readonly AskedPlace[] {
	if (asked.length > 0) return asked;
	return everywhere(ways, conversation).map((to) => common(to, statusAtMs));
}

/** True whenever it arrives. */
export function escalationSentence(id: string, { to, afterMs }: FactOf<"escalated">): string {
	const others = to.length === 0 ? "" : ` Asked as well: ${to.join(", ")}.`;
	return `Nobody decided ${id} within ${formatDuration(afterMs)}.${others}`;
}

function rerouted(waiting: Waiting): Reminder[] {
	const { ways, swap } = waiting;
	return ways.authority.people
		.filter(({ identities }) => !swap.approvals.some((one) => identities.includes(one)))
		.flatMap((person) => reroutedFor(waiting, person) ?? []);
}

/** Their next surface, and after the last one every conversation that was not told. */
function reroutedFor(
	{ ways, reminding, swap, arrived, reroutesFromMs, nowMs }: Waiting,
	person: Person,
): Reminder | null {
	const asked = askedOf(ways, swap);
	const theirs = asked.filter((place) => place.person === person.name);
	if (theirs.length === 0 || theirs.some((place) => arrived.some((one) => isSamePlace(one, place)))) return null;
	const patienceMs = Math.max(...theirs.map(({ fromMs }) => fromMs)) + reminding.fallbackAfterMs;
	const atMs = Math.max(patienceMs, reroutesFromMs);
	const thenMs = Math.max(atMs, nowMs);
	const isNew = (to: Destination) => !asked.some((one) => isSamePlace(one, to));
	const next = directsTo(ways, person).find(isNew);
	const places =
		next === undefined
			? everywhere(ways, swap.conversation)
					.filter(isNew)
					.map((to) => common(to, thenMs))
			: [personal(next, { person, swap, nowMs: thenMs })];
	if (places.length === 0) return null;
	const to = places.map(({ channel }) => channel);
	return { atMs, fact: { type: "rerouted", person: person.name, to, asked: places } };
}

function escalated({ ways, reminding, swap, nowMs }: Waiting): Reminder[] {
	const { escalateAfterMs } = reminding;
	if (escalateAfterMs === null || swap.escalated) return [];
	const atMs = swap.statusAtMs + escalateAfterMs;
	const people = escalatedTo(ways, reminding, swap);
	const places = escalatedAt({ ways, swap, people, thenMs: Math.max(atMs, nowMs) });
	if (places.length === 0) return [];
	const to = people.map(({ name }) => name);
	return [{ atMs, fact: { type: "escalated", to, afterMs: escalateAfterMs, asked: places } }];
}

/** A role means those of it who may approve this; a name means that person, but never the one who proposed it. */
function escalatedTo({ authority }: Ways, { escalateTo }: Reminding, swap: Swap): readonly Person[] {
	const may = whoMay(authority, "approve", swap);
	const proposer = actorName(swap.proposer);
	return authority.people.filter(
		({ name, roles, identities }) =>
			!identities.includes(proposer) &&
			(escalateTo.includes(name) || (may.includes(name) && roles.some((role) => escalateTo.includes(role)))),
	);
}

interface Escalation {
	readonly ways: Ways;
	readonly swap: Swap;
	readonly people: readonly Person[];
	readonly thenMs: number;
}

/** Those people's direct messages, where they were not asked yet; else every conversation. Who was asked in common before is told that nobody decided. */
function escalatedAt({ ways, swap, people, thenMs }: Escalation): readonly AskedPlace[] {
	const asked = askedOf(ways, swap);
	const isNew = (to: Destination) => !asked.some((one) => isSamePlace(one, to));
	const fresh = people
		.filter(({ name }) => !asked.some((place) => place.person === name))
		.flatMap((person) => {
			const next = directsTo(ways, person).find(isNew);
			return next === undefined ? [] : [personal(next, { person, swap, nowMs: thenMs })];
		});
	const again = asked.flatMap((place) => {
		if (place.person === null) return [{ ...place, fromMs: thenMs }];
		const person = people.find(({ name }) => name === place.person);
		return person === undefined ? [] : [personal(place, { person, swap, nowMs: thenMs })];
	});
	const rest = fresh.length > 0 ? [] : everywhere(ways, swap.conversation).filter(isNew);
	return [...again, ...fresh, ...rest.map((to) => common(to, thenMs))];
}
