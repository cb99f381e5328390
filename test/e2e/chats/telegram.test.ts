// One story: a change is approved and confirmed in a Telegram group. Words approve it, a stranger's press is told no and audited, the right
// person's press confirms, the card becomes the outcome; the next one is pressed back after the supervisor was killed in the window.
import { afterAll, beforeAll, expect, test } from "vitest";
import { group, serveTelegram, type TelegramMessage, type TelegramWire } from "../../support/wire/telegram.js";
import {
	attempt,
	close,
	deadman,
	factsOf,
	type Json,
	killSupervisor,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	startSupervisor,
	until,
	version,
} from "../scene.js";

const ana = { id: 4711, first_name: "Ana", username: "ana" };
const mallory = { id: 1313, first_name: "Mallory" };

let wire: TelegramWire;
let scene: Scene;

beforeAll(async () => {
	wire = await serveTelegram();
	process.env.E2E_TELEGRAM_TOKEN = wire.token;
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
			config.people = { ana: { identities: [`telegram:${ana.id}`], roles: ["owner"] } };
			const token = { env: "E2E_TELEGRAM_TOKEN" };
			config.delivery = [{ kind: "telegram", token, chat: String(group), apiUrl: wire.url }];
		},
	});
	await raise(scene);
}, 60_000);
afterAll(async () => {
	await close(scene);
	await wire.close();
	delete process.env.E2E_TELEGRAM_TOKEN;
});

/** The newest message that says this and has this button, or none. */
function shows(id: string, label?: string): TelegramMessage | undefined {
	return wire.messages.findLast(
		({ text, buttons }) =>
			text.includes(id) && (label === undefined || buttons.flat().some(({ text: on }) => on === label)),
	);
}

async function pressed(message: TelegramMessage, label: string, from: typeof mallory): Promise<string> {
	const query = wire.press(message, { from, label });
	await until(`${from.first_name} is answered`, () => wire.answers.has(query));
	expect(wire.answers.get(query)?.alert).toBe(true);
	return wire.answers.get(query)?.text ?? "";
}

async function approved(name: string, number: number): Promise<Json> {
	const swap = await attempt(scene, name, version(number));
	await until("it asks for approval", () => shows(swap.id, "Approve"));
	wire.say(`host ${swap.id}`, { from: ana });
	await reach(scene, swap.id, "awaiting_confirmation");
	await until("the card is there", () => shows(swap.id, "Confirm"));
	return swap;
}

test("approved with words, refused to a stranger, confirmed by the right person", { timeout: 90_000 }, async () => {
	const { id } = await approved("kept", 2);
	const card = shows(id, "Confirm") as TelegramMessage;
	expect(card.text).toContain("I'm back with the new version");
	expect(card.text).toContain("Rolls back by itself");

	expect(await pressed(card, "Confirm", mallory)).toMatch(/may not|not allowed|no person/i);
	expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
	const { audits } = await deadman(scene, "log", id);
	expect(audits).toContainEqual(
		expect.objectContaining({ verb: "confirm", by: { surface: "telegram", id: String(mallory.id) } }),
	);

	expect(await pressed(card, "Confirm", ana)).toContain(id);
	expect((await reach(scene, id, "finalized")).status).toBe("finalized");
	await until("the card is the outcome", () => card.text.includes(`${id} is confirmed`));
	expect(card.buttons).toEqual([]);
	expect(card.text).toContain(`Decided by telegram:${ana.id}`);
	expect(await pressed({ ...card, buttons: [[button(id)]] }, "Rollback", ana)).toMatch(/confirmed|finalized/);
	expect(wire.messages.filter(({ text }) => text.includes("I'm back with"))).toEqual([]);
	expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
});

/** As it was before the card was edited. */
function button(id: string) {
	const sent = wire.calls("sendMessage").findLast(({ text }) => text.includes("I'm back with") && text.includes(id));
	return sent.reply_markup.inline_keyboard.flat().find(({ text }: Json) => text === "Rollback");
}

test("pressed back after the supervisor was killed in the window", { timeout: 90_000 }, async () => {
	const { id } = await approved("back", 3);
	const card = shows(id, "Rollback") as TelegramMessage;
	await killSupervisor(scene);
	const query = wire.press(card, { from: ana, label: "Rollback" });
	await startSupervisor(scene);
	expect((await reach(scene, id, "rolled_back")).status).toBe("rolled_back");
	await until("the card is the outcome", () => card.text.includes("was rolled back"));
	expect(card.buttons).toEqual([]);
	expect(wire.answers.get(query)?.text).toContain(id);
	const asked = (await factsOf(scene, id)).filter(({ type }) => type === "rollbackRequested");
	expect(asked).toHaveLength(1);
	expect(
		wire.messages.filter(({ text, deleted }) => !deleted && text.includes(`back with the new version (${id})`)),
	).toEqual([]);
	expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
});
