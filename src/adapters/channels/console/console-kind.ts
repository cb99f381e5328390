// The console in the configuration.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { name } from "../../../config/channels.js";

const schema = z.strictObject({ kind: z.literal("console"), name });

export type Settings = z.output<typeof schema>;

export const console: ChannelKind<typeof schema> = { kind: "console", surface: "cli", schema };
