// The page in the configuration: its port is all that may be set.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { name } from "../../../config/channels.js";
import { port } from "../../../config/shapes.js";

const schema = z.strictObject({ kind: z.literal("page"), name, port: port.default(0) });

export type Settings = z.output<typeof schema>;

export const page: ChannelKind<typeof schema> = { kind: "page", surface: "page", schema };
