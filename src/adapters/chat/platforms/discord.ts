// Discord behind the interface of a platform.
import type { ChannelOf, SecretSource } from "../../../config-delivery.js";
import type { Platform } from "../platform.js";

export interface DiscordOptions {
	readonly channel: ChannelOf<"discord">;
	/** Reads a secret where it stands now; rejects with a sentence where it is absent or empty. */
	readonly secret: (source: SecretSource) => Promise<string>;
}

export function createDiscord(_options: DiscordOptions): Platform {
	throw new Error("Discord is not built yet.");
}
