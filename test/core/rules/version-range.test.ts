// Ranges of Node's versions, as `engines`, `.nvmrc` and people write them, held against what npm's own rules say of them.
import { expect, it } from "vitest";
import { nodeWishes, unmetWishes } from "../../../src/core/rules/node-wishes.js";
import { compareVersions, isInRange, parseRange } from "../../../src/core/rules/version-range.js";

const cases: readonly (readonly [range: string, inside: string, outside: string])[] = [
	["22", "22.99.1", "21.9.9 23.0.0"],
	["v20.11.1", "20.11.1", "20.11.0 20.11.2"],
	["20.x", "20.0.0 20.19.4", "19.9.9 21.0.0"],
	["18.17", "18.17.0 18.17.9", "18.16.9 18.18.0"],
	[">=18", "18.0.0 99.0.0", "17.9.9"],
	[">= 18.12.0 < 21", "18.12.0 20.99.0", "18.11.9 21.0.0"],
	[">18", "19.0.0", "18.99.0 18.0.0"],
	["<=20", "20.99.0 1.0.0", "21.0.0"],
	["<20.1", "20.0.9", "20.1.0"],
	["^20.10.0", "20.10.0 20.99.0", "20.9.9 21.0.0"],
	["^0.10.2", "0.10.3", "0.11.0 0.10.1"],
	["~20.10.1", "20.10.1 20.10.9", "20.11.0 20.10.0"],
	["~20", "20.9.0", "21.0.0"],
	["18 - 20", "18.0.0 20.9.9", "21.0.0 17.0.0"],
	["^18.17.0 || >=20.3.0", "18.17.1 20.3.0 24.0.0", "19.0.0 20.2.9"],
	["=20.1.0", "20.1.0", "20.1.1"],
	["lts/*", "20.0.0 22.1.0", "21.0.0 23.5.0"],
	["lts/jod", "22.12.0", "20.0.0"],
	["iron", "20.1.1", "22.0.0"],
	["*", "0.1.0 99.0.0", ""],
	["node", "24.0.0", ""],
];

it.each(cases)("%s", (text, inside, outside) => {
	const range = parseRange(text);
	const holds = (version: string) => range !== null && isInRange(version, range);
	const words = (list: string) => list.split(" ").filter((word) => word !== "");
	expect(words(inside).filter((version) => !holds(version))).toEqual([]);
	expect(words(outside).filter(holds)).toEqual([]);
});

it("refuses what is no range, and puts versions in order", () => {
	for (const text of ["new enough", "20.a", ">=x.y", "lts/nobody", "20 &&", "^", ">=18 <"])
		expect(parseRange(text), text).toBe(null);
	expect(["20.9.0", "20.10.0", "v9.0.0"].sort(compareVersions)).toEqual(["v9.0.0", "20.9.0", "20.10.0"]);
});

it("reads what a project asks for wherever that is written, and which of it a version does not meet", () => {
	const wishes = nodeWishes({
		".nvmrc": "# ours\n\n22\n",
		".node-version": "v20.11.1\n",
		".tool-versions": "python 3.12.1\nnodejs 20.11.1\n",
		"package.json": JSON.stringify({ engines: { node: ">=20" }, volta: { node: "18.0.0" } }),
	});
	expect(wishes.map(({ wanted }) => wanted)).toEqual(["22", "v20.11.1", "20.11.1", ">=20", "18.0.0"]);
	expect(unmetWishes(wishes, "20.11.1").map(({ source }) => source)).toEqual([".nvmrc", "`volta` in package.json"]);
	expect(nodeWishes({ "package.json": "{" })).toEqual([]);
	expect(unmetWishes([{ source: ".nvmrc", wanted: "whatever" }], "20.0.0")).toHaveLength(1);
});
