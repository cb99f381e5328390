// The channels to people, as the configuration names them. Reads secrets only when a channel starts.
import type { ChannelParts } from "../channel-kind.js";
import type { SecretSource } from "../config/channels.js";
import type { Settings } from "../config/config.js";
import { type Channel, channelName, kindOf } from "../config/delivery.js";
import type { Delivery } from "../ports/ports.js";
import { secretOf } from "./secret.js";

interface DeliveryParts extends Omit<ChannelParts, "name" | "secret"> {
	readonly settings: Settings;
}

export async function deliveriesOf({ settings, ...parts }: DeliveryParts): Promise<readonly Delivery[]> {
	const secret = (source: SecretSource) => secretOf(parts.root, source);
	return Promise.all(
		settings.delivery.map((channel) =>
			kindOf(channel).create(channel, { ...parts, name: channelName(channel), secret }),
		),
	);
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

function isSource(value: unknown): value is SecretSource {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return "env" in value || "file" in value;
}
