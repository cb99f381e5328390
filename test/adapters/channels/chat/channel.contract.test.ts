// Holds a channel over the Chat SDK to the contract of deliveries, with a platform in memory.
import { join } from "node:path";
import { createChatChannel } from "../../../../src/adapters/channels/chat/channel.js";
import { createNonces } from "../../../../src/adapters/system/nonces.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Log, Place } from "../../../../src/ports/ports.js";
import { describeDeliveryContract } from "../../../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { until } from "../../../support/until.js";
import { createMemoryPlatform, threadOf } from "./memory-platform.js";

const log: Log = { info: () => {}, warn: () => {}, error: () => {} };

describeDeliveryContract("chat channel over a platform in memory", async () => {
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const memory = createMemoryPlatform();
	const { posts, behave } = memory;
	const make = () => createChatChannel({ name: "memory", platform: memory.platform, nonces, log });
	const shownIn = (place: Place) => async () =>
		posts.flatMap(({ threadId, text }) => (threadId === threadOf(place) ? [text] : [])).join("\n");
	const other = (change: Partial<Place>) => {
		const to = { ...ownPlace, ...change };
		return { to, shown: shownIn(to) };
	};
	/** What is posted after `work`. */
	async function answerTo(work: () => Promise<void>): Promise<string> {
		const before = posts.length;
		await work();
		return until("an answer", () => posts[before]?.text);
	}
	return {
		delivery: make(),
		shown: shownIn(ownPlace),
		reborn: make,
		cleanUp: () => removeTemporaryFolder(folder),
		nonces,
		press: ({ receipt, verdict, actorId }) =>
			answerTo(() => {
				const value = posts.find(({ id }) => id === receipt)?.value ?? "";
				return memory.press({ actionId: verdict, value, userId: actorId, messageId: receipt });
			}),
		write: ({ text, actorId }) => answerTo(() => memory.write({ text, userId: actorId })),
		actorId: "ann",
		direct: other({ person: "ann" }),
		thread: other({ thread: "7" }),
		lose: async (receipt) =>
			void posts.splice(
				posts.findIndex(({ id }) => id === receipt),
				1,
			),
		async fail(how) {
			const errors = {
				rate_limited: () => Object.assign(new Error("slow down"), { name: "AdapterRateLimitError", retryAfter: 7 }),
				unreachable: () =>
					new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
				revoked: () => Object.assign(new Error("no"), { name: "AuthenticationError" }),
			};
			behave.onCall = () => Promise.reject(errors[how]());
		},
	};
});
