// Who may say what, as tables: surfaces without people (guarantee 7), then people with roles, names and targets; nobody approves a
// change of their own, and a stranger decides nothing (F6).
import { describe, expect, it } from "vitest";
import {
	type Authority,
	authorise,
	nobodyToAsk,
	openAuthority,
	type Person,
	phraseOf,
	type Verb,
	whoMay,
	whyTyped,
} from "../../../src/core/people/authority.js";
import type { Actor, Classification, Surface, Swap } from "../../../src/core/swap.js";
import { builder, operator, proposal, swapIn } from "../journeys.js";

const deciding: readonly Verb[] = ["approve", "reject", "confirm", "rollback", "extend", "promote", "keep"];
const verbs: readonly Verb[] = ["propose", "withdraw", ...deciding, "replay", "drop"];

const swap = swapIn("pending_approval");

describe("without people", () => {
	const allowed: Readonly<Record<Surface, readonly Verb[]>> = {
		cli: verbs.filter((verb) => verb !== "propose"),
		supervisor: verbs,
		page: deciding,
		web: deciding,
		// In a chat anybody may be: without people nobody there decides.
		slack: [],
		telegram: [],
		discord: [],
		teams: [],
		whatsapp: [],
		webhook: [],
		app: [],
		api: verbs.filter((verb) => verb !== "propose"),
		builder: [],
		program: [],
	};

	describe.each(Object.entries(allowed))("%s, of somebody else's swap", (surface, mine) => {
		it.each(verbs)("%s", (verb) => {
			const by: Actor = { surface: surface as Surface, id: "someone" };
			const refusal = authorise(openAuthority, { by, verb, swap });
			if (mine.includes(verb)) return expect(refusal).toBeNull();
			const own =
				(surface === "builder" || surface === "cli" || surface === "api") &&
				(verb === "propose" || verb === "withdraw");
			expect(refusal).toMatchObject({ code: own ? "role_missing" : "not_authorised", kind: "not_allowed" });
		});
	});

	it("only proposing is there to be asked for before there is a swap", () => {
		const asked = (surface: Surface, verb: Verb) =>
			authorise(openAuthority, { by: { surface, id: "x" }, verb, swap: null })?.code ?? null;
		expect(asked("builder", "propose")).toBeNull();
		expect(asked("cli", "propose")).toBeNull();
		expect(asked("page", "propose")).toBe("not_authorised");
		expect(asked("program", "propose")).toBe("not_authorised");
		expect(asked("cli", "approve")).toBe("not_authorised");
	});

	it("a builder proposes anew and withdraws what is its own", () => {
		for (const verb of ["propose", "withdraw"] as const) {
			expect(authorise(openAuthority, { by: builder, verb, swap })).toBeNull();
			expect(authorise(openAuthority, { by: { surface: "builder", id: "other" }, verb, swap })).toMatchObject({
				code: "role_missing",
				next: "Ask one of: builder:agent.",
			});
		}
	});

	it("nobody approves their own change (F6)", () => {
		const own = { ...swap, proposer: operator };
		expect(authorise(openAuthority, { by: operator, verb: "approve", swap: own })).toMatchObject({
			code: "own_change",
			message: "cli:1000 proposed sw_abc234, and nobody approves a change of their own.",
			next: "Ask somebody else of: somebody who did not propose it.",
		});
		for (const verb of ["reject", "confirm", "rollback", "withdraw", "promote"] as const) {
			expect(authorise(openAuthority, { by: operator, verb, swap: own })).toBeNull();
		}
		const other: Actor = { surface: "cli", id: "1001" };
		expect(authorise(openAuthority, { by: other, verb: "approve", swap: own })).toBeNull();
	});
});

const person = (name: string, change: Partial<Person> = {}): Person => ({
	name,
	identities: [`cli:${name}`, `slack:U_${name}`, `cli:${name}-laptop`],
	roles: [],
	targets: [],
	...change,
});

const people: readonly Person[] = [
	person("olga", { roles: ["owner"] }),
	person("adam", { roles: ["admin"] }),
	person("anna", { roles: ["admin"], targets: ["alice"] }),
	person("petra", { roles: ["approver"], targets: ["bob"] }),
	person("omar", { roles: ["owner"], targets: ["alice"] }),
	person("nora"),
	person("zoe"),
	// A name that is a role's gives none.
	person("owner"),
];

const authority: Authority = {
	...openAuthority,
	people,
	approversOf: { carol: ["nora"] },
	classes: {
		...openAuthority.classes,
		group: { ...openAuthority.classes.group, confirm: ["admin", "zoe"] },
	},
};

function asked(classification: Classification, target: string, change: Partial<Swap> = {}): Swap {
	const previous = { id: "r", commit: "c", tree: "t" };
	const targets = [{ target: classification === "group" ? target : "host", previous, commit: "c", tree: "t" }];
	return { ...swap, target, proposal: { ...proposal, classification, targets }, ...change };
}

describe("with people", () => {
	const group = asked("group", "alice");
	const host = asked("host", "alice");
	const named = asked("group", "carol");
	const who = (verb: Verb, of: Swap) => whoMay(authority, verb, of).join(" ");

	it.each<[string, Verb, Swap, string]>([
		["an agent's admins and owners", "approve", group, "olga adam anna omar"],
		["who may decide, and whoever has a role there", "reject", group, "olga adam anna omar zoe"],
		["roles and names of the policy", "confirm", group, "olga adam anna omar zoe"],
		["who may confirm", "extend", group, "olga adam anna omar zoe"],
		["anybody with a role there, and who may confirm", "rollback", group, "olga adam anna omar zoe"],
		["owners of the host alone: the template is everybody's", "promote", group, "olga"],
		["owners of the host alone: the template is everybody's", "keep", group, "olga"],
		["owners and admins", "replay", group, "olga adam anna omar"],
		["owners and admins", "drop", group, "olga adam anna omar"],
		["owners", "withdraw", group, "olga omar"],
		["owners that count on the host, whoever's workspace it was", "approve", host, "olga"],
		["the same", "confirm", host, "olga"],
		["anybody with a role on what is touched", "rollback", host, "olga adam anna omar"],
		["owners of the host", "approve", asked("combined", "alice"), "olga"],
		["the target's approvers in the place of the policy's", "approve", named, "olga nora"],
		["the target's approvers in the place of the policy's", "confirm", named, "olga nora"],
		["and whoever has a role there", "rollback", named, "olga adam nora"],
		["an approver has a role", "rollback", asked("group", "bob"), "olga adam petra zoe"],
		["but approves only where policy says so", "approve", asked("group", "bob"), "olga adam"],
	])("%s may %s", (_, verb, of, names) => expect(who(verb, of)).toBe(names));

	it("authorises exactly those, by any of their identities", () => {
		for (const verb of deciding) {
			for (const of of [group, host, named]) {
				const may = whoMay(authority, verb, of);
				for (const { name } of people) {
					for (const by of [
						{ surface: "cli", id: name },
						{ surface: "slack", id: `U_${name}` },
					] as const) {
						const code = authorise(authority, { by, verb, swap: of })?.code ?? null;
						expect(code).toBe(may.includes(name) ? null : "role_missing");
					}
				}
			}
		}
	});

	it("names whom to ask instead", () => {
		const refusal = authorise(authority, { by: { surface: "slack", id: "U_petra" }, verb: "approve", swap: host });
		expect(refusal).toMatchObject({
			code: "role_missing",
			message: "slack:U_petra may not approve sw_abc234, a host change of alice.",
			next: "Ask one of: olga.",
		});
		const empty = { ...authority, people: people.filter(({ name }) => name === "nora") };
		expect(authorise(empty, { by: { surface: "cli", id: "nora" }, verb: "confirm", swap: host })?.next).toBe(
			"Ask one of: owner.",
		);
	});

	it("a stranger decides nothing, nor does an identity of another surface", () => {
		for (const verb of [...deciding, "replay" as const, "drop" as const]) {
			for (const by of [operator, { surface: "slack", id: "olga" }, { surface: "web", id: "U_olga" }] as const) {
				expect(authorise(authority, { by, verb, swap: group })?.code).toBe("not_authorised");
			}
		}
		expect(authorise(authority, { by: operator, verb: "withdraw", swap: group })?.code).toBe("role_missing");
	});

	it("the proposer is one person on every surface", () => {
		const own = asked("host", "host", { proposer: { surface: "cli", id: "olga" } });
		const by: Actor = { surface: "slack", id: "U_olga" };
		expect(authorise(authority, { by, verb: "approve", swap: own })?.code).toBe("own_change");
		expect(whoMay(authority, "approve", own)).toEqual([]);
		expect(whoMay(authority, "confirm", own)).toEqual(["olga"]);
		const laptop: Actor = { surface: "cli", id: "olga-laptop" };
		expect(authorise(authority, { by: laptop, verb: "withdraw", swap: own })).toBeNull();
		expect(authorise(authority, { by: laptop, verb: "propose", swap: own })).toBeNull();
	});
});

describe("nobody to ask", () => {
	it("is told at once where people are configured and none of them qualifies", () => {
		expect(nobodyToAsk(openAuthority, asked("host", "host"))).toBeNull();
		expect(nobodyToAsk(authority, asked("host", "alice"))).toBeNull();
		expect(nobodyToAsk({ ...authority, people: [people[3] as Person] }, asked("group", "alice"))).toMatchObject({
			code: "nobody_to_ask",
			message: expect.stringContaining("A group change of alice needs approval by somebody of owner, admin"),
		});
		const own = asked("host", "host", { proposer: { surface: "cli", id: "olga" } });
		expect(nobodyToAsk(authority, own)?.code).toBe("nobody_to_ask");
	});

	it("counts how many policy wants", () => {
		const two = { ...openAuthority.classes.group, approvals: 5 };
		const strict = { ...authority, classes: { ...authority.classes, group: two } };
		expect(nobodyToAsk(strict, asked("group", "alice"))?.message).toContain("5 people of owner, admin");
	});
});

describe("the phrase", () => {
	it("carries the class and the swap", () => {
		expect(phraseOf(asked("combined", "alice"))).toBe("combined sw_abc234");
		expect(phraseOf(swapIn("drafting"))).toBe("host sw_abc234");
	});

	it("is asked for by class, and wherever the diff was not shown in full", () => {
		const shown = { tree: "t", sha256: "s", bytes: 1, files: 1, whole: false };
		expect(whyTyped(openAuthority, asked("host", "host"))).toBe("a host change asks for it");
		expect(whyTyped(openAuthority, asked("group", "alice"))).toBeNull();
		const cut = asked("group", "alice");
		expect(whyTyped(openAuthority, { ...cut, proposal: { ...proposal, classification: "group", shown } })).toBe(
			"its diff was not shown in full",
		);
	});
});
