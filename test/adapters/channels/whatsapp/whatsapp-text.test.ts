// Text as WhatsApp shows it: there is no escape, so what would act is broken by visible marks, and the rest stays as it is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { inertMessage, inertText } from "../../../../src/adapters/channels/whatsapp/whatsapp-text.js";
import { inertBlock, inertLine } from "../../../../src/core/rules/untrusted.js";
import { hostile } from "../../../core/hostile-text.js";
import { actsIn } from "../../../support/wire/whatsapp-markup.js";

const more = [
	'<b>bold</b> </code> <a href="https://evil.example">x</a>',
	"*bold* _it_ ~no~ ```mono``` `code` *_~all~_*",
	"(_it_) *a b* ~a b~, _a_b_",
	"@all @491701234567 someone@evil.example",
	"[x](https://evil) evil.example/path sub.evil.example. README.md www.evil.example",
	"mailto:a@b.example wa.me/491701234567 evil.com.js",
	"> quote",
	"- item",
	"* item",
	"1. item",
	"  - item",
	"\u202eevil\u2066.example\u2069",
];

test.each([...hostile, ...more])("nothing acts: %j", (text) => {
	expect(actsIn(inertText(text))).toEqual([]);
	const message = actsIn(inertMessage(`First\n${text}\nLast ${text}`, 4_096));
	expect(message.filter((name) => name !== "code")).toEqual([]);
	const told = inertMessage(`Said: ${inertLine(text)}\n\`\`\`\n${inertBlock(text)}\n\`\`\``, 4_096);
	expect(actsIn(told.replace(/```\n[\s\S]*?\n```/g, "").replace(/`[^`\n]*`/g, ""))).toEqual([]);
	expect(told.match(/```/g)).toHaveLength(2);
});

const parts = fc.constantFrom(
	..." @*_~`>-.:/()[]<1aZé漢👍",
	"https://",
	"evil.example",
	"www.",
	"mailto:",
	"1. ",
	"\u00a0",
);

test("nothing acts, whatever the line is", () => {
	const lines = fc.array(fc.oneof(parts, fc.string({ maxLength: 6 })), { maxLength: 60 }).map((all) => all.join(""));
	fc.assert(
		fc.property(lines, (line) => actsIn(inertText(line)).length === 0),
		{ numRuns: 2_000 },
	);
});

test("what looks for it would have found something", () => {
	expect(new Set(more.flatMap(actsIn))).toEqual(
		new Set(["link", "mention", "bold", "italic", "strike", "code", "line"]),
	);
});

test("names of programs, swaps and numbers stay as they are", () => {
	const line = "Changes src/server.js, a_b_c.test.ts and v1.2.3 for sw_abc234 in 3.5 s, by telegram:4711 (50% - done).";
	expect(inertText(line)).toBe(line);
});

test("a long message is cut with a mark, and a fence is closed", () => {
	const cut = inertMessage(`Intro\n\`\`\`\n${"line of code\n".repeat(8_000)}\`\`\``, 4_096);
	expect(cut.length).toBeLessThanOrEqual(4_096);
	expect(cut.endsWith("…\n```")).toBe(true);
	const plain = inertMessage("word ".repeat(20_000), 4_096);
	expect(plain.length).toBeLessThanOrEqual(4_096);
	expect(plain.endsWith("…")).toBe(true);
});
