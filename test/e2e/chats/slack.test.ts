// Two stories: a change is approved and confirmed in a Slack conversation, over the socket and over signed posts through the supervisor's
// door. A stranger's press is told no and audited, the right person's press confirms, and the card becomes the outcome.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SlackMessage, type SlackWire, serveSlack, type Wrong } from "../../support/wire/slack.js";
import { acting } from "../../support/wire/slack-blocks.js";
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

const ada = "U0OWNER01";
const mallory = "U0STRANGE";
const environment = { E2E_SLACK_TOKEN: "token", E2E_SLACK_APP: "appToken", E2E_SLACK_SECRET: "signingSecret" } as const;

describe.each(["socket", "webhook"] as const)("Slack, %s", (mode) => {
	let wire: SlackWire;
	let scene: Scene;
	let door = "";

	beforeAll(async () => {
		wire = await serveSlack();
		for (const [name, key] of Object.entries(environment)) process.env[name] = wire[key];
		scene = await openScene({
			configure(config: Json) {
				config.approval = "required";
				config.http = { port: 0 };
				config.people = { ada: { identities: [`slack:${ada}`], roles: ["owner"] } };
				const secrets = Object.fromEntries(Object.entries(environment).map(([env, key]) => [key, { env }]));
				config.delivery = [{ kind: "slack", channel: "C0CHANNEL", mode, apiUrl: wire.url, ...secrets }];
			},
		});
		await raise(scene);
		door = `${(await deadman(scene, "status")).supervisor.http}/v1/delivery/slack`;
	}, 60_000);
	afterAll(async () => {
		await close(scene);
		await wire.close();
		for (const name of Object.keys(environment)) delete process.env[name];
	});

	async function post(payload: Json, wrong: Wrong = {}): Promise<number> {
		const { headers, body } = wire.signed(payload, wrong);
		return (await fetch(door, { method: "POST", headers, body })).status;
	}

	/** As this mode brings it. */
	async function arrive(type: "interactive" | "events_api", payload: Json): Promise<void> {
		if (mode === "socket") await wire.socket.push(type, payload);
		else expect(await post(payload, { json: type === "events_api" })).toBe(200);
	}

	/** The newest message that says this and has this button. */
	const shows = (id: string, label: string): SlackMessage | undefined =>
		wire.messages.findLast((one) => wire.text(one).includes(id) && wire.labels(one).includes(label));

	async function pressed(card: SlackMessage, label: string, user: string, value?: string): Promise<string> {
		const before = wire.told.length;
		const press = value === undefined ? { user, label } : { user, value, action: label };
		await arrive("interactive", await wire.pressed(card, press));
		await until(`${user} is told`, () => wire.told.length > before);
		expect(wire.told.at(-1)).toMatchObject({ user, channel: "C0CHANNEL", via: "ephemeral" });
		return wire.told.at(-1)?.text ?? "";
	}

	/** Words that mention the bot, or the form that the press opens. */
	async function typed(id: string): Promise<void> {
		if (mode === "socket") return arrive("events_api", await wire.said(`host ${id}`, { user: ada }));
		await arrive(
			"interactive",
			await wire.pressed(shows(id, "Approve") as SlackMessage, { user: ada, label: "Approve" }),
		);
		await arrive("interactive", await wire.submitted(ada, `host ${id}`));
	}

	async function approved(name: string, number: number): Promise<string> {
		const { id } = await attempt(scene, name, version(number));
		await until("it asks for approval", () => shows(id, "Approve"));
		await typed(id);
		await reach(scene, id, "awaiting_confirmation");
		await until("the card is there", () => shows(id, "Confirm"));
		return id;
	}

	test("approved with words, refused to a stranger, confirmed by the right person", { timeout: 90_000 }, async () => {
		const id = await approved("kept", 2);
		const card = shows(id, "Confirm") as SlackMessage;
		expect(wire.text(card)).toContain("I'm back with the new version");
		expect(wire.text(card)).toContain("Rolls back by itself");
		expect(wire.labels(card)).toEqual(["Confirm", "Rollback", "+2 min"]);
		const old = await wire.pressed(card, { user: ada, label: "Rollback" });

		expect(await pressed(card, "Confirm", mallory)).toMatch(/may not|not allowed|no person/i);
		expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
		const { audits } = await deadman(scene, "log", id);
		expect(audits).toContainEqual(expect.objectContaining({ verb: "confirm", by: { surface: "slack", id: mallory } }));

		expect(await pressed(card, "Confirm", ada)).toContain(id);
		expect((await reach(scene, id, "finalized")).status).toBe("finalized");
		await until("the card is the outcome", () => wire.text(card).includes(`${id} is confirmed`));
		expect(wire.labels(card)).toEqual([]);
		expect(wire.text(card)).toContain(`Decided by slack:${ada}`);

		const told = wire.told.length;
		await arrive("interactive", old);
		await until("the old card answers", () => wire.told.length > told);
		expect(wire.told.at(-1)?.text).toMatch(/confirmed|finalized/);
		expect((await deadman(scene, "status", id)).swap.status).toBe("finalized");
		expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
		for (const { sent } of wire.messages) expect(acting(sent)).toEqual([]);
	});

	test("pressed back after the supervisor was killed in the window", { timeout: 90_000 }, async () => {
		const id = await approved("back", 3);
		const card = shows(id, "Rollback") as SlackMessage;
		await killSupervisor(scene);
		await startSupervisor(scene);
		door = `${(await deadman(scene, "status")).supervisor.http}/v1/delivery/slack`;
		if (mode === "socket") await until("the socket is back", () => wire.socket.open === 1);
		else
			await until(
				"the channel is open",
				async () => (await post({ type: "url_verification", challenge: "x" }, { json: true })) === 200,
			);
		expect(await pressed(card, "Rollback", ada)).toContain(id);
		expect((await reach(scene, id, "rolled_back")).status).toBe("rolled_back");
		await until("the card is the outcome", () => wire.text(card).includes("was rolled back"));
		expect(wire.labels(card)).toEqual([]);
		expect((await factsOf(scene, id)).filter(({ type }) => type === "rollbackRequested")).toHaveLength(1);
		expect(wire.messages.filter((one) => wire.text(one).includes(`back with the new version (${id})`))).toEqual([]);
		expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
	});

	test("what is forged is turned away at the door", { timeout: 30_000 }, async () => {
		const card = wire.messages.at(-1) as SlackMessage;
		const payload = await wire.pressed(card, { user: ada, value: "sw_aaaaaa.1.0123456789abcdef" });
		const status = await post(payload, { secret: "of somebody else" });
		expect(status).toBe(mode === "webhook" ? 401 : 404);
		if (mode === "socket") return;
		expect(await post(payload, { timestamp: Math.floor(Date.now() / 1_000) - 600 })).toBe(401);
		expect(wire.told.filter(({ text }) => text.includes("sw_aaaaaa"))).toEqual([]);
	});
});
