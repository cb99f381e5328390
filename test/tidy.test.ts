// The house rules, held against the repository as it stands. The rules themselves, and that each can fail, are in test/tidy/.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { phases } from "../src/core/machine/phases.js";
import { effectSites } from "../src/core/machine/sites.js";
import { refusals } from "../src/core/refusals.js";
import { bannedCalls, impurities } from "./tidy/calls.js";
import { deadmanCommands, helpOf, npmScripts, unknownCommands } from "./tidy/commands.js";
import { misplacedSites, unusedSites } from "./tidy/effect-sites.js";
import { circles, unreached, wrongDirection, wrongOrder } from "./tidy/imports.js";
import { phaseTable, withTable } from "./tidy/phase-table.js";
import { unfilledRefusals, unusedRefusals } from "./tidy/refusal-calls.js";
import { badName, longFunctions, tooLong, unopened } from "./tidy/shape.js";
import { readSources, root, type Source } from "./tidy/sources.js";
import { machinePaths, registryAddresses, unhashedPackages, unlockedPackages } from "./tidy/texts.js";

const sources = await readSources();
const code = sources.filter(({ tree }) => tree !== null);
const src = code.filter(({ path }) => path.startsWith("src/"));

/** What npm starts, what it exports, and nothing else. */
const entries = ["bin/deadman.js", "src/index.ts", "src/client.ts"];

function text(path: string): string {
	const found = sources.find((source) => source.path === path);
	if (found === undefined) throw new Error(`There is no ${path}.`);
	return found.text;
}

function all(list: readonly Source[], rule: (source: Source) => string[]): string[] {
	return list.flatMap(rule);
}

describe("imports", () => {
	it("run in one direction", () => expect(wrongDirection(src)).toEqual([]));
	it("run downwards inside a room of rooms", () => expect(wrongOrder(src)).toEqual([]));
	it("make no circle of files", () => expect(circles(src)).toEqual([]));
	it("reach every file from an entry", () => expect(unreached(code, entries)).toEqual([]));
});

describe("files", () => {
	it("are short", () => expect(all(code, tooLong)).toEqual([]));
	it("hold short functions", () => expect(all(src, longFunctions)).toEqual([]));
	it("have names that say something", () => expect(all(code, badName)).toEqual([]));
	it("open with a comment", () => expect(all(code, unopened)).toEqual([]));
});

describe("calls", () => {
	it("of clocks, timers, processes and the exit stay in the adapters", () => expect(all(src, bannedCalls)).toEqual([]));
	it("in core are pure", () => expect(all(src, impurities)).toEqual([]));
	it("of refuse() fill their sentence", () =>
		expect(all(src, (source) => unfilledRefusals(source, refusals))).toEqual([]));
	it("of refuse() use every code", () => expect(unusedRefusals(src, refusals)).toEqual([]));
});

describe("effect sites", () => {
	it("are each used by their room", () => expect(unusedSites(src, effectSites)).toEqual([]));
	it("are used by no other room", () => expect(misplacedSites(src, effectSites)).toEqual([]));
});

const documents = [
	"README.md",
	"ARCHITECTURE.md",
	...sources.map(({ path }) => path).filter((path) => path.startsWith("docs/")),
];

describe("documents", () => {
	it("show the table of phases as the code has it", () => {
		expect(text("ARCHITECTURE.md")).toBe(withTable(text("ARCHITECTURE.md"), phaseTable(phases)));
	});

	it("name only commands that exist", async () => {
		const typed = documents.flatMap((path) => deadmanCommands(text(path)));
		expect(typed.length).toBeGreaterThan(10);
		expect(await unknownCommands(typed, helpOf(join(root, "bin/deadman.js")))).toEqual([]);
	});

	it("name only scripts that package.json has", () => {
		const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
		const named = [...documents, ".ci/run"].flatMap((path) => npmScripts(text(path)));
		expect(named).toContain("check");
		expect(named.filter((name) => !(name in scripts))).toEqual([]);
	});

	it("keep ARCHITECTURE.md within 150 lines, README.md within 130", () => {
		expect(text("ARCHITECTURE.md").split("\n").length).toBeLessThanOrEqual(151);
		expect(text("README.md").split("\n").length).toBeLessThanOrEqual(131);
	});

	it("link to each page, and to nothing that is not there", () => {
		const pages = documents.filter((path) => path.startsWith("docs/"));
		const linked = [...text("README.md").matchAll(/\]\(([^):#]+)\)/g)].map(([, path]) => String(path));
		expect(linked).toEqual(expect.arrayContaining(pages));
		expect(linked.filter((path) => !existsSync(join(root, path)))).toEqual([]);
	});

	it("let .ci/run call the command that the README gives", () => {
		expect(text("README.md")).toContain("npm run check");
		expect(text(".ci/run")).toMatch(/^\s*(if )?npm run check\b/m);
	});
});

describe("committed text", () => {
	it("names no path of one machine", () => expect(all(sources, machinePaths)).toEqual([]));

	it("locks packages to hashes, not to addresses", () => {
		expect(registryAddresses(text("package-lock.json"))).toEqual([]);
		expect(unhashedPackages(text("package-lock.json"))).toEqual([]);
	});

	it("locks the packages of every platform", () => {
		expect(unlockedPackages(text("package-lock.json"))).toEqual([]);
	});
});
