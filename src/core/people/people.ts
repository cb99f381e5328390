// The people behind the surfaces: their identities and roles, the policy of each class, and which of them may say what of a swap. Knows
// no surface's own limits and refuses nothing.
import type { Surface } from "../actor.js";
import { actorName, type Classification, hostTarget, type Swap } from "../swap.js";

export type Verb =
	| "propose"
	| "withdraw"
	| "approve"
	| "reject"
	| "confirm"
	| "rollback"
	| "extend"
	| "promote"
	| "keep"
	| "replay"
	| "drop";

export type Role = "owner" | "admin" | "approver";

/** Identities are `surface:id`, as `actorName` prints them. */
export interface Person {
	readonly name: string;
	readonly identities: readonly string[];
	readonly roles: readonly Role[];
	/** Empty: the roles count for every target. */
	readonly targets: readonly string[];
	/** Surfaces, the preferred one first; empty or left out: nobody is written to directly. */
	readonly reach?: readonly Surface[];
	/** Times of day, `HH:MM` in an IANA zone. */
	readonly quiet?: QuietHours | null;
}

export interface QuietHours {
	readonly from: string;
	readonly to: string;
	readonly zone: string;
}

/** Who is asked, by role or by name. */
export interface ClassPolicy {
	readonly approve: readonly string[];
	readonly confirm: readonly string[];
	readonly promote: readonly string[];
	/** How many different people have to approve. */
	readonly approvals: number;
	/** A typed phrase is asked for even where the diff was shown whole. */
	readonly typed: boolean;
}

export interface Authority {
	/** Empty: whoever reaches an operator's surface is the owner. */
	readonly people: readonly Person[];
	readonly classes: Readonly<Record<Classification, ClassPolicy>>;
	/** Nobody approves what their own user proposed, whatever name it was proposed under. */
	readonly apart?: boolean;
	/** Names of people that a target puts in the place of the class's approvers. */
	readonly approversOf: Readonly<Record<string, readonly string[]>>;
}

export const openAuthority: Authority = {
	people: [],
	approversOf: {},
	classes: {
		group: { approve: ["admin", "owner"], confirm: ["admin", "owner"], promote: ["owner"], approvals: 1, typed: false },
		host: { approve: ["owner"], confirm: ["owner"], promote: ["owner"], approvals: 1, typed: true },
		combined: { approve: ["owner"], confirm: ["owner"], promote: ["owner"], approvals: 1, typed: true },
	},
};

/** What authority looks at: a swap, or one that is about to be. */
export type Asked = Pick<Swap, "id" | "target" | "proposer" | "proposal">;

/** The people, by name, who may say this of this swap; the proposer is not among its approvers. Empty without `people`. */
export function whoMay(authority: Authority, verb: Verb, swap: Asked): readonly string[] {
	const proposer = actorName(swap.proposer);
	return authority.people
		.filter((person) => verb !== "approve" || !person.identities.includes(proposer))
		.filter((person) => qualifies(authority, person, { verb, swap }))
		.map(({ name }) => name);
}

/** One human behind two identities, or the same identity. */
export function isSame(authority: Authority, one: string, other: string): boolean {
	return one === other || personOf(authority, one)?.identities.includes(other) === true;
}

/** The same, or they may be: somebody at this machine who did not say who they are may be anybody at it. Grants nothing. */
export function maySame(authority: Authority, one: string, other: string): boolean {
	const isAtMachine = one.startsWith("cli:") && other.startsWith("cli:");
	return isSame(authority, one, other) || (isAtMachine && (one === unnamed || other === unnamed));
}

const unnamed = "cli:unknown";

/**
 * The builder's name is the one that a user of this machine has who proposes at a terminal, and so is this identity: two names of one user, which may be
 * one person or a person and their agent. Nobody can tell which.
 */
export function isOneUser(one: string, other: string): boolean {
	const [, builder] = /^builder:(\d+)$/.exec(one) ?? /^builder:(\d+)$/.exec(other) ?? [];
	const operator = one.startsWith("cli:") ? one : other;
	return builder !== undefined && (operator === `cli:${builder}` || operator === unnamed);
}

export function personOf({ people }: Authority, identity: string): Person | null {
	return people.find(({ identities }) => identities.includes(identity)) ?? null;
}

export function classOf(swap: Asked): Classification {
	return swap.proposal?.classification ?? "host";
}

const roles: ReadonlySet<string> = new Set(["owner", "admin", "approver"]);

/** An owner may everything; who may decide may also say no; anybody with a role there may bring the old version back. */
export function qualifies(
	authority: Authority,
	person: Person,
	{ verb, swap }: { readonly verb: Verb; readonly swap: Asked },
): boolean {
	const counting = rolesAt(person, deciding(verb, swap));
	if (counting.includes("owner")) return true;
	if (listed(authority, verb, swap).some((one) => isMeant(one, person.name, counting))) return true;
	if (verb !== "reject" && verb !== "rollback") return false;
	const confirms = listed(authority, "confirm", swap).some((one) => isMeant(one, person.name, counting));
	return confirms || rolesAt(person, touched(swap)).length > 0;
}

/** The name of a role is a role, also where a person bears it. */
function isMeant(one: string, name: string, counting: readonly Role[]): boolean {
	return roles.has(one) ? counting.includes(one as Role) : one === name;
}

function rolesAt({ roles: theirs, targets }: Person, places: readonly string[]): readonly Role[] {
	return targets.length === 0 || places.some((place) => targets.includes(place)) ? theirs : [];
}

/** What reaches the host, the template too, is decided by those whose roles count there, whichever agent asked for it. */
function deciding(verb: Verb, swap: Asked): readonly string[] {
	const isLocal = classOf(swap) === "group" && verb !== "promote" && verb !== "keep";
	return isLocal ? [swap.target] : [hostTarget];
}

function touched(swap: Asked): readonly string[] {
	return [swap.target, ...(swap.proposal === null ? [] : swap.proposal.targets.map(({ target }) => target))];
}

/** Roles and names, as configured, whom a verb belongs to. */
export function listed({ classes, approversOf }: Authority, verb: Verb, swap: Asked): readonly string[] {
	const classification = classOf(swap);
	const policy = classes[classification];
	const named = classification === "group" ? (approversOf[swap.target] ?? []) : [];
	switch (verb) {
		case "approve":
		case "reject":
			return named.length > 0 ? named : policy.approve;
		case "confirm":
		case "extend":
		case "rollback":
			return named.length > 0 ? named : policy.confirm;
		case "promote":
		case "keep":
			return policy.promote;
		case "replay":
		case "drop":
			return ["owner", "admin"];
		case "propose":
			return [];
		case "withdraw":
			return ["owner"];
	}
}
