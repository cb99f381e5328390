// Cards and notices as Teams is sent them: each kind in fixtures/cards/teams.json, within 28 kB, and to a Markdown reader nothing of a builder's
// is more than text.
import { readFile, writeFile } from "node:fs/promises";
import { cardToAdaptiveCard } from "@chat-adapter/teams";
import { parseMarkdown } from "chat";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardElement, noticeText } from "../../../../src/adapters/channels/teams/teams-card.js";
import { escapedLine, messageBytes } from "../../../../src/adapters/channels/teams/teams-text.js";
import { fenced, inertBlock } from "../../../../src/core/rules/untrusted.js";
import type { Card } from "../../../../src/core/words/card.js";
import {
	approvalSaying,
	cardSaying,
	everyCard,
	hostileSummaries,
	hugeSummary,
} from "../../../support/wire/every-card.js";
import type { Json } from "../../../support/wire/teams.js";

const value = "sw_abc234.1.0123456789abcdef";
const file = new URL("../../../../fixtures/cards/teams.json", import.meta.url);
const sent = (card: Card): Json => JSON.parse(JSON.stringify(cardToAdaptiveCard(cardElement(card, value) as never)));
const textsOf = (sentCard: Json): string[] => sentCard.body.map(({ text }: Json) => text);

/** What a Markdown reader makes of it that is more than paragraphs of text. */
function acting(text: string): string[] {
	const found: string[] = [];
	const walk = ({ type, children = [] }: Json): void => {
		if (!["root", "paragraph", "text", "break"].includes(type)) found.push(type);
		for (const child of children) walk(child);
	};
	walk(parseMarkdown(text));
	if (/<|>|\{\{|:\/\/|(?<![\\])\[/.test(text)) found.push("marks");
	if (/@[\p{L}\p{N}_]/u.test(text)) found.push("mention");
	return found;
}

/** Fences are the core's: a builder's backticks are none when they come here. */
const actingIn = (notice: string) => acting(notice.replace(/^```\n(?:.*\n)*?```$/gm, ""));

function read(text: string): string {
	const parts: string[] = [];
	const walk = ({ value: part, children = [] }: Json): void => {
		if (part !== undefined) parts.push(part);
		for (const child of children) walk(child);
	};
	walk(parseMarkdown(text));
	return parts.join("");
}

/** The time in the reader's own zone is ours. */
const ours = / Where you are, that is at \{\{TIME\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\}\}\.$/;

function expectInert(card: Card): void {
	const made = sent(card);
	expect(textsOf(made).flatMap((text) => acting(text.replace(ours, "")))).toEqual([]);
	const length = JSON.stringify(made).length;
	expect(Math.max(length * 2, Buffer.byteLength(JSON.stringify(made)))).toBeLessThan(28 * 1_024);
	expect(made.body.map(({ type }: Json) => type).every((type: string) => type === "TextBlock")).toBe(true);
}

describe("each kind of card", () => {
	it("is as the fixture has it", async () => {
		const made = Object.fromEntries(Object.entries(everyCard).map(([name, card]) => [name, sent(card)]));
		// npx vitest run test/adapters/channels/teams/teams-text.test.ts, with DEADMAN_WRITE_CARDS=1, writes what is there now.
		if (process.env.DEADMAN_WRITE_CARDS === "1") await writeFile(file, `${JSON.stringify(made, null, "\t")}\n`);
		expect(made).toEqual(JSON.parse(await readFile(file, "utf8")));
	});

	it.each(Object.entries(everyCard))("is inert, whole and within the limits: %s", (_, card) => {
		expectInert(card);
		const made = sent(card);
		expect((made.actions ?? []).map(({ data }: Json) => data)).toEqual(
			card.buttons.map((actionId) => ({ actionId, value })),
		);
		const shown = textsOf(made).map(read);
		for (const line of [card.title, ...card.lines]) {
			expect(shown).toContain(line.replaceAll("://", "[:]//").replaceAll("<", "‹").replaceAll(">", "›"));
		}
	});

	it("tells its end as it is stored, and in the reader's own time", () => {
		const [, last] = [null, textsOf(sent(everyCard["on trial"] as Card)).at(-1)];
		expect(last).toBe(
			"Rolls back by itself at 2027-01-15 08:02:00 UTC. Where you are, that is at {{TIME(2027-01-15T08:02:00Z)}}.",
		);
	});
});

describe("a builder's text", () => {
	it.each(hostileSummaries)("is only read: %j", (summary) => {
		for (const card of [cardSaying(summary), approvalSaying(summary)]) expectInert(card);
		expect(actingIn(noticeText(summary))).toEqual([]);
	});

	it.each([
		["{{DATE(2026-01-01T00:00:00Z, SHORT)}}", "\\{\\{DATE(2026-01-01T00:00:00Z, SHORT)\\}\\}"],
		["{{emoji:fire}}", "\\{\\{emoji:fire\\}\\}"],
		["<at>Ana</at> and @Ana", "‹at›Ana‹/at› and (at)Ana"],
		["[free](https://evil.example)", "\\[free\\](https\\[:\\]//evil.example)"],
		["my_file.ts and _this_", "my_file.ts and \\_this\\_"],
		["- item", "\\- item"],
		["12. item", "12\\. item"],
		["a < b > c", "a ‹ b › c"],
	])("%s is %s", (text, escaped) => {
		expect(escapedLine(text)).toBe(escaped);
	});

	it("acts as nothing, whatever it is", () => {
		const nasty = fc.string({
			unit: fc.constantFrom(..."*_~`[]()#|&{}<>@\\-+=.:/!1aé \t\n'\"", "https://", "www.", "```", "{{", "\u202e"),
		});
		fc.assert(
			fc.property(nasty, (text) => {
				expectInert(cardSaying(text));
				expect(actingIn(noticeText(text))).toEqual([]);
			}),
			{ numRuns: 150 },
		);
	});

	it("of 100 kB is cut with a mark, and our own lines stay", () => {
		const card = cardSaying(hugeSummary);
		expectInert(card);
		const shown = textsOf(sent(card));
		expect(shown.some((text) => text.endsWith("…"))).toBe(true);
		for (const line of card.lines.slice(1)) expect(shown.map(read)).toContain(line);
	});

	it.each(["\\", "*", "<", "漢", "😀", '"', "&"])("of nothing but %s still fits", (character) => {
		expectInert(cardSaying(character.repeat(20_000)));
		expect(Buffer.byteLength(JSON.stringify(noticeText(character.repeat(20_000))))).toBeLessThanOrEqual(messageBytes);
	});
});

it("a card of very many lines fits, its first ones whole", () => {
	const lines = Array.from({ length: 500 }, (_, n) => `Set aside from table_${n}: 3 inserted.`);
	const card = { ...(everyCard.confirmed as Card), lines };
	expectInert(card);
	expect(textsOf(sent(card))).toContain("…");
	expect(textsOf(sent(card)).slice(1, 3).map(read)).toEqual(lines.slice(0, 2));
});

describe("a notice", () => {
	it("keeps its lines apart, and what core has fenced stays code", () => {
		const diff = "-  old_name(*p)\n+\tnew_name(*p) // see https://example.org";
		expect(noticeText(`Read this: *now*\n\n${fenced(inertBlock(diff))}\nand that`)).toBe(
			[
				"Read this: \\*now\\*",
				"```\n-  old_name(*p)\n+\tnew_name(*p) // see https[:]//example.org\n```",
				"and that",
			].join("\n\n"),
		);
	});

	it("cut in the middle of a fence ends it", () => {
		const text = noticeText(fenced("x".repeat(30_000)));
		expect(text.startsWith("```\nx")).toBe(true);
		expect(text.endsWith("…\n```")).toBe(true);
	});
});
