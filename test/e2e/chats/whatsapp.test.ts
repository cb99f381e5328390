// One story: a change is approved and confirmed on WhatsApp, over signed webhooks through the supervisor's door. A stranger's press is told no
// and audited, the right person's press confirms, and the outcome is a new message, because nothing can be edited there.
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveWhatsapp, type Webhook, type WhatsappMessage, type WhatsappWire } from "../../support/wire/whatsapp.js";
import {
	attempt,
	close,
	deadman,
	type Json,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	until,
	version,
} from "../scene.js";

const ana = "491701234567";
const mallory = "491709999999";
const environment = ["E2E_WHATSAPP_TOKEN", "E2E_WHATSAPP_SECRET", "E2E_WHATSAPP_VERIFY"];

let wire: WhatsappWire;
let scene: Scene;
let door: string;

beforeAll(async () => {
	wire = await serveWhatsapp();
	const values = [wire.accessToken, wire.appSecret, "e2e-verify"];
	for (const [index, name] of environment.entries()) process.env[name] = values[index];
	const [accessToken, appSecret, verifyToken] = environment.map((env) => ({ env }));
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
			config.http = { port: 0 };
			config.people = { ana: { identities: [`whatsapp:${ana}`], roles: ["owner"] } };
			const { phoneNumberId, url: apiUrl } = wire;
			config.delivery = [{ kind: "whatsapp", accessToken, appSecret, verifyToken, phoneNumberId, to: ana, apiUrl }];
		},
	});
	await raise(scene);
	door = `${(await deadman(scene, "status")).supervisor.http}/v1/delivery/whatsapp`;
}, 60_000);
afterAll(async () => {
	await close(scene);
	await wire.close();
	for (const name of environment) delete process.env[name];
});

const post = ({ headers, body }: Webhook): Promise<Response> =>
	fetch(door, { method: "POST", headers, body: Buffer.from(body) });

const told = (person: string, from: number) => wire.messages.slice(from).filter(({ to }) => to === person);

/** What this person is told next. */
async function answered(webhook: Webhook, person: string): Promise<string> {
	const before = wire.messages.length;
	expect((await post(webhook)).status).toBe(200);
	await until("they are told", () => told(person, before).length > 0);
	return told(person, before)[0]?.text ?? "";
}

function shows(id: string, title: string): WhatsappMessage | undefined {
	return wire.messages.findLast(({ text, buttons }) => text.includes(id) && buttons.some((one) => one.title === title));
}

test("the handshake with Meta", { timeout: 30_000 }, async () => {
	const query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=";
	const right = await fetch(`${door}?${query}e2e-verify`);
	expect([right.status, await right.text()]).toEqual([200, "1158201444"]);
	expect((await fetch(`${door}?${query}wrong`)).status).toBe(403);
});

test("approved with words, refused to a stranger, confirmed by the right person", { timeout: 90_000 }, async () => {
	const { id } = await attempt(scene, "kept", version(2));
	await until("it asks for approval", () => shows(id, "Approve"));
	expect(await answered(wire.say(`host ${id}`, ana), ana)).toContain(id);
	await reach(scene, id, "awaiting_confirmation");
	await until("the card is there", () => shows(id, "Confirm"));
	const card = shows(id, "Confirm") as WhatsappMessage;
	expect(card.text).toContain("I'm back with the new version");

	const press = wire.press(card, { from: ana, title: "Confirm" });
	const forged = { ...press, headers: { ...press.headers, "x-hub-signature-256": `sha256=${"0".repeat(64)}` } };
	expect((await post(forged)).status).toBe(401);
	const stranger = wire.press(card, { from: mallory, title: "Confirm" });
	expect(await answered(stranger, mallory)).toMatch(/may not|not allowed|no person/i);
	expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
	const { audits } = await deadman(scene, "log", id);
	expect(audits).toContainEqual(expect.objectContaining({ verb: "confirm", by: { surface: "whatsapp", id: mallory } }));

	expect((await post(press)).status).toBe(200);
	expect((await reach(scene, id, "finalized")).status).toBe("finalized");
	await until("the outcome is told", () => wire.messages.some(({ text }) => text.includes(`${id} is confirmed`)));
	const outcome = wire.messages.find(({ text }) => text.includes(`${id} is confirmed`)) as WhatsappMessage;
	expect(outcome.id).not.toBe(card.id);
	expect(outcome.buttons).toEqual([]);
	expect(await answered(wire.press(card, { from: ana, title: "Rollback" }), ana)).toMatch(/confirmed/);
	expect((await deadman(scene, "status", id)).swap.status).toBe("finalized");
	expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
});
