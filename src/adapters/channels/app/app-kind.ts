// The program's own channel in the configuration: the supervised program delivers, with `deliver` of deadman/client.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { name } from "../../../config/channels.js";
import { duration, isManaged } from "../../../config/shapes.js";

const schema = z.strictObject({
	kind: z.literal("app"),
	name,
	/** So long without a receipt, and the other channels are told as well. */
	within: duration.default(30_000),
});

export type Settings = z.output<typeof schema>;

export const app: ChannelKind<typeof schema> = {
	kind: "app",
	surface: "app",
	schema,
	/** The program is known by the token that it is started with. */
	examine(_settings, { command, restart }) {
		if (command !== null && !isManaged({ restart })) return null;
		return {
			sentence: "Somebody else starts the program, so it has no token and takes no messages.",
			next: "Let the supervisor start it (`program.command`), or use another channel.",
		};
	},
};
