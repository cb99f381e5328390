// Seen means seen: a press approves where every piece of the diff of this very submission arrived in the conversation of who presses.
import { expect, it } from "vitest";
import { createMemoryDelivery, type MemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const press = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "approve", actorId: "ana" } as const;
const unread = "once its whole diff was shown";

async function asking(channels: readonly MemoryDelivery[], content = "version 2"): Promise<Scene> {
	const scene = createScene({ channels, settings: { approval: "required" } });
	await scene.begin();
	await scene.propose(content);
	await scene.clock.advance(1_000);
	return scene;
}

const shownIn = async (scene: Scene) => (await scene.swap()).shownAt;

it("is on record where it arrived, before the card that a press is enough for", async () => {
	const chat = createMemoryDelivery({ name: "chat" });
	const scene = await asking([chat]);
	expect(await shownIn(scene)).toEqual([{ channel: "chat", place: "" }]);
	expect(chat.shown.at(-1)).toMatchObject({ kind: "approval", phrase: null });
	expect(await chat.click(press)).toBe(`${first} is approved.`);
});

it("counts for nobody who gave no sign of having read it: no channel at all, and no word of the surface", async () => {
	const scene = await asking([], "x".repeat(2_600_000));
	expect((await scene.swap()).proposal?.shown?.whole).toBe(true);
	const bare = { id: first, by: person, epoch: 1, insist: false, typed: null, seen: null };
	expectRefusal(await scene.supervisor.approve(bare), "reading_needed");
	accepted(await scene.supervisor.approve({ ...bare, typed: `host ${first}` }));
});

it("counts for nobody where no delivery arrived, whatever was tried", async () => {
	const down = createMemoryDelivery({ name: "down" });
	const up = createMemoryDelivery({ name: "up" });
	const scene = createScene({ channels: [down, up], settings: { approval: "required" } });
	await scene.begin();
	await scene.clock.advance(500);
	down.failWith(new Error("nobody answers"));
	await scene.propose("version 2");
	await scene.clock.advance(1_000);
	expect(await shownIn(scene)).toEqual([{ channel: "up", place: "" }]);
	expect(await down.click(press)).toContain(unread);
	expect(await up.click(press)).toContain("is approved");
});

it("does not count on a terminal's channel: what a program was handed says nothing of the person who types", async () => {
	const command = createMemoryDelivery({ name: "pager", surface: "cli", limits: { message: 16_000, pieces: 32 } });
	const scene = await asking([command], "y\n".repeat(180_000));
	expect(command.notices.length).toBeGreaterThan(20);
	expect(await shownIn(scene)).toEqual([]);
	const bare = { id: first, by: person, epoch: 1, insist: false, typed: null, seen: null };
	expectRefusal(await scene.supervisor.approve(bare), "reading_needed");
});

it("is asked of who writes in another conversation of the same channel", async () => {
	const chat = createMemoryDelivery({ name: "chat", surface: "slack" });
	const scene = await asking([chat]);
	const said = { actorId: "ana", text: `approve ${first}`, eventId: null };
	const elsewhere = { conversation: "C2", thread: null, person: null };
	expect(await chat.say({ ...said, place: elsewhere })).toMatch(/once its whole diff was shown|may not approve/);
	expect((await scene.swap()).status).toBe("pending_approval");
});

it("that was lost with its channel's configuration does not count when the channel is back", async () => {
	const chat = createMemoryDelivery({ name: "chat" });
	chat.failWith(new Error("nobody answers"));
	const other = createMemoryDelivery({ name: "other" });
	const channels = [chat, other];
	const scene = createScene({ channels, settings: { approval: "required" } });
	await scene.begin();
	await scene.propose("version 2");
	await scene.clock.advance(1_000);
	scene.kill();
	channels.shift();
	await scene.begin();
	await scene.clock.advance(120_000);
	scene.kill();
	chat.failWith(null);
	channels.unshift(chat);
	await scene.begin();
	await scene.clock.advance(2_000);
	expect((await shownIn(scene))?.map(({ channel }) => channel)).not.toContain("chat");
	expect(await chat.click(press)).toContain(unread);
});

it("of the first submission is nothing for the second, and its words are dead", async () => {
	const chat = createMemoryDelivery({ name: "chat" });
	const scene = createScene({ agents: ["alice"], channels: [chat], settings: { approval: "required" } });
	await scene.begin();
	const files = { "skills/hello.md": "hello 2" };
	const name = await scene.draft("alice", files);
	accepted(await scene.supervisor.submit(scene.submission(name, files)));
	await scene.clock.advance(1_000);
	scene.failAt("stage.rehearse");
	expect(await chat.click(press)).toContain("is approved");
	await scene.clock.advance(2_000);
	chat.failWith(new Error("nobody answers"));
	scene.workspaces.edit(name, { "skills/hello.md": "hello 3" });
	scene.workspaces.commit(name);
	accepted(await scene.supervisor.submit(scene.submission(name, files)));
	await scene.clock.advance(1_000);
	expect(await shownIn(scene)).toEqual([]);
	const own = { conversation: null, thread: null, person: null };
	for (const text of [`approve ${first}`, `group ${first}`, `reject ${first}`]) {
		expect(await chat.say({ actorId: "ana", text, place: own, eventId: null })).toContain("earlier try");
	}
	expect(await chat.click(press)).toContain("earlier try");
	const bare = { id: first, by: person, epoch: null, insist: false, typed: null };
	expectRefusal(await scene.supervisor.approve(bare), "submission_missing");
	expectRefusal(await scene.supervisor.approve({ ...bare, typed: `group ${first}` }), "card_outdated");
	expect((await scene.swap()).status).toBe("pending_approval");
	accepted(await scene.supervisor.approve({ ...bare, typed: `group ${first} 2` }));
});
