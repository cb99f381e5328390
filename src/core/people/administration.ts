// Who may give out access: operators on the command line or over the API, and of configured people the owners. Nobody else, whatever
// their role in a swap; chats and pages do not, since a click there must never become a key.
import { type Actor, actorName, isTyped } from "../actor.js";
import { type Refusal, refuse } from "../refusals.js";
import { hostTarget } from "../swap.js";
import { type Authority, type Person, personOf } from "./people.js";

export type TokenVerb = "create" | "list" | "revoke";

/** What is the whole installation's affair, and no swap's. */
type AdminVerb = TokenVerb | "prune";

/** Refuses with `token_forbidden` or `prune_forbidden`, which name who may. */
export function administer(authority: Authority, by: Actor, verb: AdminVerb): Refusal | null {
	if (isTyped(by.surface) && isOwner(authority, by)) return null;
	const owners = authority.people.filter(owns).map(({ name }) => name);
	const who = owners.length === 0 ? "an operator" : owners.join(", ");
	if (verb === "prune") return refuse("prune_forbidden", { actor: actorName(by), who });
	return refuse("token_forbidden", { actor: actorName(by), verb, who });
}

function isOwner(authority: Authority, by: Actor): boolean {
	if (authority.people.length === 0 || by.surface === "supervisor") return true;
	const person = personOf(authority, actorName(by));
	return person !== null && owns(person);
}

/** An owner of some agents only does not give out access to all of them. */
function owns({ roles, targets }: Person): boolean {
	return roles.includes("owner") && (targets.length === 0 || targets.includes(hostTarget));
}
