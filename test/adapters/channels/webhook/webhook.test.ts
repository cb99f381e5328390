// The signed webhook, out and in: what a receiver is sent, what its answers mean, and that nothing forged, old, repeated or odd decides anything.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebhookChannel } from "../../../../src/adapters/channels/webhook/webhook.js";
import { createNonces } from "../../../../src/adapters/system/nonces.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery, Nonces } from "../../../../src/ports/ports.js";
import {
	aCard,
	clickAnswer,
	describeDeliveryContract,
	type KeptInbox,
	keptInbox,
} from "../../../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { type BotDoor, openBotDoor } from "../../../support/wire/bot-door.js";
import { type Json, serveWebhook, type WebhookWire } from "../../../support/wire/webhook.js";

const alice = "alice@example.com";

const record = (name: string): Json =>
	JSON.parse(readFileSync(new URL(`../../../../fixtures/wire/webhook/${name}.json`, import.meta.url), "utf8"));

async function makeWorld(named = true) {
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const wire = await serveWebhook({ named });
	const clock = { offsetMs: 0, now: () => ({ wallMs: Date.now() + clock.offsetMs, bootMs: 0, bootId: "b" }) as Json };
	const make = () =>
		createWebhookChannel({ name: "desk", url: wire.url, secret: async () => wire.secret, nonces, clock });
	const delivery = make();
	const door = await openBotDoor(() => delivery);
	wire.deadmanUrl = door.url;
	async function cleanUp() {
		await door.close();
		await wire.close();
		await removeTemporaryFolder(folder);
	}
	return { nonces, wire, clock, make, delivery, door, cleanUp };
}

const failures = {
	rate_limited: { status: 429, headers: { "retry-after": "7" }, body: {} },
	unreachable: { status: 502, body: "" },
	revoked: { status: 401, body: "" },
};

describe.each([
	["with receipts of its own", true],
	["that names no receipts", false],
])("a receiver %s", (name, named) => {
	describeDeliveryContract(`webhook, ${name}`, async () => {
		const { nonces, wire, make, delivery, cleanUp } = await makeWorld(named);
		const place = (change: object) => ({ ...ownPlace, ...change });
		const other = (change: object) => ({ to: place(change), shown: async () => wire.text(place(change)) });
		return {
			delivery,
			shown: async () => wire.text(),
			reborn: make,
			cleanUp,
			nonces,
			async press({ receipt, verdict, actorId }) {
				const stored = wire.stored.findLast((one) => one.receipt === receipt) as Json;
				return ((await (await wire.press({ stored, verdict, actor: actorId })).json()) as Json).sentence;
			},
			write: null,
			actorId: alice,
			direct: other({ person: alice }),
			thread: other({ thread: "7" }),
			async lose(receipt) {
				const left = wire.stored.filter((one) => one.receipt !== receipt);
				wire.stored.splice(0, wire.stored.length, ...left);
			},
			async fail(how) {
				wire.server.fail("/hooks", failures[how], Number.POSITIVE_INFINITY);
			},
		};
	});
});

let world: Awaited<ReturnType<typeof makeWorld>>;
let wire: WebhookWire;
let delivery: Delivery;
let nonces: Nonces;
let inbox: KeptInbox;
let door: BotDoor;

beforeEach(async () => {
	world = await makeWorld();
	({ wire, delivery, nonces, door } = world);
	inbox = keptInbox();
	await delivery.start(inbox);
});
afterEach(() => world.cleanUp());

const sent = async () => {
	await delivery.send(aCard(), ownPlace);
	return wire.stored.at(-1) as Json;
};
const value = () => `sw_aaaaaa.1.${nonces.of("sw_aaaaaa", 1)}`;
const body = (change: object = {}) => ({
	schemaVersion: 1,
	value: value(),
	verdict: "confirm",
	actor: alice,
	...change,
});

describe("out", () => {
	it("says all that a receiver needs, and signs it", async () => {
		const { payload } = await sent();
		const { delivery: id, ...recorded } = record("card");
		expect(Object.keys(payload)).toEqual(["schemaVersion", "delivery", ...Object.keys(recorded).slice(1)]);
		const buttons = recorded.buttons.map((button: Json) => ({ ...button, value: value() }));
		expect(payload).toEqual({
			...recorded,
			card: { ...recorded.card, ...aCard() },
			buttons,
			delivery: expect.any(String),
		});
		expect(Object.keys(payload.card).sort()).toEqual(Object.keys(recorded.card).sort());
		for (const one of [id, payload.delivery]) expect(one).toMatch(/^[0-9a-f]{32}-0$/);
		expect(value()).toHaveLength(28);
		const [{ headers }] = wire.server.arrived as Json;
		expect(headers["webhook-id"]).toBe(payload.delivery);
		expect(headers["webhook-timestamp"]).toMatch(/^\d{10}$/);
		expect(headers["webhook-signature"]).toMatch(/^v1,[\w+/]{43}=$/);
		expect(headers["user-agent"]).toBe("deadman");
	});

	it("a notice is as recorded", async () => {
		const { delivery: _, ...recorded } = record("notice");
		await delivery.notice(recorded.text, recorded.to);
		expect(JSON.parse(wire.server.arrived[0]?.text ?? "")).toMatchObject(recorded);
	});

	it("is told apart from a second message where the answer was lost", async () => {
		wire.server.fail("/hooks", "lost");
		await expect(delivery.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "unreachable" });
		const receipt = await delivery.send(aCard(), ownPlace);
		expect([wire.stored.length, wire.repeated.length, receipt]).toEqual([1, 1, "m1"]);
	});

	it("is told apart also by the next life, which cannot know that it was sent", async () => {
		wire.server.fail("/hooks", "lost");
		await expect(delivery.send(aCard(), ownPlace)).rejects.toThrow();
		await world.make().send(aCard(), ownPlace);
		expect(wire.stored).toHaveLength(1);
	});

	it("says the same again where it is sent again, and goes back to what it said before", async () => {
		await delivery.notice("Still here.", ownPlace);
		await delivery.notice("Still here.", ownPlace);
		expect(wire.notices).toHaveLength(2);
		const receipt = await delivery.send(aCard(), ownPlace);
		for (const title of ["One.", "Two.", "One."]) await delivery.edit(receipt, aCard({ title }), ownPlace);
		expect(wire.stored[0]?.payload.card.title).toBe("One.");
	});

	it.each([
		["a redirect", { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" }, "refused"],
		["a bad request", { status: 400, body: "" }, "refused"],
		["no such path", { status: 404, body: "" }, "refused"],
		["a dropped connection", "drop", "unreachable"],
		["a proxy's page", "page", "unreachable"],
	] as const)("%s", async (_, how, code) => {
		wire.server.fail("/hooks", how);
		const failing = delivery.send(aCard(), ownPlace);
		await expect(failing).rejects.toMatchObject({ name: "DeliveryFailed", code });
		await expect(failing).rejects.not.toMatchObject({ message: expect.stringMatching(/hush|hooks/) });
		expect(wire.stored).toEqual([]);
	});

	it("honours Retry-After, as a date too and of a 503, and at most an hour of it", async () => {
		const later = new Date(Date.now() + 90_000).toUTCString();
		const asked = [];
		for (const [status, after] of [
			[429, "3"],
			[503, later],
			[429, "999999"],
			[429, "soon"],
		] as const) {
			wire.server.fail("/hooks", { status, headers: { "retry-after": after }, body: "" });
			asked.push(await delivery.send(aCard(), ownPlace).catch(({ retryAfterMs }) => retryAfterMs));
		}
		expect(asked[0]).toBe(3_000);
		expect(asked[1]).toBeGreaterThan(80_000);
		expect(asked[1]).toBeLessThanOrEqual(90_000);
		expect(asked.slice(2)).toEqual([3_600_000, null]);
	});

	it.each(["no json", "[]", '{"receipt":7}', '{"receipt":""}', `{"receipt":"${"x".repeat(501)}"}`, "x".repeat(70_000)])(
		"takes an answer without a receipt that it can use",
		async (answer) => {
			wire.server.fail("/hooks", { status: 200, body: answer });
			expect(await delivery.send(aCard(), ownPlace)).toMatch(/^[0-9a-f]{32}-0$/);
		},
	);

	it("ends what it is doing when it stops", async () => {
		wire.server.fail("/hooks", "hang");
		const sending = delivery.send(aCard(), ownPlace);
		await expect.poll(() => wire.server.arrived.length).toBe(1);
		await delivery.stop();
		await expect(sending).rejects.toMatchObject({ code: "unreachable" });
	});

	it("cuts what is too long, and tells its address without its secrets", async () => {
		const lines = Array.from({ length: 300 }, () => "x".repeat(9_000));
		await delivery.send(aCard({ title: "t".repeat(5_000), lines }), ownPlace);
		const { title, lines: shown } = wire.stored[0]?.payload.card ?? {};
		expect(title.length + shown.join("").length).toBeLessThanOrEqual(delivery.can.cardCharacters + 200);
		expect(shown[0]).toMatch(/x…$/);
		expect(delivery.address()).toBe(wire.server.url);
	});

	it("says when its secret is not there", async () => {
		const secret = async () => Promise.reject(new Error("A secret is not there: the variable DESK is absent."));
		const channel = createWebhookChannel({ name: "desk", url: wire.url, secret, nonces, clock: world.clock });
		await expect(channel.start(inbox)).rejects.toThrow("DESK");
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "revoked" });
	});
});

describe("in", () => {
	it("a press is a click of the actor who is named in what was signed", async () => {
		const answer = await wire.press({ stored: await sent(), verdict: "rollback", actor: alice, delivery: "d1" });
		expect(answer.status).toBe(200);
		expect(await answer.json()).toEqual({ schemaVersion: 1, sentence: clickAnswer, card: null });
		expect(inbox.clicks).toEqual([
			{
				swapId: "sw_aaaaaa",
				epoch: 1,
				nonce: nonces.of("sw_aaaaaa", 1),
				verdict: "rollback",
				actorId: alice,
				typed: null,
				receipt: "m1",
				place: ownPlace,
				eventId: "d1",
			},
		]);
	});

	it("is as recorded, a phrase with it, and so are its answers", async () => {
		const answer = await wire.post(record("press"));
		expect(Object.keys((await answer.json()) as object)).toEqual(Object.keys(record("answer")));
		expect(inbox.clicks).toMatchObject([
			{ verdict: "approve", typed: "host sw_aaaaaa", actorId: alice, eventId: "press-1" },
		]);
		const forged = await wire.post(record("press"), { secret: "guessed" });
		expect(await forged.json()).toEqual(record("problem"));
	});

	const old = -6 * 60_000;
	it.each<[string, Json, Json, number, string]>([
		["no signature", {}, { signature: null }, 401, "signature_wrong"],
		["an empty one", {}, { signature: "" }, 401, "signature_wrong"],
		["one of another secret", {}, { secret: "guessed" }, 401, "signature_wrong"],
		["an odd one", {}, { signature: "v1,zz" }, 401, "signature_wrong"],
		["two", {}, { signature: `v1,${"A".repeat(43)}= v1,${"B".repeat(43)}=` }, 401, "signature_wrong"],
		["a body that was changed", {}, { body: "{}" }, 401, "signature_wrong"],
		["an old timestamp", {}, { atMs: Date.now() + old }, 401, "timestamp_old"],
		["one from tomorrow", {}, { atMs: Date.now() - old }, 401, "timestamp_old"],
		["an unknown verdict", { verdict: "merge" }, {}, 400, "verdict_unknown"],
		["a verdict of every object", { verdict: "constructor" }, {}, 400, "verdict_unknown"],
		["no verdict", { verdict: undefined }, {}, 400, "body_malformed"],
		["a value of nothing", { value: "confirm" }, {}, 400, "value_malformed"],
		["a value with more", { value: "sw_aaaaaa.1.0123456789abcdef " }, {}, 400, "value_malformed"],
		["an epoch that is none", { value: "sw_aaaaaa.0.0123456789abcdef" }, {}, 400, "value_malformed"],
		["no actor", { actor: "" }, {}, 400, "body_malformed"],
		["an actor of two words", { actor: "alice bob" }, {}, 400, "body_malformed"],
		["an actor with a line end", { actor: "alice\n" }, {}, 400, "body_malformed"],
		["another schema", { schemaVersion: 2 }, {}, 400, "body_malformed"],
		["a key that is none", { admin: true }, {}, 400, "body_malformed"],
		["another method", {}, { method: "PUT" }, 405, "method_not_allowed"],
	])("refuses %s, and nothing is decided", async (_, change, forged, status, code) => {
		const answer = await wire.post(body(change), forged);
		expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
		expect(await answer.json()).toMatchObject({ type: `urn:deadman:${code}`, status });
		expect([inbox.clicks, inbox.refusals]).toEqual([[], [code]]);
	});

	it.each(["", "no json", "[]", "null", '"confirm"', "{", "\ufeff"])("refuses the signed body %j", async (text) => {
		expect((await wire.post(text)).status).toBe(400);
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["body_malformed"]]);
	});

	it("counts only what is not genuine against its address", async () => {
		const ask = (change: object, forged: object) => {
			const { headers, body: text } = wire.signed(body(change), forged);
			return delivery.receive?.({ method: "POST", url: "/", headers, body: Buffer.from(text) });
		};
		expect((await ask({}, { secret: "guessed" }))?.forged).toBe(true);
		expect((await ask({ verdict: "merge" }, {}))?.forged).toBeUndefined();
		expect((await ask({}, {}))?.forged).toBeUndefined();
	});

	it("refuses the very same request, and answers a retry with what happened", async () => {
		const { headers, body: text } = wire.signed(body({ delivery: "d1" }));
		const again = () => fetch(door.url, { method: "POST", headers, body: text });
		expect([(await again()).status, (await again()).status]).toEqual([200, 409]);
		expect(inbox.refusals).toEqual(["replayed"]);
		const retried = await wire.post(body({ delivery: "d1" }), { atMs: Date.now() - 2_000 });
		expect(retried.status).toBe(200);
		expect(inbox.clicks.map(({ eventId }) => eventId)).toEqual(["d1", "d1"]);
	});

	it("forgets a signature only when it is too old to be good", async () => {
		const { headers, body: text } = wire.signed(body());
		const again = () => fetch(door.url, { method: "POST", headers, body: text });
		expect((await again()).status).toBe(200);
		world.clock.offsetMs = 4 * 60_000;
		expect((await again()).status).toBe(409);
		world.clock.offsetMs = 11 * 60_000;
		expect((await again()).status).toBe(401);
		expect(inbox.clicks).toHaveLength(1);
	});

	it("takes the same request again where it could not be stored", async () => {
		let failing = true;
		await delivery.start({
			...inbox,
			click: async (click) => (failing ? Promise.reject(new Error("The disk is full.")) : inbox.click(click)),
		});
		const { headers, body: text } = wire.signed(body());
		const take = async () => delivery.receive?.({ method: "POST", url: "/", headers, body: Buffer.from(text) });
		await expect(take()).rejects.toThrow("full");
		failing = false;
		expect((await take())?.status).toBe(200);
	});

	it("takes nothing while it is not open", async () => {
		await delivery.stop();
		await expect(async () =>
			delivery.receive?.({ method: "POST", url: "/", headers: {}, body: Buffer.from("{}") }),
		).rejects.toMatchObject({
			code: "unreachable",
		});
	});
});
