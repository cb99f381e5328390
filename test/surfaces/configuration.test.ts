// Configurations as files: found, read, refused with their problem; and the annotated example, which names every key of the schema.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configJsonSchema, parseConfig } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";
import { readConfiguration } from "../../src/surfaces/configuration.js";
import { locate } from "../../src/surfaces/location.js";
import { temporaryFolder } from "../support/temporary.js";

const fixture = (name: string) => readFile(new URL(`../../fixtures/configs/${name}`, import.meta.url), "utf8");
const annotated = (await fixture("annotated.jsonc")).split("\n");
const table = JSON.parse(await fixture("refused.json")) as { name: string; config: unknown; problem: string }[];

const isComment = (line: string) => /^\s*\/\//.test(line);

/** The example, with the alternative of one line in the place of what stands above it. */
function example(alternativeAt: number | null = null): unknown {
	const lines = [...annotated];
	if (alternativeAt !== null) {
		const replaced = lines.findLastIndex((line, at) => at < alternativeAt && !isComment(line));
		const comma = lines[replaced]?.trimEnd().endsWith(",") ? "," : "";
		lines[replaced] = `${lines[alternativeAt]?.replace(/^\s*\/\/ or: /, "").replace(/,$/, "")}${comma}`;
	}
	return JSON.parse(lines.filter((line) => !isComment(line)).join("\n"));
}

const alternatives = annotated.flatMap((line, at) => (/^\s*\/\/ or: /.test(line) ? [{ line: line.trim(), at }] : []));

type Schema = {
	properties?: Record<string, Schema>;
	items?: Schema;
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
	additionalProperties?: Schema | boolean;
};

/** `a.b.c` for every key that the schema knows; `*` for a name that the operator gives. */
function keysOfSchema({ properties = {}, items, additionalProperties: named, ...rest }: Schema): string[] {
	const children = { ...properties, ...(typeof named === "object" ? { "*": named } : {}) };
	const own = Object.entries(children).flatMap(([key, inner]) => [
		key,
		...keysOfSchema(inner).map((it) => `${key}.${it}`),
	]);
	const others = [items, ...(rest.anyOf ?? []), ...(rest.oneOf ?? []), ...(rest.allOf ?? [])];
	return [...own, ...others.flatMap((inner) => (inner === undefined ? [] : keysOfSchema(inner)))];
}

function keysOfValue(value: unknown): string[] {
	if (Array.isArray(value)) return value.flatMap(keysOfValue);
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOfValue(inner).map((it) => `${key}.${it}`)]);
}

/** The part of an agent that is shaped as the host's is explained there; names that operators give are all one, and so are secrets. */
function general(key: string): string {
	return key
		.replace(/^(targets|people)\.[^.]+/, "$1.*")
		.replace(/^targets\.\*\.(program|databases|files|deadman)/, "$1")
		.replace(/^program\.env\..+/, "program.env.*")
		.replace(/^install\.secrets\.\w+/, "install.secrets.*")
		.replace(/^delivery\.\w+\.(env|file)$/, "delivery.*.$1");
}

const sorted = (keys: readonly string[]) => [...new Set(keys.map(general))].sort();

describe("the annotated example", () => {
	it("is accepted", () => expect(parseConfig(example(), "annotated")).not.toHaveProperty("refused"));

	it("has alternatives", () => expect(alternatives.length).toBeGreaterThan(10));

	it.each(alternatives)("is accepted with $line", ({ at }) => {
		expect(example(at)).not.toEqual(example());
		expect(parseConfig(example(at), "annotated")).not.toHaveProperty("refused");
	});

	it("names every key of the schema, and no other", () => {
		const named = [null, ...alternatives.map(({ at }) => at)].flatMap((at) => keysOfValue(example(at)));
		expect(sorted(named)).toEqual(sorted(keysOfSchema(configJsonSchema() as Schema)));
	});

	it("says something about every line", () => {
		const silent = annotated.filter(
			(line, at) => /^\t"\w+":/.test(line) && at > 0 && !isComment(annotated[at - 1] ?? ""),
		);
		expect(silent.map((line) => line.trim().split(":")[0])).toEqual(['"program"']);
	});
});

describe("a configuration is refused", () => {
	it.each(table)("with $name", ({ config, problem }) => {
		const result = parseConfig(config, "/x/config.json");
		expect(isRefusal(result) && result.code).toBe("config_invalid");
		expect(isRefusal(result) && result.message).toContain(problem);
		expect(isRefusal(result) && result.message).toContain("/x/config.json");
	});
});

describe("a folder", () => {
	async function folder(text: string | null): Promise<string> {
		const root = await temporaryFolder();
		await mkdir(join(root, ".deadman"));
		if (text !== null) await writeFile(join(root, ".deadman", "config.json"), text);
		return root;
	}
	const small = '{ "program": { "command": "node server.js" } }';

	it("is found from anywhere below it", async () => {
		const root = await folder(small);
		await mkdir(join(root, ".deadman/releases/r1/src"), { recursive: true });
		await writeFile(join(root, ".deadman/live.json"), "{}");
		const found = await readConfiguration({ cwd: join(root, ".deadman/releases/r1/src"), dir: null });
		expect(found).toMatchObject({ root, stateDir: join(root, ".deadman"), settings: { branch: "main" } });
	});

	it.each([
		["state", (root: string) => join(root, "state")],
		["/var/lib/deadman", () => "/var/lib/deadman"],
		["../beside", (root: string) => join(root, "../beside")],
	])("keeps its state in %s where it says so", async (stateDir, expected) => {
		const root = await folder(JSON.stringify({ ...JSON.parse(small), stateDir }));
		expect(await locate({ cwd: root, dir: null })).toMatchObject({ stateDir: expected(root) });
	});

	it("may begin its file with a byte order mark", async () => {
		const root = await folder(`\uFEFF${small}`);
		expect(await readConfiguration({ cwd: "/", dir: root })).toMatchObject({ root });
	});

	it.each([
		["config_missing", null],
		["config_invalid", "{"],
		["config_invalid", ""],
		["config_invalid", "[]"],
		["config_invalid", '{ "program": 1 }'],
	])("is refused as %s for %j", async (code, text) => {
		expect(await readConfiguration({ cwd: "/", dir: await folder(text) })).toMatchObject({ refused: true, code });
	});

	it("is refused where there is none at all", async () => {
		expect(await locate({ cwd: await temporaryFolder(), dir: null })).toMatchObject({ code: "config_missing" });
	});
});
