// WhatsApp's Cloud API on this machine: takes messages as Meta does and refuses them in its words, keeps what people see, and makes the
// signed webhooks of what they press and write. After https://developers.facebook.com/docs/whatsapp/cloud-api.
import { createHmac } from "node:crypto";
import { type Answered, type FaultyServer, serveFaulty } from "./faulty-server.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface WhatsappMessage {
	readonly id: string;
	readonly to: string;
	readonly text: string;
	readonly buttons: readonly { readonly id: string; readonly title: string }[];
}

/** As Meta posts it; `headers` hold the signature. */
export interface Webhook {
	readonly method: "POST";
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

export interface WhatsappWire {
	readonly server: FaultyServer;
	readonly url: string;
	readonly accessToken: string;
	readonly appSecret: string;
	readonly phoneNumberId: string;
	readonly messages: readonly WhatsappMessage[];
	/** Bodies of what was sent, also of what was refused. */
	readonly calls: readonly Json[];
	shown(): string;
	/** Somebody who has not written for a day. */
	readonly silent: Set<string>;
	revoke(): void;
	press(message: WhatsappMessage, press: WhatsappPress): Webhook;
	say(text: string, from: string, change?: object): Webhook;
	/** What was taken could not be delivered after all. */
	failed(message: WhatsappMessage, code: number, title: string): Webhook;
	sign(body: string, secret?: string): Webhook;
	close(): Promise<void>;
}

export interface WhatsappPress {
	readonly from: string;
	readonly title?: string;
	/** In place of a button's. */
	readonly id?: string;
	/** Seconds since 1970; default now. */
	readonly timestamp?: number;
	readonly phoneNumberId?: string;
}

const displayNumber = "15550783881";

const refused = (status: number, error: object): Answered => ({
	status,
	body: { error: { type: "OAuthException", fbtrace_id: "Az8or2yhqkZfEZ-_4Qn_Bam", ...error } },
});
const wrong = (details: string) =>
	refused(400, {
		message: "(#131009) Parameter value is not valid",
		code: 131009,
		error_data: { messaging_product: "whatsapp", details },
	});

export async function serveWhatsapp(): Promise<WhatsappWire> {
	const accessToken = "EAAtest-access-token";
	const appSecret = "0123456789abcdef-app-secret";
	const phoneNumberId = "106540352242922";
	const messages: WhatsappMessage[] = [];
	const calls: Json[] = [];
	const silent = new Set<string>();
	let revoked = false;
	let counter = 0;
	const server = await serveFaulty(answer);

	async function answer({ method, path, headers, text }: Json): Promise<Answered> {
		if (revoked || headers.authorization !== `Bearer ${accessToken}`) {
			const message = "Error validating access token: The session has been invalidated";
			return refused(401, { message, code: 190, error_subcode: 460 });
		}
		if (method !== "POST" || path !== `/v25.0/${phoneNumberId}/messages`) {
			const message = "Unsupported post request. Object with this ID does not exist";
			return refused(400, { message, code: 100, error_subcode: 33, type: "GraphMethodException" });
		}
		const body: Json = JSON.parse(text);
		calls.push(body);
		return problemOf(body) ?? taken(body);
	}

	function problemOf(body: Json): Answered | null {
		if (body.messaging_product !== "whatsapp") return wrong("messaging_product must be whatsapp");
		if (!/^\d{6,15}$/.test(body.to ?? "")) return wrong("to is no number");
		if (silent.has(body.to)) {
			const details =
				"Message failed to send because more than 24 hours have passed since the customer last replied to this number.";
			const error = { messaging_product: "whatsapp", details };
			return refused(400, { message: "(#131047) Re-engagement message", code: 131047, error_data: error });
		}
		return body.type === "text" ? problemOfText(body.text) : problemOfButtons(body.interactive);
	}

	function taken(body: Json): Answered {
		counter += 1;
		const id = `wamid.HBgMNDkxNzAxMjM0NTY3FQIAERgS${String(counter).padStart(8, "0")}AA==`;
		const text = body.text?.body ?? body.interactive.body.text;
		const buttons = (body.interactive?.action.buttons ?? []).map(({ reply }: Json) => reply);
		messages.push({ id, to: body.to, text, buttons });
		const contacts = [{ input: body.to, wa_id: body.to }];
		return { body: { messaging_product: "whatsapp", contacts, messages: [{ id }] } };
	}

	function event(value: object, number = phoneNumberId): Webhook {
		const metadata = { display_phone_number: displayNumber, phone_number_id: number };
		const changes = [{ value: { messaging_product: "whatsapp", metadata, ...value }, field: "messages" }];
		return sign(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "102290129340398", changes }] }));
	}

	function sign(body: string, secret = appSecret): Webhook {
		const signature = createHmac("sha256", secret).update(body).digest("hex");
		const headers = { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` };
		return { method: "POST", url: "/", headers, body: Buffer.from(body) };
	}

	function inbound(from: string, message: object, change: WhatsappPress | object = {}): Webhook {
		counter += 1;
		const id = `wamid.HBgMNDkxNzAxMjM0NTY3FQIAEhgU${String(counter).padStart(8, "0")}AA==`;
		const { timestamp = Math.floor(Date.now() / 1_000), phoneNumberId: number } = change as WhatsappPress;
		const contacts = [{ profile: { name: "Person" }, wa_id: from }];
		return event({ contacts, messages: [{ from, id, timestamp: String(timestamp), ...message }] }, number);
	}

	return {
		server,
		url: server.url,
		accessToken,
		appSecret,
		phoneNumberId,
		messages,
		calls,
		silent,
		shown: () =>
			messages.map(({ text, buttons }) => [text, ...buttons.map(({ title }) => `[${title}]`)].join("\n")).join("\n\n"),
		revoke() {
			revoked = true;
		},
		press(message, press) {
			const button = message.buttons.find(({ title }) => title === press.title);
			if (press.title !== undefined && button === undefined) throw new Error(`There is no button ${press.title}.`);
			const reply = { id: press.id ?? button?.id ?? "", title: button?.title ?? "Confirm" };
			const context = { from: displayNumber, id: message.id };
			const interactive = { type: "button_reply", button_reply: reply };
			return inbound(press.from, { context, type: "interactive", interactive }, press);
		},
		say: (text, from, change = {}) => inbound(from, { text: { body: text }, type: "text" }, change),
		failed: ({ id, to }, code, title) =>
			event({
				statuses: [{ id, status: "failed", timestamp: "1800000000", recipient_id: to, errors: [{ code, title }] }],
			}),
		sign,
		close: () => server.close(),
	};
}

function problemOfText(text: Json): Answered | null {
	const body: unknown = text?.body;
	if (typeof body !== "string" || body.trim() === "") return wrong("text.body is empty");
	return body.length > 4_096 ? wrong("text.body is longer than 4096 characters") : null;
}

function problemOfButtons(interactive: Json): Answered | null {
	const body: unknown = interactive?.body?.text;
	const buttons: readonly Json[] = interactive?.action?.buttons ?? [];
	const replies = buttons.map(({ reply }) => reply);
	if (interactive?.type !== "button") return wrong("interactive.type is not known here");
	if (typeof body !== "string" || body === "" || body.length > 1_024)
		return wrong("interactive.body.text is 1 to 1024");
	if (replies.length < 1 || replies.length > 3) return wrong("1 to 3 buttons");
	if (new Set(replies.map(({ id }) => id)).size !== replies.length) return wrong("ids have to differ");
	if (replies.some(({ title }) => title.length < 1 || title.length > 20)) return wrong("titles are 1 to 20 characters");
	return replies.some(({ id }) => id.length < 1 || id.length > 256) ? wrong("ids are 1 to 256 characters") : null;
}
