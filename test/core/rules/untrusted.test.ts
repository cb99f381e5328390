// A builder's text in a chat: hostile strings become visible and inert, in a line and in a fence, and honest text stays as it is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fenced, inertBlock, inertLine, sentence, shortened } from "../../../src/core/rules/untrusted.js";
import { acts, hostile } from "../hostile-text.js";

const fragments = fc.array(
	fc.oneof(
		fc.constantFrom(...hostile),
		fc.constantFrom("`", "``", "@", "<", ":", "/", "/at>", "\n", " "),
		fc.string({ unit: "binary" }),
	),
	{ maxLength: 6 },
);

describe("in a line", () => {
	it.each([
		["plain — text ✓", "`plain — text ✓`"],
		["@everyone", "`(at)everyone`"],
		["<!channel>", "`‹!channel›`"],
		["<@U123>", "`‹(at)U123›`"],
		["[ok](https://x.y)", "`[ok](https[:]//x.y)`"],
		["www.evil.example", "`www[.]evil.example`"],
		["mailto:a@b.c", "`mailto[:]a(at)b.c`"],
		["`rm -rf`", "`'rm -rf'`"],
		["a\nb", "`a\\nb`"],
		["evil\u202etxt", "`evil\\u{202e}txt`"],
		["", "``"],
	])("%j is shown as %j", (text, shown) => expect(inertLine(text)).toBe(shown));

	it("nothing acts, nothing ends the code around it, nothing is invisible", () => {
		fc.assert(
			fc.property(fragments, (parts) => {
				const line = inertLine(parts.join(""));
				for (const pattern of acts.filter((one) => one.source !== "`{3}")) expect(line).not.toMatch(pattern);
				expect(line.slice(1, -1)).not.toMatch(/[`<>\n]/);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is cut with a mark, never within a character, and keeps its end", () => {
		expect(inertLine("abcdef", 6)).toBe("`abc…`");
		expect(inertLine("ab🎉🎉🎉", 6)).toBe("`ab…`");
		expect(shortened("abc", 3)).toBe("abc");
	});
});

describe("in a fence", () => {
	it("leaves code readable", () => {
		const code =
			"@@ -1,2 +1,3 @@ class A<T> {\n-\tif (a < b) return `x`;\n+\tconst x: Map<string, number> = y;\n </div>\n";
		expect(inertBlock(code)).toBe(code);
	});

	it.each(hostile)("%j neither acts nor breaks out", (text) => {
		const block = inertBlock(`+${text}\n`);
		for (const pattern of acts) expect(block).not.toMatch(pattern);
		expect(fenced(block).split("```")).toHaveLength(3);
	});

	it("nothing acts, whatever is put together", () => {
		fc.assert(
			fc.property(fragments, (parts) => {
				const block = inertBlock(parts.join(""));
				for (const pattern of acts) expect(block).not.toMatch(pattern);
				expect(inertBlock(block)).toBe(block);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("never gets shorter, so that a limit on what is read is one on what is shown", () => {
		fc.assert(
			fc.property(fragments, (parts) => {
				const text = parts.join("");
				expect(inertBlock(text).length).toBeGreaterThanOrEqual(text.length);
			}),
		);
	});
});

it("a sentence ends with a full stop, once", () => {
	expect(["too large", "Done.", "Why?", "", " a\nb "].map(sentence)).toEqual([
		"too large.",
		"Done.",
		"Why?",
		"",
		"a\\nb.",
	]);
});
