// Discord on this machine: its REST API with channels, threads, direct messages, interactions and their answers, its gateway, its signed
// posts, and its refusals in its own words. After https://discord.com/developers/docs/reference; answers 404 to the rest.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type DiscordGateway, serveDiscordGateway } from "./discord-gateway.js";
import { readOf, wrongMessage } from "./discord-messages.js";
import { type Answered, type Arrived, type FaultyServer, serveFaulty } from "./faulty-server.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface DiscordMessage {
	readonly channel: string;
	readonly id: string;
	/** As it was posted and edited: an edit replaces only the fields it names. */
	sent: Json;
	edits: number;
	deleted: boolean;
}

/** What one interaction was answered. */
export interface Told {
	readonly text: string;
	readonly ephemeral: boolean;
	readonly via: "callback" | "followup" | "original";
}

export interface DiscordPress {
	readonly user: string;
	readonly label?: string;
	/** In place of the button's own. */
	readonly customId?: string;
	readonly channel?: string;
}

export interface DiscordWire {
	readonly server: FaultyServer;
	/** As `apiUrl`. */
	readonly url: string;
	readonly gateway: DiscordGateway;
	readonly token: string;
	/** In hexadecimal. */
	readonly publicKey: string;
	readonly messages: readonly DiscordMessage[];
	/** By the token of the interaction. */
	told(token: string): readonly Told[];
	/** Types of the answers to its callback. */
	callbacks(token: string): readonly number[];
	/** The answer that stands in the response to a signed post. */
	responded(token: string, type: number): void;
	calls(method: string, path: RegExp): readonly Json[];
	labels(message: DiscordMessage): readonly string[];
	text(message: DiscordMessage): string;
	/** An interaction, as Discord makes one of a press. */
	pressed(message: DiscordMessage, press: DiscordPress): Promise<Json>;
	/** The form that a press opened, filled in and sent off. */
	submitted(press: Json, form: Json, words: string): Json;
	/** Somebody mentions the bot, or writes to it directly. */
	said(words: string, who: { readonly user: string; readonly channel?: string }): Promise<Json>;
	signed(payload: Json, wrong?: Wrong): { readonly body: string; readonly headers: Record<string, string> };
	delete(message: DiscordMessage): void;
	revoke(): void;
	restore(): void;
	close(): Promise<void>;
}

export interface Wrong {
	readonly key?: KeyObject;
	/** In seconds. */
	readonly timestamp?: number;
	readonly signature?: string;
}

export const application = "845027738276462632";
export const guild = "290926798626357999";
export const channel = "345626669114982402";
export const otherChannel = "345626669114982499";
/** Of `channel`. */
export const thread = "345626669114982777";
/** Takes no direct messages. */
export const closedUser = "53908232506183000";

const fixture = async (name: string): Promise<Json> =>
	JSON.parse(await readFile(new URL(`../../../fixtures/wire/discord/${name}.json`, import.meta.url), "utf8"));
const refused = (status: number, code: number, message: string, more: object = {}): Answered => ({
	status,
	body: { message, code, ...more },
});
const fine = (body: Json): Answered => ({ body });

/** For a 429 as Discord sends it. */
export const rateLimited = (seconds: number): Answered => ({
	status: 429,
	headers: {
		"retry-after": String(Math.ceil(seconds)),
		"x-ratelimit-limit": "5",
		"x-ratelimit-remaining": "0",
		"x-ratelimit-reset-after": String(seconds),
		"x-ratelimit-scope": "user",
	},
	body: { message: "You are being rate limited.", retry_after: seconds, global: false },
});

type Route = readonly [string, RegExp, (path: readonly string[], body: Json, query: URLSearchParams) => Answered];

export async function serveDiscord({ token = "discord-test-token", heartbeatMs = 41_250 } = {}): Promise<DiscordWire> {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const gateway = await serveDiscordGateway({ heartbeatMs });
	const limits = await fixture("gateway_bot");
	const messages: DiscordMessage[] = [];
	const answers: { readonly token: string; readonly told: Told }[] = [];
	const callbacks: { readonly token: string; readonly type: number }[] = [];
	const calls: { readonly method: string; readonly path: string; readonly body: Json }[] = [];
	const direct = new Map<string, string>();
	let revoked = false;
	let serial = 0;
	gateway.isRight = (given) => !revoked && given === token;

	const snowflake = () => String(1063246128371896321n + BigInt(serial++));
	const isThere = (id: string) => [channel, otherChannel, thread].includes(id) || [...direct.values()].includes(id);
	const at = (id: string) => messages.find((one) => one.id === id && !one.deleted);
	const shown = ({ channel: channel_id, id, sent }: DiscordMessage) => ({
		id,
		channel_id,
		author: { id: application, username: "deadman", bot: true },
		timestamp: "2026-11-21T12:00:00.000000+00:00",
		content: "",
		embeds: [],
		attachments: [],
		mentions: [],
		...sent,
		components: sent.components ?? [],
	});

	function wrongOf(body: Json): Answered | null {
		const wrong = wrongMessage(body);
		if (wrong.length > 0) return refused(400, 50035, "Invalid Form Body", { errors: { _errors: wrong } });
		const empty = (body.content ?? "") === "" && (body.embeds ?? []).length === 0;
		return empty ? refused(400, 50006, "Cannot send an empty message") : null;
	}

	function keep(interaction: string, body: Json, via: Told["via"]): Answered {
		if (!callbacks.some((one) => one.token === interaction)) return refused(404, 10015, "Unknown Webhook");
		const wrong = wrongOf(body);
		if (wrong !== null) return wrong;
		answers.push({ token: interaction, told: { text: readOf(body), ephemeral: body.flags === 64, via } });
		return fine({ id: snowflake() });
	}

	const routes: readonly Route[] = [
		["GET", /^\/users\/@me$/, () => fine({ id: application, username: "deadman", bot: true })],
		["GET", /^\/gateway\/bot$/, () => fine({ ...limits, url: gateway.url })],
		[
			"POST",
			/^\/users\/@me\/channels$/,
			(_, { recipient_id }) => {
				if (!direct.has(recipient_id)) direct.set(recipient_id, snowflake());
				return fine({ id: direct.get(recipient_id), type: 1, recipients: [{ id: recipient_id }] });
			},
		],
		[
			"GET",
			/^\/channels\/(\d+)$/,
			([id = ""]) =>
				isThere(id)
					? fine(id === thread ? { id, type: 11, guild_id: guild, parent_id: channel } : { id, type: 0 })
					: refused(404, 10003, "Unknown Channel"),
		],
		[
			"POST",
			/^\/channels\/(\d+)\/messages$/,
			([id = ""], body) => {
				if (!isThere(id)) return refused(404, 10003, "Unknown Channel");
				if (id === direct.get(closedUser)) return refused(403, 50007, "Cannot send messages to this user");
				const wrong = wrongOf(body);
				if (wrong !== null) return wrong;
				const message = { channel: id, id: snowflake(), sent: body, edits: 0, deleted: false };
				messages.push(message);
				return fine(shown(message));
			},
		],
		[
			"PATCH",
			/^\/channels\/(\d+)\/messages\/(\d+)$/,
			([id, messageId = ""], body) => {
				const found = at(messageId);
				if (found === undefined || found.channel !== id) return refused(404, 10008, "Unknown Message");
				const wrong = wrongOf({ ...found.sent, ...body });
				if (wrong !== null) return wrong;
				found.sent = { ...found.sent, ...body };
				found.edits += 1;
				return fine(shown(found));
			},
		],
		[
			"GET",
			/^\/channels\/(\d+)\/messages$/,
			([id = ""], _, query) => {
				if (!isThere(id)) return refused(404, 10003, "Unknown Channel");
				const before = query.get("before");
				const there = messages.filter(
					(one) => one.channel === id && !one.deleted && (before === null || one.id < before),
				);
				return fine(
					there
						.reverse()
						.slice(0, Number(query.get("limit") ?? 50))
						.map(shown),
				);
			},
		],
		[
			"POST",
			/^\/interactions\/(\d+)\/([\w-]+)\/callback$/,
			([, interaction = ""], { type, data }) => {
				if (callbacks.some((one) => one.token === interaction))
					return refused(400, 40060, "Interaction has already been acknowledged.");
				const wrong = type === 4 ? wrongOf(data) : null;
				if (wrong !== null) return wrong;
				callbacks.push({ token: interaction, type });
				if (type === 4) keep(interaction, data, "callback");
				return { status: 204, body: "" };
			},
		],
		["POST", /^\/webhooks\/(\d+)\/([\w-]+)$/, ([, interaction = ""], body) => keep(interaction, body, "followup")],
		[
			"PATCH",
			/^\/webhooks\/(\d+)\/([\w-]+)\/messages\/@original$/,
			([, interaction = ""], body) => keep(interaction, { ...body, flags: 64 }, "original"),
		],
	];

	async function answer({ method, path, headers, text }: Arrived): Promise<Answered> {
		const { pathname, searchParams } = new URL(path, "http://discord.invalid");
		const short = pathname.replace(/^\/api\/v10/, "");
		const body = text === "" ? {} : JSON.parse(text);
		calls.push({ method, path: short, body });
		// Their token stands in their path.
		const open = short.startsWith("/interactions/") || short.startsWith("/webhooks/");
		if (!open && (revoked || headers.authorization !== `Bot ${token}`)) return refused(401, 0, "401: Unauthorized");
		for (const [verb, pattern, act] of routes) {
			const found = verb === method ? pattern.exec(short) : null;
			if (found !== null) return act(found.slice(1), body, searchParams);
		}
		return refused(404, 0, "404: Not Found");
	}

	const server = await serveFaulty(answer);

	async function pressed(message: DiscordMessage, press: DiscordPress): Promise<Json> {
		const payload = await fixture("interaction_component");
		const button = buttons(message).find(({ label }) => label === press.label);
		if (press.label !== undefined && button === undefined) throw new Error(`There is no button ${press.label}.`);
		const where = press.channel ?? message.channel;
		payload.id = snowflake();
		payload.token = `interaction-${payload.id}`;
		payload.channel_id = where;
		payload.channel = where === thread ? { id: where, type: 11, parent_id: channel } : { id: where, type: 0 };
		Object.assign(payload.message, shown(message), { channel_id: where });
		payload.data.custom_id = press.customId ?? button?.custom_id ?? "confirm";
		payload.member.user = { ...payload.member.user, id: press.user, username: `user${press.user}` };
		if ([...direct.values()].includes(where)) {
			Object.assign(payload, { user: payload.member.user, context: 1, channel: { id: where, type: 1 } });
			for (const field of ["member", "guild_id", "guild_locale"]) delete payload[field];
		}
		return payload;
	}

	async function said(
		words: string,
		{ user, channel: where = channel }: { user: string; channel?: string },
	): Promise<Json> {
		const payload = await fixture("message_create");
		Object.assign(payload, { id: snowflake(), channel_id: where, content: `<@${application}> ${words}` });
		payload.author = { ...payload.author, id: user, username: `user${user}` };
		if ([...direct.values()].includes(where)) {
			Object.assign(payload, { content: words, mentions: [] });
			delete payload.guild_id;
		}
		return payload;
	}

	return {
		server,
		url: `${server.url}/api/v10`,
		gateway,
		token,
		publicKey: publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex"),
		messages,
		told: (interaction) => answers.filter((one) => one.token === interaction).map(({ told }) => told),
		callbacks: (interaction) => callbacks.filter((one) => one.token === interaction).map(({ type }) => type),
		responded: (interaction, type) => void callbacks.push({ token: interaction, type }),
		calls: (method, path) =>
			calls.filter((one) => one.method === method && path.test(one.path)).map(({ body }) => body),
		labels: (message) => buttons(message).map(({ label }) => label),
		text: ({ sent }) => readOf(sent),
		pressed,
		submitted(press, { data }, words) {
			const id = snowflake();
			const input = { type: 4, custom_id: data.components[0].components[0].custom_id, value: words };
			const filled = { custom_id: data.custom_id, components: [{ type: 1, components: [input] }] };
			return { ...press, type: 5, id, token: `interaction-${id}`, data: filled };
		},
		said,
		signed: (payload, wrong = {}) => signed(payload, { key: privateKey, ...wrong }),
		delete: (message) => {
			message.deleted = true;
		},
		revoke: () => {
			revoked = true;
		},
		restore: () => {
			revoked = false;
		},
		async close() {
			await server.close();
			await gateway.close();
		},
	};
}

export function buttons({ sent }: DiscordMessage): readonly Json[] {
	return (sent.components ?? []).flatMap(({ components }: Json) => components);
}

function signed(payload: Json, { key, timestamp, signature }: Wrong & { key: KeyObject }) {
	const body = JSON.stringify(payload);
	const at = String(timestamp ?? Math.floor(Date.now() / 1_000));
	const right = sign(null, Buffer.from(at + body), key).toString("hex");
	return {
		body,
		headers: {
			"content-type": "application/json",
			"x-signature-timestamp": at,
			"x-signature-ed25519": signature ?? right,
			"user-agent": "Discord-Interactions/1.0 (+https://discord.com)",
		},
	};
}
