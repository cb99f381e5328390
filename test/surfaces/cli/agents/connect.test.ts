// Connecting each client to repositories that are empty or hold a configuration of their own: others' bytes stay, the second time nothing
// changes, and removal gives back what was there.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { type AgentName, clients } from "../../../../src/surfaces/cli/agents/clients/index.js";
import { parseJsonText } from "../../../../src/surfaces/cli/agents/json-text.js";
import { contents, type Files, init, kinds, lay, repository } from "./place.js";

const names = Object.keys(clients) as AgentName[];
const written: Readonly<Record<AgentName, readonly string[]>> = {
	claude: [".claude/settings.json", ".claude/skills/deadman/SKILL.md", ".mcp.json", "AGENTS.md"],
	codex: [".agents/skills/deadman/SKILL.md", ".codex/config.toml", ".codex/hooks.json", "AGENTS.md"],
	openclaw: [".openclaw/openclaw.json", "AGENTS.md", "skills/deadman/SKILL.md"],
	nanoclaw: [".claude/settings.json", ".claude/skills/deadman/SKILL.md", ".mcp.json", "AGENTS.md"],
	generic: [".mcp.json", "AGENTS.md"],
};

const lines = (...all: string[]) => all.join("\n");

/** Configurations with other entries, each written oddly in its own way. */
const existing: Readonly<Record<string, Files>> = {
	"tabs, comments and no last line end": {
		".mcp.json": lines("{", '\t"mcpServers": {', '\t\t"other": { "command": "x" } // mine', "\t}", "}"),
		".claude/settings.json": lines("{", "\t// rules", '\t"permissions": { "deny": ["Bash(rm:*)"] },', "}"),
		".codex/config.toml":
			'# mine\nmodel = "o"\n\n[mcp_servers.other]\ncommand = "x" # why\nargs = [ "a",\n  "]", # b\n]',
		".codex/hooks.json": '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"y"}]}]}}',
		".openclaw/openclaw.json": '{\n\t"mcp": {\n\t\t"servers": {\n\t\t\t"o": { "command": "x" },\n\t\t},\n\t},\n}',
		"AGENTS.md": "# Rules\n\nBe kind.",
		"CLAUDE.md": "Read this.\n",
	},
	"CRLF and a BOM": {
		".mcp.json": '\uFEFF{\r\n    "mcpServers": {\r\n        "ünï": {"command": "x"}\r\n    }\r\n}\r\n',
		".claude/settings.json":
			'\uFEFF{\r\n  "env": {\r\n    "A": "1"\r\n  },\r\n  "hooks": {\r\n    "PreToolUse": []\r\n  }\r\n}\r\n',
		".codex/config.toml": '\uFEFFmodel = "o"\r\n[tools]\r\nweb = true\r\n',
		".codex/hooks.json": "\uFEFF{}\r\n",
		".openclaw/openclaw.json": '{\r\n "a": "—"\r\n}\r\n',
		"AGENTS.md": "\uFEFF# Regeln\r\n\r\nSei nett — 🙂.\r\n",
		"CLAUDE.md": "@AGENTS.md\r\n",
	},
	"one line, empty objects and odd indentation": {
		".mcp.json": '{"mcpServers":{}}',
		".claude/settings.json":
			'{\n   "hooks": {\n      "PreToolUse": [ { "matcher": "Bash", "hooks": [] } ]\n       }\n}\n\n\n',
		".codex/config.toml": "",
		".codex/hooks.json": '{ "hooks": { "PreToolUse": [ {"matcher":"x","hooks":[{"command":"deadman-like"}]} ] } }\n',
		".openclaw/openclaw.json": "{\n}\n",
		"AGENTS.md": "\n\n",
		"CLAUDE.md": "",
	},
};

function expectValid(files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) {
		if (path.endsWith(".json")) expect(() => parseJsonText(text), path).not.toThrow();
		if (path.endsWith(".toml")) expect(() => parse(text.replace(/^\uFEFF/, "")), path).not.toThrow();
	}
}

/** Takes away, insertion by insertion and in order, what is still there of the old text. */
function holds(now: string, before: string): boolean {
	let at = 0;
	for (const character of before.replace(/\s/g, "")) {
		at = now.indexOf(character, at) + 1;
		if (at === 0) return false;
	}
	return true;
}

describe.each(names)("%s in an empty repository", (agent) => {
	it("gets its files, the same ones at the second time, and loses them again", async () => {
		const root = await repository();
		const first = await init(root, agent, { yes: true, hooks: true });
		expect([first.written, Object.values(kinds(first)).every((kind) => kind === "create")]).toEqual([true, true]);
		const after = await contents(root);
		expect(Object.keys(after).sort()).toEqual(written[agent]);
		expectValid(after);
		const second = await init(root, agent, { yes: true, hooks: true });
		expect([second.written, new Set(Object.values(kinds(second)))]).toEqual([false, new Set(["unchanged"])]);
		expect(await contents(root)).toEqual(after);
		const gone = await init(root, agent, { yes: true, remove: true });
		expect([gone.written, new Set(Object.values(kinds(gone)))]).toEqual([true, new Set(["delete"])]);
		expect(await contents(root)).toEqual({});
	});

	it("is removed as well where nobody remembers what was written", async () => {
		const root = await repository();
		await init(root, agent, { yes: true, hooks: true });
		await rm(join(root, ".deadman"), { recursive: true });
		expect((await init(root, agent, { yes: true, remove: true })).written).toBe(true);
		expect(await contents(root)).toEqual({});
	});
});

describe.each(Object.keys(existing))("with %s", (name) => {
	it.each(names)("%s leaves others' entries, and removal gives back every byte", async (agent) => {
		const files = existing[name] as Files;
		const root = await repository(files);
		const before = await contents(root);
		await init(root, agent, { yes: true, hooks: true });
		const after = await contents(root);
		expectValid(after);
		for (const [path, text] of Object.entries(before)) expect(holds(after[path] ?? "", text), path).toBe(true);
		expect((await init(root, agent, { yes: true, hooks: true })).written).toBe(false);
		expect(await contents(root)).toEqual(after);
		await init(root, agent, { yes: true, remove: true });
		expect(await contents(root)).toEqual(before);
	});
});

it.each(names)("%s gives back every byte without memory too, where no object was empty", async (agent) => {
	const root = await repository(existing["tabs, comments and no last line end"]);
	const before = await contents(root);
	await init(root, agent, { yes: true, hooks: true });
	await rm(join(root, ".deadman/agents.json"));
	await init(root, agent, { yes: true, remove: true });
	expect(await contents(root)).toEqual(before);
});

it("leaves what was added since", async () => {
	const root = await repository();
	await init(root, "claude", { yes: true, hooks: true });
	const path = join(root, ".mcp.json");
	const mcp = JSON.parse(await readFile(path, "utf8"));
	await lay(root, {
		".mcp.json": JSON.stringify(
			{ mcpServers: { a: { command: "a" }, ...mcp.mcpServers, z: { command: "z" } } },
			null,
			3,
		),
		"AGENTS.md": `First.\n\n${await readFile(join(root, "AGENTS.md"), "utf8")}\nLast.\n`,
		".claude/skills/deadman/notes.md": "mine",
	});
	await init(root, "claude", { yes: true, remove: true });
	expect(await contents(root)).toEqual({
		".mcp.json": JSON.stringify({ mcpServers: { a: { command: "a" }, z: { command: "z" } } }, null, 3),
		"AGENTS.md": "First.\n\nLast.\n",
		".claude/skills/deadman/notes.md": "mine",
	});
});

it("keeps what another agent still needs, and takes it when the last one goes", async () => {
	const root = await repository({ "AGENTS.md": "Mine.\n" });
	const before = await contents(root);
	await init(root, "claude");
	await init(root, "codex");
	const gone = await init(root, "claude", { yes: true, remove: true });
	expect(gone.changes.find(({ path }) => path === "AGENTS.md")).toMatchObject({
		kind: "unchanged",
		what: "still needed by codex",
	});
	expect(await readFile(join(root, "AGENTS.md"), "utf8")).toContain("deadman:begin");
	await init(root, "codex", { yes: true, remove: true });
	expect(await contents(root)).toEqual(before);
});

it("changes an entry of its own that is out of date", async () => {
	const root = await repository({
		".mcp.json":
			'{\n  "mcpServers": {\n    "deadman": {"command": "/old/deadman", "args": ["mcp"]},\n    "b": {}\n  }\n}\n',
		"AGENTS.md": "A\n\n<!-- deadman:begin -->\nold\n<!-- deadman:end -->\n\nB\n",
	});
	expect(kinds(await init(root, "generic"))).toEqual({ ".mcp.json": "change", "AGENTS.md": "change" });
	const { mcpServers } = JSON.parse(await readFile(join(root, ".mcp.json"), "utf8"));
	expect([Object.keys(mcpServers), mcpServers.deadman.command]).toEqual([["deadman", "b"], "deadman"]);
	expect(await readFile(join(root, "AGENTS.md"), "utf8")).toMatch(
		/^A\n\n<!-- deadman:begin -->\n## [\s\S]*-->\n\nB\n$/,
	);
});

it("writes what each client reads", async () => {
	const root = await repository({ "container/skills/x/SKILL.md": "x", "CLAUDE.md": "Hello.\n" });
	const json = async (path: string) => JSON.parse(await readFile(join(root, path), "utf8"));
	await init(root, "claude", { yes: true, hooks: true });
	expect(await json(".mcp.json")).toEqual({
		mcpServers: {
			deadman: { type: "stdio", command: "deadman", args: ["mcp"], env: { DEADMAN_ACTOR: "builder:claude" } },
		},
	});
	const { hooks, env } = await json(".claude/settings.json");
	expect(env).toEqual({ DEADMAN_ACTOR: "builder:claude" });
	expect([hooks.PreToolUse[0].hooks[0].command, hooks.SessionStart[0].hooks[0].type]).toEqual([
		"deadman hook pre-tool-use",
		"command",
	]);
	expect(await readFile(join(root, "CLAUDE.md"), "utf8")).toContain("deadman:begin");
	await init(root, "codex");
	expect(parse(await readFile(join(root, ".codex/config.toml"), "utf8"))).toMatchObject({
		mcp_servers: { deadman: { command: "deadman" } },
	});
	await init(root, "openclaw");
	expect((await json(".openclaw/openclaw.json")).mcp.servers.deadman.args).toEqual(["mcp", "--dir", root]);
	expect(kinds(await init(root, "nanoclaw"))).toMatchObject({ "container/skills/deadman/SKILL.md": "create" });
});

it("leaves a CLAUDE.md that includes AGENTS.md, or that is not there", async () => {
	for (const files of [{ "CLAUDE.md": "Hello.\n\n@./AGENTS.md\n" }, {}] as Files[]) {
		const root = await repository(files);
		await init(root, "claude");
		expect((await contents(root))["CLAUDE.md"]).toBe(files["CLAUDE.md"]);
	}
});
