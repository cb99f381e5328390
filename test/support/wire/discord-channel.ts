// A Discord channel as the supervisor has it, over a local Discord: what people press and write arrives the way of its mode.
import { createChatChannel } from "../../../src/adapters/channels/chat/channel.js";
import { createDiscord } from "../../../src/adapters/channels/discord/discord.js";
import type { Button } from "../../../src/core/words/card.js";
import type { Delivery, Reply } from "../../../src/ports/ports.js";
import { until } from "../until.js";
import {
	application,
	buttons,
	channel,
	type DiscordMessage,
	type DiscordWire,
	guild,
	serveDiscord,
	type Wrong,
} from "./discord.js";
import { chatNonces, type KeptLog, keptLog } from "./slack-channel.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface DiscordUnderTest {
	readonly wire: DiscordWire;
	readonly delivery: Delivery;
	readonly log: KeptLog;
	reborn(): Delivery;
	labelOf(message: DiscordMessage, verdict: Button): string;
	/** As it comes in this mode; over HTTP it resolves with the reply, which counts as the answer to its callback. */
	arrive(type: "INTERACTION_CREATE" | "MESSAGE_CREATE", payload: Json, wrong?: Wrong): Promise<Reply | null>;
	receive(request: { readonly body: string; readonly headers: Record<string, string> }): Promise<Reply>;
	/** Presses and waits for what the person is told. */
	press(message: DiscordMessage, press: { readonly user: string; readonly verdict: Button }): Promise<string>;
	cleanUp(): Promise<void>;
}

export interface DiscordOptions {
	readonly mode?: "gateway" | "interactions";
	readonly heartbeatMs?: number;
}

export async function openDiscord({ mode = "gateway", heartbeatMs }: DiscordOptions = {}): Promise<DiscordUnderTest> {
	const wire = await serveDiscord(heartbeatMs === undefined ? {} : { heartbeatMs });
	const log = keptLog();
	const lives: Delivery[] = [];

	function make(): Delivery {
		const delivery = createChatChannel({
			name: "discord",
			platform: createDiscord({
				channel: {
					kind: "discord",
					channel,
					guild,
					conversations: [],
					apiUrl: wire.url,
					mode,
					token: { env: "token" },
					applicationId: application,
					publicKey: wire.publicKey,
				},
				secret: async () => wire.token,
			}),
			nonces: chatNonces,
			log,
		});
		lives.push(delivery);
		return delivery;
	}

	const delivery = make();
	const labelOf: DiscordUnderTest["labelOf"] = (message, verdict) =>
		buttons(message).find(({ custom_id }) => custom_id.startsWith(`${verdict}\n`))?.label;
	const receive: DiscordUnderTest["receive"] = async ({ body, headers }) => {
		const request = { method: "POST", url: "/hooks/discord", headers, body: Buffer.from(body) };
		return (await lives.at(-1)?.receive?.(request)) as Reply;
	};
	async function arrive(type: "INTERACTION_CREATE" | "MESSAGE_CREATE", payload: Json, wrong: Wrong = {}) {
		if (mode === "gateway") {
			wire.gateway.push(type, payload);
			return null;
		}
		const reply = await receive(wire.signed(payload, wrong));
		if (reply.status === 200) wire.responded(payload.token, JSON.parse(Buffer.from(reply.body).toString()).type);
		return reply;
	}
	return {
		wire,
		delivery,
		log,
		reborn: make,
		labelOf,
		arrive,
		receive,
		async press(message, { user, verdict }) {
			const payload = await wire.pressed(message, { user, label: labelOf(message, verdict) });
			await arrive("INTERACTION_CREATE", payload);
			await until("the person is told", () => wire.told(payload.token).length > 0, 5_000);
			return wire.told(payload.token).at(-1)?.text ?? "";
		},
		async cleanUp() {
			for (const life of lives) await life.stop();
			await wire.close();
		},
	};
}
