// What comes over the gateway, handed to the SDK's adapter as if it had come over HTTP: presses of buttons, and words that are meant for
// the bot. Everything else stays outside.
import { DeliveryFailed, type Log } from "../../../ports/ports.js";
import type { DiscordSdk } from "./discord-adapter.js";
import type { DiscordApi } from "./discord-api.js";
import { type Interactions, toldAlone } from "./discord-interactions.js";
import { type FormInteraction, formFor, pressed, typedIn } from "./discord-phrase.js";

export interface EventParts {
	readonly adapter: DiscordSdk;
	readonly api: DiscordApi;
	readonly interactions: Interactions;
	/** Of the bot. */
	readonly userId: string;
	readonly token: string;
	/** With which the adapter knows that an interaction is ours. */
	readonly mark: string;
	readonly name: string;
	readonly log: Log;
}

/** The header that bears `mark`. */
export const markHeader = "x-deadman-gateway";

const notStored = "This press could not be stored, and nothing was decided. Press again.";
const parentsKnown = 500;

interface Words {
	readonly channel_id: string;
	readonly guild_id?: string;
	readonly content: string;
	readonly mentions?: readonly { readonly id: string }[];
	readonly author?: { readonly id: string; readonly bot?: boolean };
}

/** Never rejects. */
export function createEvents(parts: EventParts): (type: string, data: unknown) => void {
	const parentOf = createParents(parts.api);
	const failed = (error: unknown) =>
		parts.log.warn("chat.gateway_event", { channel: parts.name, error: String(error).slice(0, 300) });
	return (type, data) => {
		if (type === "INTERACTION_CREATE") press(parts, data as FormInteraction).catch(failed);
		if (type === "MESSAGE_CREATE") say(parts, data as Words, parentOf).catch(failed);
	};
}

async function press(parts: EventParts, interaction: FormInteraction): Promise<void> {
	const form = formFor(interaction);
	if (form !== null) return parts.interactions.respond(interaction, form);
	const response = await submit(parts, interaction);
	if (response !== null) return parts.interactions.respond(interaction, response);
	if (interaction.type !== pressed) return;
	const { adapter, interactions } = parts;
	const work: Promise<unknown>[] = [];
	interactions.arrived(interaction);
	const options = { waitUntil: (task: Promise<unknown>) => void work.push(task), propagateHandlerErrors: true };
	try {
		await adapter.handleWebhook(requestOf({ [markHeader]: parts.mark }, interaction), options);
		await Promise.all(work);
	} catch (error) {
		await interactions.tell(interaction, notStored);
		throw error;
	}
}

/** A form that was sent off: its words are stored and judged before it is answered. Null: none. */
export async function submit(
	parts: Pick<EventParts, "adapter" | "token">,
	one: FormInteraction,
): Promise<object | null> {
	const typed = typedIn(one);
	if (typed === null) return null;
	if (typed.words !== null) await hear(parts, typed.words);
	return toldAlone(typed.sentence);
}

async function hear({ adapter, token }: Pick<EventParts, "adapter" | "token">, data: object): Promise<void> {
	const event = { type: "GATEWAY_MESSAGE_CREATE", timestamp: Date.now(), data };
	await adapter.handleWebhook(requestOf({ "x-discord-gateway-token": token }, event));
}

/** The SDK opens a thread for each mention; ours are not to. */
async function say(parts: EventParts, words: Words, parentOf: (id: string) => Promise<string | null>): Promise<void> {
	const { userId } = parts;
	const isMeant = words.guild_id === undefined || (words.mentions ?? []).some(({ id }) => id === userId);
	if (!isMeant || words.author?.bot === true || words.author?.id === userId) return;
	const content = words.content.replaceAll(new RegExp(`<@!?${userId}>`, "g"), "").trim();
	const parent_id = words.guild_id === undefined ? null : await parentOf(words.channel_id);
	const thread = parent_id === null ? {} : { thread: { id: words.channel_id, parent_id } };
	await hear(parts, { attachments: [], mention_roles: [], ...words, content, mentions: [], ...thread });
}

function requestOf(header: Readonly<Record<string, string>>, body: object): Request {
	const headers = { "content-type": "application/json", ...header };
	return new Request("http://discord.invalid/", { method: "POST", headers, body: JSON.stringify(body) });
}

/** Discord does not say with a message whether its channel is a thread. */
function createParents(api: DiscordApi): (id: string) => Promise<string | null> {
	const known = new Map<string, string | null>();
	const threadTypes: ReadonlySet<number> = new Set([10, 11, 12]);
	return async (id) => {
		const found = known.get(id);
		if (found !== undefined) return found;
		const { type, parent_id = null } = await api.call<{ type: number; parent_id?: string | null }>(
			"GET",
			`/channels/${id}`,
		);
		const parent = threadTypes.has(type) ? parent_id : null;
		known.set(id, parent);
		if (known.size > parentsKnown) known.delete(known.keys().next().value ?? "");
		return parent;
	};
}

/** For the SDK, which asks whether an interaction is genuine. */
export const bears =
	(mark: string) =>
	(request: Request): boolean => {
		if (request.headers.get(markHeader) === mark) return true;
		throw new DeliveryFailed({ code: "refused", message: "Not from the gateway." });
	};
