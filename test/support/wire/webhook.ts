// Some other system on 127.0.0.1: takes deadman's webhooks as their documentation says, shows what it was sent, and sends presses back. Verifies
// and signs in code of its own.
import { createHmac } from "node:crypto";
import { type Answered, type Arrived, type FaultyServer, serveFaulty } from "./faulty-server.js";

// biome-ignore lint/suspicious/noExplicitAny: JSON is looked at, not typed.
export type Json = any;

export interface Stored {
	readonly receipt: string;
	/** As JSON. */
	readonly to: string;
	payload: Json;
	edits: number;
}

export interface Forgery {
	/** Signs with it. */
	readonly secret?: string;
	readonly atMs?: number;
	/** Sent in place of the body that was signed. */
	readonly body?: string;
	/** In place of the whole header of that name; null: none. */
	readonly signature?: string | null;
	readonly method?: string;
}

export interface WebhookWire {
	readonly server: FaultyServer;
	readonly url: string;
	readonly secret: string;
	readonly stored: Stored[];
	readonly notices: { readonly to: string; readonly text: string }[];
	/** Deliveries that came again, and were answered as the first time. */
	readonly repeated: string[];
	/** Where deadman listens. */
	deadmanUrl: string;
	press(
		pressed: { readonly stored: Stored; readonly verdict: string; readonly actor: string } & Json,
	): Promise<Response>;
	post(body: Json, forged?: Forgery): Promise<Response>;
	/** Headers and body of a signed press. */
	signed(body: Json, forged?: Forgery): { readonly headers: Record<string, string>; readonly body: string };
	text(to?: Json): string;
	close(): Promise<void>;
}

const signatureOf = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("base64");

export const own = { conversation: null, thread: null, person: null };

/** `named`: it has receipts of its own. */
export async function serveWebhook({ named = true } = {}): Promise<WebhookWire> {
	const secret = "wire-secret";
	const stored: Stored[] = [];
	const notices: WebhookWire["notices"] = [];
	const repeated: string[] = [];
	const answers = new Map<string, Answered>();
	let count = 0;
	const server = await serveFaulty(take);

	async function take(request: Arrived): Promise<Answered> {
		if (request.method !== "POST" || !isGenuine(request)) return { status: 401, body: {} };
		const payload = JSON.parse(request.text);
		if (payload.delivery !== request.headers["webhook-id"]) return { status: 400, body: {} };
		const before = answers.get(payload.delivery);
		if (before !== undefined) {
			repeated.push(payload.delivery);
			return before;
		}
		const answer = show(payload);
		if ((answer.status ?? 200) < 300) answers.set(payload.delivery, answer);
		return answer;
	}

	function isGenuine({ headers, text }: Arrived): boolean {
		const { "webhook-id": id, "webhook-timestamp": t, "webhook-signature": signature } = headers;
		return (
			signature === `v1,${signatureOf(secret, `${id}.${t}.${text}`)}` && Math.abs(Date.now() / 1_000 - Number(t)) < 300
		);
	}

	function show(payload: Json): Answered {
		const to = JSON.stringify(payload.to);
		if (payload.kind === "notice") {
			notices.push({ to, text: payload.text });
			return { body: named ? { receipt: `n${notices.length}` } : "" };
		}
		if (payload.receipt !== null) return edit(payload);
		count += 1;
		const receipt = named ? `m${count}` : payload.delivery;
		stored.push({ receipt, to, payload, edits: 0 });
		return { status: 201, body: named ? { receipt } : "" };
	}

	function edit(payload: Json): Answered {
		const found = stored.find(({ receipt }) => receipt === payload.receipt);
		if (found === undefined) return { status: 410, body: {} };
		found.payload = payload;
		found.edits += 1;
		return { body: "" };
	}

	function signed(body: Json, { secret: other = secret, atMs = Date.now(), ...forged }: Forgery = {}) {
		const text = typeof body === "string" ? body : JSON.stringify(body);
		const t = Math.floor(atMs / 1_000);
		const id = `press-${t}`;
		const genuine = `v1,${signatureOf(other, `${id}.${t}.${text}`)}`;
		const signature = forged.signature === undefined ? genuine : forged.signature;
		const headers = {
			"content-type": "application/json",
			"webhook-id": id,
			"webhook-timestamp": String(t),
			...(signature !== null && { "webhook-signature": signature }),
		};
		return { headers, body: forged.body ?? text };
	}

	const wire: WebhookWire = {
		server,
		url: `${server.url}/hooks/cards?key=hush`,
		secret,
		stored,
		notices,
		repeated,
		deadmanUrl: "",
		press({ stored: shown, verdict, actor, ...more }) {
			const button = shown.payload.buttons.find((one: Json) => one.verdict === verdict);
			if (button === undefined) throw new Error(`There is no button ${verdict}.`);
			return wire.post({ schemaVersion: 1, value: button.value, verdict, actor, receipt: shown.receipt, ...more });
		},
		post: (body, forged) => fetch(wire.deadmanUrl, { method: forged?.method ?? "POST", ...signed(body, forged) }),
		signed,
		text: (to = own) =>
			[
				...stored
					.filter((one) => one.to === JSON.stringify(to))
					.flatMap(({ payload }) => [payload.card.title, ...payload.card.lines]),
				...notices.filter((one) => one.to === JSON.stringify(to)).map(({ text }) => text),
			].join("\n"),
		close: () => server.close(),
	};
	return wire;
}
