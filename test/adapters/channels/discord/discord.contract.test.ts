// The contract of deliveries, held by Discord over its gateway and over signed interactions, against a local Discord.
import { describeDeliveryContract, type Failing } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { channel, type DiscordMessage, rateLimited, thread } from "../../../support/wire/discord.js";
import { type DiscordUnderTest, openDiscord } from "../../../support/wire/discord-channel.js";
import { chatNonces } from "../../../support/wire/slack-channel.js";

const actorId = "53908232506183680";

function failing({ wire }: DiscordUnderTest, how: Failing): void {
	if (how === "revoked") wire.revoke();
	else wire.server.fail("/api/v10/", how === "rate_limited" ? rateLimited(7) : "drop", 100);
}

const textIn = ({ wire }: DiscordUnderTest, fits: (message: DiscordMessage) => boolean): string =>
	wire.messages
		.filter((one) => !one.deleted && fits(one))
		.map((one) => wire.text(one))
		.join("\n");

for (const mode of ["gateway", "interactions"] as const) {
	describeDeliveryContract(`discord, ${mode}`, async () => {
		const one = await openDiscord({ mode });
		const { wire } = one;
		const at = (receipt: string): DiscordMessage => {
			const message = wire.messages.find(({ id }) => id === receipt);
			if (message === undefined) throw new Error(`There is no ${receipt}.`);
			return message;
		};
		return {
			delivery: one.delivery,
			shown: async () => textIn(one, (message) => message.channel === channel),
			reborn: one.reborn,
			cleanUp: one.cleanUp,
			nonces: chatNonces,
			press: ({ receipt, verdict, actorId: user }) => one.press(at(receipt), { user, verdict }),
			// Over HTTP come presses only.
			write:
				mode === "interactions"
					? null
					: async ({ text, actorId: user }) => {
							const before = wire.messages.length;
							await one.arrive("MESSAGE_CREATE", await wire.said(text, { user }));
							await until("an answer is there", () => wire.messages.length > before, 5_000);
							return wire.text(wire.messages.at(-1) as DiscordMessage);
						},
			actorId,
			direct: {
				to: { conversation: null, thread: null, person: actorId },
				shown: async () => textIn(one, (message) => message.channel !== channel && message.channel !== thread),
			},
			thread: {
				to: { conversation: null, thread, person: null },
				shown: async () => textIn(one, (message) => message.channel === thread),
			},
			lose: async (receipt) => wire.delete(at(receipt)),
			fail: async (how) => failing(one, how),
		};
	});
}
