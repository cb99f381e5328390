// The kinds of channels that there are: what the configuration knows of each, and where its adapter is. A new one is a folder of its own, and a
// line here.

import { app } from "./adapters/channels/app/app-kind.js";
import { command } from "./adapters/channels/command/command-kind.js";
import { console } from "./adapters/channels/console/console-kind.js";
import { discord } from "./adapters/channels/discord/discord-kind.js";
import { page } from "./adapters/channels/page/page-kind.js";
import { slack } from "./adapters/channels/slack/slack-kind.js";
import { teams } from "./adapters/channels/teams/teams-kind.js";
import { telegram } from "./adapters/channels/telegram/telegram-kind.js";
import { webhook } from "./adapters/channels/webhook/webhook-kind.js";
import { whatsapp } from "./adapters/channels/whatsapp/whatsapp-kind.js";
import { loaded } from "./channel-kind.js";

export const channels = [
	loaded(console, () => import("./adapters/channels/console/console.js")),
	loaded(page, () => import("./adapters/channels/page/page.js")),
	loaded(slack, () => import("./adapters/channels/slack/slack.js")),
	loaded(telegram, () => import("./adapters/channels/telegram/telegram.js")),
	loaded(discord, () => import("./adapters/channels/discord/discord.js")),
	loaded(teams, () => import("./adapters/channels/teams/teams.js")),
	loaded(whatsapp, () => import("./adapters/channels/whatsapp/whatsapp.js")),
	loaded(webhook, () => import("./adapters/channels/webhook/webhook.js")),
	loaded(command, () => import("./adapters/channels/command/command.js")),
	loaded(app, () => import("./adapters/channels/app/app.js")),
] as const;
