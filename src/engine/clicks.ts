// A click on a card becomes a verb, if its nonce is right; the answer is always a sentence about what happened.
import { formatDuration } from "../core/duration.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Actor, Swap } from "../core/swap.js";
import type { Click } from "../ports.js";
import type { Audit } from "./audit.js";
import type { Engine } from "./context.js";
import { settingsOf } from "./owners.js";
import type { Verdicts } from "./verdicts.js";

export interface Clicking {
	readonly engine: Engine;
	readonly verdicts: Verdicts;
	readonly audit: Audit;
}

export async function answerClick({ engine, verdicts, audit }: Clicking, click: Click): Promise<string> {
	const by: Actor = { surface: "page", id: click.actorId };
	if (!engine.ports.nonces.matches(click.swapId, click.epoch, click.nonce)) {
		const refusal = refuse("click_invalid", { id: click.swapId });
		await audit({ swapId: click.swapId, by, verb: click.verdict, refusal, shown: `epoch ${click.epoch}` });
		return `${refusal.message} ${refusal.next}`;
	}
	const answer = await act(engine, verdicts, { click, by });
	return isRefusal(answer) ? `${answer.message} ${answer.next}` : happenedBy(click, answer, engine);
}

interface Verified {
	readonly click: Click;
	readonly by: Actor;
}

function act(engine: Engine, verdicts: Verdicts, { click, by }: Verified): Promise<Swap | Refusal> {
	const { swapId: id, epoch, verdict } = click;
	const request = { id, by, epoch };
	switch (verdict) {
		case "approve":
			return verdicts.approve({ ...request, insist: false, typed: click.typed ?? null });
		case "reject":
			return verdicts.reject({ ...request, reason: "" });
		case "confirm":
			return verdicts.confirm(request);
		case "rollback":
			return verdicts.rollback({ ...request, reason: "" });
		case "extend":
			return windowOf(engine, id).then((byMs) => verdicts.extend({ ...request, byMs }));
		case "promote":
			return verdicts.promote(request);
		case "keep":
			return verdicts.keep(request);
	}
}

/** A click gives what the first window was. */
async function windowOf(engine: Engine, id: string): Promise<number> {
	const swap = await engine.ports.journal.swap(id);
	return (swap === null ? engine.settings : settingsOf(engine, swap)).deadman.initialMs;
}

function happenedBy(click: Click, swap: Swap, engine: Engine): string {
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
			return `${swap.id} has at most ${formatDuration(settingsOf(engine, swap).deadman.initialMs)} more, under its cap.`;
		case "promote":
			return `${swap.id} is being applied to the template.`;
		case "keep":
			return `${swap.id} stays local: the template is as it was.`;
	}
}
