// The contract of deliveries, held by Slack over its socket and over signed posts, against a local Slack.
import { describeDeliveryContract, type Failing } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { rateLimited } from "../../../support/wire/slack.js";
import { chatNonces, openSlack, type SlackUnderTest } from "../../../support/wire/slack-channel.js";

const actorId = "U0OWNER01";
const thread = "1763700000.000001";

async function failing({ wire }: SlackUnderTest, how: Failing): Promise<void> {
	if (how === "revoked") return wire.revoke();
	wire.server.fail("/api/", how === "rate_limited" ? rateLimited(7) : "drop", 100);
}

function textIn(
	{ wire }: SlackUnderTest,
	fits: (message: { channel: string; thread_ts: string | null }) => boolean,
): string {
	return wire.messages
		.filter((one) => !one.deleted && fits(one))
		.map((one) => wire.text(one))
		.join("\n")
		.replaceAll("&lt;", "<")
		.replaceAll("&gt;", ">")
		.replaceAll("&amp;", "&");
}

for (const mode of ["socket", "webhook"] as const) {
	describeDeliveryContract(`slack, ${mode}`, async () => {
		const one = await openSlack({ mode });
		const { wire } = one;
		return {
			delivery: one.delivery,
			shown: async () => textIn(one, ({ channel }) => channel === "C0CHANNEL"),
			reborn: one.reborn,
			cleanUp: one.cleanUp,
			nonces: chatNonces,
			async press({ receipt, verdict, actorId: user }) {
				const message = wire.messages.find(({ ts }) => ts === receipt);
				if (message === undefined) throw new Error(`There is no ${receipt}.`);
				const before = wire.told.length;

				const button = one.labelOf(message, verdict);
				await one.arrive("interactive", await wire.pressed(message, { user, label: button }));
				await until("the person is told", () => wire.told.length > before, 5_000);
				return wire.told.at(-1)?.text ?? "";
			},
			async write({ text, actorId: user }) {
				const before = wire.messages.length;
				await one.arrive("events_api", await wire.said(text, { user }));
				await until("an answer is there", () => wire.messages.length > before, 5_000);
				return wire.text(wire.messages.at(-1) as never);
			},
			actorId,
			direct: {
				to: { conversation: null, thread: null, person: actorId },
				shown: async () => textIn(one, ({ channel }) => channel.startsWith("D")),
			},
			thread: {
				to: { conversation: null, thread, person: null },
				shown: async () => textIn(one, ({ thread_ts }) => thread_ts === thread),
			},
			async lose(receipt) {
				const message = wire.messages.find(({ ts }) => ts === receipt);
				if (message !== undefined) wire.delete(message);
			},
			fail: (how) => failing(one, how),
		};
	});
}
