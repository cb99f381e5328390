// The channels to people, as the configuration names them. Reads secrets only when a channel starts.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createChatChannel } from "./adapters/chat/channel.js";
import type { Platform } from "./adapters/chat/platform.js";
import { createDiscord } from "./adapters/chat/platforms/discord.js";
import { createSlack } from "./adapters/chat/platforms/slack.js";
import { createTeams } from "./adapters/chat/platforms/teams.js";
import { createTelegram } from "./adapters/chat/platforms/telegram.js";
import { createWhatsapp } from "./adapters/chat/platforms/whatsapp.js";
import { createAppChannel } from "./adapters/delivery/app.js";
import { createCommandChannel } from "./adapters/delivery/command.js";
import { createConsole } from "./adapters/delivery/console.js";
import { createPage } from "./adapters/delivery/page.js";
import { createWebhookChannel } from "./adapters/delivery/webhook.js";
import type { Settings } from "./config.js";
import { type Channel, type ChannelOf, channelName, type SecretSource } from "./config-delivery.js";
import type { Clock, Commands, Delivery, Files, Log, Nonces } from "./ports.js";

export interface DeliveryParts {
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Settings;
	readonly nonces: Nonces;
	readonly files: Files;
	readonly commands: Commands;
	readonly clock: Clock;
	readonly log: Log;
}

export function deliveriesOf(parts: DeliveryParts): Delivery[] {
	return parts.settings.delivery.map((channel) => deliveryOf(channel, parts));
}

type Chat = ChannelOf<"telegram" | "slack" | "discord" | "teams" | "whatsapp">;

function deliveryOf(channel: Channel, parts: DeliveryParts): Delivery {
	const { root, nonces, files, log, stateDir, commands, clock } = parts;
	const name = channelName(channel);
	const secret = (source: SecretSource) => secretOf(root, source);
	switch (channel.kind) {
		case "console":
			return createConsole({ write: (text: string) => process.stderr.write(text) });
		case "page":
			return createPage({ port: channel.port, stateDir, nonces, files, log });
		case "webhook":
			return createWebhookChannel({ name, url: channel.url, secret: () => secret(channel.secret), nonces, clock });
		case "command":
			return createCommandChannel({ name, command: channel.command, root, commands, env: process.env });
		case "app":
			return createAppChannel({ name, withinMs: channel.within, nonces, clock });
		default:
			return createChatChannel({ name, platform: platformOf(channel, secret), nonces, log });
	}
}

function platformOf(channel: Chat, secret: (source: SecretSource) => Promise<string>): Platform {
	switch (channel.kind) {
		case "telegram":
			return createTelegram({ channel, secret });
		case "slack":
			return createSlack({ channel, secret });
		case "discord":
			return createDiscord({ channel, secret });
		case "teams":
			return createTeams({ channel, secret });
		case "whatsapp":
			return createWhatsapp({ channel, secret });
	}
}

/** As it is now: a changed one needs no restart of ours. */
export async function secretOf(root: string, { env, file }: SecretSource): Promise<string> {
	const from = env === undefined ? `the file ${file}` : `the variable ${env}`;
	const text =
		env === undefined ? await readFile(resolve(root, file ?? ""), "utf8").catch(() => undefined) : process.env[env];
	const secret = text?.trim() ?? "";
	if (secret === "") throw new Error(`A secret is not there: ${from} is absent, empty or unreadable.`);
	return secret;
}

/** Every secret that a channel names and that is there, for the scrubber. */
export async function deliverySecrets(root: string, { delivery }: Settings): Promise<readonly string[]> {
	const sources = delivery.flatMap(sourcesOf);
	const found = await Promise.all(sources.map((source) => secretOf(root, source).catch(() => "")));
	return found.filter((secret) => secret !== "");
}

export function sourcesOf(channel: Channel): readonly SecretSource[] {
	return Object.values(channel).filter(isSource);
}

/** The npm package that it needs beside the SDK; null: none. */
export function packageOf(channel: Channel): string | null {
	switch (channel.kind) {
		case "telegram":
		case "slack":
		case "discord":
		case "teams":
		case "whatsapp":
			return platformOf(channel, async () => "").packageName;
		default:
			return null;
	}
}

function isSource(value: unknown): value is SecretSource {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return "env" in value || "file" in value;
}
