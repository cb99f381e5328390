// Whatsapp behind the interface of a platform.
import type { ChannelOf, SecretSource } from "../../../config-delivery.js";
import type { Platform } from "../platform.js";

export interface WhatsappOptions {
	readonly channel: ChannelOf<"whatsapp">;
	/** Reads a secret where it stands now; rejects with a sentence where it is absent or empty. */
	readonly secret: (source: SecretSource) => Promise<string>;
}

export function createWhatsapp(_options: WhatsappOptions): Platform {
	throw new Error("Whatsapp is not built yet.");
}
