// A diff in pieces: nothing is lost, nothing is longer than the channel takes, and no part of a long line passes for a line of its own.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesChanged, packed, piecesOf } from "../../../src/core/rules/diff-text.js";
import { inertBlock } from "../../../src/core/rules/untrusted.js";

const diff = [
	"diff --git a/a.ts b/a.ts",
	"--- a/a.ts",
	"+++ b/a.ts",
	"@@ -1,3 +1,4 @@",
	" one",
	"-two",
	"--- three",
	"+++ four",
	"+five",
	"+six",
	"@@ -9 +10 @@ last",
	"-x",
	"\\ No newline at end of file",
	"+y",
	"",
].join("\n");

const body = (piece: string) => /^[^\n]+\n```\n([\s\S]*)\n```$/.exec(piece)?.[1] ?? "NO FENCE";

describe("lines changed", () => {
	it("are counted by the hunks, whatever the content looks like", () => {
		expect(linesChanged(diff)).toEqual({ added: 4, removed: 3 });
		expect(linesChanged("")).toEqual({ added: 0, removed: 0 });
		expect(linesChanged("@@ -0,0 +1,2 @@\n+@@ -1 +1 @@\n+b\n@@ broken\n+c")).toMatchObject({ added: 2 });
	});
});

describe("pieces", () => {
	it("are one where it fits, with its number", () => {
		const { pieces, whole } = piecesOf(diff, { id: "sw_abc234", message: 4_000, pieces: 5 });
		expect(whole).toBe(true);
		expect(pieces).toHaveLength(1);
		expect(pieces[0]).toMatch(/^sw_abc234: diff, 1 of 1\n/);
		expect(body(pieces[0] as string)).toBe(diff.trimEnd());
	});

	it("are none of nothing, and say when some were left out", () => {
		expect(piecesOf("", { id: "sw_a", message: 200, pieces: 5 })).toEqual({ pieces: [], whole: true });
		expect(piecesOf(diff, { id: "sw_a", message: 200, pieces: 0 })).toEqual({ pieces: [], whole: false });
		const cut = piecesOf("+line\n".repeat(200), { id: "sw_a", message: 200, pieces: 2 });
		expect(cut.whole).toBe(false);
		expect(cut.pieces).toHaveLength(2);
		expect(cut.pieces[1]).toContain("sw_a: diff, 2 of 2, then cut\n");
	});

	it("mark where a long line was cut, so that its rest is no line of the diff", () => {
		const { pieces } = piecesOf(`+${"a".repeat(400)}-rm\n+next`, { id: "sw_a", message: 200, pieces: 9 });
		const lines = pieces.flatMap((piece) => body(piece).split("\n"));
		expect(lines[0]).toMatch(/^\+a+…$/);
		for (const line of lines.slice(1, -1)) expect(line).toMatch(/^…/);
		expect(lines.at(-1)).toBe("+next");
	});

	it("hold everything in order, each within the channel's limit", () => {
		const line = fc.oneof(
			fc.string({ unit: "binary" }),
			fc.constantFrom("```", "@everyone", "🎉".repeat(150), "x".repeat(900)),
		);
		const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n"));
		fc.assert(
			fc.property(text, fc.integer({ min: 200, max: 2_000 }), (given, message) => {
				const { pieces, whole } = piecesOf(given, { id: "sw_abc234", message, pieces: 10_000 });
				expect(whole).toBe(true);
				for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(message);
				for (const piece of pieces) expect(body(piece)).not.toContain("```");
				const joined = pieces.map(body).join("\n").replaceAll("…\n…", "");
				expect(joined).toBe(inertBlock(given).replace(/\n$/, "").replaceAll("…\n…", ""));
			}),
		);
	});

	it("bound the work for a diff of megabytes", () => {
		const started = performance.now();
		const { pieces, whole } = piecesOf("+x\n".repeat(1_400_000), { id: "sw_a", message: 4_000, pieces: 12 });
		expect([pieces.length, whole]).toEqual([12, false]);
		expect(performance.now() - started).toBeLessThan(500);
	});
});

it("packing uses no more texts than it needs", () => {
	expect(packed(["aa", "bb", "cc"], 5)).toEqual(["aa\nbb", "cc"]);
	expect(packed(["", "", "a"], 5)).toEqual(["\n\na"]);
	expect(packed([], 5)).toEqual([]);
});
