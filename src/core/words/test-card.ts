// The card that tries a channel out: it belongs to no swap, and its buttons decide nothing.
import { type Actor, actorName } from "../actor.js";
import type { Card } from "./card-face.js";

/** Of the shape of a swap's id, and never given to one. */
export const testSwapId = "sw_test00";

/** `edited`: as it looks when the edit has arrived. */
export function testCard(of: { readonly channel: string; readonly buttons: boolean; readonly edited: boolean }): Card {
	const { channel, buttons, edited } = of;
	const try_ = "Press a button: it decides nothing, and answers with who you are here.";
	return {
		swapId: testSwapId,
		epoch: 1,
		kind: "card",
		title: `This is a test of deadman's channel ${channel}.`,
		lines: [
			edited ? "It arrived, and so did this edit." : "It arrived.",
			...(buttons ? [try_] : []),
			"No swap is concerned.",
		],
		buttons: buttons ? ["confirm", "rollback"] : [],
		expiresAtMs: null,
		decided: false,
		phrase: null,
	};
}

/** Tells the identity that `people` in the configuration needs. */
export function testAnswer(by: Actor, person: string | null): string {
	const who = person === null ? "nobody in the configuration's people" : person;
	return `This is a test, and your click arrived: you are ${actorName(by)} here, ${who}. Nothing was decided.`;
}
