// Text as Telegram shows it: nothing in it acts, whatever a builder writes, and it stays readable and within what Telegram takes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rendered } from "../../../../src/adapters/channels/telegram/telegram-text.js";
import { inertBlock, inertLine } from "../../../../src/core/rules/untrusted.js";
import { hostile } from "../../../core/hostile-text.js";
import { entitiesOf, wrongEntities } from "../../../support/wire/telegram-entities.js";

const acting = (text: string, hasTitle = false) => {
	const made = rendered(text, { hasTitle });
	expect(wrongEntities(made.text, made.entities)).toBeNull();
	return entitiesOf(made.text, made.entities)
		.map(({ type }) => type)
		.filter((type) => !["bold", "code", "pre"].includes(type));
};

const more = [
	'<b>bold</b> </code> <a href="https://evil.example">x</a>',
	"*_[]()~`>#+-=|{}.!\\ **bold** __it__ ||spoiler||",
	'@all @here_now (@ana) "@ana", @ana\'s',
	"[x](https://evil) evil.example/path?x=1 sub.evil.example. README.md main.py",
	"tg://user?id=1 ton://x mailto:a@b.example a.b+c@evil.example",
	"/start (/confirm) /rollback@deadman_test_bot #tag #2026tag $TSLA $A",
	"+49 170 1234567 (030) 123 45 67 4111 1111 1111 1111 4111111111111111 10.0.0.1",
	"x@y.example\u00a0z.example",
	"\u202eevil\u2066.example\u2069",
	"http://127.0.0.1:8080/a_b*c",
	"‹https://evil.example|Approve›",
	"`@ana` and `https://evil.example` and `unclosed @ana",
];

test.each([...hostile, ...more])("nothing acts: %j", (text) => {
	expect(acting(text)).toEqual([]);
	expect(acting(`Title with ${text}\nA line: ${text}, and more (${text}).`, true)).toEqual([]);
	expect(acting(`Said: ${inertLine(text)}\n\`\`\`\n${inertBlock(text)}\n\`\`\``)).toEqual([]);
});

const parts = fc.constantFrom(
	..." @#$/.:+-_*`()[]<>0123456789aZé漢👍\n",
	"https://",
	"evil.example",
	"```\n",
	"tg://",
	"\u00a0",
);

test("nothing acts, whatever the text is", () => {
	const texts = fc.array(fc.oneof(parts, fc.string({ maxLength: 6 })), { maxLength: 60 }).map((all) => all.join(""));
	fc.assert(
		fc.property(texts, fc.boolean(), (text, hasTitle) => acting(text, hasTitle).length === 0),
		{ numRuns: 2_000 },
	);
});

test("the server that looks for it would have found something", () => {
	const found = more.flatMap((text) => entitiesOf(text, []).map(({ type }) => type));
	expect(new Set(found)).toEqual(
		new Set(["url", "email", "mention", "hashtag", "cashtag", "bot_command", "phone_number", "bank_card_number"]),
	);
});

test("text stays as it is, and only what would act is code", () => {
	const source = "Changes src/server.js, README.md (2 files). Decided by telegram:4711 in 3 min 20 s; it's well-known.";
	const { text, entities } = rendered(source, { hasTitle: false });
	expect(text).toBe(source);
	expect(entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual([
		["code", "src/server.js"],
		["code", "README.md"],
		["code", "telegram:4711"],
	]);
});

test("the title is bold around what is code in it", () => {
	const { text, entities } = rendered("sw_aaaaaa is confirmed: it stays.\nThe rest", { hasTitle: true });
	expect(entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual([
		["code", "sw_aaaaaa"],
		["bold", " is confirmed: it stays."],
	]);
});

test("fences and backticks of the core's become code, and are not shown", () => {
	const source = "Proposed by `builder:a.b`.\n```\n@@ -1 +1 @@\n-see https://x.example\n```\nEnd.";
	const { text, entities } = rendered(source, { hasTitle: false });
	expect(text).toBe("Proposed by builder:a.b.\n@@ -1 +1 @@\n-see https://x.example\nEnd.");
	expect(entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual([
		["code", "builder:a.b"],
		["pre", "@@ -1 +1 @@\n-see https://x.example"],
	]);
});

describe("limits", () => {
	test.each([
		["100 kB in one word", "x.y".repeat(34_000)],
		["100 kB of words that act", "@a.example ".repeat(9_000)],
		["100 kB of lines", "a.b\n".repeat(25_000)],
		["100 kB of emoji", "👍🏽".repeat(12_500)],
		["a fence that was cut off", `\`\`\`\n${"https://evil.example ".repeat(5_000)}`],
	])("%s", (_name, text) => {
		const made = rendered(text, { hasTitle: true });
		expect(made.text.length).toBeLessThanOrEqual(4_096);
		expect(made.text.endsWith("…")).toBe(true);
		expect(made.entities.length).toBeLessThanOrEqual(100);
		expect(made.text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
		expect(acting(text, true)).toEqual([]);
	});
});
