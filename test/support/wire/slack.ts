// Slack on this machine: its Web API with conversations, messages, ephemeral ones and direct ones, its socket, its signed posts, and its
// refusals in its own words. After https://docs.slack.dev/reference/methods; answers unknown_method to the rest.
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Answered, type Arrived, type FaultyServer, serveFaulty } from "./faulty-server.js";
import { textOf, wrongBlocks } from "./slack-blocks.js";
import { type SlackSocket, serveSlackSocket } from "./slack-socket.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface SlackMessage {
	readonly channel: string;
	readonly ts: string;
	readonly thread_ts: string | null;
	/** As it was posted or last edited, every field of the call. */
	sent: Json;
	edits: number;
	deleted: boolean;
}

export interface Told {
	readonly channel: string;
	readonly user: string;
	readonly text: string;
	readonly via: "ephemeral" | "response_url";
}

export interface SlackPress {
	readonly user: string;
	/** Of the button. */
	readonly label?: string;
	/** In place of the button's own. */
	readonly value?: string;
	readonly action?: string;
	readonly channel?: string;
}

export interface SlackWire {
	readonly server: FaultyServer;
	/** As `apiUrl`. */
	readonly url: string;
	readonly socket: SlackSocket;
	readonly token: string;
	readonly appToken: string;
	readonly signingSecret: string;
	readonly messages: readonly SlackMessage[];
	/** What only one person saw. */
	readonly told: readonly Told[];
	/** People that are in no conversation with the bot. */
	readonly outside: Set<string>;
	calls(method: string): readonly Json[];
	labels(message: SlackMessage): readonly string[];
	text(message: SlackMessage): string;
	/** A `block_actions` payload, as Slack makes one of a press. */
	pressed(message: SlackMessage, press: SlackPress): Promise<Json>;
	/** The form that was opened last, filled in and sent off. */
	submitted(user: string, words: string): Promise<Json>;
	/** An `event_callback` of somebody who mentions the bot or writes to it directly. */
	said(words: string, who: { readonly user: string; readonly channel?: string }): Promise<Json>;
	/** Body and headers of a signed post; a part can be put in the place of the right one. */
	signed(payload: Json, wrong?: Wrong): { readonly body: string; readonly headers: Record<string, string> };
	delete(message: SlackMessage): void;
	revoke(): void;
	restore(): void;
	close(): Promise<void>;
}

export interface Wrong {
	readonly secret?: string;
	/** In seconds. */
	readonly timestamp?: number;
	/** JSON, as events are, in place of a form. */
	readonly json?: boolean;
	readonly signature?: string;
}

export const botUser = "U0BOT0001";
const fixture = async (name: string): Promise<Json> =>
	JSON.parse(await readFile(new URL(`../../../fixtures/wire/slack/${name}.json`, import.meta.url), "utf8"));
const refused = (error: string, more: object = {}): Answered => ({ body: { ok: false, error, ...more } });
const fine = (more: object = {}): Answered => ({ body: { ok: true, ...more } });

/** For a 429 as Slack sends it. */
export const rateLimited = (seconds: number): Answered => ({
	status: 429,
	headers: { "retry-after": String(seconds) },
	body: { ok: false, error: "ratelimited" },
});

export async function serveSlack({
	token = "xoxb-test-token",
	appToken = "xapp-test-token",
	signingSecret = "8f742231b10e8888abcd99yyyzzz85a5",
	channels = ["C0CHANNEL", "C0OTHER01"],
} = {}): Promise<SlackWire> {
	const messages: SlackMessage[] = [];
	const told: Told[] = [];
	const calls: { readonly method: string; readonly body: Json }[] = [];
	const outside = new Set<string>();
	const socket = await serveSlackSocket();
	const identity = await fixture("auth_test");
	let revoked = false;
	let serial = 100;
	let event = 0;

	const stamp = () => `1763732000.${String(serial++).padStart(6, "0")}`;
	const isThere = (channel: string) => channels.includes(channel) || channel.startsWith("D0");
	const at = (channel: string, ts: string) =>
		messages.find((one) => one.channel === channel && one.ts === ts && !one.deleted);

	const methods: Readonly<Record<string, (body: Json) => Answered>> = {
		"auth.test": () => fine(identity),
		"apps.connections.open": () => fine({ url: socket.url }),
		"conversations.open": ({ users }) =>
			outside.has(users) ? refused("user_not_found") : fine({ channel: { id: `D0${users.slice(1)}` } }),
		"users.info": ({ user }) => fine({ user: { id: user, name: user.toLowerCase(), real_name: user, profile: {} } }),
		"chat.postMessage": (body) => post(body),
		"chat.update": (body) => {
			const found = at(body.channel, body.ts);
			if (found === undefined) return refused("message_not_found");
			const wrong = wrongOf(body);
			if (wrong !== null) return wrong;
			found.sent = body;
			found.edits += 1;
			return fine({ channel: body.channel, ts: body.ts, text: body.text, message: body });
		},
		"chat.postEphemeral": (body) => {
			if (outside.has(body.user)) return refused("user_not_in_channel");
			const wrong = wrongOf(body);
			if (wrong !== null) return wrong;
			told.push({ channel: body.channel, user: body.user, text: textOf(body), via: "ephemeral" });
			return fine({ message_ts: stamp() });
		},
		"conversations.history": ({ channel, limit }) => history(channel, null, limit),
		"conversations.replies": ({ channel, ts, limit }) => history(channel, ts, limit),
		"views.open": ({ view, trigger_id }) =>
			view?.title?.text.length > 24 || trigger_id === undefined
				? refused("invalid_arguments")
				: fine({ view: { id: "V0VIEW001", ...view } }),
	};

	function wrongOf(body: Json): Answered | null {
		if (!isThere(body.channel)) return refused("channel_not_found");
		const wrong = wrongBlocks(body.blocks ?? []);
		if (wrong.length > 0)
			return refused("invalid_blocks", {
				errors: wrong,
				response_metadata: { messages: wrong.map((one) => `[ERROR] ${one}`) },
			});
		if ((body.text ?? "") === "") return refused("no_text");
		return body.text.length > 40_000 ? refused("msg_too_long") : null;
	}

	function post(body: Json): Answered {
		const wrong = wrongOf(body);
		if (wrong !== null) return wrong;
		const { channel, thread_ts = null } = body;
		const ts = stamp();
		messages.push({ channel, ts, thread_ts, sent: body, edits: 0, deleted: false });
		return fine({ channel, ts, message: { type: "message", user: botUser, bot_id: identity.bot_id, ts, ...body } });
	}

	/** Newest first in a conversation, oldest first in a thread, as Slack does. */
	function history(channel: string, thread: string | null, limit = 100): Answered {
		const shown = messages
			.filter((one) => one.channel === channel && !one.deleted)
			.filter(({ ts, thread_ts }) => (thread === null ? thread_ts === null : thread_ts === thread || ts === thread))
			.map(({ ts, sent }) => ({
				type: "message",
				user: botUser,
				bot_id: identity.bot_id,
				ts,
				text: sent.text,
				blocks: sent.blocks ?? [],
			}));
		const ordered = thread === null ? shown.reverse() : shown;
		return fine({ messages: ordered.slice(0, Number(limit)), has_more: false });
	}

	async function answer(request: Arrived): Promise<Answered> {
		if (request.path.startsWith("/hook/")) {
			const [, , channel = "", user = ""] = request.path.split("/");
			told.push({ channel, user, text: textOf(JSON.parse(request.text)), via: "response_url" });
			return { body: "ok" };
		}
		const method = request.path.replace("/api/", "");
		const body = bodyOf(request.text);
		calls.push({ method, body });
		const right = method === "apps.connections.open" ? appToken : token;
		if (revoked || tokenOf(request, body) !== right) return refused("invalid_auth");
		return methods[method]?.(body) ?? refused("unknown_method");
	}

	const server = await serveFaulty(answer);

	async function pressed(message: SlackMessage, press: SlackPress): Promise<Json> {
		const payload = await fixture("block_actions");
		const button = buttons(message).find(({ text }) => text.text === press.label);
		if (press.label !== undefined && button === undefined) throw new Error(`There is no button ${press.label}.`);
		const channel = press.channel ?? message.channel;
		event += 1;
		payload.user = {
			id: press.user,
			username: press.user.toLowerCase(),
			name: press.user.toLowerCase(),
			team_id: "T0TEAM001",
		};
		payload.trigger_id = `${event}.333649436676.d8c1bb837935619ccad0f624c448ffb3`;
		payload.container = { ...payload.container, message_ts: message.ts, channel_id: channel };
		payload.channel.id = channel;
		payload.message = { ...payload.message, ts: message.ts, blocks: message.sent.blocks };
		if (message.thread_ts !== null) payload.message.thread_ts = message.thread_ts;
		payload.response_url = `${server.url}/hook/${channel}/${press.user}`;
		Object.assign(payload.actions[0], {
			action_id: press.action ?? button?.action_id ?? "confirm",
			value: press.value ?? button?.value,
			action_ts: `1763732010.${String(event).padStart(6, "0")}`,
		});
		return payload;
	}

	async function submitted(user: string, words: string): Promise<Json> {
		const { view } = calls.filter(({ method }) => method === "views.open").at(-1)?.body ?? {};
		if (view === undefined) throw new Error("No form is open.");
		const payload = await fixture("view_submission");
		event += 1;
		payload.user = { ...payload.user, id: user };
		const [{ block_id, element }] = view.blocks;
		const values = { [block_id]: { [element.action_id]: { type: "plain_text_input", value: words } } };
		const hash = `${1763732030 + event}.cd33ad1f`;
		Object.assign(payload.view, { ...view, state: { values }, hash });
		return payload;
	}

	async function said(
		words: string,
		{ user, channel = "C0CHANNEL" }: { user: string; channel?: string },
	): Promise<Json> {
		const payload = await fixture("message_event");
		const direct = channel.startsWith("D");
		event += 1;
		payload.event_id = `Ev${event}`;
		Object.assign(payload.event, { user, channel, ts: stamp(), text: direct ? words : `<@${botUser}> ${words}` });
		if (direct) Object.assign(payload.event, { type: "message", channel_type: "im" });
		return payload;
	}

	return {
		server,
		url: `${server.url}/api/`,
		socket,
		token,
		appToken,
		signingSecret,
		messages,
		told,
		outside,
		calls: (method) => calls.filter((one) => one.method === method).map(({ body }) => body),
		labels: (message) => buttons(message).map(({ text }) => text.text),
		text: ({ sent }) => textOf(sent),
		pressed,
		submitted,
		said,
		signed: (payload, wrong = {}) => signed(payload, { secret: signingSecret, ...wrong }),
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
			await socket.close();
		},
	};
}

export function buttons({ sent }: SlackMessage): readonly Json[] {
	return (sent.blocks ?? []).filter(({ type }: Json) => type === "actions").flatMap(({ elements }: Json) => elements);
}

function signed(payload: Json, { secret, timestamp, json = false, signature }: Wrong & { secret: string }) {
	const body = json ? JSON.stringify(payload) : new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
	const at = String(timestamp ?? Math.floor(Date.now() / 1_000));
	const right = `v0=${createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex")}`;
	return {
		body,
		headers: {
			"content-type": json ? "application/json" : "application/x-www-form-urlencoded",
			"x-slack-request-timestamp": at,
			"x-slack-signature": signature ?? right,
			"user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
		},
	};
}

/** A form, in which what is no text stands as JSON. */
function bodyOf(text: string): Json {
	return Object.fromEntries(
		[...new URLSearchParams(text)].map(([key, value]) => [key, /^[[{]/.test(value) ? parsed(value) : value]),
	);
}

function parsed(text: string): Json {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

const tokenOf = ({ headers }: Arrived, body: Json): string =>
	headers.authorization?.replace(/^Bearer /, "") ?? body.token ?? "";
