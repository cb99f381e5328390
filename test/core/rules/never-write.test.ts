// What may never be written, and what is excepted from that: templates of secrets say which there are, so agents keep them up to date.
import { expect, it } from "vitest";
import { defaultNeverWrite, neverWriteRules } from "../../../src/core/rules/never-write.js";

const byDefault = neverWriteRules(defaultNeverWrite);

it.each([".env.example", ".env.sample", ".env.template", "apps/web/.env.example"])(
	"by default %s may change",
	(path) => {
		expect(byDefault(path)).toBeNull();
	},
);

it.each([
	[".env", ".env*"],
	[".env.production", ".env*"],
	[".env.example.local", ".env*"],
	["apps/web/.env", "**/.env*"],
	// What excepts does so byte for byte; what forbids is found in every form.
	[".ENV.EXAMPLE", ".env*"],
	[".env.exam\u200bple", ".env*"],
	["．env.example", ".env*"],
	// In a folder of secrets nothing is a template.
	[".env/.env.example", ".env*"],
	["apps/.env.d/.env.sample", "**/.env*"],
])("by default %s may not: %s", (path, rule) => {
	expect(byDefault(path)).toBe(rule);
});

it("an exception lifts what stands before it, and what stands after forbids again", () => {
	const rules = neverWriteRules(["data/**", "!data/readme.md", "**/readme.md"]);
	expect(rules("data/readme.md")).toBe("**/readme.md");
	// `data/**` matches the folder itself, so nothing in it is excepted.
	expect(neverWriteRules(["data/**", "!data/readme.md"])("data/readme.md")).toBe("data/**");
	expect(neverWriteRules(["data/*", "!data/readme.md"])("data/readme.md")).toBeNull();
	expect(neverWriteRules(["data/*", "!data/readme.md"])("data/other.md")).toBe("data/*");
	expect(neverWriteRules(["!a", "a"])("a")).toBe("a");
});

it("a pattern for a file that begins with an exclamation mark is written with a backslash", () => {
	expect(neverWriteRules(["\\!odd"])("!odd")).toBe("\\!odd");
});
