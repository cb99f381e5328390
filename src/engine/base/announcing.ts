// The messages that facts cause, for each channel and place: people, and builders' channels. They go into the outbox with the facts; nothing
// is sent here.
import { type AskedPlace, isSamePlace } from "../../core/asked.js";
import type { Fact, FactOf } from "../../core/facts.js";
import { evolve } from "../../core/machine/evolve.js";
import { askedOf, escalationSentence } from "../../core/machine/reminding.js";
import { everywhere, type Ways } from "../../core/people/routing.js";
import { ownPlace, placeText } from "../../core/place.js";
import type { Swap } from "../../core/swap.js";
import { type Announcement, announcementsFor, askingAgain, outcomeFor } from "../../core/words/messages.js";
import type { Delivery, NewMessage } from "../../ports/ports.js";
import type { Engine } from "./context.js";

export interface Change {
	readonly base: Swap;
	readonly facts: readonly Fact[];
	/** What approvers are sent to read. */
	readonly diff: string | null;
}

export function messagesOf(engine: Engine, { base, facts, diff }: Change): NewMessage[] {
	const messages: NewMessage[] = [];
	// Where nobody is asked, nobody is sent a card that asks.
	const unasked = facts.some((fact) => fact.type === "approved" && fact.by.surface === "supervisor");
	let before = base;
	for (const fact of facts) {
		const after = evolve(before, fact);
		for (const delivery of engine.ports.deliveries) {
			const told = { delivery, before, after, diff, unasked };
			messages.push(...(isAskingAgain(fact) ? askedOn(engine, told, fact) : toldOn(engine, told, fact)));
		}
		messages.push(...outcomesOf(engine, before, after));
		before = after;
	}
	return messages;
}

/** What routing has to know of the channels. */
export function waysOf({ ports, settings }: Engine): Ways {
	const channels = ports.deliveries.map(({ name, surface, can }) => {
		return { name, surface, directMessage: can.directMessage };
	});
	return { authority: settings.authority, channels };
}

interface Told {
	readonly delivery: Delivery;
	readonly before: Swap;
	readonly after: Swap;
	readonly diff: string | null;
	readonly unasked: boolean;
}

/** What asks for approval, and what became of that, goes where it was asked for; all else goes everywhere. */
function toldOn(engine: Engine, told: Told, fact: Fact): NewMessage[] {
	const { delivery, before, after, unasked } = told;
	const ways = waysOf(engine);
	const asks = before.status !== after.status && after.status === "pending_approval";
	return announcementsFor(before, after, [fact], readingOn(engine, told)).flatMap(({ besideEdit, ...announcement }) => {
		const isApproval = announcement.kind === "approval";
		if ((unasked && isApproval) || (besideEdit && !delivery.can.edit)) return [];
		const places = asks || isApproval ? askedOf(ways, after) : everywhere(ways, after.conversation);
		return places.flatMap((place) => messageAt(told, announcement, place));
	});
}

type AskingAgain = FactOf<"rerouted" | "escalated">;

function isAskingAgain(fact: Fact): fact is AskingAgain {
	return fact.type === "rerouted" || fact.type === "escalated";
}

/** Who was asked before is only told that others are asked as well. */
function askedOn(engine: Engine, told: Told, fact: AskingAgain): NewMessage[] {
	const { before, after } = told;
	const known = askedOf(waysOf(engine), before);
	const words: Announcement[] =
		fact.type === "escalated" ? [{ kind: "notice", text: escalationSentence(after.id, fact) }] : [];
	return fact.asked.flatMap((place) => {
		const isKnown = known.some((one) => isSamePlace(one, place));
		const announcements = isKnown ? words : [...words, ...askingAgain(after, readingOn(engine, told))];
		return announcements.flatMap((announcement) => messageAt(told, announcement, place));
	});
}

function readingOn({ settings }: Engine, { diff, delivery }: Told) {
	return diff === null ? undefined : { diff, limits: delivery.limits, authority: settings.authority };
}

type At = Pick<AskedPlace, "channel" | "place"> & Partial<Pick<AskedPlace, "person" | "fromMs">>;

/** Nothing where the place is on another channel. */
function messageAt({ delivery, after }: Told, announcement: Announcement, at: At): NewMessage[] {
	const { channel, place, person = null, fromMs } = at;
	if (channel !== delivery.name) return [];
	const where = place === placeText(ownPlace) ? {} : { place };
	const when = person === null || fromMs === undefined ? {} : { notBeforeMs: fromMs };
	return [{ ...announcement, channel, epoch: after.epoch, ...where, ...when }];
}

/** For builders' channels alone, with the words of this moment: a later try of the same swap changes nothing of it. */
function outcomesOf({ ports }: Engine, before: Swap, after: Swap): NewMessage[] {
	const report = ports.builderChannels.length === 0 ? null : outcomeFor(before, after);
	if (report === null) return [];
	const text = JSON.stringify(report);
	return ports.builderChannels.map(({ name: channel }) => ({ channel, epoch: after.epoch, kind: "outcome", text }));
}
