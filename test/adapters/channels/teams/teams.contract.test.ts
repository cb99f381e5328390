// Teams held to the contract of every channel, over its wire: the channel, the SDK and its adapter as they run.
import { join } from "node:path";
import { labels } from "../../../../src/adapters/channels/chat/card-words.js";
import { createChatChannel } from "../../../../src/adapters/channels/chat/channel.js";
import { createTeams } from "../../../../src/adapters/channels/teams/teams.js";
import { createNonces } from "../../../../src/adapters/system/nonces.js";
import { ownPlace } from "../../../../src/core/place.js";
import { describeDeliveryContract, type Failing } from "../../../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";
import { openBotDoor } from "../../../support/wire/bot-door.js";
import type { How } from "../../../support/wire/faulty-server.js";
import { ana, serveTeams, wire } from "../../../support/wire/teams.js";

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const group = "19:group@thread.v2";
const team = "19:team@thread.tacv2";

const failures: Readonly<Record<Failing, How>> = {
	rate_limited: { status: 429, headers: { "retry-after": "7" }, body: {} },
	unreachable: { status: 503, body: {} },
	revoked: { status: 401, body: {} },
};

describeDeliveryContract("teams", async () => {
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const teams = await serveTeams();
	function make() {
		const platform = createTeams({
			channel: {
				kind: "teams",
				appId: wire.appId,
				password: { env: "TEAMS_PASSWORD" },
				tenantId: wire.tenantId,
				conversation: group,
				conversations: [team],
				apiUrl: teams.url,
			},
			secret: async () => wire.password,
		});
		return createChatChannel({ name: "teams", platform, nonces, log: silent });
	}
	const delivery = make();
	const door = await openBotDoor(() => delivery);
	teams.botUrl = door.url;
	const person = (actorId: string) => ({ ...ana, aadObjectId: actorId });
	/** What is new there once somebody was answered. */
	async function answered(ask: () => Promise<Response>): Promise<string> {
		const before = teams.shown.length;
		const { status } = await ask();
		if (status !== 200) throw new Error(`It was answered with ${status}.`);
		return until("an answer", async () => teams.shown[before]?.activity.text ?? null);
	}
	return {
		delivery,
		shown: async () => teams.text(group),
		reborn: make,
		async cleanUp() {
			await door.close();
			await teams.close();
			await removeTemporaryFolder(folder);
		},
		nonces,
		press: ({ receipt, verdict, actorId }) =>
			answered(() => {
				const card = teams.shown.find(({ id }) => id === receipt);
				if (card === undefined) throw new Error(`There is no message ${receipt}.`);
				return teams.press({ card, title: labels[verdict], by: person(actorId) });
			}),
		write: ({ text, actorId }) =>
			answered(() => teams.say({ text: `<at>deadman</at> ${text}`, by: person(actorId), conversation: group })),
		actorId: ana.aadObjectId,
		direct: {
			to: { ...ownPlace, person: ana.aadObjectId },
			shown: async () => teams.text(`a:1${Buffer.from(ana.aadObjectId).toString("hex")}`),
		},
		thread: {
			to: { conversation: team, thread: "1700", person: null },
			shown: async () => teams.text(`${team};messageid=1700`),
		},
		async lose(receipt) {
			teams.shown.splice(0, teams.shown.length, ...teams.shown.filter(({ id }) => id !== receipt));
		},
		async fail(how) {
			teams.server.fail("/v3/conversations", failures[how], Number.POSITIVE_INFINITY);
		},
	};
});
