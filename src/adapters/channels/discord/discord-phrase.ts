// The form that asks for a phrase, where a press is not enough to approve: a modal, whose words are handed in as if they had been written
// in the channel. Decides nothing.
import { valueMark } from "./discord-text.js";

/** In a `custom_id`: of a button that opens the form, and of the form. */
export const typeAction = "type";
const formAction = "phrase";

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
export const pressed = 3;
export const submitted = 5;
const modal = 9;

export interface FormInteraction {
	readonly id: string;
	readonly token: string;
	readonly type: number;
	readonly channel_id?: string;
	readonly guild_id?: string;
	readonly channel?: { readonly type?: number; readonly parent_id?: string | null };
	readonly member?: { readonly user?: object };
	readonly user?: object;
	readonly data?: {
		readonly custom_id?: string;
		readonly components?: readonly { readonly components?: readonly { readonly value?: string }[] }[];
	};
}

/** The response that opens the form; null: it was another press. */
export function formFor({ type, data }: FormInteraction): object | null {
	const [action, value = ""] = (data?.custom_id ?? "").split(valueMark);
	if (type !== pressed || action !== typeAction) return null;
	const input = { type: 4, custom_id: formAction, style: 1, label: "The phrase that the card names", max_length: 100 };
	return {
		type: modal,
		data: {
			custom_id: `${formAction}${valueMark}${value}`,
			title: `Approve ${swapIdOf(value)}`,
			components: [{ type: 1, components: [{ ...input, required: true }] }],
		},
	};
}

export interface Typed {
	/** Null: they name another swap, or none. */
	readonly words: object | null;
	readonly sentence: string;
}

/** Null: no form of ours. */
export function typedIn(interaction: FormInteraction): Typed | null {
	const { type, data } = interaction;
	const [action, value = ""] = (data?.custom_id ?? "").split(valueMark);
	if (type !== submitted || action !== formAction) return null;
	const typed = data?.components?.[0]?.components?.[0]?.value ?? "";
	if (swapIdOf(value) === "" || !typed.includes(swapIdOf(value)))
		return { words: null, sentence: "This is not the phrase that the card names. Nothing was decided." };
	return { words: asMessage(interaction, typed), sentence: `Handed in: ${typed}. The answer is written below.` };
}

const swapIdOf = (value: string): string => /^sw_[a-z0-9]{6}(?=\.)/.exec(value)?.[0] ?? "";

/** As a MESSAGE_CREATE of the same person. */
function asMessage({ id, channel_id, guild_id, channel, member, user }: FormInteraction, content: string): object {
	const isThread = [10, 11, 12].includes(channel?.type ?? -1) && typeof channel?.parent_id === "string";
	return {
		id,
		channel_id,
		...(guild_id === undefined ? {} : { guild_id }),
		...(isThread ? { thread: { id: channel_id, parent_id: channel?.parent_id } } : {}),
		content,
		author: member?.user ?? user ?? { id: "" },
		mentions: [],
		mention_roles: [],
		attachments: [],
		timestamp: new Date(Date.now()).toISOString(),
	};
}
