// What connecting refuses, without writing anything: broken files, entries of others, links out of the repository, files in the way.
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentName } from "../../../../src/surfaces/cli/agents/clients/index.js";
import { temporaryFolder } from "../../../support/temporary.js";
import { contents, type Files, init, kinds, lay, refused, repository } from "./place.js";

async function expectRefused(root: string, agent: AgentName, words: RegExp): Promise<void> {
	const before = await contents(root);
	expect(await refused(init(root, agent, { yes: true, hooks: true }))).toMatch(words);
	expect(await contents(root)).toEqual(before);
}

describe("files that cannot be worked with", () => {
	const cases: [string, AgentName, Files, RegExp][] = [
		[
			"broken JSON",
			"claude",
			{ ".mcp.json": '{"mcpServers": {' },
			/^agent_file_invalid: .*\.mcp\.json.*line 1.*add `\{"mcpServers".* by hand/,
		],
		[
			"JSON5",
			"openclaw",
			{ ".openclaw/openclaw.json": "{mcp: {servers: {}}}" },
			/^agent_file_invalid.*add `\{"mcp":\{"servers".* by hand/,
		],
		["a list where servers belong", "generic", { ".mcp.json": '{"mcpServers": []}' }, /^agent_file_invalid.*no object/],
		[
			"an object where hooks belong",
			"claude",
			{ ".claude/settings.json": '{"hooks":{"PreToolUse":{}}}' },
			/^agent_file_invalid.*no array/,
		],
		[
			"another server of that name",
			"claude",
			{ ".mcp.json": '{"mcpServers":{"deadman":{"command":"x"}}}' },
			/^agent_entry_foreign.*mcpServers\.deadman/,
		],
		[
			"a skill of that name",
			"claude",
			{ ".claude/skills/deadman/SKILL.md": "---\nname: x\n" },
			/^agent_entry_foreign.*SKILL\.md/,
		],
		["half a block", "codex", { "AGENTS.md": "<!-- deadman:begin -->\nx\n" }, /^agent_file_invalid.*marks/],
		[
			"two blocks",
			"codex",
			{ "AGENTS.md": "<!-- deadman:begin -->\n<!-- deadman:end -->\n".repeat(2) },
			/^agent_file_invalid/,
		],
		["no TOML", "codex", { ".codex/config.toml": "model = \n" }, /^agent_file_invalid.*line 1/],
		[
			"a table of that name",
			"codex",
			{ ".codex/config.toml": '[ mcp_servers . "deadman" ]\ncommand = "x"\n' },
			/^agent_entry_foreign.*\[mcp_servers\.deadman\]/,
		],
		[
			"a key of that name",
			"codex",
			{ ".codex/config.toml": '[mcp_servers]\ndeadman = { command = "x" }\n' },
			/^agent_entry_foreign/,
		],
		[
			"servers on one line",
			"codex",
			{ ".codex/config.toml": 'mcp_servers = { o = { command = "x" } }\n' },
			/^agent_file_invalid.*no table can be added/,
		],
		["a file too large", "generic", { "AGENTS.md": "x".repeat(1024 * 1024 + 1) }, /^agent_file_blocked/],
	];
	it.each(cases)("%s", async (_, agent, files, words) => expectRefused(await repository(files), agent, words));

	it("a folder in the way, a file where a folder belongs, and bytes that are no text", async () => {
		const root = await repository();
		await mkdir(join(root, "AGENTS.md"));
		await expectRefused(root, "generic", /^agent_file_blocked.*folder of that name/);
		await expectRefused(await repository({ ".claude": "x" }), "claude", /^agent_file_blocked.*no folder/);
		const other = await repository();
		await writeFile(join(other, "AGENTS.md"), Buffer.from([0x41, 0xff, 0xfe]));
		await expectRefused(other, "generic", /^agent_file_blocked.*UTF-8/);
	});

	it("read-only files", async () => {
		const root = await repository({ "AGENTS.md": "x\n" });
		await chmod(join(root, "AGENTS.md"), 0o444);
		await expectRefused(root, "generic", /^agent_file_blocked.*read-only/);
	});

	it("no TOML that only looks like the table", async () => {
		const root = await repository({
			".codex/config.toml":
				"a = \"\"\"\n[mcp_servers.deadman]\n\"\"\"\n# [mcp_servers.deadman]\nb = '''x'''\n[mcp_servers]\nc.d = 1979-05-27 07:32:00Z\n",
		});
		expect(kinds(await init(root, "codex"))).toMatchObject({ ".codex/config.toml": "change" });
	});
});

describe("links", () => {
	it("out of the repository, to nothing, and into git's folder are refused", async () => {
		const elsewhere = await temporaryFolder();
		await lay(elsewhere, { "x.md": "x\n", "skills/x": "" });
		for (const [target, path, words] of [
			[join(elsewhere, "x.md"), "AGENTS.md", /out of the repository/],
			[join(elsewhere, "skills"), ".claude", /out of the repository/],
			["nowhere", "AGENTS.md", /to nothing/],
			[".git/HEAD", "AGENTS.md", /leads into .*\.git/],
			[".deadman", ".claude", /leads into .*\.deadman/],
		] as const) {
			const root = await repository();
			await symlink(target, join(root, path));
			await expectRefused(root, "claude", words);
		}
		expect(await contents(elsewhere)).toEqual({ "x.md": "x\n", "skills/x": "" });
	});

	it("within it are followed, and stay links", async () => {
		const root = await repository({ "CLAUDE.md": "Mine.\n" });
		await symlink("CLAUDE.md", join(root, "AGENTS.md"));
		const before = await contents(root);
		await init(root, "claude");
		const after = await contents(root);
		expect(after["AGENTS.md"]).toBe("-> CLAUDE.md");
		expect(after["CLAUDE.md"]?.match(/deadman:begin/g)).toHaveLength(1);
		await init(root, "claude", { yes: true, remove: true });
		expect(await contents(root)).toEqual(before);
	});
});

describe("asking", () => {
	it("writes nothing where nobody can be asked, and says how", async () => {
		const root = await repository();
		const said = await init(root, "claude", {});
		expect([said.written, await contents(root)]).toEqual([false, {}]);
		expect(said.text).toMatch(/\+## Changing this program[\s\S]*--yes writes it/);
		expect(said.changes.every(({ kind, diff }) => kind === "create" && diff.startsWith("--- /dev/null"))).toBe(true);
	});

	it("shows nobody the secrets that stand beside", async () => {
		const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";
		const text = `{\n  "mcpServers": {\n    "o": {\n      "env": { "GITHUB_TOKEN": "${token}" }\n    }\n  }\n}\n`;
		const root = await repository({ ".mcp.json": text });
		const said = await init(root, "generic");
		expect(JSON.stringify(said)).not.toContain(token);
		expect(said.changes[0]?.diff).toContain("[redacted]");
		expect((await contents(root))[".mcp.json"]).toContain(token);
	});

	it.each([
		["y", true],
		["YES", true],
		["", false],
		["n", false],
		["yesterday", false],
		[null, false],
	])("shows the plan and takes %j as an answer", async (types, isWritten) => {
		const root = await repository();
		const said = await init(root, "generic", { types });
		expect([said.written, said.asked.length]).toEqual([isWritten, 1]);
		expect(said.shown).toContain("+## Changing this program");
		expect(Object.keys(await contents(root)).length > 0).toBe(isWritten);
	});

	it("does not ask about nothing", async () => {
		const root = await repository();
		await init(root, "generic");
		const said = await init(root, "generic", { types: "y" });
		expect([said.asked, said.text]).toEqual([[], "generic is connected already."]);
		expect((await init(await repository(), "codex", { yes: true, remove: true })).text).toBe(
			"Nothing of codex is here.",
		);
	});
});

it("does not write over what changed while it asked", async () => {
	const root = await repository({ "AGENTS.md": "x\n" });
	const meanwhile = () => writeFile(join(root, "AGENTS.md"), "y\n");
	expect(await refused(init(root, "generic", { types: "y", meanwhile }))).toMatch(/^agent_file_blocked.*meanwhile/);
	expect(await contents(root)).toEqual({ "AGENTS.md": "y\n" });
});

describe("without a configuration", () => {
	it("is refused, or writes one first where --run says how", async () => {
		const root = await repository();
		await rm(join(root, ".deadman"), { recursive: true });
		expect(await refused(init(root, "claude"))).toMatch(/^config_missing/);
		const shown = await init(root, "claude", { run: "node s.js" });
		expect([shown.written, shown.config, await contents(root)]).toEqual([
			false,
			join(root, ".deadman/config.json"),
			{},
		]);
		await init(root, "claude", { yes: true, run: "node s.js" });
		expect(JSON.parse(await readFile(join(root, ".deadman/config.json"), "utf8")).program.command).toBe("node s.js");
		expect(await refused(init(root, "claude", { yes: true, run: "node t.js" }))).toMatch(/^config_exists/);
	});
});

it("keeps a file's mode", async () => {
	const root = await repository({ "AGENTS.md": "x\n", ".mcp.json": "{}\n" });
	await chmod(join(root, ".mcp.json"), 0o600);
	await init(root, "generic");
	expect((await stat(join(root, ".mcp.json"))).mode & 0o777).toBe(0o600);
});
