// Cards and notices as Slack's API is sent them: each kind in fixtures/cards/slack.json, within the limits, and nothing of a builder's acts.
import { readFile, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardBlocks, noticeBlocks, type SlackMessage } from "../../../../src/adapters/channels/slack/slack-blocks.js";
import { fenced, inertBlock } from "../../../../src/core/rules/untrusted.js";
import {
	approvalSaying,
	cardSaying,
	everyCard,
	hostileSummaries,
	hugeSummary,
} from "../../../support/wire/every-card.js";
import { acting, textOf, wrongBlocks } from "../../../support/wire/slack-blocks.js";

const value = "sw_abc234.1.0123456789abcdef";
const file = new URL("../../../../fixtures/cards/slack.json", import.meta.url);
const sent = (message: SlackMessage) => JSON.parse(JSON.stringify({ parse: "none", link_names: false, ...message }));

function expectInert(message: SlackMessage): void {
	expect(wrongBlocks(JSON.parse(JSON.stringify(message.blocks)))).toEqual([]);
	expect(acting(sent(message))).toEqual([]);
	expect(message.text.length).toBeLessThanOrEqual(2_000);
	expect(message.text).not.toBe("");
	expect(JSON.stringify(message.blocks).length).toBeLessThan(30_000);
}

describe("each kind of card", () => {
	it("is as the fixture has it", async () => {
		const made = Object.fromEntries(
			Object.entries(everyCard).map(([name, card]) => [name, sent(cardBlocks(card, value))]),
		);
		// npx vitest run test/adapters/channels/slack/slack-text.test.ts, with DEADMAN_WRITE_CARDS=1, writes what is there now.
		if (process.env.DEADMAN_WRITE_CARDS === "1") await writeFile(file, `${JSON.stringify(made, null, "\t")}\n`);
		expect(made).toEqual(JSON.parse(await readFile(file, "utf8")));
	});

	it.each(Object.keys(everyCard))("is inert and within the limits: %s", (name) => {
		const card = everyCard[name];
		if (card === undefined) throw new Error(name);
		const message = cardBlocks(card, value);
		expectInert(message);
		const labels = JSON.stringify(message.blocks).match(/"action_id":"\w+"/g) ?? [];
		expect(labels).toHaveLength(card.buttons.length);
		for (const line of [card.title, ...card.lines])
			expect(textOf(sent(message))).toContain(line.replaceAll(">", "&gt;"));
	});

	it("tells its end as it is stored, and in the reader's own time", () => {
		const shown = textOf(sent(cardBlocks(everyCard["on trial"] as never, value)));
		expect(shown).toContain(
			"Rolls back by itself at <!date^1800000120^{date_short_pretty} {time_secs}|2027-01-15 08:02:00 UTC>.",
		);
	});
});

describe("a builder's text", () => {
	it.each(hostileSummaries)("is only read: %j", (summary) => {
		for (const card of [cardSaying(summary), approvalSaying(summary)]) expectInert(cardBlocks(card, value));
		expectInert(noticeBlocks(summary));
		expectInert(noticeBlocks(`Before\n${fenced(inertBlock(summary))}\nafter`));
	});

	it("of 100 kB is cut with a mark, and our own lines stay", () => {
		expect(hugeSummary.length).toBeGreaterThan(100_000);
		const message = cardBlocks(cardSaying(hugeSummary), value);
		expectInert(message);
		const shown = textOf(sent(message));
		expect(shown).toContain("…");
		expect(shown).toContain("Changes server.js.");
		expect(shown).toContain("Rolls back by itself");
		expectInert(noticeBlocks(hugeSummary));
		expect(textOf(sent(noticeBlocks(hugeSummary)))).toContain("…");
	});

	it("shows no direction mark of its own", () => {
		const shown = JSON.stringify(cardBlocks(cardSaying("evil\u202etxt.exe"), value));
		expect(shown).toContain("u{202e}");
		expect(shown).not.toContain("\u202e");
	});

	it("is inert whatever it is, and never empty", () => {
		fc.assert(
			fc.property(
				fc.string({
					unit: fc.constantFrom("<", ">", "&", "@", "!", "`", "\n", "a", "*", "|", "😀", "\u202e"),
					maxLength: 400,
				}),
				(text) => {
					expectInert(noticeBlocks(text));
					expectInert(cardBlocks(cardSaying(text), value));
				},
			),
			{ numRuns: 200 },
		);
	});
});

describe("a notice", () => {
	it("shows what is fenced as code, and the rest as it is", () => {
		const { blocks } = noticeBlocks("Read *this*:\n```\n- a < b\n+ c\n```\nDone.");
		expect(blocks).toEqual([
			{ type: "section", text: { type: "plain_text", text: "Read *this*:", emoji: false } },
			{ type: "section", text: { type: "mrkdwn", text: "```\n- a &lt; b\n+ c\n```", verbatim: true } },
			{ type: "section", text: { type: "plain_text", text: "Done.", emoji: false } },
		]);
	});

	it("keeps every character of a long one, in sections that Slack takes", () => {
		const text = `${"a & b < c\n".repeat(390)}`.trim();
		const { blocks } = noticeBlocks(text);
		expect(blocks.length).toBeGreaterThan(1);
		const whole = blocks.map((block) => (block.text as { text: string }).text).join("");
		expect(whole.replaceAll("&lt;", "<").replaceAll("&amp;", "&")).toBe(text);
	});
});
