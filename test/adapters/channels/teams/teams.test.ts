// Teams over its wire: what the SDK's adapter sends and takes when our platform made it. The channel around it is tested for all platforms.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Adapter, Chat } from "chat";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureFrom } from "../../../../src/adapters/channels/chat/failure.js";
import { createMemory } from "../../../../src/adapters/channels/chat/memory.js";
import { createSdkLog } from "../../../../src/adapters/channels/chat/sdk-log.js";
import { createTeams } from "../../../../src/adapters/channels/teams/teams.js";
import { ownPlace, type Place } from "../../../../src/core/place.js";
import { aCard } from "../../../contracts/mail/delivery.contract.js";
import { ana, type Json, mallory, record, serveTeams, type TeamsWire, wire } from "../../../support/wire/teams.js";

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const value = "sw_aaaaaa.1.0123456789abcdef";
const at = (change: Partial<Place>): Place => ({ ...ownPlace, ...change });

let teams: TeamsWire;
let bot: Server;
let chat: Chat;
let adapter: Adapter;
let platform: ReturnType<typeof createTeams>;
let clicks: Json[];
let words: Json[];

function platformOf(change: object = {}, password: string = wire.password) {
	return createTeams({
		channel: {
			kind: "teams",
			appId: wire.appId,
			password: { env: "TEAMS_PASSWORD" },
			tenantId: wire.tenantId,
			conversation: wire.conversation,
			conversations: [],
			apiUrl: teams.url,
			...change,
		},
		secret: async () => password,
	});
}

beforeEach(async () => {
	teams = await serveTeams();
	clicks = [];
	words = [];
	platform = platformOf();
	adapter = await platform.open({ name: "teams", log: silent, signal: new AbortController().signal });
	const state = createMemory();
	const logger = createSdkLog({ channel: "teams", log: silent });
	chat = new Chat({ userName: "deadman", adapters: { teams: adapter }, state, logger });
	chat.onAction((event: Json) => {
		clicks.push(event);
	});
	chat.onNewMention(async (_thread: Json, message: Json) => {
		words.push(message);
	});
	chat.onDirectMessage(async (_thread: Json, message: Json) => {
		words.push(message);
	});
	await chat.initialize();
	bot = createServer(async (request, response) => {
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		const headers = new Headers(request.headers as Record<string, string>);
		const tasks: Promise<unknown>[] = [];
		const answer = await (chat.webhooks as Json).teams(
			new Request("http://bot.test/", { method: "POST", headers, body: Buffer.concat(pieces) }),
			{ waitUntil: (task: Promise<unknown>) => tasks.push(task) },
		);
		await Promise.all(tasks);
		response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
	}).listen(0, "127.0.0.1");
	await once(bot, "listening");
	teams.botUrl = `http://127.0.0.1:${(bot.address() as AddressInfo).port}/`;
});

afterEach(async () => {
	await chat.shutdown();
	bot.close();
	bot.closeAllConnections();
	await teams.close();
});

async function send(place: Place = ownPlace, card = aCard()): Promise<string> {
	return (await adapter.postMessage(await platform.threadOf(adapter, place), platform.messageOf(card, value))).id;
}

describe("out", () => {
	it("posts a card with its buttons, and edits it in place", async () => {
		const id = await send();
		const [card] = teams.shown;
		expect(card).toMatchObject({ id, conversation: wire.conversation, to: null });
		expect(teams.titles(card as Json)).toEqual(["Confirm", "Rollback", "+2 min"]);
		expect((card as Json).activity.attachments[0].content.actions[0].data).toEqual({ actionId: "confirm", value });
		const outcome = platform.messageOf(aCard({ title: "It was confirmed.", buttons: [], expiresAtMs: null }), value);
		await adapter.editMessage(await platform.threadOf(adapter, ownPlace), id, outcome);
		expect(teams.shown).toHaveLength(1);
		expect(teams.text()).toContain("It was confirmed.");
		expect(teams.titles(card as Json)).toEqual([]);
	});

	it("goes where it is told: another conversation, a thread of a channel, one person", async () => {
		await send(at({ conversation: "19:other@thread.tacv2" }));
		await send(at({ thread: "1700" }));
		await send(at({ conversation: "19:chat@thread.v2", thread: "1700" }));
		await send(at({ person: ana.aadObjectId }));
		await send(at({ person: ana.aadObjectId }));
		const personal = teams.shown[3]?.conversation;
		expect(personal).toMatch(/^a:1/);
		expect(teams.shown.map(({ conversation }) => conversation)).toEqual([
			"19:other@thread.tacv2",
			`${wire.conversation};messageid=1700`,
			"19:chat@thread.v2",
			personal,
			personal,
		]);
		expect(teams.server.arrived.filter(({ path }) => path === "/teams/v3/conversations")).toHaveLength(1);
	});

	it("is taken however much there is to say", async () => {
		const lines = Array.from({ length: 300 }, (_, n) => `${n} ${'漢<*\\"'.repeat(200)}`);
		await send(ownPlace, aCard({ lines, title: "😀".repeat(9_000) }));
		const thread = await platform.threadOf(adapter, ownPlace);
		await adapter.postMessage(thread, platform.textOf(lines.join("\n")));
		expect(teams.shown).toHaveLength(2);
	});

	it("logs in once for many cards", async () => {
		await Promise.all(Array.from({ length: 5 }, () => send()));
		expect(teams.server.arrived.filter(({ path }) => path.endsWith("/token"))).toHaveLength(1);
	});

	it("logs in again where its token is not accepted any more", async () => {
		await send();
		teams.revoke();
		await expect(send()).rejects.toMatchObject({ name: "AuthenticationError" });
		expect(await send()).not.toBe("");
	});
});

describe("in", () => {
	it("a click carries who, what, where and which event", async () => {
		await send();
		const answer = await teams.press({ card: teams.shown[0] as Json, title: "Rollback", by: mallory });
		expect(answer.status).toBe(200);
		expect(clicks).toHaveLength(1);
		const [{ actionId, value: clicked, user, messageId, threadId, raw }] = clicks;
		expect({ actionId, clicked, messageId }).toEqual({
			actionId: "rollback",
			clicked: value,
			messageId: teams.shown[0]?.id,
		});
		expect(user.userId).toBe(mallory.aadObjectId);
		expect(platform.placeOf(adapter, threadId)).toEqual(ownPlace);
		expect(platform.eventIdOf?.(raw)).toMatch(/^f:\d+$/);
	});

	it("is answered so that only this person sees it, and in a direct conversation simply", async () => {
		await send();
		await send(at({ person: ana.aadObjectId }));
		for (const card of [...teams.shown]) await teams.press({ card, title: "Confirm", by: ana });
		for (const { threadId, messageId, user, raw } of clicks) {
			await platform.answer?.(adapter, {
				threadId,
				messageId,
				userId: user.userId,
				sentence: "It was *confirmed*.",
				raw,
			});
		}
		const [{ conversation: direct }] = teams.shown.slice(1) as Json;
		expect(teams.shown.slice(2)).toMatchObject([
			{ conversation: wire.conversation, to: ana.id, activity: { text: "It was \\*confirmed\\*." } },
			{ conversation: direct, to: null },
		]);
	});

	it("a person without an object id is who Teams says", async () => {
		await send();
		const { aadObjectId: _, ...guest } = mallory;
		await teams.press({ card: teams.shown[0] as Json, title: "Confirm", by: guest as Json });
		expect(clicks[0].user.userId).toBe(mallory.id);
	});

	it("an invoke is answered without a spinner", async () => {
		await send();
		const answer = await teams.press({ card: teams.shown[0] as Json, title: "Confirm", by: ana, invoke: true });
		expect(answer.status).toBe(200);
		expect(await answer.json()).toEqual({
			statusCode: 200,
			type: "application/vnd.microsoft.activity.message",
			value: "",
		});
		expect(clicks).toHaveLength(1);
	});

	it("words come without the mention of the bot", async () => {
		await teams.say({ text: "<at>deadman</at> confirm sw_aaaaaa", by: ana });
		await teams.say({ text: "host sw_aaaaaa", by: ana, conversation: "a:1ana" });
		expect(words.map(({ text, author }) => [text, author.userId])).toEqual([
			["confirm sw_aaaaaa", ana.aadObjectId],
			["host sw_aaaaaa", ana.aadObjectId],
		]);
		expect(teams.server.arrived.filter(({ method }) => method === "GET").map(({ path }) => path)).toEqual([
			"/v1/.well-known/keys",
		]);
	});

	it.each([
		["without a token", { authorization: null }],
		["with a token of nobody", { authorization: "Bearer x.y.z" }],
		["signed by somebody else", { foreignKey: true }],
		["with an unknown key", { header: { kid: "other" } }],
		["for another bot", { claims: { aud: "another-app" } }],
		["of another issuer", { claims: { iss: "https://evil.example" } }],
		["that has expired", { claims: { exp: 1_700_000_000 } }],
		["that is not valid yet", { claims: { nbf: 4_000_000_000 } }],
		["for another service", { claims: { serviceurl: "https://evil.example" } }],
		["without an algorithm", { header: { alg: "none" } }],
	])("nothing comes in %s", async (_, forged) => {
		await send();
		const answer = await teams.press({ card: teams.shown[0] as Json, title: "Confirm", by: ana, forged });
		expect(answer.status).toBe(401);
		expect(clicks).toEqual([]);
	});

	it("another conversation is none of ours, and a direct one is its person's", () => {
		const place = (conversationId: string) =>
			platform.placeOf(adapter, (adapter as Json).encodeThreadId({ conversationId, serviceUrl: teams.serviceUrl }));
		expect(place("19:elsewhere@thread.tacv2;messageid=1")).toBeNull();
		expect(place("a:1xyz")).toEqual(at({ conversation: "a:1xyz" }));
	});
});

describe("before anything is verified", () => {
	const refused: Json[] = [];
	const inbox: Json = { refused: (what: Json) => refused.push(what) };
	const ask = (body: string, method = "POST") =>
		platform.before?.({ method, url: "/", headers: {}, body: Buffer.from(body) }, inbox);
	beforeEach(() => void refused.splice(0));

	it("lets Teams' activities on", async () => {
		expect(await ask('{"channelId":"msteams"}')).toBeNull();
		expect(refused).toEqual([]);
	});

	it.each(["directline", "webchat", undefined])(
		"refuses the channel %s, where clients say themselves who they are",
		async (channelId) => {
			expect(await ask(JSON.stringify({ channelId }))).toMatchObject({ status: 403, forged: true });
			expect(refused).toMatchObject([{ code: "channel_foreign" }]);
		},
	);

	it.each(["", "no json", "[]", "null", "7"])("refuses the body %j", async (body) => {
		expect(await ask(body)).toMatchObject({ status: 400 });
		expect(refused).toMatchObject([{ code: "body_malformed" }]);
	});

	it("refuses another method", async () => {
		expect(await ask("", "GET")).toMatchObject({ status: 405 });
	});
});

describe("failures", () => {
	const failing = async (work: Promise<unknown>) => {
		const error = await work.then(
			() => null,
			(caught: unknown) => caught,
		);
		return failureFrom(error, { failureOf: platform.failureOf, what: "teams" });
	};

	it("honours Retry-After", async () => {
		teams.server.fail("/activities", { status: 429, headers: { "retry-after": "7" }, body: record("error-throttled") });
		expect(await failing(send())).toMatchObject({ code: "rate_limited", retryAfterMs: 7_000 });
	});

	it("a message that was deleted is gone", async () => {
		const id = await send();
		teams.remove(teams.shown[0] as Json);
		const thread = await platform.threadOf(adapter, ownPlace);
		const edit = adapter.editMessage(thread, id, platform.messageOf(aCard(), value));
		expect(await failing(edit)).toMatchObject({ code: "gone" });
	});

	it("a bot that was removed is revoked", async () => {
		teams.expel(wire.conversation);
		const failure = await failing(send());
		expect(failure).toMatchObject({ code: "revoked" });
		expect(failure.message).toContain("BotNotInConversationRoster");
	});

	it.each([
		["an outage", { status: 503, body: {} }, "unreachable"],
		["a proxy's page", "page", "unreachable"],
		["two writes at once", { status: 412, body: {} }, "unreachable"],
		["a lost connection", "drop", "unreachable"],
		["a bad request", { status: 400, body: { error: { code: "BadSyntax" } } }, "refused"],
	] as const)("%s", async (_, how, code) => {
		teams.server.fail("/activities", how);
		expect(await failing(send())).toMatchObject({ code });
	});

	it("a wrong password is said when the channel opens", async () => {
		const opening = platformOf({}, "wrong").open({ name: "teams", log: silent, signal: new AbortController().signal });
		const failure = await failing(opening);
		expect(failure).toMatchObject({ code: "revoked" });
		expect(failure.message).toContain("invalid_client");
		expect(failure.message).not.toContain("wrong-password");
	});

	it("a password that is not there is said so", async () => {
		const secret = async () => Promise.reject(new Error("A secret is not there: the variable X is absent."));
		const kind = "teams" as const;
		const channel = { ...wire, kind, conversations: [], apiUrl: teams.url, password: { env: "X" } };
		const opening = createTeams({ channel, secret }).open({
			name: "teams",
			log: silent,
			signal: new AbortController().signal,
		});
		expect(await failing(opening)).toMatchObject({ code: "revoked", message: expect.stringContaining("variable X") });
	});

	it("a login service that is down is unreachable", async () => {
		await teams.server.fall();
		const opening = platformOf().open({ name: "teams", log: silent, signal: new AbortController().signal });
		expect(await failing(opening)).toMatchObject({ code: "unreachable" });
		await teams.server.raise();
	});

	it("ends a call that nobody answers when the channel stops", async () => {
		const stop = new AbortController();
		const other = platformOf();
		const lonely = await other.open({ name: "teams", log: silent, signal: stop.signal });
		teams.server.fail("/activities", "hang");
		const sending = lonely.postMessage(await other.threadOf(lonely, ownPlace), other.messageOf(aCard(), value));
		stop.abort();
		expect(await failing(sending)).toMatchObject({ code: "unreachable" });
	});
});

describe("the environment", () => {
	const named = {
		CLOUD: "no-such-cloud",
		CLIENT_ID: "another",
		CLIENT_SECRET: "s",
		TEAMS_API_URL: "http://127.0.0.1:1",
		DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS: "true",
		LOG: "x",
	};
	const before = { ...process.env };
	beforeEach(() => void Object.assign(process.env, named));
	afterEach(() => {
		for (const name of Object.keys(named)) {
			if (before[name] === undefined) delete process.env[name];
			else process.env[name] = before[name];
		}
	});

	it("counts for nothing, and is left as it was", async () => {
		const other = platformOf();
		const opened = await other.open({ name: "teams", log: silent, signal: new AbortController().signal });
		await opened.postMessage(await other.threadOf(opened, ownPlace), other.messageOf(aCard(), value));
		expect(process.env).toMatchObject(named);
		expect(teams.shown).toHaveLength(1);
	});

	it("does not switch off that signatures are verified", async () => {
		const opened = await platformOf().open({ name: "teams", log: silent, signal: new AbortController().signal });
		const state = createMemory();
		const logger = createSdkLog({ channel: "teams", log: silent });
		const other = new Chat({ userName: "deadman", adapters: { teams: opened }, state, logger });
		await other.initialize();
		const body = JSON.stringify({ ...record("message-submit"), serviceUrl: teams.serviceUrl });
		const answer = await (other.webhooks as Json).teams(new Request("http://bot.test/", { method: "POST", body }));
		expect(answer.status).toBe(401);
		await other.shutdown();
	});
});
