// Who may say what. Builders and programs never decide (guarantee 7), whatever surface they found their way to.
import { type Refusal, refuse } from "./refusals.js";
import { type Actor, actorName } from "./swap.js";

export type Verb = "propose" | "withdraw" | "approve" | "reject" | "confirm" | "rollback" | "extend" | "replay";

const everything: readonly Verb[] = [
	"propose",
	"withdraw",
	"approve",
	"reject",
	"confirm",
	"rollback",
	"extend",
	"replay",
];

const verbsOf: Readonly<Record<Actor["surface"], readonly Verb[]>> = {
	cli: everything,
	page: ["approve", "reject", "confirm", "rollback", "extend"],
	builder: ["propose", "withdraw"],
	program: [],
	supervisor: everything,
};

export function authorise(actor: Actor, verb: Verb): Refusal | null {
	if (verbsOf[actor.surface].includes(verb)) return null;
	return refuse("not_authorised", { actor: actorName(actor), verb });
}
