// The channels on which builders hear what became of their swaps: their workspace always, a webhook and a command where configured.
import { createOutcomeCommand } from "../adapters/channels/outcomes/outcome-command.js";
import { createOutcomeFile } from "../adapters/channels/outcomes/outcome-file.js";
import { createOutcomeWebhook } from "../adapters/channels/outcomes/outcome-webhook.js";
import type { Settings } from "../config/config.js";
import type { BuilderChannel, Clock, Commands, Workspaces } from "../ports/ports.js";
import { secretOf } from "./secret.js";

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
		channels.push(createOutcomeWebhook({ url: webhook.url, secret: () => secretOfWebhook(root, webhook), clock }));
	}
	if (command !== null) channels.push(createOutcomeCommand({ command, root, commands, env: process.env }));
	return channels;
}

/** As it is now; for the scrubber an absent one is nothing to hide. */
export async function webhookSecrets(root: string, { builders }: Settings): Promise<readonly string[]> {
	const { webhook } = builders;
	return webhook === null
		? []
		: secretOfWebhook(root, webhook)
				.then((secret) => [secret])
				.catch(() => []);
}

function secretOfWebhook(root: string, { secretFile, secretEnv }: Webhook): Promise<string> {
	return secretOf(root, { file: secretFile, env: secretEnv }, "The webhook's secret");
}
