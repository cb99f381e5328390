// A command in the configuration: run for each card and notice, with it as JSON on its stdin.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { name } from "../../../config/channels.js";
import { command as shape } from "../../../config/shapes.js";

const schema = z.strictObject({ kind: z.literal("command"), name, command: shape.unwrap() });

export type Settings = z.output<typeof schema>;

export const command: ChannelKind<typeof schema> = { kind: "command", surface: "cli", schema };
