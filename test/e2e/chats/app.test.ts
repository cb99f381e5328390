// One story: the program has a chat of its own, and the version on trial shows its card there itself. It can be taken back from that chat and
// never confirmed there; where its way out is broken, the supervisor's own page says so (F13).
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	ask,
	attempt,
	close,
	deadman,
	finish,
	habit,
	type Json,
	killSupervisor,
	openScene,
	raise,
	reach,
	type Scene,
	startSupervisor,
	swapOf,
	until,
} from "../scene.js";

interface Post {
	readonly id: string;
	readonly kind: "card" | "notice";
	readonly card: Json;
	readonly receipt: string | null;
	readonly release: string;
}

let scene: Scene;
let chat: Server;
let address: string;
const posts: Post[] = [];

/** What the chat shows: every post is a message, or replaces the one that it names. */
async function openChat(): Promise<void> {
	chat = createServer(async (request, response) => {
		let text = "";
		for await (const piece of request) text += piece;
		const post = JSON.parse(text) as Post;
		posts.push(post);
		response.end(JSON.stringify({ receipt: post.receipt ?? `m${posts.length}` }));
	}).listen(0, "127.0.0.1");
	await once(chat, "listening");
	address = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`;
}

beforeAll(async () => {
	await openChat();
	scene = await openScene({
		configure(config) {
			config.delivery = [
				{ kind: "page", port: 0 },
				{ kind: "app", within: "3s" },
			];
			const identities = ["app:U1", `cli:${process.getuid?.()}`];
			config.people = { ann: { identities, roles: ["owner"] } };
		},
	});
	await raise(scene);
});
afterAll(async () => {
	await close(scene);
	chat.close();
});

const cardsOf = (id: string) => posts.filter(({ card }) => card?.swapId === id && card.kind === "card");

async function page(): Promise<string> {
	const [channel] = (await ask(scene, "/v1/status"))?.supervisor.channels ?? [];
	return (await (await fetch(channel.address)).text()).replaceAll("&#39;", "'");
}

async function click(swapId: string, verdict: string, actor = "U1"): Promise<string> {
	const body = JSON.stringify({ swapId, epoch: 1, verdict, actor });
	const answer = await fetch(`http://127.0.0.1:${scene.port}/click`, { method: "POST", body });
	return ((await answer.json()) as { sentence: string }).sentence;
}

const silent = "The new version's own channel has not delivered this card.";

test("the version on trial shows its card, and its chat can only take it back", { timeout: 90_000 }, async () => {
	const { id, candidateRelease } = await attempt(
		scene,
		"chatty",
		habit("chats", { CHAT: address }),
		"awaiting_confirmation",
	);
	const [card] = await until("the card is in the program's chat", () => (cardsOf(id).length > 0 ? cardsOf(id) : null));
	expect(card).toMatchObject({
		release: candidateRelease,
		receipt: null,
		card: { buttons: ["confirm", "rollback", "extend"] },
	});
	expect(JSON.stringify(posts)).not.toMatch(/nonce/i);

	for (const verdict of ["confirm", "approve", "extend"]) {
		expect(await click(id, verdict)).toMatch(/does not count from the program's own channel.*page/);
	}
	expect(await click(id, "rollback", "U666")).toContain("app:U666 may not rollback");
	expect((await swapOf(scene, id)).status).toBe("awaiting_confirmation");
	expect(await page()).not.toContain(silent);

	expect(await click(id, "rollback")).toBe(`${id} is being rolled back.`);
	expect(await reach(scene, id, "rolled_back")).toMatchObject({ outcome: { by: "app:U1" } });
	const { audits } = await deadman(scene, "log", id, "--refused");
	const refused = audits.filter(({ by }: Json) => by.surface === "app").map(({ code }: Json) => code);
	expect(refused.sort()).toEqual(["not_authorised", ...Array(3).fill("verdict_elsewhere")]);
});

test("a broken way out is told by the supervisor's own page, and who reads it decides", {
	timeout: 90_000,
}, async () => {
	const closed = "http://127.0.0.1:1/";
	const { id } = await attempt(scene, "mute", habit("chats", { CHAT: closed }), "awaiting_confirmation");
	await until("the page has the card", async () => (await page()).includes(id));
	await until("the page says that it is mute", async () => (await page()).includes(silent));
	expect(cardsOf(id)).toEqual([]);
	expect((await swapOf(scene, id)).status).toBe("awaiting_confirmation");
	expect((await finish(scene, id, "rollback")).status).toBe("rolled_back");
});

test("a version that was confirmed shows so itself, also after a restart of its supervisor", {
	timeout: 120_000,
}, async () => {
	const { id } = await attempt(scene, "kept", habit("chats", { CHAT: address, VERSION: "2" }), "awaiting_confirmation");
	await until("the card is in the program's chat", () => cardsOf(id).length > 0);
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect((await finish(scene, id, "confirm")).status).toBe("finalized");
	const last = await until("the chat shows the outcome", () =>
		cardsOf(id).find(({ card }) => card.title.includes("stays")),
	);
	expect(last.receipt).not.toBeNull();
	expect(
		new Set(
			cardsOf(id)
				.filter(({ receipt }) => receipt === null)
				.map(({ id: name }) => name),
		).size,
	).toBe(1);

	const tested = await deadman(scene, "notify", "test");
	expect(tested).toMatchObject({
		code: 0,
		data: [
			{ name: "page", failure: null },
			{ name: "app", failure: null, edited: true },
		],
	});
	expect(posts.filter(({ card }) => card?.swapId === "sw_test00")).toMatchObject([
		{ receipt: null },
		{ receipt: expect.any(String) },
	]);
	expect(await click("sw_test00", "rollback")).toContain("you are app:U1 here, ann");
});
