// Promote: what was confirmed becomes the operator's branch. Where that cannot be, the commit waits under a ref, and people are told what to do.
import type { FactBody } from "../../core/facts.js";
import { hostTarget } from "../../core/swap.js";
import type { Live } from "../../ports/ports.js";
import { effect } from "../base/effects.js";
import { advanceSentence } from "./advance-sentence.js";
import { candidateOf, type Part, partsOf, proposalOf, type Step } from "./step.js";
import { mismatchOf } from "./whole.js";

export const promote: Step = async (context) => {
	const parts = partsOf(context);
	const mixed = await mismatchOf(parts);
	if (mixed !== null) return [{ type: "undone", cause: mixed }];
	for (const part of parts) await keep(part);
	context.engine.kept.set(context.swap.id);
	const sentences: string[] = [];
	for (const part of parts) {
		sentences.push(part.change.target === hostTarget ? await promoteHost(part) : `Kept for ${part.change.target}.`);
	}
	for (const { engine } of parts) await effect(engine.ports, "promote.ballast", () => engine.ports.ballast.free());
	const { templated = [] } = proposalOf(context.swap);
	return [
		{ type: "promoted", by: context.swap.decidedBy ?? "supervisor", sentence: sentences.join(" ") },
		...(templated.length === 0 ? [] : [{ type: "promotionOffered", paths: templated } satisfies FactBody]),
	];
};

async function promoteHost({ engine, swap, change }: Part): Promise<string> {
	const { branchHead: expected } = proposalOf(swap);
	const { branch } = engine.settings;
	const advance = await effect(engine.ports, "promote.branch", () =>
		engine.ports.repository.advanceBranch({ swapId: swap.id, branch, expected, to: change.commit }),
	);
	return `Kept. ${advanceSentence({ branch, commit: change.commit, advance })}`;
}

/** First of all: from here on nothing undoes it, not even a start without a journal, and the next rollback goes back to it. */
async function keep(part: Part): Promise<void> {
	const { ports } = part.engine;
	const head = await ports.releases.head();
	const live: Live = {
		schemaVersion: 1,
		release: candidateOf(part),
		proven: true,
		trial: null,
		...(head === null ? {} : { head }),
	};
	await effect(ports, "promote.unpin", () => ports.releases.writeLive(live));
}
