// The kinds of channels that there are: what the configuration knows of each, and where its adapter is. A new one is a folder of its own, and a
// line here.
import { discord } from "./adapters/chat/platforms/discord-kind.js";
import { slack } from "./adapters/chat/platforms/slack-kind.js";
import { teams } from "./adapters/chat/platforms/teams-kind.js";
import { telegram } from "./adapters/chat/platforms/telegram-kind.js";
import { whatsapp } from "./adapters/chat/platforms/whatsapp-kind.js";
import { app } from "./adapters/delivery/app-kind.js";
import { command } from "./adapters/delivery/command-kind.js";
import { console } from "./adapters/delivery/console-kind.js";
import { page } from "./adapters/delivery/page-kind.js";
import { webhook } from "./adapters/delivery/webhook-kind.js";
import { loaded } from "./channel-kind.js";

export const channels = [
	loaded(console, () => import("./adapters/delivery/console.js")),
	loaded(page, () => import("./adapters/delivery/page.js")),
	loaded(slack, () => import("./adapters/chat/platforms/slack.js")),
	loaded(telegram, () => import("./adapters/chat/platforms/telegram.js")),
	loaded(discord, () => import("./adapters/chat/platforms/discord.js")),
	loaded(teams, () => import("./adapters/chat/platforms/teams.js")),
	loaded(whatsapp, () => import("./adapters/chat/platforms/whatsapp.js")),
	loaded(webhook, () => import("./adapters/delivery/webhook.js")),
	loaded(command, () => import("./adapters/delivery/command.js")),
	loaded(app, () => import("./adapters/delivery/app.js")),
] as const;
