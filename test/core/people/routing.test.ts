// Who is asked where: by preference, in the conversation that the request came from, never twice in one place, and never who proposed it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AskedPlace, Conversation } from "../../../src/core/asked.js";
import { type Authority, openAuthority, type Person, whoMay } from "../../../src/core/people/authority.js";
import {
	askedFirst,
	conversationOf,
	directsTo,
	everywhere,
	type Reachable,
	type Routed,
} from "../../../src/core/people/routing.js";
import { placeFrom } from "../../../src/core/place.js";
import type { Surface } from "../../../src/core/swap.js";
import { builder, swapIn } from "../journeys.js";

const nightMs = Date.parse("2026-01-11T23:00Z");
const morningMs = Date.parse("2026-01-12T07:00Z");
const dayMs = Date.parse("2026-01-11T12:00Z");

const channel = (name: string, surface: Surface = name as Surface, directMessage = true): Reachable => ({
	name,
	surface,
	directMessage,
});
const slack = channel("slack");
const telegram = channel("telegram");
const page = channel("page", "page", false);
const all = [slack, telegram, page];

const who = (name: string, change: Partial<Person> = {}): Person => ({
	name,
	identities: [`slack:U-${name}`, `telegram:${name}`],
	roles: ["owner"],
	targets: [],
	...change,
});
const of = (...people: readonly Person[]): Authority => ({ ...openAuthority, people });

const swap: Routed = {
	...swapIn("pending_approval"),
	proposer: builder,
	conversation: null,
	approvalExpiresAtMs: nightMs + 86_400_000,
};

/** `slack`, `slack @ U-ana`, `slack in C2`: a place as people would say it. */
function said({ channel, place }: Pick<AskedPlace, "channel" | "place">): string {
	const { conversation, thread, person } = placeFrom(place);
	if (person !== null) return `${channel} @ ${person}`;
	const inside = [conversation, thread].filter((part) => part !== null);
	return inside.length === 0 ? channel : `${channel} in ${inside.join("/")}`;
}

function asked(people: readonly Person[], change: Partial<Routed> = {}, channels = all): readonly string[] | null {
	const places = askedFirst({ authority: of(...people), channels }, { ...swap, ...change }, dayMs);
	return places?.map(said) ?? null;
}

const c2: Conversation = { channel: "slack", conversation: "C2", thread: null };

describe("approval is asked for", () => {
	const ana = who("ana", { reach: ["telegram", "slack"] });
	const ben = who("ben", { reach: ["slack"] });

	it.each<[string, readonly Person[], Partial<Routed>, readonly string[] | null]>([
		["everywhere without people", [], {}, null],
		["everywhere where nobody says how to be reached", [who("ana")], {}, null],
		["everywhere where no channel leads to a surface", [who("ana", { reach: ["discord"] })], {}, null],
		["in direct messages on the first surface", [ana], {}, ["page", "telegram @ ana"]],
		["of each approver", [ana, ben], {}, ["page", "telegram @ ana", "slack @ U-ben"]],
		["on the first that has a channel", [who("ana", { reach: ["discord", "slack"] })], {}, ["page", "slack @ U-ana"]],
		["where the request came from too", [ana], { conversation: c2 }, ["slack in C2", "page", "telegram @ ana"]],
		[
			"in a thread of a channel's own conversation",
			[ana],
			{ conversation: { channel: "telegram", conversation: null, thread: "7" } },
			["telegram in 7", "page", "telegram @ ana"],
		],
		[
			"of nobody who may not approve",
			[ana, who("eva", { reach: ["slack"], roles: [] })],
			{},
			["page", "telegram @ ana"],
		],
		[
			"never of the one who proposed it",
			[ana, ben],
			{ proposer: { surface: "telegram", id: "ana" } },
			["page", "slack @ U-ben"],
		],
		[
			"where somebody is who cannot be reached otherwise",
			[ana, who("eva", { identities: ["slack:U-eva"] })],
			{},
			["slack", "page", "telegram @ ana"],
		],
	])("%s", (_, people, change, places) => {
		expect(asked(people, change)).toEqual(places);
	});

	it("by another channel of the same surface next", () => {
		const channels = [slack, channel("slack-two", "slack")];
		const directs = directsTo({ authority: of(ana), channels }, who("ana", { reach: ["slack"] }));
		expect(directs.map(said)).toEqual(["slack @ U-ana", "slack-two @ U-ana"]);
	});

	it("after quiet hours, unless it would be too late by then", () => {
		const quiet = { from: "22:00", to: "07:00", zone: "UTC" };
		const sleeper = who("ana", { reach: ["slack"], quiet });
		const fromMs = (change: Partial<Routed>, nowMs: number) =>
			askedFirst({ authority: of(sleeper), channels: [slack] }, { ...swap, ...change }, nowMs)?.[0]?.fromMs;
		expect(fromMs({}, nightMs)).toBe(morningMs);
		expect(fromMs({}, dayMs)).toBe(dayMs);
		expect(fromMs({ approvalExpiresAtMs: morningMs }, nightMs)).toBe(nightMs);
		expect(fromMs({ approvalExpiresAtMs: morningMs + 1 }, nightMs)).toBe(morningMs);
		expect(fromMs({ approvalExpiresAtMs: null }, nightMs)).toBe(morningMs);
	});

	const someSurfaces = fc.subarray<Surface>(["slack", "telegram", "discord", "teams", "page"]);
	const somePerson = fc
		.tuple(fc.integer({ min: 0, max: 9 }), someSurfaces, someSurfaces, fc.boolean())
		.map(([id, mine, reach, owner]) =>
			who(`p${id}`, { identities: mine.map((one) => `${one}:u${id}`), reach, roles: owner ? ["owner"] : [] }),
		);
	const somePeople = fc.uniqueArray(somePerson, { selector: ({ name }) => name, maxLength: 6 });
	const someChannels = fc.uniqueArray(
		fc
			.tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom<Surface>("slack", "telegram", "page"), fc.boolean())
			.map(([name, surface, direct]) => channel(name, surface, direct)),
		{ selector: ({ name }) => name },
	);
	const someConversation = fc.option(
		fc.record({
			channel: fc.constantFrom("a", "b", "gone"),
			conversation: fc.option(fc.constantFrom("C1", "C2")),
			thread: fc.option(fc.constant("t")),
		}),
	);
	const someProposer = fc.constantFrom("slack:u1", "telegram:u2", "builder:x");

	it("in no place twice, of every approver who can be reached, and never of who proposed it", () => {
		fc.assert(
			fc.property(somePeople, someChannels, someConversation, someProposer, (people, channels, conversation, by) => {
				const authority = of(...people);
				const [surface = "", id = ""] = by.split(":");
				const mine = { ...swap, conversation, proposer: { surface: surface as Surface, id } };
				const ways = { authority, channels };
				const found = askedFirst(ways, mine, dayMs);
				const places = found ?? everywhere(ways, conversation).map((to) => ({ ...to, person: null }));
				expect(new Set(places.map(said)).size).toBe(places.length);
				expect(places.every((place) => channels.some(({ name }) => name === place.channel))).toBe(true);
				const asker = people.find(({ identities }) => identities.includes(by));
				expect(places.some(({ person }) => person !== null && person === asker?.name)).toBe(false);
				const approvers = people.filter(({ name }) => whoMay(authority, "approve", mine).includes(name));
				for (const person of approvers) {
					const direct = directsTo(ways, person);
					const theirs = places.filter((place) => place.person === person.name);
					expect(theirs.map(said)).toEqual(direct.slice(0, 1).map(said));
					const around = channels.filter(({ surface }) =>
						person.identities.some((one) => one.startsWith(`${surface}:`)),
					);
					if (direct.length > 0) continue;
					for (const { name } of around)
						expect(places.some((one) => one.channel === name && one.person === null)).toBe(true);
				}
			}),
		);
	});
});

describe("everything else is told", () => {
	it("in every channel's own conversation, once in each", () => {
		expect(everywhere({ authority: of(), channels: all }, null).map(said)).toEqual(["slack", "telegram", "page"]);
	});

	it("where the request came from in the place of that channel's own", () => {
		expect(everywhere({ authority: of(), channels: all }, c2).map(said)).toEqual(["slack in C2", "telegram", "page"]);
	});

	it("as ever where the channel of the request is gone", () => {
		const gone = { ...c2, channel: "discord" };
		expect(everywhere({ authority: of(), channels: all }, gone).map(said)).toEqual(["slack", "telegram", "page"]);
	});
});

describe("a request may come from", () => {
	const known = { slack: { own: "C1", others: ["C2"] }, console: { own: null, others: [] } };

	it.each<[string, Conversation, Conversation | "conversation_unknown"]>([
		["a channel", { ...c2, conversation: null }, { ...c2, conversation: null }],
		["its own conversation, by its id", { ...c2, conversation: "C1" }, { ...c2, conversation: null }],
		["another that is listed", c2, c2],
		["a thread there", { ...c2, thread: "17.5" }, { ...c2, thread: "17.5" }],
		["no other", { ...c2, conversation: "C3" }, "conversation_unknown"],
		["no channel that is not there", { ...c2, channel: "discord" }, "conversation_unknown"],
		["no channel that every object has", { ...c2, channel: "constructor" }, "conversation_unknown"],
		["no conversation where there is only one", { ...c2, channel: "console" }, "conversation_unknown"],
	])("%s", (_, given, expected) => {
		const answer = conversationOf(given, known);
		if (expected === "conversation_unknown") expect(answer).toMatchObject({ refused: true, code: expected });
		else expect(answer).toEqual(expected);
	});
});
