// When nobody decides: the next surface, the conversations, the escalation; each once, at its time, over restarts, and never where it was decided.
import { describe, expect, it } from "vitest";
import { DeliveryFailed } from "../../../src/ports/ports.js";
import { accepted, first, type Scene } from "../scene.js";
import { type Asking, type AskingOptions, authorityOf, cardAt, cardsAt, ready, wentOut, who } from "./asking.js";

const minute = 60_000;
const unreachable = new DeliveryFailed({ code: "unreachable", message: "The service is down." });
const hourly = { fallbackAfterMs: 2 * minute, escalateAfterMs: 60 * minute, escalateTo: ["owner"] };

/** As if the person had never written to the bot: others in the same chat are reached. */
function refuseDirect(chat: Asking["slack"]): void {
	const { send, notice } = chat;
	const refused = new DeliveryFailed({ code: "refused", message: "Nobody there has written to the bot." });
	Object.assign(chat, {
		send: async (...[card, to]: Parameters<typeof send>) => {
			if (to.person !== null) throw refused;
			return send(card, to);
		},
		notice: async (...[text, to]: Parameters<typeof notice>) => {
			if (to.person !== null) throw refused;
			return notice(text, to);
		},
	});
}

async function asked(options: AskingOptions & { readonly breaks?: readonly ("slack" | "telegram")[] }) {
	const made = await ready(options);
	for (const name of options.breaks ?? []) made[name].failWith(unreachable);
	accepted(await made.propose());
	await made.scene.clock.advance(1_000);
	return made;
}

const counted = async (scene: Scene, type: string) => (await scene.types()).filter((one) => one === type).length;

describe("an approver who cannot be reached", () => {
	it("is asked on the next surface after two minutes, and no sooner", async () => {
		const { scene, telegram } = await asked({ breaks: ["slack"] });
		await scene.clock.advance(118_000);
		expect(wentOut(telegram)).toEqual([]);
		await scene.clock.advance(4_000);
		expect(cardsAt(telegram)).toEqual(["card @ana"]);
		expect(telegram.notices.join("\n")).toContain("server.js");
		expect(await scene.facts()).toContainEqual(expect.objectContaining({ type: "rerouted", person: "ana" }));
	});

	it("is asked nowhere else once they were reached", async () => {
		const { scene, slack, telegram, page } = await asked({});
		await scene.clock.advance(60 * minute);
		expect([slack, telegram, page].map(cardsAt)).toEqual([["card @U-ana"], [], ["card"]]);
		expect(await counted(scene, "rerouted")).toBe(0);
	});

	it("where direct messages are refused is asked in the conversations at last, once, and decided everywhere", async () => {
		const made = await ready();
		for (const chat of [made.slack, made.telegram]) refuseDirect(chat);
		accepted(await made.propose());
		await made.scene.clock.advance(30 * minute);
		for (const chat of [made.slack, made.telegram, made.page]) expect(cardsAt(chat)).toEqual(["card"]);
		expect(await counted(made.scene, "rerouted")).toBe(2);
		accepted(
			await made.scene.supervisor.reject({ id: first, by: { surface: "slack", id: "U-ana" }, epoch: 1, reason: "" }),
		);
		await made.scene.clock.advance(minute);
		for (const chat of [made.slack, made.telegram, made.page])
			expect(cardAt(chat, "approval", null)).toMatchObject({ decided: true, buttons: [] });
		await made.scene.clock.advance(10 * minute);
		const left = made.scene.disk.outbox.filter(({ state }) => state === "pending");
		expect(left.map(({ message }) => [message.kind, message.place])).toEqual([]);
	});

	it("is asked on the next surface after a restart too, at the same time", async () => {
		const { scene, telegram } = await asked({ breaks: ["slack"] });
		await scene.clock.advance(60_000);
		await scene.restart();
		await scene.clock.advance(54_000);
		expect(wentOut(telegram)).toEqual([]);
		await scene.clock.advance(6_000);
		expect(cardsAt(telegram)).toEqual(["card @ana"]);
		await scene.restart();
		await scene.clock.advance(minute);
		expect(await counted(scene, "rerouted")).toBe(1);
	});

	it("gets the first way's chance after a time in which nothing ran", async () => {
		const { scene, slack, telegram } = await asked({ breaks: ["slack"] });
		scene.kill();
		slack.failWith(null);
		scene.clock.reboot({ downMs: 60 * minute });
		const goOn = slack.hang();
		await scene.begin();
		await scene.clock.advance(5_000);
		goOn();
		await scene.clock.advance(10 * minute);
		expect(cardsAt(slack)).toEqual(["card @U-ana"]);
		expect(cardsAt(telegram)).toEqual([]);
	});

	it.each(["before", "after"] as const)("is asked once where a life is killed %s that is recorded", async (moment) => {
		const { scene, telegram } = await asked({ breaks: ["slack"] });
		scene.killAt("fact.rerouted", moment);
		await scene.clock.advance(3 * minute);
		await scene.begin();
		await scene.clock.advance(minute);
		expect(await counted(scene, "rerouted")).toBe(1);
		expect(cardsAt(telegram)).toEqual(["card @ana"]);
	});

	it("is asked all the same where that could not be recorded at first", async () => {
		const { scene, telegram } = await asked({ breaks: ["slack"] });
		scene.failAt("fact.rerouted", { times: 2 });
		await scene.clock.advance(3 * minute);
		expect(cardsAt(telegram)).toEqual(["card @ana"]);
		expect(scene.logged.filter(({ event }) => event === "reminder.failed")).toHaveLength(2);
	});

	it("is left alone once it is decided", async () => {
		const { scene, telegram } = await asked({ breaks: ["slack"] });
		accepted(await scene.supervisor.reject({ id: first, by: { surface: "slack", id: "U-ana" }, epoch: 1, reason: "" }));
		await scene.clock.advance(10 * minute);
		expect(wentOut(telegram)).toEqual([]);
		expect(await counted(scene, "rerouted")).toBe(0);
	});

	it("has two minutes from the end of the quiet hours, not before", async () => {
		const quiet = { from: "22:00", to: "07:00", zone: "America/New_York" };
		const { scene, telegram } = await asked({
			breaks: ["slack"],
			people: [who("ana", { quiet })],
			at: "2026-03-08T04:30Z",
		});
		const endMs = Date.parse("2026-03-08T11:00Z");
		await scene.clock.advance(endMs + 118_000 - scene.clock.now().wallMs);
		expect(wentOut(telegram)).toEqual([]);
		await scene.clock.advance(5_000);
		expect(cardsAt(telegram)).toEqual(["card @ana"]);
	});
});

describe("an approval that nobody gives", () => {
	const ana = who("ana", { roles: ["approver"], reach: ["slack"] });
	const eva = who("eva", { reach: ["telegram"] });
	const boss = who("boss", { roles: [], reach: ["telegram"] });
	const settings = { reminding: { ...hourly, escalateTo: ["boss"] }, authority: authorityOf([ana, boss, who("own")]) };

	it("goes to others after its time, once, with a sentence that says why; the fact is in the log", async () => {
		const { scene, telegram, page } = await asked({ settings });
		await scene.clock.advance(59 * minute + 58_000);
		expect(wentOut(telegram)).toEqual([]);
		await scene.clock.advance(2_000);
		expect(cardsAt(telegram)).toEqual(["card @boss"]);
		expect(telegram.notices[0]).toBe(`Nobody decided ${first} within 1h. Asked as well: boss.`);
		expect(page.notices.at(-1)).toBe(`Nobody decided ${first} within 1h. Asked as well: boss.`);
		expect(await scene.facts()).toContainEqual(expect.objectContaining({ type: "escalated", to: ["boss"] }));
		await scene.restart();
		await scene.clock.advance(300 * minute);
		expect(await counted(scene, "escalated")).toBe(1);
		expect(cardsAt(telegram)).toEqual(["card @boss"]);
	});

	it("goes to every conversation where nobody of them is written to", async () => {
		const opened = authorityOf([ana, eva]);
		const host = { ...opened.classes.host, approve: ["approver"] };
		const authority = { ...opened, classes: { ...opened.classes, host } };
		const quietly = { reminding: { ...hourly, escalateTo: ["own"] }, authority };
		const { scene, slack, telegram, page } = await asked({ settings: quietly });
		await scene.clock.advance(61 * minute);
		expect(cardsAt(slack)).toEqual(["card @U-ana", "card"]);
		expect(cardsAt(telegram)).toEqual(["card @eva", "card"]);
		expect(cardsAt(page)).toEqual(["card"]);
	});

	it.each(["before", "after"] as const)(
		"goes there once where a life is killed %s that is recorded",
		async (moment) => {
			const { scene, telegram } = await asked({ settings });
			scene.killAt("fact.escalated", moment);
			await scene.clock.advance(61 * minute);
			await scene.begin();
			await scene.clock.advance(minute);
			expect(await counted(scene, "escalated")).toBe(1);
			expect(cardsAt(telegram)).toEqual(["card @boss"]);
		},
	);

	it("goes there at once where its time passed while nothing ran", async () => {
		const { scene, telegram } = await asked({ settings });
		scene.kill();
		scene.clock.reboot({ downMs: 120 * minute });
		await scene.begin();
		await scene.clock.advance(2_000);
		expect(cardsAt(telegram)).toEqual(["card @boss"]);
	});

	it("waits for the quiet hours of those people", async () => {
		const quiet = { from: "22:00", to: "07:00", zone: "UTC" };
		const { scene, telegram } = await asked({
			settings: { ...settings, authority: authorityOf([ana, { ...boss, quiet }, who("own")]) },
			at: "2026-01-10T21:30Z",
		});
		await scene.clock.advance(Date.parse("2026-01-11T06:59Z") - scene.clock.now().wallMs);
		expect(wentOut(telegram)).toEqual([]);
		await scene.clock.advance(2 * minute);
		expect(cardsAt(telegram)).toEqual(["card @boss"]);
	});

	it("goes nowhere once it is decided, nor where nobody configured that", async () => {
		const decided = await asked({ settings });
		const by = { surface: "slack", id: "U-own" } as const;
		accepted(await decided.scene.supervisor.reject({ id: first, by, epoch: 1, reason: "" }));
		await decided.scene.clock.advance(120 * minute);
		expect(wentOut(decided.telegram)).toEqual([]);
		const never = await asked({});
		await never.scene.clock.advance(300 * minute);
		expect(await counted(never.scene, "escalated")).toBe(0);
	});

	it("leaves no timer behind when the supervisor stops", async () => {
		const { scene } = await asked({ settings });
		await scene.supervisor.stop();
		expect(scene.clock.pending).toBe(0);
	});

	it("costs a look a minute, not more", async () => {
		let looks = 0;
		const { scene, propose } = await ready({ settings });
		accepted(await propose());
		await scene.clock.advance(1_000);
		const { get } = scene.disk.swaps;
		scene.disk.swaps.get = (id) => {
			looks += 1;
			return get.call(scene.disk.swaps, id);
		};
		await scene.clock.advance(50 * minute);
		expect(looks).toBeLessThan(150);
	});
});
