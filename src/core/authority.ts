// Who may say what. Builders and programs never decide (guarantee 7), whatever surface they found their way to; nobody approves a
// change of their own; what a person may do follows from role, class and target.
import { type Refusal, refuse } from "./refusals.js";
import { type Actor, actorName, type Classification, type Surface, type Swap } from "./swap.js";

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
	| "replay";

export type Role = "owner" | "admin" | "approver";

/** Identities are `surface:id`, as `actorName` prints them. */
export interface Person {
	readonly name: string;
	readonly identities: readonly string[];
	readonly roles: readonly Role[];
	/** Empty: the roles count for every target. */
	readonly targets: readonly string[];
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

const operators: readonly Verb[] = ["approve", "reject", "confirm", "rollback", "extend", "promote", "keep"];
const everything: readonly Verb[] = ["propose", "withdraw", ...operators, "replay"];

const verbsOf: Readonly<Record<Surface, readonly Verb[]>> = {
	cli: everything,
	page: operators,
	web: operators,
	slack: operators,
	telegram: operators,
	discord: operators,
	teams: operators,
	whatsapp: operators,
	builder: ["propose", "withdraw"],
	program: [],
	supervisor: everything,
};

/** `swap` is null before there is one. */
export function authorise(
	_authority: Authority,
	{ by, verb }: { readonly by: Actor; readonly verb: Verb; readonly swap: Swap | null },
): Refusal | null {
	if (verbsOf[by.surface].includes(verb)) return null;
	return refuse("not_authorised", { actor: actorName(by), verb });
}

/** What has to be typed to approve: it carries the swap's id, so that it is typed for this one. */
export function phraseOf(swap: Swap): string {
	return `${swap.proposal?.classification ?? "host"} ${swap.id}`;
}
