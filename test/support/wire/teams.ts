// Microsoft's side of a Teams bot on 127.0.0.1: the tenant's login service, the key service, and the Bot Framework's connector with its
// conversations. Speaks as fixtures/wire/teams records it, and signs what it posts to the bot with a key of its own.
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Answered, type Arrived, type FaultyServer, serveFaulty } from "./faulty-server.js";

// biome-ignore lint/suspicious/noExplicitAny: JSON of a platform is looked at, not typed.
export type Json = any;

export const wire = {
	appId: "2b8f5d4e-6d1f-4b3b-8d4d-5a6d1c0f7e11",
	password: "wire-password",
	tenantId: "7e3d9c52-0a44-4c44-9b7d-1f0c7a6b5d22",
	conversation: "19:4d1c0a57b8f5@thread.tacv2",
} as const;

export interface Person {
	/** Of this person for this bot. */
	readonly id: string;
	readonly aadObjectId: string;
	readonly name: string;
}

export const ana: Person = {
	id: "29:1ana-wire",
	aadObjectId: "0b1c4f6e-6f3c-4f8e-9f55-0c7a4b7e0001",
	name: "Ana",
};
export const mallory: Person = {
	id: "29:1mallory-wire",
	aadObjectId: "0b1c4f6e-6f3c-4f8e-9f55-0c7a4b7e0666",
	name: "Mallory",
};

export interface Shown {
	readonly id: string;
	/** With `;messageid=` where it was posted into a thread. */
	readonly conversation: string;
	/** Whom alone it is shown to; null: everybody. */
	readonly to: string | null;
	activity: Json;
	edits: number;
}

export interface Forgery {
	readonly claims?: Readonly<Record<string, unknown>>;
	/** Signs with a key that the key service does not know. */
	readonly foreignKey?: boolean;
	readonly header?: Readonly<Record<string, unknown>>;
	/** In place of the whole header; null: none. */
	readonly authorization?: string | null;
	/** Posted in place of the body that was signed for. */
	readonly body?: string;
	readonly activity?: Readonly<Record<string, unknown>>;
}

export interface TeamsWire {
	readonly server: FaultyServer;
	readonly url: string;
	readonly serviceUrl: string;
	/** Messages that stand, oldest first. */
	readonly shown: Shown[];
	/** Where one's bot listens, for `press` and `say`. */
	botUrl: string;
	press(pressed: {
		readonly card: Shown;
		readonly title: string;
		readonly by: Person;
		readonly forged?: Forgery;
		/** As `Action.Execute` sends it. */
		readonly invoke?: boolean;
	}): Promise<Response>;
	say(said: { readonly text: string; readonly by: Person; readonly conversation?: string }): Promise<Response>;
	/** A signed request as the connector makes it, not sent. */
	signed(activity: Json, forged?: Forgery): { readonly headers: Record<string, string>; readonly body: string };
	/** The text that is on the screens now; of one conversation with its threads, or of one thread, or of all. */
	text(conversation?: string): string;
	titles(card: Shown): string[];
	remove(card: Shown): void;
	/** The bot was removed from this conversation. */
	expel(conversation: string): void;
	/** Tokens that were given so far are not accepted any more. */
	revoke(): void;
	close(): Promise<void>;
}

/** Slow to make, and as good for the next server of this process. */
const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Of fixtures/wire/teams. */
export const record = (name: string): Json =>
	JSON.parse(readFileSync(new URL(`../../../fixtures/wire/teams/${name}.json`, import.meta.url), "utf8"));

export async function serveTeams(): Promise<TeamsWire> {
	const kid = "wire-key-1";
	const shown: Shown[] = [];
	const gone = new Set<string>();
	let generation = 0;
	let counter = 1_700_000_000_000;
	const next = () => {
		counter += 1;
		return String(counter);
	};
	const server = await serveFaulty(answer);
	const serviceUrl = `${server.url}/teams`;

	async function answer(request: Arrived): Promise<Answered> {
		const { pathname, searchParams } = new URL(request.path, server.url);
		if (pathname === `/${wire.tenantId}/oauth2/v2.0/token`) return token(new URLSearchParams(request.text));
		if (pathname === "/v1/.well-known/openidconfiguration") return { body: record("openid-configuration") };
		if (pathname === "/v1/.well-known/keys") return { body: keys() };
		if (!pathname.startsWith("/teams/v3/conversations")) return failure(404, "NotFound", "No such path.");
		if (!accepted(request)) return { status: 401, body: record("error-unauthorized") };
		return connector(request, {
			path: decodeURIComponent(pathname.slice(23)),
			targeted: searchParams.has("isTargetedActivity"),
		});
	}

	function token(form: URLSearchParams): Answered {
		const right = form.get("client_id") === wire.appId && form.get("client_secret") === wire.password;
		if (!right || form.get("grant_type") !== "client_credentials") {
			return { status: 401, body: record("token-refused") };
		}
		const now = Math.floor(Date.now() / 1_000);
		const claims = { aud: form.get("scope"), appid: wire.appId, nbf: now, exp: now + 86_399, generation };
		return { body: { ...record("token"), access_token: sign(claims, key.privateKey) } };
	}

	function keys(): Json {
		const jwk = key.publicKey.export({ format: "jwk" });
		return { keys: [{ ...record("keys").keys[0], kid, x5t: kid, n: jwk.n, e: jwk.e }] };
	}

	function sign(claims: object, privateKey: KeyObject, header: object = {}): string {
		const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const text = `${part({ alg: "RS256", typ: "JWT", kid, x5t: kid, ...header })}.${part(claims)}`;
		return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
	}

	function accepted({ headers }: Arrived): boolean {
		const [, claims] = (headers.authorization ?? "").replace(/^Bearer /, "").split(".");
		return claims !== undefined && JSON.parse(Buffer.from(claims, "base64url").toString()).generation === generation;
	}

	function connector(
		{ method, text }: Arrived,
		{ path, targeted }: { readonly path: string; readonly targeted: boolean },
	): Answered {
		const body: Json = text === "" ? {} : JSON.parse(text);
		if (path === "" && method === "POST") {
			return { status: 201, body: { id: `a:1${Buffer.from(body.members[0].id).toString("hex")}` } };
		}
		const [, conversation = "", messageId] = /^\/([^/]+)\/activities(?:\/([^/]+))?$/.exec(path) ?? [];
		if (gone.has(baseOf(conversation))) return { status: 403, body: record("error-not-in-roster") };
		if (Math.max(text.length * 2, Buffer.byteLength(text)) > 28 * 1_024) {
			return failure(413, "MessageSizeTooBig", "Message size too large.");
		}
		if (method === "POST" && messageId === undefined) return post(conversation, body, targeted);
		const found = shown.find((one) => one.id === messageId && baseOf(one.conversation) === baseOf(conversation));
		if (method !== "PUT" || found === undefined) return { status: 404, body: record("error-activity-not-found") };
		found.activity = body;
		found.edits += 1;
		return { body: { id: messageId } };
	}

	function post(conversation: string, activity: Json, targeted: boolean): Answered {
		if (!/^(?:19:|a:)/.test(conversation)) return failure(404, "ConversationNotFound", "Conversation not found.");
		const id = next();
		shown.push({ id, conversation, to: targeted ? activity.recipient.id : null, activity, edits: 0 });
		return { status: 201, body: { id } };
	}

	function signed(activity: Json, forged: Forgery = {}) {
		const now = Math.floor(Date.now() / 1_000);
		const claims = {
			...record("inbound-claims"),
			aud: wire.appId,
			serviceurl: activity.serviceUrl,
			nbf: now,
			exp: now + 3_600,
		};
		const made = sign(
			{ ...claims, ...forged.claims },
			forged.foreignKey ? foreign.privateKey : key.privateKey,
			forged.header,
		);
		const authorization = forged.authorization === undefined ? `Bearer ${made}` : forged.authorization;
		return {
			headers: { "content-type": "application/json; charset=utf-8", ...(authorization !== null && { authorization }) },
			body: forged.body ?? JSON.stringify({ ...activity, ...forged.activity }),
		};
	}

	function from(name: string, by: Person, conversation: string, more: Json): Json {
		const personal = conversation.startsWith("a:");
		return {
			...record(name),
			id: `f:${next()}`,
			timestamp: new Date().toISOString(),
			serviceUrl,
			from: by,
			recipient: { id: `28:${wire.appId}`, name: "deadman" },
			conversation: {
				id: conversation,
				tenantId: wire.tenantId,
				...(personal ? { conversationType: "personal" } : { isGroup: true, conversationType: "channel" }),
			},
			...more,
		};
	}

	async function deliver(activity: Json, forged?: Forgery): Promise<Response> {
		return fetch(wire_.botUrl, { method: "POST", ...signed(activity, forged) });
	}

	const wire_: TeamsWire = {
		server,
		url: server.url,
		serviceUrl,
		shown,
		botUrl: "",
		async press({ card, title, by, forged, invoke }) {
			const action = cardOf(card)?.actions?.find((one: Json) => one.title === title);
			if (action === undefined) throw new Error(`The card has no button ${title}: ${JSON.stringify(card.activity)}`);
			const where = card.conversation.endsWith("@thread.tacv2")
				? `${card.conversation};messageid=${card.id}`
				: card.conversation;
			const value = invoke ? { action: { type: "Action.Execute", data: action.data }, trigger: "manual" } : action.data;
			const name = invoke ? "invoke-card-action" : "message-submit";
			return deliver(from(name, by, where, { replyToId: card.id, value }), forged);
		},
		say: ({ text, by, conversation = wire.conversation }) => deliver(from("message-text", by, conversation, { text })),
		signed,
		text: (where) =>
			shown
				.filter(({ conversation }) => where === undefined || conversation === where || baseOf(conversation) === where)
				.map(({ activity }) => textOf(activity))
				.join("\n"),
		titles: (card) => (cardOf(card)?.actions ?? []).map(({ title }: Json) => title),
		remove: (card) => void shown.splice(shown.indexOf(card), 1),
		expel: (conversation) => void gone.add(conversation),
		revoke: () => {
			generation += 1;
		},
		close: () => server.close(),
	};
	return wire_;
}

/** A thread of a channel is the channel with the id of its first message. */
function baseOf(conversation: string): string {
	return conversation.replace(/;messageid=\d+$/, "");
}

function failure(status: number, code: string, message: string): Answered {
	return { status, body: { error: { code, message } } };
}

function cardOf({ activity }: Shown): Json {
	return activity.attachments?.[0]?.content;
}

/** As a reader sees it: escapes are gone, structure is not. */
function textOf({ text = "", attachments = [] }: Json): string {
	const blocks = attachments.flatMap(({ content }: Json) => content.body.map((block: Json) => block.text ?? ""));
	return [text, ...blocks].join("\n").replace(/\\([\p{P}\p{S}])/gu, "$1");
}
