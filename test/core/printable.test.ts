// Untrusted text on a terminal or a card: whatever it holds, it stays one visible line, or a block that only its own line ends break.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printableBlock, printableLine } from "../../src/core/printable.js";

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
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
