// What a token's holder may propose: for the one target that it is bound to, whatever the request or the workspace says, and no branch by a
// name that it was never told.
import { type Refusal, refuse } from "../../../core/refusals.js";
import { actorName } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { Caller } from "./route.js";

interface Wish {
	/** As in "may not ... for another target". */
	readonly verb: string;
	readonly target: string;
}

/** Null where the caller may; what is refused stays on record. */
export async function outOfBounds(supervisor: Supervisor, caller: Caller, wish: Wish): Promise<Refusal | null> {
	const { actor: by, target } = caller;
	const { verb } = wish;
	if (target === null || target === wish.target) return null;
	const refusal = refuse("token_bound", { actor: actorName(by), target, verb });
	await supervisor.noteRefused({ by, verb, swapId: null, refusal });
	return refusal;
}

interface Submission {
	readonly workspace: string;
	readonly target?: string | undefined;
}

/** A workspace that the caller cannot see is the supervisor's to refuse. */
export async function submitsOutOfBounds(
	supervisor: Supervisor,
	caller: Caller,
	{ workspace, target }: Submission,
): Promise<Refusal | null> {
	if (caller.target === null) return null;
	const seen = (await supervisor.listWorkspaces(caller.actor)).find(({ name }) => name === workspace);
	for (const wanted of [target, seen?.target]) {
		const refusal =
			wanted === undefined ? null : await outOfBounds(supervisor, caller, { verb: "submit", target: wanted });
		if (refusal !== null) return refusal;
	}
	return null;
}

/**
 * A builder with a token names a commit by its whole hash, or by the branch of a workspace of its own. By other names it could look around in
 * the repository, and read what others are about to propose. Those answer as names that do not exist.
 */
export async function unseenRevision(
	supervisor: Supervisor,
	caller: Caller,
	revision: string,
): Promise<Refusal | null> {
	const { actor: by, confined, role } = caller;
	if (!confined || role !== "builder" || /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return null;
	if ((await supervisor.listWorkspaces(by)).some(({ branch }) => branch === revision)) return null;
	const refusal = refuse("revision_unknown", { revision: JSON.stringify(revision) });
	await supervisor.noteRefused({ by, verb: "propose", swapId: null, refusal });
	return refusal;
}
