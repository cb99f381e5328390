// Who is asked and told where, from a proposal to its outcome: direct messages, the conversation of the request, and every channel's own.
import { describe, expect, it } from "vitest";
import { quietUntilMs } from "../../../src/core/people/quiet-hours.js";
import { accepted, expectRefusal, first } from "../scene.js";
import { agent, asking, authorityOf, cardAt, cardsAt, ready, wentOut, who } from "./asking.js";

const authorityOpen = authorityOf([]);
const night = { from: "22:00", to: "07:00", zone: "Europe/Berlin" };
const approved = { by: { surface: "slack", id: "U-ana" } as const, epoch: 1, insist: false, typed: null };

describe("approval", () => {
	it("is asked for in direct messages with what there is to read, and on the page; no chat's conversation sees it", async () => {
		const { slack, telegram, page } = await asking();
		expect(new Set(wentOut(slack))).toEqual(new Set(["notice @U-ana", "card @U-ana"]));
		expect(wentOut(slack).at(-1)).toBe("card @U-ana");
		expect(slack.notices.join("\n")).toContain("server.js");
		expect(wentOut(telegram)).toEqual([]);
		expect(cardsAt(page)).toEqual(["card"]);
	});

	it("is edited where it was asked for; the deadman card, restart and outcome go to every conversation", async () => {
		const { scene, slack, telegram, page } = await asking();
		const before = slack.sent.length;
		accepted(await scene.supervisor.approve({ id: first, ...approved }));
		await scene.clock.advance(5_000);
		expect(cardAt(slack, "approval", "U-ana")).toMatchObject({ decided: true, buttons: [] });
		for (const chat of [slack, telegram, page])
			expect(cardAt(chat, "card", null)).toMatchObject({ kind: "card", decided: false });
		expect(cardAt(slack, "card", "U-ana")).toBeUndefined();
		accepted(await scene.supervisor.confirm({ id: first, by: approved.by, epoch: null }));
		await scene.clock.advance(5_000);
		for (const chat of [slack, telegram, page]) expect(cardAt(chat, "card", null)).toMatchObject({ decided: true });
		expect(cardAt(slack, "approval", "U-ana")?.title).toContain("is kept");
		expect(wentOut(slack).slice(before)).not.toContain("card @U-ana");
	});

	it("is asked for everywhere where nobody may be written to", async () => {
		const { slack, telegram, page } = await asking({ people: [who("ana", { reach: [] })] });
		for (const chat of [slack, telegram, page]) expect(cardsAt(chat)).toEqual(["card"]);
	});

	it("is not asked of the one who proposed it", async () => {
		const request = { by: { surface: "cli", id: "ben" } as const };
		const ben = who("ben", { identities: ["cli:ben", "telegram:ben"] });
		const { slack, telegram } = await asking({ people: [who("ana"), ben], request });
		expect(cardsAt(slack)).toEqual(["card @U-ana"]);
		expect(cardsAt(telegram)).toEqual([]);
	});

	it("keeps its places when the people change over a restart: no card with buttons is left behind", async () => {
		const people = [who("ana")];
		const { scene, slack, telegram } = await asking({ people });
		people.splice(0, 1, who("ana", { reach: ["telegram"] }));
		await scene.restart();
		accepted(await scene.supervisor.reject({ id: first, by: approved.by, epoch: 1, reason: "no" }));
		await scene.clock.advance(1_000);
		expect(cardAt(slack, "approval", "U-ana")).toMatchObject({ decided: true, buttons: [] });
		expect(cardsAt(telegram)).toEqual([]);
	});
});

describe("quiet hours", () => {
	it("defer what asks for approval, in its order, and nothing on a page; the next morning it is there", async () => {
		const { scene, slack, page } = await asking({ people: [who("ana", { quiet: night })], at: "2026-10-24T20:30Z" });
		expect(wentOut(slack)).toEqual([]);
		expect(cardsAt(page)).toEqual(["card"]);
		const untilMs = quietUntilMs(night, scene.clock.now().wallMs) ?? 0;
		expect(new Date(untilMs).toISOString()).toBe("2026-10-25T06:00:00.000Z");
		await scene.clock.advance(untilMs - scene.clock.now().wallMs - 1);
		expect(wentOut(slack)).toEqual([]);
		await scene.clock.advance(1_000);
		expect(wentOut(slack).at(-1)).toBe("card @U-ana");
		expect(wentOut(slack)[0]).toBe("notice @U-ana");
	});

	it("survive a restart", async () => {
		const { scene, slack } = await asking({ people: [who("ana", { quiet: night })], at: "2026-03-28T22:00Z" });
		await scene.restart();
		await scene.clock.advance(Date.parse("2026-03-29T04:59Z") - scene.clock.now().wallMs);
		expect(wentOut(slack)).toEqual([]);
		await scene.clock.advance(70_000);
		expect(cardsAt(slack)).toEqual(["card @U-ana"]);
	});

	it("end with one card and nothing to read where it was decided meanwhile", async () => {
		const { scene, slack } = await asking({ people: [who("ana", { quiet: night })], at: "2026-01-10T22:30Z" });
		accepted(await scene.supervisor.reject({ id: first, by: approved.by, epoch: 1, reason: "no" }));
		await scene.clock.advance(60_000);
		expect(wentOut(slack)).toEqual([]);
		await scene.clock.advance(Date.parse("2026-01-11T06:01Z") - scene.clock.now().wallMs);
		expect(wentOut(slack)).toEqual(["card @U-ana"]);
		expect(cardAt(slack, "approval", "U-ana")).toMatchObject({ decided: true, buttons: [] });
	});

	it("do not count where it would expire before they end", async () => {
		const { slack } = await asking({
			people: [who("ana", { quiet: night })],
			at: "2026-01-10T22:30Z",
			settings: { approvalMs: 3_600_000 },
		});
		expect(cardsAt(slack)).toEqual(["card @U-ana"]);
	});

	it("never defer a deadman card, nor its outcome", async () => {
		const { scene, slack, telegram } = await asking({
			people: [who("ana", { quiet: night })],
			at: "2026-01-10T22:30Z",
		});
		accepted(await scene.supervisor.approve({ id: first, ...approved }));
		await scene.clock.advance(5_000);
		for (const chat of [slack, telegram]) expect(cardAt(chat, "card", null)).toMatchObject({ decided: false });
		await scene.clock.advance(180_000);
		for (const chat of [slack, telegram]) expect(cardAt(chat, "card", null)?.title).toContain("was rolled back");
	});
});

describe("the conversation that a request came from", () => {
	const conversations = { slack: { own: "C1", others: ["C2"] } };
	const from = { channel: "slack", conversation: "C2", thread: "17.5" };

	it("has the cards, notices and outcome in the place of its channel's own", async () => {
		const { scene, slack, telegram } = await asking({
			people: [],
			settings: { conversations, authority: authorityOpen },
			request: { conversation: from },
		});
		accepted(await scene.supervisor.approve({ id: first, ...approved, by: { surface: "cli", id: "1" } }));
		await scene.clock.advance(5_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		const places = new Set(wentOut(slack).map((one) => one.split(" ")[1] ?? ""));
		expect(places).toEqual(new Set(["C2/17.5"]));
		expect(cardsAt(slack)).toHaveLength(2);
		expect(new Set(wentOut(telegram).map((one) => one.split(" ")[1] ?? ""))).toEqual(new Set([""]));
	});

	it("is asked beside the approvers' direct messages", async () => {
		const { slack } = await asking({ settings: { conversations }, request: { conversation: from } });
		expect(cardsAt(slack)).toEqual(["card C2/17.5", "card @U-ana"]);
	});

	it("is the channel's own where its id is given", async () => {
		const { slack } = await asking({
			settings: { conversations },
			request: { conversation: { ...from, conversation: "C1", thread: null } },
		});
		expect(cardsAt(slack)).toEqual(["card", "card @U-ana"]);
	});

	it("counts only where the operator allows it; nothing is lost by asking", async () => {
		const { scene, propose } = await ready({ settings: { conversations } });
		const refused = await propose({ conversation: { ...from, conversation: "C3" } });
		expect(expectRefusal(refused, "conversation_unknown").message).toContain("slack:C3");
		expectRefusal(await propose({ conversation: { ...from, channel: "irc" } }), "conversation_unknown");
		expect(scene.disk.swaps.size).toBe(0);
		expect(scene.disk.audits.map((text) => JSON.parse(text).code)).toContain("conversation_unknown");
		expect(accepted(await propose({ conversation: from })).conversation).toEqual(from);
	});

	it("makes a repeated request the same one only with the same conversation", async () => {
		const { propose, scene } = await ready({ settings: { conversations } });
		const revision = scene.git.commit({ "server.js": "again" }, [scene.base]);
		const request = { revision, by: agent, idempotencyKey: "k", conversation: from };
		const swap = accepted(await propose(request));
		expect(accepted(await propose(request)).id).toBe(swap.id);
		expectRefusal(await propose({ ...request, conversation: null }), "key_reused");
	});

	it("of a try that failed is where its retry goes back to", async () => {
		const { scene, slack } = await ready({ people: [], settings: { conversations, authority: authorityOpen } });
		const workspace = await scene.supervisor.createWorkspace({ name: "w", target: "host", kind: "worktree" });
		accepted(workspace);
		scene.workspaces.edit("w", { "server.js": "version 2" });
		scene.workspaces.commit("w");
		const submission = { workspace: "w", summary: "s", fileSummaries: { "server.js": "more" }, by: agent };
		accepted(await scene.supervisor.submit({ ...submission, conversation: from }));
		scene.failAt("stage.checkout");
		accepted(await scene.supervisor.approve({ id: first, ...approved, by: { surface: "cli", id: "1" } }));
		await scene.clock.advance(60_000);
		expect((await scene.swap()).status).toBe("drafting");
		scene.workspaces.edit("w", { "server.js": "version 3" });
		scene.workspaces.commit("w");
		expect(accepted(await scene.supervisor.submit(submission)).conversation).toEqual(from);
		await scene.clock.advance(1_000);
		expect(new Set(cardsAt(slack))).toEqual(new Set(["card C2/17.5"]));
	});
});
