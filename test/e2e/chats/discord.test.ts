// Two stories: a change is approved and confirmed in a Discord channel, over the gateway and over signed interactions through the
// supervisor's door. A stranger's press is told no and audited, the right person's press confirms, and the card becomes the outcome.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	application,
	channel,
	type DiscordMessage,
	type DiscordWire,
	guild,
	serveDiscord,
	type Wrong,
} from "../../support/wire/discord.js";
import { acting } from "../../support/wire/discord-messages.js";
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

const ada = "53908232506183680";
const mallory = "53908232506189999";

describe.each(["gateway", "interactions"] as const)("Discord, %s", (mode) => {
	let wire: DiscordWire;
	let scene: Scene;
	let door = "";

	beforeAll(async () => {
		wire = await serveDiscord();
		process.env.E2E_DISCORD_TOKEN = wire.token;
		scene = await openScene({
			configure(config: Json) {
				config.approval = "required";
				config.http = { port: 0 };
				config.people = { ada: { identities: [`discord:${ada}`], roles: ["owner"] } };
				const { publicKey, url: apiUrl } = wire;
				const token = { env: "E2E_DISCORD_TOKEN" };
				config.delivery = [
					{ kind: "discord", channel, guild, mode, apiUrl, token, applicationId: application, publicKey },
				];
			},
		});
		await raise(scene);
		door = await doorNow();
	}, 60_000);
	afterAll(async () => {
		await close(scene);
		await wire.close();
		delete process.env.E2E_DISCORD_TOKEN;
	});

	const doorNow = async () => `${(await deadman(scene, "status")).supervisor.http}/v1/delivery/discord`;
	const post = async (payload: Json, wrong: Wrong = {}): Promise<Response> => {
		const { headers, body } = wire.signed(payload, wrong);
		return fetch(door, { method: "POST", headers, body });
	};

	/** As this mode brings it. */
	async function arrive(payload: Json): Promise<void> {
		if (mode === "gateway") return wire.gateway.push("INTERACTION_CREATE", payload);
		const response = await post(payload);
		expect(response.status).toBe(200);
		wire.responded(payload.token, ((await response.json()) as { type: number }).type);
	}

	const shows = (id: string, label: string): DiscordMessage | undefined =>
		wire.messages.findLast((one) => wire.text(one).includes(id) && wire.labels(one).includes(label));

	async function told(payload: Json): Promise<string> {
		await arrive(payload);
		await until("the person is told", () => wire.told(payload.token).length > 0);
		expect(wire.told(payload.token)).toMatchObject([{ ephemeral: true }]);
		return wire.told(payload.token)[0]?.text ?? "";
	}

	const pressed = async (card: DiscordMessage, label: string, user: string) =>
		told(await wire.pressed(card, { user, label }));

	async function approved(name: string, number: number): Promise<string> {
		const { id } = await attempt(scene, name, version(number));
		await until("it asks for approval", () => shows(id, "Approve"));
		if (mode === "gateway") wire.gateway.push("MESSAGE_CREATE", await wire.said(`host ${id}`, { user: ada }));
		else await approvedInForm(id);
		await reach(scene, id, "awaiting_confirmation");
		await until("the card is there", () => shows(id, "Confirm"));
		return id;
	}

	/** Words come over the gateway only; over HTTP a form takes them. */
	async function approvedInForm(id: string): Promise<void> {
		const press = await wire.pressed(shows(id, "Approve") as DiscordMessage, { user: ada, label: "Approve" });
		const form = await (await post(press)).json();
		const answer = await (await post(wire.submitted(press, form, `host ${id}`))).json();
		expect(answer).toMatchObject({ type: 4, data: { flags: 64 } });
	}

	test("approved, refused to a stranger, confirmed by the right person", { timeout: 90_000 }, async () => {
		const id = await approved("kept", 2);
		const card = shows(id, "Confirm") as DiscordMessage;
		expect(wire.text(card)).toContain("I'm back with the new version");
		expect(wire.text(card)).toContain("Rolls back by itself");
		expect(wire.labels(card)).toEqual(["Confirm", "Rollback", "+2 min"]);
		const old = await wire.pressed(card, { user: ada, label: "Rollback" });

		expect(await pressed(card, "Confirm", mallory)).toMatch(/may not|not allowed|no person/i);
		expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
		const { audits } = await deadman(scene, "log", id);
		expect(audits).toContainEqual(
			expect.objectContaining({ verb: "confirm", by: { surface: "discord", id: mallory } }),
		);

		expect(await pressed(card, "Confirm", ada)).toContain(id);
		expect((await reach(scene, id, "finalized")).status).toBe("finalized");
		await until("the card is the outcome", () => wire.text(card).includes(`${id} is confirmed`));
		expect(wire.labels(card)).toEqual([]);
		expect(wire.text(card)).toContain(`Decided by discord:${ada}`);
		expect(await told(old)).toMatch(/confirmed|finalized/);
		expect((await deadman(scene, "status", id)).swap.status).toBe("finalized");
		expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
		for (const { sent } of wire.messages) {
			const times = JSON.stringify(sent).match(/<t:/g)?.length ?? 0;
			expect(acting(sent, { times })).toEqual([]);
		}
	});

	test("pressed back after the supervisor was killed in the window", { timeout: 90_000 }, async () => {
		const id = await approved("back", 3);
		const card = shows(id, "Rollback") as DiscordMessage;
		await killSupervisor(scene);
		const identified = wire.gateway.identified.length;
		await startSupervisor(scene);
		door = await doorNow();
		if (mode === "gateway") await until("the gateway is back", () => wire.gateway.identified.length > identified);
		else await until("the channel is open", async () => (await post({ type: 1 })).status === 200);
		expect(await pressed(card, "Rollback", ada)).toContain(id);
		expect((await reach(scene, id, "rolled_back")).status).toBe("rolled_back");
		await until("the card is the outcome", () => wire.text(card).includes("was rolled back"));
		expect(wire.labels(card)).toEqual([]);
		expect((await factsOf(scene, id)).filter(({ type }) => type === "rollbackRequested")).toHaveLength(1);
		expect(wire.messages.filter((one) => wire.text(one).includes(`back with the new version (${id})`))).toEqual([]);
		expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
	});

	test("what is forged is turned away at the door", { timeout: 30_000 }, async () => {
		const payload = await wire.pressed(wire.messages.at(-1) as DiscordMessage, { user: ada });
		expect((await post(payload, { signature: "0".repeat(128) })).status).toBe(mode === "interactions" ? 401 : 404);
		expect(wire.told(payload.token)).toEqual([]);
	});
});
