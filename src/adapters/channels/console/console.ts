// The terminal of the supervisor as a channel: cards and outcomes as lines, with the commands to type. It has no buttons, so it never clicks.
import type { CreateChannel } from "../../../channel-kind.js";
import { spokenTime } from "../../../core/duration.js";
import { printableBlock, printableLine } from "../../../core/rules/printable.js";
import type { Card, CardKind } from "../../../core/words/card.js";
import type { Delivery } from "../../../ports/ports.js";
import { plain } from "../plain.js";
import { commandsOf } from "../typed.js";
import type { Settings } from "./console-kind.js";

export const create: CreateChannel<Settings> = () => createConsole({ write: (text) => process.stderr.write(text) });

export function createConsole(options: { readonly write: (text: string) => void }): Delivery {
	const show = async (lines: readonly string[]) => options.write(`${lines.join("\n")}\n`);
	return {
		name: "console",
		surface: "cli",
		limits: { message: 4_000, pieces: 8 },
		can: { ...plain, buttons: false, edit: false },
		start: async () => {},
		async send(card) {
			await show(linesOf(card));
			return receiptOf(card);
		},
		/** What is printed cannot be changed: the new state is printed below. */
		async edit(_receipt, card) {
			await show(linesOf(card));
			return receiptOf(card);
		},
		/** Tabs stay: a diff is read here. */
		async notice(text) {
			await show(text.split(/\r?\n/).map(printableBlock));
			return null;
		},
		stop: async () => {},
		address: () => "this terminal",
	};
}

function receiptOf({ swapId, epoch, kind }: Card): string {
	return `${swapId}:${epoch}:${kind}`;
}

const ends: Readonly<Record<CardKind, string>> = {
	approval: "Rejected by itself",
	card: "Rolls back by itself",
	promotion: "Kept local by itself",
};

function windowOf({ kind, expiresAtMs, leftMs }: Card): string[] {
	if (expiresAtMs === null) return [];
	const left = leftMs === undefined ? "" : ` in ${spokenTime(leftMs)},`;
	return [`${ends[kind]}${left} at ${new Date(expiresAtMs).toISOString()}.`];
}

function linesOf(card: Card): string[] {
	const { title, lines } = card;
	const commands = commandsOf(card).join("   ");
	const body = [
		...lines.flatMap((line) => line.split(/\r?\n/)),
		...windowOf(card),
		...(commands === "" ? [] : [commands]),
	];
	return [`== ${printableLine(title)}`, ...body.map((line) => `   ${printableLine(line)}`)];
}
