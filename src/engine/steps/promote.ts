// Promote: what was confirmed becomes the operator's branch. A branch that moved in the last moment is left alone and told.
import type { Advance } from "../../ports.js";
import { effect } from "../effects.js";
import { candidateOf, proposalOf } from "./stage.js";
import type { Step } from "./step.js";

export const promote: Step = async ({ engine, swap }) => {
	const { repository, releases, ballast } = engine.ports;
	const { branchHead, commit } = proposalOf(swap);
	const { branch } = engine.settings;
	const advance = await effect(engine.ports, "promote.branch", () =>
		repository.advanceBranch({ branch, expected: branchHead, to: commit }),
	);
	const live = { schemaVersion: 1, release: candidateOf(swap), proven: true, trial: null } as const;
	await effect(engine.ports, "promote.unpin", () => releases.writeLive(live));
	await effect(engine.ports, "promote.ballast", () => ballast.free());
	return [{ type: "promoted", by: swap.decidedBy ?? "supervisor", sentence: sentenceOf(branch, commit, advance) }];
};

function sentenceOf(branch: string, commit: string, advance: Advance): string {
	const short = commit.slice(0, 12);
	if (!advance.moved)
		return `Kept. ${branch} was left at ${advance.head.slice(0, 12)}: it moved in the last moment; merge ${short} into it.`;
	if (advance.checkout === "left_dirty")
		return `Kept. ${branch} is at ${short}; its checkout has local changes and was left alone.`;
	return `Kept. ${branch} is at ${short}.`;
}
