// The kinds of channels that there are. A new one is a folder of its own, and a line here.
import { discord } from "./adapters/chat/platforms/discord.js";
import { slack } from "./adapters/chat/platforms/slack.js";
import { teams } from "./adapters/chat/platforms/teams.js";
import { telegram } from "./adapters/chat/platforms/telegram.js";
import { whatsapp } from "./adapters/chat/platforms/whatsapp.js";
import { app } from "./adapters/delivery/app.js";
import { command } from "./adapters/delivery/command.js";
import { console } from "./adapters/delivery/console.js";
import { page } from "./adapters/delivery/page.js";
import { webhook } from "./adapters/delivery/webhook.js";

export const channels = [console, page, slack, telegram, discord, teams, whatsapp, webhook, command, app] as const;
