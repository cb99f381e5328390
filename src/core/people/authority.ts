// Who may say what. Builders and programs never decide (guarantee 7), whatever surface they found their way to; nobody approves a
// change of their own; what a person may do follows from role, class and target.
import { isTyped, type Trust, trustOf } from "../actor.js";
import { type Refusal, refuse } from "../refusals.js";
import { type Actor, actorName, type Surface, type Swap } from "../swap.js";
import {
	type Asked,
	type Authority,
	classOf,
	isOneUser,
	isSame,
	listed,
	maySame,
	personOf,
	qualifies,
	type Verb,
	whoMay,
} from "./people.js";

import { unreadable } from "./seen.js";

export {
	type Authority,
	type ClassPolicy,
	isSame,
	maySame,
	openAuthority,
	type Person,
	type Role,
	type Verb,
	whoMay,
} from "./people.js";

const operators: readonly Verb[] = ["approve", "reject", "confirm", "rollback", "extend", "promote", "keep"];
const everything: readonly Verb[] = ["propose", "withdraw", ...operators, "replay", "drop"];

const verbsOf: Readonly<Record<Trust, readonly Verb[]>> = {
	own: operators,
	chat: operators,
	app: ["reject", "rollback"],
	builder: ["propose", "withdraw"],
	program: [],
};

function mayEver(surface: Surface, verb: Verb): boolean {
	return (isTyped(surface) ? everything : verbsOf[trustOf(surface)]).includes(verb);
}

/** Where whoever gets in is who they say. In a chat anybody may be, so there it takes `people`. */
function isOwn(surface: Surface): boolean {
	return ["own", "builder"].includes(trustOf(surface));
}

/**
 * `swap` is null before there is one: then proposing is all that can be asked for. Refuses with `not_authorised` (a builder, a program, a stranger),
 * `own_change`, or `role_missing`, which names who may.
 */
export function authorise(
	authority: Authority,
	{ by, verb, swap }: { readonly by: Actor; readonly verb: Verb; readonly swap: Swap | null },
): Refusal | null {
	const stranger = refuse("not_authorised", { actor: actorName(by), verb });
	if (!mayEver(by.surface, verb)) return stranger;
	if (by.surface === "supervisor") return null;
	if (swap === null) return verb === "propose" ? null : stranger;
	if (verb === "propose" || verb === "withdraw") return proposing(authority, { by, verb, swap });
	const person = personOf(authority, actorName(by));
	if (person === null && (authority.people.length > 0 || !isOwn(by.surface))) return stranger;
	if (verb === "approve" && isProposer(authority, actorName(by), actorName(swap.proposer))) {
		const who = namesOf(whoMay(authority, verb, swap), "somebody who did not propose it");
		return refuse("own_change", { actor: actorName(by), id: swap.id, who });
	}
	if (person === null || qualifies(authority, person, { verb, swap })) return null;
	return roleMissing(authority, { by, verb, swap });
}

function isProposer(authority: Authority, by: string, proposer: string): boolean {
	return maySame(authority, by, proposer) || (authority.apart === true && isOneUser(by, proposer));
}

interface Wish {
	readonly by: Actor;
	readonly verb: Verb;
	readonly swap: Swap;
}

/** A swap is its proposer's: nobody submits it anew in another's name, and only an owner withdraws it for them. */
function proposing(authority: Authority, { by, verb, swap }: Wish): Refusal | null {
	if (isSame(authority, actorName(by), actorName(swap.proposer))) return null;
	const open = authority.people.length === 0 && by.surface !== "builder";
	const person = personOf(authority, actorName(by));
	const owner = open || (person !== null && qualifies(authority, person, { verb, swap }));
	return verb === "withdraw" && owner ? null : roleMissing(authority, { by, verb, swap });
}

function roleMissing(authority: Authority, { by, verb, swap }: Wish): Refusal {
	const names = whoMay(authority, verb, swap);
	const mine = verb === "propose" || verb === "withdraw" ? [actorName(swap.proposer), ...names] : names;
	const { target } = swap;
	const who = namesOf(mine, namesOf(listed(authority, verb, swap), "nobody"));
	return refuse("role_missing", {
		actor: actorName(by),
		verb,
		id: swap.id,
		classification: classOf(swap),
		target,
		who,
	});
}

function namesOf(names: readonly string[], otherwise: string): string {
	return names.length === 0 ? otherwise : names.join(", ");
}

/** Nobody, or fewer than policy wants, could ever approve it: told at once, not after the approval has expired. */
export function nobodyToAsk(authority: Authority, swap: Asked): Refusal | null {
	if (authority.people.length === 0) return null;
	const { approvals } = authority.classes[classOf(swap)];
	if (whoMay(authority, "approve", swap).length >= approvals) return null;
	const list = namesOf([...new Set(["owner", ...listed(authority, "approve", swap)])], "owner");
	const who = `${approvals === 1 ? "somebody" : `${approvals} people`} of ${list}, beside who proposed it`;
	return refuse("nobody_to_ask", { classification: classOf(swap), target: swap.target, who });
}

/** What has to be typed to approve: it carries the swap's id and from the second submission on its number, so that it is typed for this one. */
export function phraseOf(swap: Swap): string {
	return `${classOf(swap)} ${swap.id}${swap.epoch > 1 ? ` ${swap.epoch}` : ""}`;
}

/** Whether this was the phrase of an earlier submission, whatever class that had. */
export function isOldPhrase({ id, epoch }: Swap, typed: string): boolean {
	const [, named, number = "1"] = /^(?:group|host|combined) (\S+)(?: ([1-9]\d{0,8}))?$/.exec(typed) ?? [];
	return named === id && Number(number) < epoch;
}

/** Why a click is not enough to approve this, wherever it is read; null where it is for who was shown all of it: see `unseen`. */
export function whyTyped({ classes }: Authority, swap: Swap): string | null {
	const hidden = swap.proposal?.shown === undefined ? null : unreadable(swap);
	if (hidden !== null) return hidden;
	return classes[classOf(swap)].typed ? `a ${classOf(swap)} change asks for it` : null;
}
