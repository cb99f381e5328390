// Globs: what each sign stands for, what lies below a match, and that no path and no pattern costs more than it should.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob, namesOf } from "../../../src/core/rules/glob.js";

const matches = (pattern: string, path: string) => compileGlob(pattern)(namesOf(path));

describe("a glob", () => {
	it.each([
		["a/b.ts", "a/b.ts"],
		["/a/b.ts", "a/b.ts"],
		["./a/", "a"],
		["a/*.ts", "a/b.ts"],
		["a/*", "a/.hidden"],
		["*", ".env"],
		[".env*", ".env"],
		[".env*", ".env.local"],
		["a*c*e", "abcde"],
		["a?c", "abc"],
		["a?c", "a🎉c"],
		["**/x", "x"],
		["**/x", "a/b/x"],
		["**/.env*", "a/.env.production"],
		["a/**/b", "a/b"],
		["a/**/b", "a/x/y/b"],
		["a/**", "a"],
		["a/**", "a/b/c"],
		["**", "anything/at/all"],
		["**/migrations/**", "db/migrations/001.sql"],
		["**/*.migration.*", "src/add-users.migration.ts"],
		["*.{yml,yaml}", "compose.yaml"],
		["{a,b/{c,d}}/e", "b/d/e"],
		["{a,}b", "b"],
		["x/{**/y,z}", "x/1/2/y"],
		["[a-c]x", "bx"],
		["[!a-c]x", "dx"],
		["[]]x", "]x"],
		["\\*", "*"],
		["\\{a,b}", "{a,b}"],
		["{a}", "{a}"],
		["[a", "[a"],
		["a{b", "a{b"],
	])("%s matches %s", (pattern, path) => expect(matches(pattern, path)).toBe(true));

	it.each([
		["a/b.ts", "a/b.tsx"],
		["a/b.ts", "x/a/b.ts"],
		["*.ts", "a/b.ts"],
		["a/*/c", "a/b/x/c"],
		["a/*/c", "a/c"],
		[".env*", "a/.env"],
		["a?c", "ac"],
		["a?c", "a/c"],
		["**/x", "a/xy"],
		["a/**/b", "a/xb"],
		["a/**", "ab"],
		["[!a-c]x", "bx"],
		["\\*", "a"],
		["{a,b}", "c"],
		["A", "a"],
	])("%s does not match %s", (pattern, path) => expect(matches(pattern, path)).toBe(false));

	it.each([
		["data", "data/app.db"],
		["data/", "data/a/b"],
		[".env*", ".env.d/secret"],
		["a/*", "a/b/c"],
	])("%s matches what lies in the folder: %s", (pattern, path) => expect(matches(pattern, path)).toBe(true));

	it("answers like a slow and obvious matcher", () => {
		const name = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
		const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
		const piece = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), minLength: 1, maxLength: 5 });
		const plain = piece.filter((text) => !text.includes("**"));
		const pattern = fc.array(fc.oneof(plain, fc.constant("**")), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(pattern, path, (parts, given) => {
				expect(matches(parts.join("/"), given)).toBe(obvious(parts, given.split("/")));
			}),
			{ numRuns: 3_000 },
		);
	});

	it("has no path that takes it long", () => {
		const hostile = `${"a".repeat(1_000)}b`;
		const started = performance.now();
		for (const pattern of ["*a*a*a*a*a*a*a*a*c", "**/*a*a*/**/*a*/**/c", "{*a*,*a*a*}{*a*,a}c"]) {
			expect(matches(pattern, hostile)).toBe(false);
			expect(matches(pattern, hostile.split("").join("/"))).toBe(false);
		}
		expect(performance.now() - started).toBeLessThan(1_000);
	});

	it("refuses braces without bound", () => {
		expect(() => compileGlob("{a,b}".repeat(9))).toThrow("more than 256");
		expect(() => compileGlob("{".repeat(500))).not.toThrow();
	});
});

function obvious(parts: readonly string[], names: readonly string[]): boolean {
	const [part, ...others] = parts;
	if (part === undefined) return true;
	if (part === "**") return obvious(others, names) || (names.length > 0 && obvious(parts, names.slice(1)));
	const [name, ...rest] = names;
	const shape = new RegExp(`^${part.replaceAll("*", ".*").replaceAll("?", ".")}$`);
	return name !== undefined && shape.test(name) && obvious(others, rest);
}
