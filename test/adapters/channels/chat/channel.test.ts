// A channel over the Chat SDK, from its start to its stop: what a start leaves behind, what a call ends in, what a request is answered.
import { expect, it, onTestFinished, vi } from "vitest";
import { createChatChannel } from "../../../../src/adapters/channels/chat/channel.js";
import { loadPackage } from "../../../../src/adapters/channels/chat/packages.js";
import type { Platform } from "../../../../src/adapters/channels/chat/platform.js";
import { ownPlace } from "../../../../src/core/place.js";
import { type Delivery, DeliveryFailed, type Log, type Nonces, type Received } from "../../../../src/ports/ports.js";
import { aCard, keptInbox } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { createMemoryPlatform } from "./memory-platform.js";

const nonces: Nonces = { of: () => "n".repeat(16), matches: () => true };
const usual = { startMs: 5_000, callMs: 5_000, endMs: 5_000 };
const never = () => new Promise<never>(() => {});

function aChannel(change: Partial<Platform> = {}, times = usual) {
	const memory = createMemoryPlatform(change);
	const lines: string[] = [];
	const keep = (event: string, details?: object) => void lines.push(`${event} ${JSON.stringify(details)}`);
	const log: Log = { info: keep, warn: keep, error: keep };
	const channel = createChatChannel({
		name: "ops",
		platform: memory.platform,
		nonces,
		log,
		times,
	});
	onTestFinished(() => channel.stop());
	return { ...memory, channel, lines, inbox: keptInbox() };
}

async function failing(work: Promise<unknown>): Promise<DeliveryFailed> {
	const error = await work.catch((failure: unknown) => failure);
	expect(error).toBeInstanceOf(DeliveryFailed);
	return error as DeliveryFailed;
}

it("may be started again when its service was down, and leaves nothing of the try", async () => {
	const { channel, behave, open, inbox } = aChannel();
	behave.onInitialize = () => Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }));
	expect((await failing(channel.start(inbox))).code).toBe("unreachable");
	expect([open.count, channel.address()]).toEqual([0, null]);
	behave.onInitialize = async () => {};
	await Promise.all([channel.start(inbox), channel.start(inbox)]);
	await channel.start(inbox);
	expect([open.count, channel.address()]).toEqual([1, "in memory"]);
	await channel.stop();
	expect([open.count, channel.address()]).toEqual([0, null]);
});

it("closes what it opened when nothing listens", async () => {
	const { channel, behave, open, inbox } = aChannel();
	behave.onListen = () => Promise.reject(new Error("no gateway"));
	expect((await failing(channel.start(inbox))).message).toBe("ops: start: no gateway");
	expect(open.count).toBe(0);
});

it("is stopped in the middle of a start, and ends what opens afterwards", async () => {
	const { channel, behave, open, inbox } = aChannel();
	let goOn: (() => void) | null = null;
	behave.onInitialize = () =>
		new Promise((resolve) => {
			goOn = resolve;
		});
	const starting = failing(channel.start(inbox));
	const resume = await until("it initializes", () => goOn);
	await channel.stop();
	expect((await starting).message).toBe("ops: opening: the channel was stopped.");
	behave.onInitialize = async () => {};
	resume();
	await until("what opened late is closed", () => open.count === 0);
	expect(channel.address()).toBeNull();
	await channel.start(inbox);
	expect(open.count).toBe(1);
});

it("gives up a start that hangs, wherever it hangs", async () => {
	const times = { ...usual, startMs: 30 };
	const opening = aChannel({ open: never }, times);
	expect((await failing(opening.channel.start(opening.inbox))).message).toBe("ops: opening: nothing within 30 ms.");
	const listening = aChannel({}, times);
	listening.behave.onListen = never;
	expect((await failing(listening.channel.start(listening.inbox))).code).toBe("unreachable");
	expect(listening.open.count).toBe(0);
});

it("stops in time where the platform does not, and does so twice at once", async () => {
	const { channel, platform, lines, inbox } = aChannel({}, { ...usual, endMs: 30 });
	await channel.start(inbox);
	const adapter = await platform.open({ name: "", log: {} as Log, signal: new AbortController().signal });
	vi.spyOn(adapter, "disconnect").mockImplementation(never);
	void channel.stop();
	await channel.stop();
	expect(channel.address()).toBeNull();
	expect(lines.join()).toContain("chat.end_failed");
});

it("tells the platform that it stops", async () => {
	const signals: AbortSignal[] = [];
	const { channel, inbox } = aChannel({ listen: async (_adapter, { signal }) => void signals.push(signal) });
	await channel.start(inbox);
	expect(signals[0]?.aborted).toBe(false);
	await channel.stop();
	expect(signals[0]?.aborted).toBe(true);
});

it("names the package that is not installed", async () => {
	const absent = "@chat-adapter/absent";
	const { channel, inbox } = aChannel({ open: () => loadPackage(absent, () => import(/* @vite-ignore */ absent)) });
	const failure = await failing(channel.start(inbox));
	expect(failure.code).toBe("not_installed");
	expect(failure.message).toContain(`The package ${absent} is not installed`);
	expect(failure.message).toContain(`npm install chat ${absent}`);
	const missing = Object.assign(new Error("Cannot find package 'chat' imported from /x/y.js"), {
		code: "ERR_MODULE_NOT_FOUND",
	});
	const within = await failing(loadPackage("@chat-adapter/slack", () => Promise.reject(missing)));
	expect(within.message).toContain("because @chat-adapter/slack needs chat");
	await expect(loadPackage("chat", () => Promise.reject(new SyntaxError("broken")))).rejects.toThrow(SyntaxError);
});

it("does not hang where the platform does, and says so before it is open", async () => {
	const { channel, behave, inbox } = aChannel({}, { ...usual, callMs: 30 });
	expect((await failing(channel.send(aCard(), ownPlace))).message).toBe("ops is not open.");
	await channel.start(inbox);
	behave.onCall = never;
	const calls = [
		channel.send(aCard(), ownPlace),
		channel.edit("m1", aCard(), ownPlace),
		channel.notice("text", ownPlace),
		channel.find?.(aCard(), ownPlace) ?? never(),
	];
	for (const call of calls) expect((await failing(call)).message).toMatch(/^ops: \w+: nothing within 30 ms\.$/);
});

it("takes a message without an id for none", async () => {
	const { channel, platform, inbox } = aChannel();
	await channel.start(inbox);
	const adapter = await platform.open({ name: "", log: {} as Log, signal: new AbortController().signal });
	vi.spyOn(adapter, "postMessage").mockResolvedValue({ id: "", threadId: "", raw: {} });
	expect((await failing(channel.send(aCard(), ownPlace))).code).toBe("refused");
});

it("sends a new message where the platform edits none, and leaves an edit of its own to the platform", async () => {
	const can = { ...createMemoryPlatform().platform.can, edit: false, refreshMs: null };
	const fixed = aChannel({ can });
	await fixed.channel.start(fixed.inbox);
	const receipt = await fixed.channel.send(aCard(), ownPlace);
	expect(await fixed.channel.edit(receipt, aCard({ title: "It ended." }), ownPlace)).not.toBe(receipt);
	expect(fixed.posts).toHaveLength(2);
	const own = aChannel({ edit: async (_adapter, { threadId, messageId }) => `${threadId}/${messageId}` });
	await own.channel.start(own.inbox);
	expect(await own.channel.edit("m9", aCard(), ownPlace)).toBe("memory:own/m9");
});

const asked = (body: object, secret = "right"): Received => ({
	method: "POST",
	url: "/chat/ops",
	headers: { "x-secret": secret, "content-type": "application/json" },
	body: Buffer.from(JSON.stringify(body)),
});
const pressed = { actionId: "confirm", value: `sw_aaaaaa.1.${"n".repeat(16)}`, eventId: "e1" };
const receive = (channel: Delivery, request: Received) =>
	channel.receive?.(request) ?? Promise.reject(new Error("none"));

it("answers a request only when the click in it is stored", async () => {
	const { channel, inbox } = aChannel();
	expect((await receive(channel, asked(pressed))).status).toBe(503);
	let store = () => {};
	const stored = new Promise<void>((resolve) => (store = resolve));
	await channel.start({ ...inbox, click: (click) => stored.then(() => inbox.click(click)) });
	let status: number | null = null;
	const reply = receive(channel, asked(pressed)).then((answer) => (status = answer.status));
	await new Promise((resolve) => setImmediate(resolve));
	expect(status).toBeNull();
	store();
	expect(await reply).toBe(200);
	expect(inbox.clicks).toHaveLength(1);
	expect((await receive(channel, asked(pressed))).status).toBe(200);
	expect(inbox.clicks).toHaveLength(1);
});

it("asks for the request again where the click could not be stored, or is not stored in time", async () => {
	const { channel, inbox } = aChannel();
	let fails = true;
	const click: typeof inbox.click = (one) => (fails ? Promise.reject(new Error("disk full")) : inbox.click(one));
	await channel.start({ ...inbox, click });
	expect(await receive(channel, asked(pressed))).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
	fails = false;
	expect((await receive(channel, asked(pressed))).status).toBe(200);
	const slow = aChannel();
	await slow.channel.start({ ...slow.inbox, click: never });
	expect((await receive(slow.channel, asked(pressed))).status).toBe(503);
});

it("counts a request that is not genuine, and decides nothing", async () => {
	const { channel, inbox } = aChannel();
	await channel.start(inbox);
	expect(await receive(channel, asked(pressed, "wrong"))).toMatchObject({ status: 401, forged: true });
	expect([inbox.refusals, inbox.clicks]).toEqual([["request_forged"], []]);
});

it("lets the platform refuse before the SDK sees it, and survives what the SDK throws", async () => {
	const early = { status: 405, headers: {}, body: "no" };
	const refusing = aChannel({ before: async () => early });
	await refusing.channel.start(refusing.inbox);
	expect(await receive(refusing.channel, asked(pressed))).toEqual(early);
	const { channel, inbox, lines } = aChannel();
	await channel.start(inbox);
	expect((await receive(channel, { ...asked({}), body: Buffer.from("{not json") })).status).toBe(500);
	expect(lines.join()).toContain("chat.request_failed");
});

it("takes no requests where the platform does not post to us", () => {
	expect(aChannel({ receives: false }).channel.receive).toBeUndefined();
	const { receives: _, ...polling } = createMemoryPlatform().platform;
	const channel = createChatChannel({ name: "ops", platform: polling, nonces, log: {} as Log });
	expect(channel.receive).toBeUndefined();
});
