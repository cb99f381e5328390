// What follows when nobody decides: the next surface, the last resort, the escalation, each once and at its time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AskedPlace } from "../../../src/core/asked.js";
import { evolve } from "../../../src/core/machine/evolve.js";
import { escalationSentence, nextReminder, type Reminding, type Waiting } from "../../../src/core/machine/reminding.js";
import { type Authority, openAuthority, type Person, whoMay } from "../../../src/core/people/authority.js";
import { askedFirst, directsTo, type Reachable } from "../../../src/core/people/routing.js";
import { placeText } from "../../../src/core/place.js";
import type { Surface, Swap } from "../../../src/core/swap.js";
import { builder, statuses, swapIn } from "../journeys.js";

const startMs = Date.parse("2026-01-11T12:00Z");
const minuteMs = 60_000;
const channels: readonly Reachable[] = (["slack", "telegram", "teams"] as const).map((name) => ({
	...{ name, surface: name, directMessage: true },
}));
const everyChannel = ["slack", "telegram", "teams"];

const who = (name: string, change: Partial<Person> = {}): Person => ({
	name,
	identities: channels.map(({ surface }) => `${surface}:${name}`),
	roles: ["owner"],
	targets: [],
	reach: ["slack", "telegram"],
	...change,
});
const of = (people: readonly Person[]): Authority => ({ ...openAuthority, people });
const at = (channel: string, person: string | null = null) => ({
	channel,
	place: placeText({ conversation: null, thread: null, person }),
});

const settings: Reminding = { fallbackAfterMs: 2 * minuteMs, escalateAfterMs: null, escalateTo: ["owner"] };

function waiting(people: readonly Person[], change: Partial<Swap> = {}, reminding: Partial<Reminding> = {}): Waiting {
	const ways = { authority: of(people), channels };
	const asking: Swap = {
		...swapIn("pending_approval"),
		...{ proposer: builder, statusAtMs: startMs, approvalExpiresAtMs: startMs + 86_400_000 },
		...change,
	};
	const swap = { ...asking, asked: change.asked ?? askedFirst(ways, asking, startMs) ?? [] };
	return { ways, reminding: { ...settings, ...reminding }, swap, arrived: [], reroutesFromMs: 0, nowMs: startMs };
}

interface Step {
	readonly minute: number;
	readonly fact: string;
	readonly to: readonly string[];
	readonly asked: readonly AskedPlace[];
}

/** Everything that follows while nobody decides, as the engine does it: in minutes from the start. */
function walk(first: Waiting): readonly Step[] {
	const steps: Step[] = [];
	let now = first;
	for (let next = nextReminder(now); next !== null; next = nextReminder(now)) {
		const { fact, atMs } = next;
		if (fact.type !== "rerouted" && fact.type !== "escalated") throw new Error(`It follows ${fact.type}.`);
		steps.push({ minute: (atMs - startMs) / minuteMs, fact: fact.type, to: fact.to, asked: fact.asked });
		if (steps.length > 50) throw new Error("It never ends.");
		now = { ...now, nowMs: Math.max(now.nowMs, atMs), swap: evolve(now.swap, { ...fact, atMs }) };
	}
	return steps;
}

const said = (steps: readonly Step[]) => steps.map(({ minute, fact, to }) => `${minute} ${fact} ${to.join(",")}`);

describe("somebody who cannot be reached", () => {
	it("is tried on the next surface, and after the last one everybody is asked", () => {
		expect(said(walk(waiting([who("ana")])))).toEqual(["2 rerouted telegram", "4 rerouted slack,telegram,teams"]);
	});

	it("is left alone once a card has arrived, wherever", () => {
		const first = waiting([who("ana")]);
		expect(nextReminder({ ...first, arrived: [at("slack", "ana")] })).toBeNull();
		expect(nextReminder({ ...first, arrived: [at("telegram", "ana")] })).not.toBeNull();
	});

	it("is one of several: each for itself, and the last resort comes once", () => {
		const steps = walk(waiting([who("ana"), who("ben", { reach: ["telegram"] })]));
		expect(said(steps)).toEqual(["2 rerouted telegram", "2 rerouted slack,telegram,teams"]);
		expect(steps[1]?.asked.map(({ person }) => person)).toEqual([null, null, null]);
	});

	it("is not looked for once they have approved", () => {
		expect(nextReminder(waiting([who("ana")], { approvals: ["slack:ana"] }))).toBeNull();
	});

	it("has the time from the end of their quiet hours", () => {
		const quiet = { from: "10:00", to: "13:00", zone: "UTC" };
		const [first] = walk(waiting([who("ana", { quiet })]));
		expect(first).toMatchObject({ minute: 62, to: ["telegram"] });
	});

	it("has a last chance on the first surface after nothing could be sent", () => {
		const late = { ...waiting([who("ana")]), nowMs: startMs + 60 * minuteMs, reroutesFromMs: startMs + 61 * minuteMs };
		expect(nextReminder(late)?.atMs).toBe(startMs + 61 * minuteMs);
	});

	it("is looked for no more when it is too late", () => {
		expect(walk(waiting([who("ana")], { approvalExpiresAtMs: startMs + 2 * minuteMs }))).toEqual([]);
	});
});

describe("an approval that nobody gives", () => {
	const hourly = { escalateAfterMs: 60 * minuteMs };
	const admin = (name: string, change: Partial<Person> = {}) => who(name, { roles: ["admin"], reach: [], ...change });

	it("is escalated once, to those who were not asked", () => {
		const eva = who("eva", { reach: [], identities: ["cli:eva"] });
		const ana = who("ana", { roles: ["approver"] });
		const [step, ...more] = walk({
			...waiting([ana, eva], { asked: [{ ...at("slack", "ana"), person: "ana", fromMs: startMs }] }, hourly),
			arrived: [at("slack", "ana")],
		});
		expect(step).toMatchObject({ minute: 60, fact: "escalated", to: ["eva"] });
		expect(step?.asked.map(({ channel, person }) => [channel, person])).toEqual(
			everyChannel.map((channel) => [channel, null]),
		);
		expect(more).toEqual([]);
	});

	it("goes to a name by its preferred surface, and to who was asked in common before as a reminder", () => {
		const asked = [{ ...at("slack"), person: null, fromMs: startMs }];
		const steps = walk(waiting([who("ana", { reach: ["teams"] })], { asked }, { ...hourly, escalateTo: ["ana"] }));
		expect(said(steps)).toEqual(["60 escalated ana", "62 rerouted telegram,teams"]);
		expect(steps[0]?.asked).toEqual([
			{ ...at("slack"), person: null, fromMs: startMs + 60 * minuteMs },
			{ ...at("teams", "ana"), person: "ana", fromMs: startMs + 60 * minuteMs },
		]);
	});

	it("goes by role only to those who may approve it", () => {
		const [step] = walk(waiting([admin("ana")], {}, { ...hourly, escalateTo: ["admin"] }));
		expect(step?.to).toEqual([]);
	});

	it("never goes to who proposed it", () => {
		const change = { proposer: { surface: "slack" as Surface, id: "ana" } };
		const [step] = walk(waiting([who("ana")], change, { ...hourly, escalateTo: ["ana", "owner"] }));
		expect(step?.to).toEqual([]);
	});

	it("is never escalated where nobody wants that, nor after it ended", () => {
		expect(walk(waiting([]))).toEqual([]);
		for (const status of statuses.filter((one) => one !== "pending_approval"))
			expect(nextReminder(waiting([], { status }, hourly))).toBeNull();
		expect(walk(waiting([], { escalated: true }, hourly))).toEqual([]);
		expect(walk(waiting([], { approvalExpiresAtMs: startMs + 60 * minuteMs }, hourly))).toEqual([]);
	});

	it("is said in a sentence that stays true", () => {
		const fact = { type: "escalated", afterMs: 90 * minuteMs, asked: [], atMs: 0 } as const;
		expect(escalationSentence("sw_1", { ...fact, to: ["ana", "eva"] })).toBe(
			"Nobody decided sw_1 within 1h 30m. Asked as well: ana, eva.",
		);
		expect(escalationSentence("sw_1", { ...fact, to: [] })).toBe("Nobody decided sw_1 within 1h 30m.");
	});
});

describe("whatever the people, channels and times", () => {
	const somePerson = fc
		.record({
			id: fc.integer({ min: 0, max: 6 }),
			reach: fc.uniqueArray(fc.constantFrom<Surface>("slack", "telegram", "teams", "discord")),
			role: fc.constantFrom("owner", "admin", "approver"),
		})
		.map(({ id, reach, role }) => who(`p${id}`, { reach, roles: [role as "owner"] }));
	const somePeople = fc.uniqueArray(somePerson, { selector: ({ name }) => name, maxLength: 5 });
	const someTimes = fc.record({
		fallbackAfterMs: fc.integer({ min: 1_000, max: 3_600_000 }),
		escalateAfterMs: fc.option(fc.integer({ min: 1_000, max: 3_600_000 })),
		escalateTo: fc.uniqueArray(fc.constantFrom("owner", "admin", "p1", "p2"), { minLength: 1 }),
	});

	it("no place is asked twice, it ends, and everybody who may approve is asked in every way that there is", () => {
		fc.assert(
			fc.property(somePeople, someTimes, (people, times) => {
				const first = waiting(people, {}, times);
				const steps = walk(first);
				const last = steps.reduce(
					(swap, { asked }) => evolve(swap, { type: "rerouted", person: "", to: [], asked, atMs: 0 }),
					first.swap,
				);
				const places = last.asked.map(({ channel, place }) => `${channel} ${place}`);
				expect(new Set(places).size).toBe(places.length);
				const may = people.filter(({ name }) => whoMay(first.ways.authority, "approve", first.swap).includes(name));
				const ways = may.flatMap((person) => directsTo(first.ways, person));
				expect(ways.filter(({ channel, place }) => !places.includes(`${channel} ${place}`))).toEqual([]);
				expect(steps.filter(({ fact }) => fact === "escalated").length).toBeLessThanOrEqual(1);
				if (first.swap.asked.some(({ person }) => person !== null))
					for (const name of everyChannel)
						expect(last.asked.some((one) => one.channel === name && one.person === null)).toBe(true);
			}),
		);
	});
});
