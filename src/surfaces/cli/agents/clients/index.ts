// All clients by the name that `--agent` takes.
import { claude } from "./claude.js";
import type { Client } from "./client.js";
import { codex } from "./codex.js";
import { generic } from "./generic.js";
import { nanoclaw } from "./nanoclaw.js";
import { openclaw } from "./openclaw.js";

export const clients = { claude, codex, openclaw, nanoclaw, generic } as const satisfies Record<string, Client>;

export type AgentName = keyof typeof clients;
