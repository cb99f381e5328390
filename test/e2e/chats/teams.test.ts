// One story: a change is approved and confirmed in a channel of Microsoft Teams, over the supervisor's own door. Words approve it, a stranger's
// press and forged ones are told no and change nothing, the right person's press confirms, and the card becomes the outcome.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ana, mallory, type Person, type Shown, serveTeams, type TeamsWire, wire } from "../../support/wire/teams.js";
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

let teams: TeamsWire;
let scene: Scene;

beforeAll(async () => {
	teams = await serveTeams();
	process.env.E2E_TEAMS_PASSWORD = wire.password;
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
			config.people = { ana: { identities: [`teams:${ana.aadObjectId}`], roles: ["owner"] } };
			config.http = { port: 0 };
			const { appId, tenantId, conversation } = wire;
			const password = { env: "E2E_TEAMS_PASSWORD" };
			config.delivery = [{ kind: "teams", appId, password, tenantId, conversation, apiUrl: teams.url }];
		},
	});
	await raise(scene);
	await knowTheDoor();
}, 60_000);
afterAll(async () => {
	await close(scene);
	await teams.close();
	delete process.env.E2E_TEAMS_PASSWORD;
});

/** Port 0 is another one in each life. */
async function knowTheDoor(): Promise<void> {
	const { supervisor } = await deadman(scene, "status");
	teams.botUrl = `${supervisor.http}/v1/delivery/teams`;
}

/** The newest message with this button. */
const asking = (title: string): Shown | undefined => teams.shown.findLast((card) => teams.titles(card).includes(title));

async function told(by: Person, press: () => Promise<Response>): Promise<string> {
	const before = teams.shown.length;
	expect((await press()).status).toBe(200);
	const answer = await until(`${by.name} is answered`, () => teams.shown.slice(before).find(({ to }) => to === by.id));
	return answer.activity.text;
}

async function approved(name: string, number: number): Promise<{ readonly id: string; readonly card: Shown }> {
	const { id } = await attempt(scene, name, version(number));
	await until("it asks for approval", () => asking("Approve"));
	await teams.say({ text: `<at>deadman</at> host ${id}`, by: ana });
	await reach(scene, id, "awaiting_confirmation");
	return { id, card: await until("the card is there", () => asking("Confirm")) };
}

test("approved with words, refused to strangers and forgers, confirmed by the right person", {
	timeout: 90_000,
}, async () => {
	const { id, card } = await approved("kept", 2);
	expect(teams.text()).toContain(`I'm back with the new version (${id})`);
	expect(teams.text()).toContain("Rolls back by itself");

	const before = structuredClone(card);
	const press = (by: Person, forged?: Json) => teams.press({ card, title: "Confirm", by, forged });
	expect(await told(mallory, () => press(mallory))).toMatch(/may not|not allowed|no person/i);
	expect((await press(ana, { foreignKey: true })).status).toBe(401);
	expect((await press(ana, { activity: { channelId: "directline" } })).status).toBe(403);
	expect((await press(ana, { authorization: null })).status).toBe(401);
	expect((await deadman(scene, "status", id)).swap.status).toBe("awaiting_confirmation");
	const { audits } = await deadman(scene, "log", id);
	expect(audits).toContainEqual(
		expect.objectContaining({ verb: "confirm", by: { surface: "teams", id: mallory.aadObjectId } }),
	);

	expect(await told(ana, () => press(ana))).toContain(`${id} is confirmed`);
	await reach(scene, id, "finalized");
	await until("the card is the outcome", () => teams.titles(card).length === 0);
	expect(card.edits).toBeGreaterThan(0);
	expect(teams.text()).toContain(`${id} is confirmed: the new version stays.`);
	expect(await told(ana, () => teams.press({ card: before, title: "Rollback", by: ana }))).toMatch(
		/confirmed|finalized/,
	);
	expect((await factsOf(scene, id)).filter(({ type }) => type === "confirmed")).toMatchObject([
		{ by: { surface: "teams", id: ana.aadObjectId } },
	]);
});

test("rolled back by a press after the supervisor was killed in the window", { timeout: 90_000 }, async () => {
	const { id, card } = await approved("pressed-back", 3);
	await killSupervisor(scene);
	await startSupervisor(scene);
	await knowTheDoor();
	const pressed = () => teams.press({ card, title: "Rollback", by: ana });
	await until("the channel is open", async () => (await pressed()).status === 200, 30_000);
	await reach(scene, id, "rolled_back");
	await until("the card tells it", () => teams.text().includes(`${id} was rolled back`));
	expect(await serving(scene, ({ version: serves }: Json) => serves === "2")).toMatchObject({ version: "2" });
});
