// Entries put into JSON text and taken out again, on texts that are written in every odd way.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dropEntry, putElement, putMember, valueAt } from "../../../../src/surfaces/cli/agents/json-edit.js";
import { parseJsonText, TextProblem } from "../../../../src/surfaces/cli/agents/json-text.js";

const path = ["mcpServers", "deadman"];
const value = { command: "deadman", args: ["mcp"] };

it.each([
	[
		null,
		'{\n  "mcpServers": {\n    "deadman": {\n      "command": "deadman",\n      "args": [\n        "mcp"\n      ]\n    }\n  }\n}\n',
	],
	['{"a":1}', '{"a":1, "mcpServers": {"deadman":{"command":"deadman","args":["mcp"]}}}'],
	[
		'{\n "a": 1\n}',
		'{\n "a": 1,\n "mcpServers": {\n  "deadman": {\n   "command": "deadman",\n   "args": [\n    "mcp"\n   ]\n  }\n }\n}',
	],
])("writes in the style of the text: case %#", (text, expected) => expect(putMember(text, path, value)).toBe(expected));

describe("comes out as it went in", () => {
	it.each([
		'{"mcpServers":{"a":{}}}',
		'{ "mcpServers" : { "a" : {} , } , }',
		'{\n\t"mcpServers": {\n\t\t"a": {} // one\n\t} // two\n}\n',
		'{\n  "mcpServers": {\n    "a": {}, // one\n    // three\n  },\n}',
		'{\r\n  "x": [1,\r\n2], /* , } */\r\n  "mcpServers": { "a": "}" }\r\n}\r\n',
		'// top\n{\n    "a": "ü\\u00fc, \\"{",\n    "b": -1.5e3\n}\n// end',
		'\uFEFF{\n"a":\n1\n}',
		'{"a":{"mcpServers":{"deadman":1}}}',
	])("%j", (text) => {
		const put = putMember(text, path, value);
		expect(valueAt(put, path)).toEqual(value);
		expect(putMember(put, path, value)).toBe(put);
		expect(dropEntry(put, path)).toBe(text);
	});

	it("whatever the object is", () => {
		const json = fc.jsonValue({ maxDepth: 3 });
		const object = fc.dictionary(fc.string(), json, { minKeys: 1 });
		const indent = fc.constantFrom("", "\t", " ", "   ", "        ");
		fc.assert(
			fc.property(object, indent, fc.boolean(), (others, space, isWindows) => {
				fc.pre(!("mcpServers" in others));
				const lines = JSON.stringify(others, null, space);
				const text = isWindows ? lines.replaceAll("\n", "\r\n") : lines;
				const put = putMember(text, path, value);
				expect(JSON.parse(put)).toEqual({ ...JSON.parse(text), mcpServers: { deadman: value } });
				expect(dropEntry(put, path)).toBe(text);
			}),
		);
	});
});

it("puts elements at the end of a list, and takes out only theirs", () => {
	const text = '{\n  "hooks": {\n    "Stop": [\n      1, // one\n      2\n    ]\n  }\n}\n';
	const put = putElement(text, ["hooks", "Stop"], { a: 1 });
	expect(valueAt(put, ["hooks", "Stop"])).toEqual([1, 2, { a: 1 }]);
	expect(dropEntry(put, ["hooks", "Stop", 2])).toBe(text);
	expect(dropEntry(put, ["hooks", "Stop", 0])).toContain('"Stop": [ // one');
	expect(putElement(text, ["hooks", "Start"], 1)).toContain('"Start": [');
});

it("takes what only held the entry with it, but no comment", () => {
	expect(dropEntry('{"a":{"b":{"c":1}}}', ["a", "b", "c"])).toBeNull();
	expect(dropEntry('{"x":1,"a":{"b":{"c":1}}}', ["a", "b", "c"])).toBe('{"x":1}');
	expect(dropEntry('{"a":{"c":1 /* mine */}}', ["a", "c"])).toBe('{"a":{ /* mine */}}');
	expect(dropEntry('{"a":1}', ["b"])).toBe('{"a":1}');
});

it.each([
	['{"a": 1', "line 1"],
	['{"a": 1}\n}', "line 2"],
	["{'a': 1}", "line 1"],
	["{a: 1}", "line 1"],
	['{"a": 01}', "line 1"],
	['{"a": "b\nc"}', "line 1"],
	["[".repeat(200), "too many levels"],
	["nul", "line 1"],
])("refuses %j", (text, why) => {
	expect(() => parseJsonText(text)).toThrow(TextProblem);
	expect(() => parseJsonText(text)).toThrow(why);
});

it.each([
	['{"mcpServers": []}', '"mcpServers" is no object'],
	["[]", "the file is no object"],
	['{"mcpServers": {}, "mcpServers": {}}', "twice"],
])("will not put a member into %s", (text, why) => expect(() => putMember(text, path, value)).toThrow(why));

it("is not fooled by __proto__", () => {
	const put = putMember('{"__proto__": {"mcpServers": {"deadman": 1}}}', path, value);
	expect(valueAt(put, path)).toEqual(value);
});
