// Untrusted text on a terminal or a card: whatever it holds, it stays one visible line, or a block that only its own line ends break.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printableBlock, printableLine } from "../../../src/core/rules/printable.js";

const invisible = /(?!\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;
const hostile = fc.string({ unit: "binary" });

describe("printableLine", () => {
	it.each([
		["plain — text ✓", "plain — text ✓"],
		["a\nb\r\tc", "a\\nb\\r\\tc"],
		["\u001b[2Jgone", "\\x1b[2Jgone"],
		["evil\u202etxt.exe", "evil\\u{202e}txt.exe"],
		["zero\u200bwidth", "zero\\u{200b}width"],
		["a\u2028b", "a\\u{2028}b"],
		["\u0085", "\\x85"],
		["a\u00a0b", "a\\xa0b"],
		["x\u3164y\u2800z", "x\\u{3164}y\\u{2800}z"],
		["tag\u{e0041}", "tag\\u{e0041}"],
		["heart ❤\ufe0f", "heart ❤\ufe0f"],
		["a\ufe0f", "a\\u{fe0f}"],
	])("shows %j as %j", (text, shown) => expect(printableLine(text)).toBe(shown));

	it("leaves nothing invisible, and changes nothing twice", () => {
		fc.assert(
			fc.property(hostile, (text) => {
				expect(printableLine(text)).not.toMatch(invisible);
				expect(printableLine(printableLine(text))).toBe(printableLine(text));
			}),
		);
	});
});

describe("printableBlock", () => {
	it("keeps line ends and tabs only", () => {
		expect(printableBlock("a\n\tb\r\u001b[31m")).toBe("a\n\tb\\r\\x1b[31m");
		fc.assert(
			fc.property(hostile, (text) => {
				expect(printableBlock(text).replace(/[\n\t]/g, "")).not.toMatch(invisible);
			}),
		);
	});
});
