// The supervised program's own channel: a mailbox in memory from which the program takes what it has to show. Holds nothing over a restart:
// the outbox does, and asks again.
import { createHash, randomUUID } from "node:crypto";
import type { CreateChannel } from "../../../channel-kind.js";
import { limits } from "../../../core/limits.js";
import type { Card } from "../../../core/words/card.js";
import {
	type Clock,
	type Delivery,
	DeliveryFailed,
	type Inbox,
	type Mailbox,
	type Nonces,
} from "../../../ports/ports.js";
import { plain } from "../plain.js";
import type { Settings } from "./app-kind.js";
import { createMailbox } from "./app-mailbox.js";

export const create: CreateChannel<Settings> = ({ within }, { name, nonces, clock }) =>
	createAppChannel({ name, withinMs: within, nonces, clock });

export interface AppChannelOptions {
	readonly name: string;
	/** So long without a receipt, and the other channels are told as well, in milliseconds. */
	readonly withinMs: number;
	readonly nonces: Pick<Nonces, "of">;
	readonly clock: Clock;
}

/** Below the limit of a call, so that what is told is our own sentence. */
const longestWaitMs = limits.sendTimeoutMs - 500;

export interface AppChannel extends Delivery {
	readonly mailbox: Mailbox;
}

/** Rejects with `unreachable` where no program took the message in time; the same message comes again with the same id. */
export function createAppChannel({ name, withinMs, nonces, clock }: AppChannelOptions): AppChannel {
	const life = randomUUID().slice(0, 8);
	/** Notices have no name of their own: the same words again, once they were delivered, are another notice. */
	const told = new Map<string, number>();
	const box = createMailbox({ waitMs: Math.min(withinMs, longestWaitMs), clock });

	let inbox: Inbox | null = null;

	/** The program is not told the nonce: what it may say is asked before. */
	const click: Mailbox["click"] = async ({ actor, ...rest }) => {
		if (inbox === null) throw new DeliveryFailed({ code: "unreachable", message: "The channel is not open yet." });
		return inbox.click({ ...rest, nonce: nonces.of(rest.swapId, rest.epoch), actorId: actor });
	};

	async function notice(text: string): Promise<string> {
		const words = digest(text);
		const id = `${life}.${words}.${told.get(words) ?? 0}`;
		const receipt = await box.post({ id, kind: "notice", card: null, text, receipt: null });
		told.set(words, (told.get(words) ?? 0) + 1);
		if (told.size > limits.listed) told.delete(told.keys().next().value ?? "");
		return receipt;
	}

	return {
		name,
		surface: "app",
		limits: { message: 4_000, pieces: 8 },
		can: { ...plain, cardCharacters: 4_000 },
		async start(theirs) {
			inbox = theirs;
		},
		send: (card) => box.post({ id: nameOf(card), kind: "card", card, text: null, receipt: null }),
		edit: (receipt, card) =>
			box.post({
				id: `${nameOf(card)}.${digest(JSON.stringify([receipt, card]))}`,
				kind: "card",
				card,
				text: null,
				receipt,
			}),
		notice,
		async stop() {
			inbox = null;
			box.close(new DeliveryFailed({ code: "unreachable", message: "The supervisor stops." }));
		},
		address: () => "the program's own channel",
		mailbox: { withinMs, take: box.take, answer: box.answer, click },
	};
}

/** Whatever the card shows by now: who posted it once has posted it. */
function nameOf({ swapId, epoch, kind }: Card): string {
	return `${swapId}.${epoch}.${kind}`;
}

function digest(text: string): string {
	return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
