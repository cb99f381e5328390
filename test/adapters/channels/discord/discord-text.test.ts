// Cards and notices as Discord's API is sent them: each kind in fixtures/cards/discord.json, within the limits, and nothing of a builder's
// acts.
import { readFile, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	cardMessage,
	type DiscordMessage,
	noticeMessage,
	sentenceText,
} from "../../../../src/adapters/channels/discord/discord-text.js";
import { fenced, inertBlock } from "../../../../src/core/rules/untrusted.js";
import { acting, readOf, wrongMessage } from "../../../support/wire/discord-messages.js";
import {
	approvalSaying,
	cardSaying,
	everyCard,
	hostileSummaries,
	hugeSummary,
} from "../../../support/wire/every-card.js";

const value = "sw_abc234.1.0123456789abcdef";
const file = new URL("../../../../fixtures/cards/discord.json", import.meta.url);

function expectInert(message: DiscordMessage, { times = 0 } = {}): void {
	expect(wrongMessage(message)).toEqual([]);
	expect(acting(message, { times })).toEqual([]);
	expect(message.content.length + message.embeds.length).toBeGreaterThan(0);
}

describe("each kind of card", () => {
	it("is as the fixture has it", async () => {
		const made = Object.fromEntries(Object.entries(everyCard).map(([name, card]) => [name, cardMessage(card, value)]));
		// npx vitest run test/adapters/channels/discord/discord-text.test.ts, with DEADMAN_WRITE_CARDS=1, writes what is there now.
		if (process.env.DEADMAN_WRITE_CARDS === "1") await writeFile(file, `${JSON.stringify(made, null, "\t")}\n`);
		expect(made).toEqual(JSON.parse(await readFile(file, "utf8")));
	});

	it.each(Object.keys(everyCard))("is inert and within the limits: %s", (name) => {
		const card = everyCard[name];
		if (card === undefined) throw new Error(name);
		const message = cardMessage(card, value);
		expectInert(message, { times: card.expiresAtMs === null ? 0 : 2 });
		for (const line of [card.title, ...card.lines]) expect(readOf(message)).toContain(line);
		const ids = JSON.stringify(message.components).match(/"custom_id":"[^"]+"/g) ?? [];
		expect(ids).toHaveLength(card.buttons.length);
		for (const id of ids) expect(Buffer.byteLength(JSON.parse(`{${id}}`).custom_id)).toBeLessThanOrEqual(64);
	});

	it("names its buttons always, so that an edit without them takes the old ones away", () => {
		expect(cardMessage(everyCard["rolled back, with what was set aside"] as never, value).components).toEqual([]);
		expect(noticeMessage("Hello").components).toEqual([]);
	});

	it("tells its end as it is stored; Discord counts down", () => {
		const [embed] = cardMessage(everyCard["on trial, counting down"] as never, value).embeds;
		expect(embed).toMatchObject({
			description: expect.stringMatching(/\nRolls back by itself <t:1800000120:R>, at <t:1800000120:T>\\\.$/),
		});
	});
});

describe("a builder's text", () => {
	it.each(hostileSummaries)("is only read: %j", (summary) => {
		expectInert(cardMessage(cardSaying(summary), value), { times: 2 });
		expectInert(cardMessage(approvalSaying(summary), value));
		expectInert(noticeMessage(summary));
		expectInert(noticeMessage(`Before\n${fenced(inertBlock(summary))}\nafter`));
	});

	it("of 100 kB is cut with a mark, and our own lines stay", () => {
		const message = cardMessage(cardSaying(hugeSummary), value);
		expectInert(message, { times: 2 });
		expect(readOf(message)).toContain("…");
		expect(readOf(message)).toContain("Changes server.js.");
		expect(readOf(message)).toContain("Rolls back by itself");
		expectInert(noticeMessage(hugeSummary));
		expect(readOf(noticeMessage(hugeSummary))).toContain("…");
		expect(sentenceText(hugeSummary).length).toBeLessThanOrEqual(2_000);
	});

	it("shows no direction mark of its own", () => {
		const shown = readOf(cardMessage(cardSaying("evil\u202etxt.exe"), value));
		expect(shown).toContain("\\u{202e}");
		expect(shown).not.toContain("\u202e");
	});

	it("is inert whatever it is", () => {
		const unit = fc.constantFrom(
			"<",
			">",
			"@",
			"everyone",
			"`",
			"```",
			"\n",
			"a",
			"*",
			"_",
			"\\",
			"[",
			"](",
			"http://x",
			"# ",
			"😀",
		);
		fc.assert(
			fc.property(fc.string({ unit, maxLength: 300 }), (text) => {
				expectInert(noticeMessage(text));
				expectInert(cardMessage(cardSaying(text), value), { times: 2 });
			}),
			{ numRuns: 200 },
		);
	});
});

describe("a notice", () => {
	it("shows what is fenced as code, and the rest as it is", () => {
		const message = noticeMessage("Read *this*:\n```\n- a < b\n+ c\n```\nDone.");
		expect(message.content).toBe("Read \\*this\\*\\:\n```\n- a < b\n+ c\n```\nDone\\.");
	});

	it("closes a fence that was left open, whatever stands before the end", () => {
		expect(noticeMessage("```\n`").content).toBe("```\n`\n```");
	});

	it("that escaping makes too long for content goes in an embed, whole", () => {
		const text = "a_b*c.d-e ".repeat(180).trim();
		const message = noticeMessage(text);
		expect(message.content).toBe("");
		expect(readOf(message)).toBe(text);
	});
});
