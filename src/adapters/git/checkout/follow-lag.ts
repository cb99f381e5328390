// A branch that has the commit already, though no plan of ours says so: another hand moved it, or an older version, which moved the branch before it looked at
// the checkout. Finds what the checkout still lacks; changes nothing.

import { touchedBetween } from "../trees/touched.js";
import type { AdvanceContext, BranchMove } from "./advance.js";
import { whereIsBranch } from "./checkouts.js";
import { staleEntries } from "./follow-index.js";

export async function lagging(
	context: AdvanceContext,
	{ branch, expected, to }: BranchMove,
): Promise<readonly string[] | "elsewhere"> {
	if ((await whereIsBranch(context.own, branch)).kind === "elsewhere") return "elsewhere";
	const entries = (await touchedBetween(context.own.git, expected, to)).map((one) => ({ ...one, flag: null }));
	return (await staleEntries(context, { entries })).map(({ path }) => path);
}
