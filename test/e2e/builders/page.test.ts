// One story: a person decides on the loopback page, as a browser would: reads the card, posts its form with its nonce. The link and
// the buttons survive a restart of the supervisor, and an old card answers with what happened.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	ask,
	attempt,
	close,
	deadman,
	factsOf,
	killSupervisor,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	startSupervisor,
	state,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.delivery = [{ kind: "page", port: 0 }];
			config.deadman = { initial: "60s", afterDelivery: "60s", cap: "300s" };
		},
	});
	await raise(scene);
	await writeNotes(scene, 2);
});
afterAll(() => close(scene));

const addressOf = () =>
	until(
		"the page is up",
		async () => (await ask(scene, "/v1/status"))?.supervisor.channels[0]?.address as string | null,
	);

interface Form {
	readonly action: string;
	readonly origin: string;
	readonly fields: Readonly<Record<string, string>>;
	readonly buttons: readonly string[];
}

/** The card of this swap as the page shows it; null where it shows none, or none with buttons. */
async function formOf(id: string): Promise<Form | null> {
	const address = await addressOf();
	const page = await (await fetch(address)).text();
	const form = page.match(/<form[\s\S]*?<\/form>/g)?.find((one) => one.includes(`value="${id}"`));
	if (form === undefined) return null;
	const hidden = [...form.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
		name,
		value,
	]);
	return {
		action: new URL(/action="([^"]+)"/.exec(form)?.[1] ?? "", address).href,
		origin: new URL(address).origin,
		fields: Object.fromEntries(hidden),
		buttons: [...form.matchAll(/<button name="verdict" value="(\w+)"/g)].map(([, verdict]) => String(verdict)),
	};
}

async function click({ action, origin, fields }: Form, verdict: string, changed: object = {}) {
	const body = new URLSearchParams({ ...fields, verdict, ...changed });
	const answer = await fetch(action, { method: "POST", headers: { origin }, body });
	const text = await answer.text();
	return { status: answer.status, told: /<p role="status">([^<]*)<\/p>/.exec(text)?.[1] ?? text };
}

async function onTrial(name: string, number: number): Promise<{ id: string; form: Form }> {
	const { id } = await attempt(scene, name, version(number), "awaiting_confirmation");
	return { id, form: await until(`the card of ${id} is shown`, () => formOf(id)) };
}

test("Rollback on the page brings the previous version back", { timeout: 60_000 }, async () => {
	const before = await state(scene);
	const { id, form } = await onTrial("refused", 2);
	expect(form.buttons).toEqual(expect.arrayContaining(["confirm", "rollback"]));
	await until("its arrival is on record", async () => (await swapOf(scene, id)).handshake === "message1_sent");
	const clicked = await click(form, "rollback");
	expect(clicked.status).toBe(200);
	expect(clicked.told).toContain(id);
	expect(await reach(scene, id, "rolled_back")).toMatchObject({ outcome: { by: "page:local" } });
	expect(await state(scene)).toEqual(before);

	const late = await click(form, "confirm");
	expect(late.told).toContain(`${id} is decided already`);
	expect((await deadman(scene, "status", id)).swap.status).toBe("rolled_back");
	await until("the card shows no button any more", async () => (await formOf(id)) === null);
});

test("a restart in between keeps the link, and the old buttons work", { timeout: 60_000 }, async () => {
	const { id, form } = await onTrial("kept", 3);
	const address = await addressOf();
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect(await addressOf()).toBe(address);
	const shown = await until("the card is shown again", () => formOf(id));
	expect(shown).toEqual(form);

	const window = (await swapOf(scene, id)).deadman;
	expect((await click(form, "extend")).status).toBe(200);
	const longer = (await swapOf(scene, id)).deadman;
	expect(Date.parse(longer.expiresAt)).toBeGreaterThan(Date.parse(window.expiresAt));

	const clicked = await click(form, "confirm");
	expect(clicked.status).toBe(200);
	expect(clicked.told).toContain(id);
	const twice = await click(form, "confirm");
	expect(twice.told).toContain("decided already");
	expect(await reach(scene, id, "finalized")).toMatchObject({ handshake: "confirmed", outcome: { by: "page:local" } });
	expect((await factsOf(scene, id)).filter(({ type }) => type === "confirmed")).toHaveLength(1);
	expect(await serving(scene, () => true)).toEqual({ version: "3", schema: 1, notes: 2 });
});

test("forged clicks decide nothing", { timeout: 60_000 }, async () => {
	const { id, form } = await onTrial("forged", 4);
	expect((await click({ ...form, origin: "http://evil.example" }, "confirm")).status).toBe(403);
	expect((await click(form, "confirm", { nonce: "x".repeat(form.fields.nonce?.length ?? 0) })).status).toBe(403);
	expect((await click(form, "destroy")).status).toBe(400);
	expect((await click(form, "approve")).told).toContain("cannot be approved now");
	expect((await click(form, "confirm", { epoch: "7" })).status).toBe(403);
	const elsewhere = form.action.replace(/\/[^/]+\/decide$/, "/guessed/decide");
	expect((await click({ ...form, action: elsewhere }, "confirm")).status).toBe(404);
	expect((await fetch(`${form.action}?${new URLSearchParams({ ...form.fields, verdict: "confirm" })}`)).status).toBe(
		404,
	);
	expect((await swapOf(scene, id)).status).toBe("awaiting_confirmation");
	expect((await click(form, "rollback")).status).toBe(200);
	expect((await reach(scene, id, "rolled_back")).status).toBe("rolled_back");
});
