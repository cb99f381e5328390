// The story of chat-telegram.test.ts over a Bot API that somebody else wrote: the npm package telegram-test-api.
import { afterAll, beforeAll, expect, test } from "vitest";
import { group } from "../../support/wire/telegram.js";
import { serveThirdParty, type ThirdParty } from "../../support/wire/telegram-third-party.js";
import { attempt, close, deadman, type Json, openScene, raise, reach, type Scene, until, version } from "../scene.js";

const ana = { id: 4711, first_name: "Ana" };
const mallory = { id: 1313, first_name: "Mallory" };

let api: ThirdParty;
let scene: Scene;

beforeAll(async () => {
	api = await serveThirdParty();
	process.env.E2E_THIRD_PARTY_TOKEN = api.token;
	scene = await openScene({
		configure(config: Json) {
			config.people = { ana: { identities: [`telegram:${ana.id}`], roles: ["owner"] } };
			const token = { env: "E2E_THIRD_PARTY_TOKEN" };
			config.delivery = [{ kind: "telegram", token, chat: String(group), apiUrl: api.url }];
		},
	});
	await raise(scene);
}, 60_000);
afterAll(async () => {
	await close(scene);
	await api.close();
	delete process.env.E2E_THIRD_PARTY_TOKEN;
});

async function pressed(messageId: number, from: typeof ana): Promise<string> {
	const query = await api.press(messageId, { label: "Confirm", from });
	await until(`${from.first_name} is answered`, () => api.answers.has(query));
	return api.answers.get(query) ?? "";
}

test("the card arrives, a stranger is refused, the right person confirms, the card is the outcome", {
	timeout: 90_000,
}, async () => {
	const { id } = await attempt(scene, "kept", version(2), "awaiting_confirmation");
	const cardOf = () => api.stored().find(({ message }) => message.text.includes(`back with the new version (${id})`));
	const { messageId } = await until("the card is there", cardOf);
	expect(await pressed(messageId, mallory)).toContain("telegram:1313 may not confirm");
	expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
	const { audits } = await deadman(scene, "log", id);
	expect(audits).toContainEqual(expect.objectContaining({ verb: "confirm", by: { surface: "telegram", id: "1313" } }));
	expect(await pressed(messageId, ana)).toContain(`${id} is confirmed`);
	expect((await reach(scene, id, "finalized")).status).toBe("finalized");
	const shown = () => api.stored().find((one) => one.messageId === messageId)?.message;
	await until("the card is the outcome", () => shown().text.startsWith(`${id} is confirmed`));
	expect(shown().reply_markup.inline_keyboard).toEqual([]);
	expect(shown().text).toContain("Decided by telegram:4711");
});
