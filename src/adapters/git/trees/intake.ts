// Brings one commit from the operator's repository into the own one, every object checked on the way, and refuses what must not be released.
import { type Refusal, refuse } from "../../../core/refusals.js";
import { CommandFailed } from "../../../ports/ports.js";
import { fetchArgs, listTreeArgs } from "../repository/argv.js";
import { asFlags, historicBlemishes } from "../repository/environment.js";
import { askOperator } from "../repository/operator.js";
import type { Own } from "../repository/own-repository.js";
import { malformedPath, pathRefused } from "./tree-check.js";

const INTAKE_REF = "refs/deadman/intake";

/** Commits of clones, which the operator's repository never sees. */
const ARRIVALS = "refs/deadman/workspaces/";

export function isCommitHash(text: string): boolean {
	return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Fetches again even where the commit is there already: git then only proves that nothing below it is missing. */
export async function fetchCommit(own: Own, commit: string): Promise<Refusal | null> {
	if (!isCommitHash(commit)) return refuse("revision_unknown", { revision: JSON.stringify(commit) });
	if (await hasArrived(own, commit)) return null;
	const args = [...asFlags(historicBlemishes), ...fetchArgs(own.operator.commonDir, commit, INTAKE_REF)];
	try {
		await own.git.run(args, { transport: "file" });
		return null;
	} catch (error) {
		if (error instanceof CommandFailed) return fetchRefusal(own, error, commit);
		throw error;
	}
}

/** Refs get there only when every object below them was checked. */
export async function hasArrived(own: Own, commit: string): Promise<boolean> {
	if (!isCommitHash(commit)) return false;
	const args = ["for-each-ref", "--count=1", "--format=%(objectname)", `--points-at=${commit}`, ARRIVALS];
	// 129: there is no such object.
	return (await own.git.run(args, { accept: [0, 129] })).stdout.toString().trim() === commit;
}

/** What the two sides of a fetch say about the commit; anything else stays a failure. */
async function fetchRefusal(own: Own, error: CommandFailed, commit: string): Promise<Refusal> {
	const text = error.tail.join("\n");
	if (/not our ref|couldn't find remote ref|bad object/i.test(text)) {
		return refuse("revision_unknown", { revision: commit });
	}
	const list = () => askOperator(own.operator.gitDir, own.layout).raw(listTreeArgs(commit));
	const refusal = await objectRefusal(text, list);
	if (refusal !== null) return refusal;
	throw error;
}

/** A malformed object, as `fsck` names it, with the path where the commit itself holds it. */
export async function objectRefusal(text: string, list: () => Promise<Buffer | string>): Promise<Refusal | null> {
	const [, object, reason] = /object ([0-9a-f]{40,64}): (\w+: .*)/.exec(text) ?? [];
	if (object === undefined || reason === undefined) return null;
	const listing = await list().catch(() => "");
	const problem = await malformedPath(Buffer.from(listing));
	if (problem === null) return pathRefused({ path: `object ${object}`, reason });
	return pathRefused({ path: problem.path, reason: `${problem.reason}; ${reason}` });
}
