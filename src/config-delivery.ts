// The key `delivery`: the channels to people, each with what its platform needs. Secrets are named, never written here.
import { z } from "zod";
import { isLoopback } from "./config-http.js";
import { command, duration, noNul, port } from "./config-shapes.js";

/** A value that stands elsewhere: in a variable of the supervisor's environment, or in a file, relative to the repository's folder. */
const secret = z
	.strictObject({
		env: z
			.string()
			.regex(/^[A-Za-z_]\w*$/)
			.optional(),
		file: noNul.min(1).optional(),
	})
	.refine(({ env, file }) => (env === undefined) !== (file === undefined), { message: "Name one of env and file." });

/** https and wss, or http and ws on this machine; without a user and a password in it. */
export const safeUrl = z.string().refine(isSafe, {
	message: "Write an https address, or an http one on this machine; without a user and a password in it.",
});

/** As the platform writes it: the id of a conversation, a person or an application. */
const id = noNul.min(1).max(200);

/** Channels of one kind are told apart by their names; left out: the kind. */
const name = z
	.string()
	.regex(/^[a-z][a-z0-9-]{1,19}$/, { message: "Use 2 to 20 small letters, digits and `-`." })
	.optional();

const common = {
	name,
	/** Other conversations in which requests may come, and to which their cards go back. */
	conversations: z.array(id).default([]),
	/** In place of the platform's own address: a proxy, or a server for tests. */
	apiUrl: safeUrl.optional(),
};

const telegram = z.strictObject({
	kind: z.literal("telegram"),
	...common,
	token: secret,
	/** Of the conversation: a number, negative for groups. */
	chat: id,
	mode: z.enum(["polling", "webhook"]).default("polling"),
	/** `secret_token` of setWebhook. */
	webhookSecret: secret.optional(),
});

const slack = z.strictObject({
	kind: z.literal("slack"),
	...common,
	/** Of the bot: xoxb-… */
	token: secret,
	/** C…, G… or D… */
	channel: id,
	mode: z.enum(["socket", "webhook"]).default("socket"),
	/** Of the app, for the socket: xapp-… */
	appToken: secret.optional(),
	/** For the webhook. */
	signingSecret: secret.optional(),
});

const discord = z.strictObject({
	kind: z.literal("discord"),
	...common,
	token: secret,
	applicationId: id,
	/** 64 hexadecimal characters, for interactions over HTTP. */
	publicKey: z
		.string()
		.regex(/^[0-9a-f]{64}$/i)
		.optional(),
	/** Of the server; null: direct messages. */
	guild: id.nullable().default(null),
	channel: id,
	mode: z.enum(["gateway", "interactions"]).default("gateway"),
});

const teams = z.strictObject({
	kind: z.literal("teams"),
	...common,
	appId: id,
	password: secret,
	tenantId: id,
	conversation: id,
	/** Of the Bot Framework, as the conversation's activities name it. */
	serviceUrl: safeUrl.optional(),
});

const whatsapp = z.strictObject({
	kind: z.literal("whatsapp"),
	...common,
	accessToken: secret,
	phoneNumberId: id,
	appSecret: secret,
	verifyToken: secret,
	/** The number that is written to, with its country code and without `+`. */
	to: id,
});

const webhook = z.strictObject({
	kind: z.literal("webhook"),
	name,
	url: safeUrl,
	/** Signs what goes out and what comes in. */
	secret,
});

/** Run for each card and notice, with it as JSON on its stdin. */
const commanded = z.strictObject({ kind: z.literal("command"), name, command: command.unwrap() });

/** The supervised program delivers it, with `deliver` of deadman/client. */
const app = z.strictObject({
	kind: z.literal("app"),
	name,
	/** So long without a receipt, and the other channels are told as well. */
	within: duration.default(30_000),
});

const channel = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("console"), name }),
	z.strictObject({ kind: z.literal("page"), name, port: port.default(0) }),
	telegram,
	slack,
	discord,
	teams,
	whatsapp,
	webhook,
	commanded,
	app,
]);

export const delivery = z.array(channel).default([{ kind: "console" }]);

export type Channel = z.output<typeof channel>;
export type ChannelOf<K extends Channel["kind"]> = Extract<Channel, { readonly kind: K }>;
export type SecretSource = z.output<typeof secret>;

/** A name's first letters to find it by; the kind where none is given. */
export function channelName({ kind, name: given }: Channel): string {
	return given ?? kind;
}

interface Problem {
	readonly path: string[];
	readonly message: string;
}

/** Names that are taken twice, modes without what they need, chats without people. */
export function deliveryProblems(
	channels: readonly Channel[],
	beside: { readonly hasPeople: boolean; readonly hasHttp: boolean },
): readonly Problem[] {
	const names = channels.map(channelName);
	const twice =
		names.length === new Set(names).size ? [] : ["Each channel has a name of its own; left out, it is the kind"];
	if (channels.filter(({ kind }) => kind === "app").length > 1) twice.push("The program has one channel of its own.");
	return [
		...twice.map((message) => ({ path: ["delivery"], message })),
		...channels.flatMap((one, index) =>
			problemsOf(one, beside).map((message) => ({ path: ["delivery", String(index)], message })),
		),
	];
}

const chats = ["telegram", "slack", "discord", "teams", "whatsapp", "webhook"];

function problemsOf(one: Channel, { hasPeople, hasHttp }: { readonly hasPeople: boolean; readonly hasHttp: boolean }) {
	const problems: string[] = [];
	if (chats.includes(one.kind) && !hasPeople)
		problems.push("In a chat anybody may click: name who may decide under `people`, with their identities there.");
	if (takesRequests(one) && !hasHttp)
		problems.push("The platform posts to us, so the door over TCP has to be open: configure `http`.");
	if (one.kind === "telegram" && one.mode === "webhook" && one.webhookSecret === undefined)
		problems.push("The mode webhook needs webhookSecret.");
	if (one.kind === "slack" && one.mode === "socket" && one.appToken === undefined)
		problems.push("The mode socket needs appToken.");
	if (one.kind === "slack" && one.mode === "webhook" && one.signingSecret === undefined)
		problems.push("The mode webhook needs signingSecret.");
	if (one.kind === "discord" && one.mode === "interactions" && one.publicKey === undefined)
		problems.push("The mode interactions needs publicKey.");
	return problems;
}

function takesRequests(one: Channel): boolean {
	if (one.kind === "teams" || one.kind === "whatsapp") return true;
	if (one.kind === "discord") return one.mode === "interactions";
	return (one.kind === "telegram" || one.kind === "slack") && one.mode === "webhook";
}

function isSafe(text: string): boolean {
	try {
		const { protocol, hostname, username, password } = new URL(text);
		if (username !== "" || password !== "") return false;
		if (protocol === "https:" || protocol === "wss:") return true;
		return (protocol === "http:" || protocol === "ws:") && isLoopback(hostname.replace(/^\[|\]$/g, ""));
	} catch {
		return false;
	}
}
