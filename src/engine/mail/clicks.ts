// A click on a card becomes a verb, if its nonce is right; the answer is always a sentence about what happened.
import { formatDuration } from "../../core/duration.js";
import { limits } from "../../core/limits.js";
import type { Sight } from "../../core/people/seen.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import type { Actor, Swap } from "../../core/swap.js";
import type { StoredClick } from "../../ports/ports.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import type { Verdicts } from "../verbs/supervisor.js";

export interface Clicking {
	readonly engine: Engine;
	readonly verdicts: Verdicts;
	readonly audit: Audit;
}

/** A click that was stored, with who it was. */
export interface Judged extends StoredClick {
	readonly by: Actor;
}

export async function answerClick(
	{ verdicts, audit }: Pick<Clicking, "verdicts" | "audit">,
	click: Judged,
	seen: Sight | null,
): Promise<string> {
	const { by } = click;
	if (!click.genuine) {
		const refusal = refuse("click_invalid", { id: click.swapId });
		await audit({ swapId: click.swapId, by, verb: click.verdict, refusal, shown: `epoch ${click.epoch}` });
		return `${refusal.message} ${refusal.next}`;
	}
	const answer = await act(verdicts, click, seen);
	return isRefusal(answer) ? `${answer.message} ${answer.next}` : happenedBy(click, answer);
}

function act(verdicts: Verdicts, click: Judged, seen: Sight | null): Promise<Swap | Refusal> {
	const { swapId: id, epoch, verdict, by } = click;
	const request = { id, by, epoch };
	switch (verdict) {
		case "approve":
			return verdicts.approve({ ...request, insist: false, typed: click.typed ?? null, seen });
		case "reject":
			return verdicts.reject({ ...request, reason: "" });
		case "confirm":
			return verdicts.confirm(request);
		case "rollback":
			return verdicts.rollback({ ...request, reason: "" });
		case "extend":
			return verdicts.extend({ ...request, byMs: limits.extensionMs });
		case "promote":
			return verdicts.promote(request);
		case "keep":
			return verdicts.keep(request);
	}
}

function happenedBy(click: StoredClick, swap: Swap): string {
	switch (click.verdict) {
		case "approve":
			return swap.status === "pending_approval"
				? `${swap.id} has your approval and waits for another one.`
				: `${swap.id} is approved.`;
		case "reject":
			return `${swap.id} is rejected.`;
		case "confirm":
			return `${swap.id} is confirmed: the new version stays.`;
		case "rollback":
			return `${swap.id} is being rolled back.`;
		case "extend":
			return `${swap.id} has at most ${formatDuration(limits.extensionMs)} more, under its cap.`;
		case "promote":
			return `${swap.id} is being applied to the template.`;
		case "keep":
			return `${swap.id} stays local: the template is as it was.`;
	}
}
