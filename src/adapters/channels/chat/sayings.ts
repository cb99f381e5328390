// Words that people write to the bot: handed in as they are, answered where they were written. What bots write, what we write, edits, and
// what is written in other conversations are none of them.
import type { Message, SlashCommandEvent } from "chat";
import type { HandlerParts } from "./clicks.js";
import { createOnce } from "./once.js";
import { eventIdIn, placeIn } from "./reading.js";

/** A phrase of ours is a line; nobody reads a book to find one. */
const CHARACTERS = 2_000;

interface Said {
	readonly threadId: string;
	readonly text: string;
	readonly actorId: string;
	readonly eventId: string;
}

export function createSayings({ platform, adapter, inbox, answers, handling }: HandlerParts) {
	const once = createOnce();

	async function say({ threadId, text, actorId, eventId }: Said): Promise<void> {
		const place = placeIn(platform, adapter, threadId);
		if (place === null || actorId === "" || text.trim() === "" || text.length > CHARACTERS) return;
		const sentence = await inbox.say({ text, actorId, place, eventId });
		if (sentence !== null) handling.beside(answers.reply(threadId, sentence));
	}

	return {
		/** Resolves when the words are stored and judged. */
		async take({ threadId, message }: { readonly threadId: string; readonly message: Message }): Promise<void> {
			const { author, metadata, raw, text } = message;
			if (author.isMe || author.isBot === true || author.isSystem === true || metadata.edited) return;
			const eventId = eventIdIn(platform, raw) ?? `${threadId}/${message.id}`;
			await once(eventId, () => say({ threadId, text, actorId: author.userId, eventId }));
		},

		/** `/confirm sw_abc234` says what `confirm sw_abc234` says. */
		async takeCommand({ command, text, user, channel, raw }: SlashCommandEvent): Promise<void> {
			if (user.isMe || user.isBot === true) return;
			const said = `${command.replace(/^\//, "").replace(/@\S+$/, "")} ${text}`;
			const eventId = eventIdIn(platform, raw);
			await once(eventId, () =>
				say({ threadId: channel.id, text: said, actorId: user.userId, eventId: eventId ?? "" }),
			);
		},
	};
}
