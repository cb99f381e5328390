// The answers to interactions: within the 3 s that Discord gives, seen only by who pressed, and no spinner left behind. Decides nothing.
import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryFailed } from "../../../ports/ports.js";
import type { DiscordApi } from "./discord-api.js";
import { sentenceText } from "./discord-text.js";

export interface Interactions {
	/** One that came over the gateway: it is acknowledged by us. Over HTTP the response does that. */
	arrived(interaction: Interaction): void;
	tell(interaction: Interaction, sentence: string): Promise<void>;
	/** The first and only answer to one that was not announced by `arrived`. */
	respond(interaction: Interaction, response: object): Promise<void>;
}

export interface Interaction {
	readonly id: string;
	readonly token: string;
}

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object */
const shown = 4;
const deferred = 6;
const ephemeral = 64;
/** Of the 3 s. */
const deferAfterMs = 1_500;
/** A message beside the response is taken only when the response has arrived there. */
const againMs = 300;
const tries = 5;

/** A response that only the person sees. */
export function toldAlone(sentence: string) {
	return {
		type: shown,
		data: { content: sentenceText(sentence), flags: ephemeral, allowed_mentions: { parse: [] } },
	};
}

export function createInteractions(api: DiscordApi, applicationId: string): Interactions {
	/** What waits for an answer, with what ends the wait. */
	const waiting = new Map<string, NodeJS.Timeout>();
	const acknowledged = new Map<string, Promise<unknown>>();
	const callback = ({ id, token }: Interaction, body: object) =>
		api.call("POST", `/interactions/${id}/${token}/callback`, body);

	function defer(interaction: Interaction): void {
		waiting.delete(interaction.id);
		const done = callback(interaction, { type: deferred }).catch(() => {});
		acknowledged.set(interaction.id, done);
		void done.then(() => sleep(againMs, null, { ref: false })).then(() => acknowledged.delete(interaction.id));
	}

	async function beside({ token }: Interaction, data: object): Promise<void> {
		for (let left = tries; ; left -= 1) {
			try {
				await api.call("POST", `/webhooks/${applicationId}/${token}`, data);
				return;
			} catch (error) {
				if ((error as DeliveryFailed).code !== "gone" || left <= 1) throw error;
				await sleep(againMs);
			}
		}
	}

	return {
		async respond(interaction, response) {
			await callback(interaction, response);
		},
		arrived(interaction) {
			waiting.set(
				interaction.id,
				setTimeout(() => defer(interaction), deferAfterMs),
			);
		},
		async tell(interaction, sentence) {
			const { data } = toldAlone(sentence);
			const timer = waiting.get(interaction.id);
			if (timer === undefined) {
				await acknowledged.get(interaction.id);
				return beside(interaction, data);
			}
			clearTimeout(timer);
			waiting.delete(interaction.id);
			await callback(interaction, toldAlone(sentence));
		},
	};
}
