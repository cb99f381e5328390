// The channels on which builders hear what became of their swaps: their workspace always, a webhook and a command where configured.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createOutcomeCommand } from "./adapters/delivery/outcome-command.js";
import { createOutcomeFile } from "./adapters/delivery/outcome-file.js";
import { createOutcomeWebhook } from "./adapters/delivery/outcome-webhook.js";
import type { Settings } from "./config.js";
import type { BuilderChannel, Clock, Commands, Workspaces } from "./ports.js";

type Webhook = NonNullable<Settings["builders"]["webhook"]>;

interface Parts {
	readonly root: string;
	readonly settings: Settings;
	readonly workspaces: Workspaces;
	readonly commands: Commands;
	readonly clock: Clock;
}

export function builderChannels({ root, settings, workspaces, commands, clock }: Parts): readonly BuilderChannel[] {
	const { webhook, command } = settings.builders;
	const channels = [createOutcomeFile({ workspaces })];
	if (webhook !== null) {
		channels.push(createOutcomeWebhook({ url: webhook.url, secret: () => secretOf(root, webhook), clock }));
	}
	if (command !== null) channels.push(createOutcomeCommand({ command, root, commands, env: process.env }));
	return channels;
}

/** As it is now; for the scrubber an absent one is nothing to hide. */
export async function webhookSecrets(root: string, { builders }: Settings): Promise<readonly string[]> {
	const { webhook } = builders;
	return webhook === null
		? []
		: secretOf(root, webhook)
				.then((secret) => [secret])
				.catch(() => []);
}

async function secretOf(root: string, { secretFile, secretEnv = "" }: Webhook): Promise<string> {
	const from = secretFile === undefined ? `the variable ${secretEnv}` : `the file ${secretFile}`;
	const text =
		secretFile === undefined
			? process.env[secretEnv]
			: await readFile(resolve(root, secretFile), "utf8").catch(() => undefined);
	const secret = text?.trim() ?? "";
	if (secret === "") throw new Error(`The webhook's secret is not there: ${from} is absent, empty or unreadable.`);
	return secret;
}
