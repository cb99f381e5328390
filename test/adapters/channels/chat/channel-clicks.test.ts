// What comes in through a channel: clicks read strictly, words handed in, and everything else refused with a sentence.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { buttonValue, clickedValue, createChatChannel } from "../../../../src/adapters/channels/chat/channel.js";
import type { Platform } from "../../../../src/adapters/channels/chat/platform.js";
import type { Inbox, Log, Nonces } from "../../../../src/ports/ports.js";
import { aCard, clickAnswer, keptInbox, wordsAnswer } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { createMemoryPlatform } from "./memory-platform.js";

const nonces: Nonces = { of: () => "Abc-def_01234567", matches: () => true };
const value = buttonValue(aCard(), nonces);

function aChannel(change: Partial<Platform> = {}, ephemeral = true) {
	const memory = createMemoryPlatform(change, ephemeral);
	const lines: string[] = [];
	const keep = (event: string, details?: object) => void lines.push(`${event} ${JSON.stringify(details)}`);
	const log: Log = { info: keep, warn: keep, error: keep };
	const channel = createChatChannel({ name: "ops", platform: memory.platform, nonces, log });
	onTestFinished(() => channel.stop());
	return { ...memory, channel, lines, inbox: keptInbox() };
}

let one: ReturnType<typeof aChannel>;
const started = async (inbox: Inbox = one.inbox) => one.channel.start(inbox);
const told = async () => until("an answer", () => one.posts.at(-1));
const settled = () => one.channel.stop();

beforeEach(() => {
	one = aChannel();
});

describe("a button's value", () => {
	it("is 30 characters, and 64 bytes as the SDK's Telegram adapter wraps the longest", () => {
		expect(value).toBe("sw_aaaaaa.1.Abc-def_01234567");
		const wrapped = `chat:${JSON.stringify({ a: "rollback", v: buttonValue(aCard({ epoch: 999 }), nonces) })}`;
		expect(Buffer.byteLength(wrapped)).toBeLessThanOrEqual(64);
		expect(clickedValue("confirm", value)).toEqual({
			swapId: "sw_aaaaaa",
			epoch: 1,
			nonce: "Abc-def_01234567",
			verdict: "confirm",
		});
	});

	const bad: readonly (readonly [string, string, string | undefined])[] = [
		["no value", "confirm", undefined],
		["an empty one", "confirm", ""],
		["an unknown verdict", "delete", value],
		["a verdict of Object.prototype", "constructor", value],
		["a verdict in capitals", "Confirm", value],
		["no verdict", "", value],
		["epoch 0", "confirm", value.replace(".1.", ".0.")],
		["an epoch with a sign", "confirm", value.replace(".1.", ".-1.")],
		["an epoch that is too long", "confirm", value.replace(".1.", ".1234567890.")],
		["another swap's form", "confirm", value.replace("sw_", "SW_")],
		["a short nonce", "confirm", value.slice(0, -1)],
		["a long nonce", "confirm", `${value}x`],
		["a line end behind it", "confirm", `${value}\n`],
		["something in front of it", "confirm", ` ${value}`],
		["a huge one", "confirm", value.repeat(10_000)],
		["JSON", "confirm", JSON.stringify({ swapId: "sw_aaaaaa" })],
	];
	it.each(bad)("with %s is refused with a sentence, and nothing is decided", async (_, actionId, given) => {
		expect(clickedValue(actionId, given)).toBeNull();
		await started();
		await one.press({ actionId, value: given });
		expect((await told()).text).toContain("Nothing was decided.");
		expect([one.inbox.clicks, one.inbox.refusals]).toEqual([[], ["click_malformed"]]);
	});
});

describe("a click", () => {
	it("is handed in as it came, and answered to the one who clicked alone", async () => {
		await started();
		await one.press({
			actionId: "confirm",
			value,
			userId: "ann",
			messageId: "m7",
			eventId: "e1",
			threadId: "memory:own:t",
		});
		expect(one.inbox.clicks).toEqual([
			{
				swapId: "sw_aaaaaa",
				epoch: 1,
				nonce: "Abc-def_01234567",
				verdict: "confirm",
				actorId: "ann",
				place: { conversation: null, thread: "t", person: null },
				receipt: "m7",
				eventId: "e1",
			},
		]);
		expect(await told()).toMatchObject({ text: clickAnswer, onlyTo: "ann", threadId: "memory:own:t" });
	});

	it("is stored before the platform hears of anything", async () => {
		const order: string[] = [];
		one.behave.onCall = async (verb) => void order.push(verb);
		await started({
			...one.inbox,
			async click(click) {
				order.push("stored");
				return one.inbox.click(click);
			},
		});
		await one.press({ actionId: "confirm", value });
		await told();
		expect(order).toEqual(["stored", "ephemeral"]);
	});

	it("in another conversation is refused with a sentence", async () => {
		await started();
		await one.press({ actionId: "confirm", value, threadId: "memory:elsewhere" });
		expect((await told()).text).toBe("deadman takes no clicks in this conversation. Nothing was decided.");
		expect([one.inbox.clicks, one.inbox.refusals]).toEqual([[], ["conversation_foreign"]]);
	});

	it("that the platform itself cannot read is refused, and not asked for again and again", async () => {
		const odd = () => {
			throw new TypeError("raw is undefined");
		};
		one = aChannel({ placeOf: odd, eventIdOf: odd });
		await started();
		await one.press({ actionId: "confirm", value });
		await one.write({ text: "confirm sw_aaaaaa" });
		expect([one.inbox.clicks, one.inbox.sayings, one.inbox.refusals]).toEqual([[], [], ["conversation_foreign"]]);
	});

	it("of a bot is none", async () => {
		await started();
		await one.press({ actionId: "confirm", value, isBot: true });
		await settled();
		expect([one.inbox.clicks, one.inbox.refusals, one.posts]).toEqual([[], ["click_by_bot"], []]);
	});

	it("that comes again is the same one, also while the first is being stored", async () => {
		let store = () => {};
		const stored = new Promise<void>((resolve) => {
			store = resolve;
		});
		await started({ ...one.inbox, click: (click) => stored.then(() => one.inbox.click(click)) });
		const press = { actionId: "confirm", value, eventId: "e1" };
		const both = [one.press(press), one.press(press)];
		store();
		await Promise.all(both);
		await one.press(press);
		await settled();
		expect([one.inbox.clicks.length, one.posts.length]).toEqual([1, 1]);
	});

	it("that could not be stored goes back to the platform, and is taken when it comes again", async () => {
		let fails = true;
		await started({
			...one.inbox,
			click: (click) => (fails ? Promise.reject(new Error("disk full")) : one.inbox.click(click)),
		});
		const press = { actionId: "confirm", value, eventId: "e1" };
		await expect(one.press(press)).rejects.toThrow("disk full");
		fails = false;
		await one.press(press);
		expect(one.inbox.clicks).toHaveLength(1);
	});

	it("that is none of ours is answered some times a minute, and always counted", async () => {
		await started();
		for (let n = 0; n < 9; n += 1) await one.press({ actionId: "junk", value: "junk", userId: "mallory" });
		await one.press({ actionId: "junk", value: "junk", userId: "ann" });
		await settled();
		expect([one.inbox.refusals.length, one.posts.length]).toEqual([10, 6]);
	});
});

describe("an answer", () => {
	const only =
		(...working: string[]) =>
		async (verb: string) => {
			if (!working.includes(verb)) throw new Error(`No ${verb}.`);
		};

	it("is a direct message where nothing can be shown to one alone, else a reply", async () => {
		one.behave.onCall = only("post");
		await started();
		await one.press({ actionId: "confirm", value });
		expect(await told()).toMatchObject({ threadId: "memory:dm-ann", text: clickAnswer });
		const can = { ...one.platform.can, directMessage: false };
		one = aChannel({ can }, false);
		await started();
		await one.press({ actionId: "confirm", value });
		expect(await told()).toMatchObject({ threadId: "memory:own", text: clickAnswer, onlyTo: null });
	});

	it("is left to the platform where it has a way of its own, and goes another way where that fails", async () => {
		const shown: string[] = [];
		one = aChannel({
			answer: async (_adapter, { sentence, userId, raw }) =>
				void shown.push(`${sentence} ${userId} ${JSON.stringify(raw)}`),
		});
		await started();
		await one.press({ actionId: "confirm", value, eventId: "e1" });
		await settled();
		expect([shown, one.posts]).toEqual([[`${clickAnswer} ann {"eventId":"e1"}`], []]);
		one = aChannel({ answer: () => Promise.reject(new Error("The query is too old.")) });
		await started();
		await one.press({ actionId: "confirm", value });
		expect((await told()).text).toBe(clickAnswer);
	});

	it("that cannot be shown is logged, and the click counts", async () => {
		one.behave.onCall = only();
		await started();
		await one.press({ actionId: "confirm", value });
		await settled();
		expect(one.inbox.clicks).toHaveLength(1);
		expect(one.lines.join()).toContain("chat.answer_not_shown");
	});

	it("tries no other way where the platform asks to wait", async () => {
		const asked: string[] = [];
		one.behave.onCall = async (verb) => {
			asked.push(verb);
			throw Object.assign(new Error("slow down"), { status: 429 });
		};
		await started();
		await one.press({ actionId: "confirm", value });
		await settled();
		expect(asked).toEqual(["ephemeral"]);
	});
});

describe("words", () => {
	it.each(["memory:own", "memory:own:subscribed", "memory:dm-ann"])(
		"in %s are handed in and answered there",
		async (threadId) => {
			await started();
			await one.write({ text: "confirm sw_aaaaaa", threadId, id: "w1" });
			expect(await told()).toMatchObject({ threadId, text: wordsAnswer });
			expect(one.inbox.sayings).toMatchObject([
				{ text: "confirm sw_aaaaaa", actorId: "ann", eventId: `${threadId}/w1` },
			]);
		},
	);

	it("beside a mention of the bot are words too", async () => {
		await started();
		await one.write({ text: "@deadman confirm sw_aaaaaa" });
		expect((await told()).text).toBe(wordsAnswer);
	});

	it("as a command are the same words", async () => {
		await started();
		await one.command("/confirm@deadman_bot", "sw_aaaaaa");
		expect((await told()).text).toBe(wordsAnswer);
		expect(one.inbox.sayings).toMatchObject([{ text: "confirm sw_aaaaaa", actorId: "ann" }]);
	});

	it("that are not for us are not answered", async () => {
		await started();
		await one.write({ text: "good morning" });
		await settled();
		expect([one.inbox.sayings.length, one.posts]).toEqual([1, []]);
	});

	it.each([
		["of a bot", { isBot: true }],
		["of ours", { isMe: true }],
		["of an edit", { edited: true }],
		["in another conversation", { threadId: "memory:elsewhere" }],
		["of nobody", { userId: "" }],
		["of a book's length", { text: "confirm sw_aaaaaa ".repeat(200) }],
		["of nothing", { text: "  " }],
	])("%s are none", async (_, change) => {
		await started();
		await one.write({ text: "confirm sw_aaaaaa", ...change });
		await settled();
		expect([one.inbox.sayings, one.posts]).toEqual([[], []]);
	});

	it("that come twice are heard once, and again where they could not be stored", async () => {
		let fails = true;
		await started({
			...one.inbox,
			say: (saying) => (fails ? Promise.reject(new Error("disk full")) : one.inbox.say(saying)),
		});
		const words = { text: "confirm sw_aaaaaa", id: "w1" };
		await expect(one.write(words)).rejects.toThrow("disk full");
		fails = false;
		// Within the same millisecond the SDK takes it for the same delivery; platforms come again after seconds.
		await sleep(5);
		await one.write(words);
		await one.write(words);
		await settled();
		expect([one.inbox.sayings.length, one.posts.length]).toEqual([1, 1]);
	});
});
