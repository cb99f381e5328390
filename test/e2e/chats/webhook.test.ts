// One story: a change is approved and confirmed from another system, over signed webhooks both ways. A stranger of that system, a forged press
// and an old one decide nothing and are on record; the right person's press confirms, and the card becomes the outcome.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Json, type Stored, serveWebhook, type WebhookWire } from "../../support/wire/webhook.js";
import {
	attempt,
	close,
	deadman,
	factsOf,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	until,
	version,
} from "../scene.js";

const alice = "alice@example.com";

let desk: WebhookWire;
let scene: Scene;

beforeAll(async () => {
	desk = await serveWebhook();
	process.env.E2E_DESK_SECRET = desk.secret;
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
			config.people = { alice: { identities: [`webhook:${alice}`, `cli:${process.getuid?.()}`], roles: ["owner"] } };
			config.http = { port: 0 };
			config.delivery = [{ kind: "webhook", name: "desk", url: desk.url, secret: { env: "E2E_DESK_SECRET" } }];
		},
	});
	await raise(scene);
	const { supervisor } = await deadman(scene, "status");
	desk.deadmanUrl = `${supervisor.http}/v1/delivery/desk`;
}, 60_000);
afterAll(async () => {
	await close(scene);
	await desk.close();
	delete process.env.E2E_DESK_SECRET;
});

const asking = (id: string, verdict: string): Stored | undefined =>
	desk.stored.findLast(
		({ payload }) => payload.card.swapId === id && payload.buttons.some((one: Json) => one.verdict === verdict),
	);

const press = async (pressed: Json): Promise<Json> => {
	const answer = await desk.press(pressed);
	return { status: answer.status, ...((await answer.json()) as object) };
};

async function onTrial(name: string, number: number): Promise<{ readonly id: string; readonly stored: Stored }> {
	const { id } = await attempt(scene, name, version(number));
	const approval = await until("it asks for approval", () => asking(id, "approve"));
	expect(approval.payload.card.phrase).toBe(`host ${id}`);
	const untyped = await press({ stored: approval, verdict: "approve", actor: alice });
	expect(untyped.sentence).toContain(`host ${id}`);
	await press({ stored: approval, verdict: "approve", actor: alice, typed: `host ${id}` });
	await reach(scene, id, "awaiting_confirmation");
	return { id, stored: await until("the card is there", () => asking(id, "confirm")) };
}

const statusOf = async (id: string) => (await deadman(scene, "status", id)).swap.status;

test("approved, refused to a stranger and to forgers, confirmed by the right person", { timeout: 90_000 }, async () => {
	const { id, stored } = await onTrial("kept", 2);
	expect(stored.payload.card).toMatchObject({ kind: "card", decided: false, expiresAtMs: expect.any(Number) });

	const refused = await press({ stored, verdict: "confirm", actor: "mallory" });
	expect([refused.status, refused.sentence]).toEqual([200, expect.stringMatching(/may not|not allowed|no person/i)]);
	const [button] = stored.payload.buttons;
	const body = { schemaVersion: 1, value: button.value, verdict: "confirm", actor: alice };
	expect((await desk.post(body, { secret: "guessed" })).status).toBe(401);
	expect((await desk.post(body, { atMs: Date.now() - 6 * 60_000 })).status).toBe(401);
	expect((await desk.post({ ...body, verdict: "merge" })).status).toBe(400);
	expect((await desk.post({ ...body, value: `${button.value.slice(0, -16)}0123456789abcdef` })).status).toBe(200);
	expect(await statusOf(id)).toBe("awaiting_confirmation");
	const { audits } = await deadman(scene, "log", id);
	expect(audits.map(({ verb, by, code }: Json) => [verb, by.id, code])).toEqual(
		expect.arrayContaining([
			["confirm", "mallory", expect.any(String)],
			["confirm", alice, "click_invalid"],
		]),
	);
	const log = await readFile(join(scene.root, "supervisor.log"), "utf8");
	for (const code of ["signature_wrong", "timestamp_old", "verdict_unknown"]) expect(log).toContain(code);
	expect(log).not.toContain(desk.secret);

	const confirmed = await press({ stored, verdict: "confirm", actor: alice });
	expect(confirmed.sentence).toContain(`${id} is confirmed`);
	expect(confirmed.card.decided).toBe(true);
	await reach(scene, id, "finalized");
	await until("the card is the outcome", () => stored.payload.card.title.includes("the new version stays"));
	expect(stored.payload.buttons).toEqual([]);
	expect(stored.payload.card.lines.join()).toMatch(/Decided by webhook:alice.{1,4}example\.com/);
	const late = await desk.post({ ...body, verdict: "rollback" });
	expect(((await late.json()) as Json).sentence).toMatch(/confirmed|finalized/);
	expect((await factsOf(scene, id)).filter(({ type }) => type === "confirmed")).toHaveLength(1);
	expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
});

test("its receiver is down for a while: the card arrives once, and a press rolls back", {
	timeout: 90_000,
}, async () => {
	const { id } = await attempt(scene, "back", version(3));
	const approval = await until("it asks for approval", () => asking(id, "approve"));
	await desk.server.fall();
	await deadman(scene, "approve", id, "--type", `host ${id}`);
	await reach(scene, id, "awaiting_confirmation");
	await desk.server.raise();
	const stored = await until("the card is there", () => asking(id, "rollback"), 30_000);
	expect(approval.payload.card.decided).toBe(true);
	expect(desk.stored.filter(({ payload }) => payload.card.swapId === id && payload.card.kind === "card")).toHaveLength(
		1,
	);
	await press({ stored, verdict: "rollback", actor: alice });
	await reach(scene, id, "rolled_back");
	await until("the card tells it", () => stored.payload.card.title.includes("was rolled back"));
});
