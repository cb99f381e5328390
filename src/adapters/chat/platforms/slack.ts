// Slack behind the interface of a platform.
import type { ChannelOf, SecretSource } from "../../../config-delivery.js";
import type { Platform } from "../platform.js";

export interface SlackOptions {
	readonly channel: ChannelOf<"slack">;
	/** Reads a secret where it stands now; rejects with a sentence where it is absent or empty. */
	readonly secret: (source: SecretSource) => Promise<string>;
}

export function createSlack(_options: SlackOptions): Platform {
	throw new Error("Slack is not built yet.");
}
