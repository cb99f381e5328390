// A Slack channel as the supervisor has it, over a local Slack: what people press and write arrives the way of its mode.
import { createChatChannel } from "../../../src/adapters/channels/chat/channel.js";
import { createSlack } from "../../../src/adapters/channels/slack/slack.js";
import type { Button } from "../../../src/core/words/card.js";
import type { Delivery, Log, Nonces, Reply } from "../../../src/ports/ports.js";
import { buttons, type SlackMessage, type SlackWire, serveSlack, type Wrong } from "./slack.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export const chatNonces: Nonces = {
	of: (swapId, epoch) => `${swapId}${epoch}xxxxxxxxxxxxxxxx`.replace("sw_", "").slice(0, 16),
	matches: (swapId, epoch, nonce) => nonce === chatNonces.of(swapId, epoch),
};

export interface SlackUnderTest {
	readonly wire: SlackWire;
	readonly delivery: Delivery;
	readonly log: KeptLog;
	reborn(): Delivery;
	labelOf(message: SlackMessage, verdict: Button): string;
	/** As it comes in this mode; resolves with the status over HTTP, or 200 once the envelope is acknowledged. */
	arrive(type: "interactive" | "events_api", payload: Json, wrong?: Wrong): Promise<number>;
	receive(request: { readonly body: string; readonly headers: Record<string, string> }): Promise<Reply>;
	cleanUp(): Promise<void>;
}

export interface KeptLog extends Log {
	readonly lines: string[];
}

export function keptLog(): KeptLog {
	const lines: string[] = [];
	const keep = (event: string, details?: object) => void lines.push(`${event} ${JSON.stringify(details ?? {})}`);
	return { lines, info: keep, warn: keep, error: keep };
}

export interface SlackOptions {
	readonly mode?: "socket" | "webhook";
	readonly conversations?: string[];
}

export async function openSlack({ mode = "socket", conversations = [] }: SlackOptions = {}): Promise<SlackUnderTest> {
	const wire = await serveSlack();
	const log = keptLog();
	const secrets: Readonly<Record<string, string>> = {
		token: wire.token,
		appToken: wire.appToken,
		signingSecret: wire.signingSecret,
	};
	const lives: Delivery[] = [];

	function make(): Delivery {
		const delivery = createChatChannel({
			name: "slack",
			platform: createSlack({
				channel: {
					kind: "slack",
					channel: "C0CHANNEL",
					conversations,
					apiUrl: wire.url,
					mode,
					token: { env: "token" },
					appToken: { env: "appToken" },
					signingSecret: { env: "signingSecret" },
				},
				secret: async ({ env = "" }) => secrets[env] ?? "",
			}),
			nonces: chatNonces,
			log,
		});
		lives.push(delivery);
		return delivery;
	}

	const delivery = make();
	const receive = async ({ body, headers }: { readonly body: string; readonly headers: Record<string, string> }) => {
		const request = { method: "POST", url: "/hooks/slack", headers, body: Buffer.from(body) };
		return (await lives.at(-1)?.receive?.(request)) as Reply;
	};
	return {
		wire,
		delivery,
		log,
		reborn: make,
		labelOf: (message, verdict) => buttons(message).find(({ action_id }) => action_id === verdict)?.text.text,
		async arrive(type, payload, wrong = {}) {
			if (mode === "webhook")
				return (await receive(wire.signed(payload, { json: type === "events_api", ...wrong }))).status;
			await wire.socket.push(type, payload);
			return 200;
		},
		receive,
		async cleanUp() {
			for (const life of lives) await life.stop();
			await wire.close();
		},
	};
}
