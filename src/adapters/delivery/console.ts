// The terminal of the supervisor as a channel: cards and outcomes as lines, with the commands to type. It has no buttons, so it never clicks.
import type { Card } from "../../core/card.js";
import { printableLine } from "../../core/printable.js";
import type { Delivery } from "../../ports.js";

export function createConsole(options: { readonly write: (text: string) => void }): Delivery {
	const show = async (lines: readonly string[]) => options.write(`${lines.join("\n")}\n`);
	return {
		name: "console",
		start: async () => {},
		async send(card) {
			await show(linesOf(card));
			return `${card.swapId}:${card.epoch}`;
		},
		/** What is printed cannot be changed: the new state is printed below. */
		edit: (_receipt, card) => show(linesOf(card)),
		notice: (text) => show(text.split(/\r?\n/).map(printableLine)),
		stop: async () => {},
		address: () => "this terminal",
	};
}

function linesOf(card: Card): string[] {
	const { swapId, title, lines, buttons, expiresAtMs } = card;
	const window = expiresAtMs === null ? [] : [`Rolls back by itself at ${new Date(expiresAtMs).toISOString()}.`];
	const commands = buttons.map((button) => `deadman ${button} ${swapId}`).join("   ");
	const body = [...lines.flatMap((line) => line.split(/\r?\n/)), ...window, ...(commands === "" ? [] : [commands])];
	return [`== ${printableLine(title)}`, ...body.map((line) => `   ${printableLine(line)}`)];
}
