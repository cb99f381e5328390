// The refs under which local edits are kept before a checkout follows, each a commit such as `git stash` makes. The newest stay.
import { limits } from "../../../core/limits.js";
import { askOperator } from "../repository/operator.js";
import { type AdvanceContext, dropRef } from "./advance.js";

const KEPT = "refs/deadman/kept/";

export function keptRef(name: string): string {
	return `${KEPT}${name}`;
}

export async function pruneKept(context: Pick<AdvanceContext, "own" | "commands">): Promise<void> {
	const { operator, layout } = context.own;
	const args = ["for-each-ref", "--sort=-committerdate", "--format=%(refname)", KEPT];
	const refs = (await askOperator(operator.gitDir, layout).raw(args)).split("\n").filter((ref) => ref !== "");
	for (const ref of refs.slice(limits.keptEdits)) await dropRef(context, ref);
}
