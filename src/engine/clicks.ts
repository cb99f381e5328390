// A click on a card becomes a verb, if its nonce is right; the answer is always a sentence about what happened.
import { formatDuration } from "../core/duration.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Actor, Swap } from "../core/swap.js";
import type { Click } from "../ports.js";
import type { Engine } from "./context.js";
import type { Verdicts } from "./verdicts.js";

export async function answerClick(engine: Engine, verdicts: Verdicts, click: Click): Promise<string> {
	const answer = await act(engine, verdicts, click);
	return isRefusal(answer) ? `${answer.message} ${answer.next}` : happenedBy(click, answer, engine);
}

function act(engine: Engine, verdicts: Verdicts, click: Click): Promise<Swap | Refusal> {
	const { swapId: id, epoch, nonce, verdict } = click;
	const by: Actor = { surface: "page", id: click.actorId };
	if (!engine.ports.nonces.matches(id, epoch, nonce)) return Promise.resolve(refuse("click_invalid", { id }));
	switch (verdict) {
		case "confirm":
			return verdicts.confirm({ id, by, epoch });
		case "rollback":
			return verdicts.rollback({ id, by, epoch, reason: "" });
		case "extend":
			return verdicts.extend({ id, by, epoch, byMs: engine.settings.deadman.initialMs });
	}
}

function happenedBy(click: Click, swap: Swap, engine: Engine): string {
	if (click.verdict === "confirm") return `${swap.id} is confirmed: the new version stays.`;
	if (click.verdict === "rollback") return `${swap.id} is being rolled back.`;
	return `${swap.id} has at most ${formatDuration(engine.settings.deadman.initialMs)} more, under its cap.`;
}
