// Brings one commit from the operator's repository into the own one, every object checked on the way, and refuses what must not be released.
import { type Refusal, refuse } from "../../core/refusals.js";
import { CommandFailed } from "../../ports.js";
import { fetchArgs } from "./argv.js";
import { asFlags, historicBlemishes } from "./environment.js";
import type { Own } from "./own-repository.js";
import { pathRefused } from "./tree-check.js";

const INTAKE_REF = "refs/deadman/intake";

export function isCommitHash(text: string): boolean {
	return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Fetches again even where the commit is there already: git then only proves that nothing below it is missing. */
export async function fetchCommit(own: Own, commit: string): Promise<Refusal | null> {
	if (!isCommitHash(commit)) return refuse("revision_unknown", { revision: JSON.stringify(commit) });
	const args = [...asFlags(historicBlemishes), ...fetchArgs(own.operator.commonDir, commit, INTAKE_REF)];
	try {
		await own.git.run(args, { transport: "file" });
		return null;
	} catch (error) {
		if (error instanceof CommandFailed) return fetchRefusal(error, commit);
		throw error;
	}
}

/** What the two sides of a fetch say about the commit; anything else stays a failure. */
function fetchRefusal(error: CommandFailed, commit: string): Refusal {
	const text = error.tail.join("\n");
	if (/not our ref|couldn't find remote ref|bad object/i.test(text)) {
		return refuse("revision_unknown", { revision: commit });
	}
	const [, object, reason] = /object ([0-9a-f]{40,64}): (\w+: .*)/.exec(text) ?? [];
	if (object !== undefined && reason !== undefined) return pathRefused({ path: `object ${object}`, reason });
	throw error;
}
