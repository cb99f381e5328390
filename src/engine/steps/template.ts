// Template: a confirmed change of an agent's private copy becomes what new agents start from. What was reviewed is written, never what
// lies there now; existing agents keep their copies.
import { isRefusal } from "../../core/refusals.js";
import { causeOf, hostTarget } from "../../core/swap.js";
import type { Applied } from "../../ports/ports.js";
import { effect } from "../base/effects.js";
import { advanceSentence } from "./advance-sentence.js";
import { proposalOf, type Step, type StepContext } from "./step.js";

export const template: Step = async (context) => {
	const { engine, swap } = context;
	const { ports, settings } = engine;
	const { tree, templateBase, summary } = proposalOf(swap);
	const paths = swap.promotion?.paths ?? [];
	const promoted = await effect(ports, "template.commit", () =>
		ports.repository.promote({
			swapId: swap.id,
			branch: settings.branch,
			base: templateBase ?? proposalOf(swap).base,
			tree,
			paths,
			message: `${summary}\n\nApplied to the template.\n\nDeadman-Swap: ${swap.id}\n`,
		}),
	);
	if (isRefusal(promoted)) {
		return [{ type: "promotionRefused", cause: causeOf(promoted.code, `${promoted.message} ${promoted.next}`) }];
	}
	const { commit, advance } = promoted;
	if (!advance.moved) {
		const why = advanceSentence({ branch: settings.branch, commit, advance });
		return [{ type: "promotionRefused", cause: causeOf("checkout_in_the_way", why) }];
	}
	await startFrom(context, promoted);
	const sentence = `For agents to come: ${advanceSentence({ branch: settings.branch, commit, advance })}`;
	return [{ type: "promotionApplied", commit, sentence }];
};

/**
 * Proposals start from the template as it is now. The release that runs stays the same: it never reads the template. Where the operator has
 * committed more meanwhile, proposals start from where they did: nobody has approved that yet.
 */
async function startFrom({ engine, swap }: StepContext, { commit, parent }: Applied): Promise<void> {
	const { releases } = engine.of(hostTarget).ports;
	const live = await releases.readLive();
	if (live === null || parent !== (live.head ?? live.release.commit)) return;
	if (live.trial !== null && live.trial.swapId !== swap.id) return;
	await effect(engine.ports, "template.live", () => releases.writeLive({ ...live, head: commit }));
}
