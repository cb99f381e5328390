// One story: an operator connects Claude Code with one command, its hooks run as its settings name them, in the checkout and in a
// workspace, and one more command takes everything out again.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clients } from "../../../src/surfaces/cli/agents/clients/index.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../support/temporary.js";
import { close, deadman, deadmanBin, git, habit, type Json, openScene, raise, reach, type Scene } from "../scene.js";

const run = promisify(execFile);
const settings = '{\n\t"permissions": { "allow": ["Bash(npm test)"] }\n}\n';
const servers = '{ "mcpServers": { "other": { "command": "x" } } }';

let scene: Scene;
let binaries: string;
beforeAll(async () => {
	binaries = await makeTemporaryFolder();
	await symlink(deadmanBin, join(binaries, "deadman"));
	scene = await openScene({
		async populate(root) {
			await mkdir(join(root, ".claude"));
			await writeFile(join(root, ".claude/settings.json"), settings);
			await writeFile(join(root, ".mcp.json"), servers);
		},
	});
});
afterAll(async () => {
	await close(scene);
	await removeTemporaryFolder(binaries);
});

const read = (path: string) => readFile(join(scene.root, path), "utf8");
const dirty = async () => (await git(scene, "status", "--porcelain")).split("\n").filter(Boolean).sort();

/** As the client does: the command through a shell, JSON on stdin. */
async function hook(event: string, cwd: string, payload: object): Promise<Json> {
	const { hooks } = JSON.parse(await read(".claude/settings.json"));
	const { command } = hooks[event][0].hooks[0];
	const env = { PATH: `${binaries}:${process.env.PATH}`, HOME: process.env.HOME };
	const child = spawn("sh", ["-c", command], { cwd, env });
	let stdout = "";
	child.stdout.setEncoding("utf8").on("data", (piece) => (stdout += piece));
	child.stderr.resume();
	child.stdin.end(JSON.stringify({ cwd, hook_event_name: event, ...payload }));
	const [code] = await once(child, "close");
	expect(code).toBe(0);
	return stdout === "" ? null : JSON.parse(stdout).hookSpecificOutput;
}

/** As the client's shell does, with the environment of its settings. */
async function claude(...args: string[]): Promise<Json> {
	const env = { ...process.env, ...JSON.parse(await read(".claude/settings.json")).env };
	const { stdout } = await run(process.execPath, [deadmanBin, ...args, "--json"], { cwd: scene.root, env });
	return JSON.parse(stdout);
}

test("shows first, writes once, guards, and goes without a trace", async () => {
	const shown = await deadman(scene, "init", "--agent", "claude", "--hooks");
	expect([shown.code, shown.written, await dirty()]).toEqual([0, false, []]);

	const first = await deadman(scene, "init", "--agent", "claude", "--hooks", "--yes");
	expect([first.code, first.written]).toEqual([0, true]);
	expect(JSON.parse(await read(".mcp.json")).mcpServers.other).toEqual({ command: "x" });
	const again = await deadman(scene, "init", "--agent", "claude", "--hooks", "--yes");
	expect([again.written, again.changes.map(({ kind }: Json) => kind)]).toEqual([
		false,
		again.changes.map(() => "unchanged"),
	]);
	await git(scene, "add", ".");
	await git(scene, "commit", "--quiet", "-m", "Connects Claude Code");

	await raise(scene);
	const { workspace } = await claude("workspace", "create", "fix");
	const write = (cwd: string, file_path: string) =>
		hook("PreToolUse", cwd, { tool_name: "Write", tool_input: { file_path } });
	const restart = { tool_name: "Bash", tool_input: { command: "cd / && pm2 restart all" } };
	expect((await hook("PreToolUse", workspace.path, restart)).permissionDecision).toBe("deny");
	expect((await write(scene.root, join(scene.root, "server.cjs"))).permissionDecision).toBe("deny");
	expect((await write(workspace.path, join(scene.root, "server.cjs"))).permissionDecision).toBe("deny");
	expect(await write(workspace.path, join(workspace.path, "server.cjs"))).toBeNull();
	expect(await hook("SessionStart", workspace.path, { source: "startup" })).toBeNull();
	expect(await readFile(join(workspace.path, "AGENTS.md"), "utf8")).toContain("deadman:begin");

	await writeFile(join(workspace.path, "server.cjs"), habit("dies-at-boot")());
	await git({ root: workspace.path }, "commit", "--quiet", "-am", "Dies");
	const { swap } = await claude("submit", "fix", "--summary", "Dies at boot");
	expect((await reach(scene, swap.id, "rolled_back")).status).toBe("rolled_back");
	const told = await hook("SessionStart", workspace.path, { source: "startup" });
	expect(told.additionalContext).toMatch(new RegExp(`^deadman: You were rolled back \\(${swap.id}, `));
	expect(told.additionalContext).toMatch(/\nNext: Fix/);

	const gone = await deadman(scene, "init", "--agent", "claude", "--remove", "--yes");
	expect([gone.code, gone.written]).toEqual([0, true]);
	expect([await read(".mcp.json"), await read(".claude/settings.json")]).toEqual([servers, settings]);
	expect(await dirty()).toEqual([
		" D .claude/skills/deadman/SKILL.md",
		" D AGENTS.md",
		" M .claude/settings.json",
		" M .mcp.json",
	]);
}, 60_000);

test("says in JSON what is wrong", async () => {
	const wrong = await deadman(scene, "init", "--agent", "somebody");
	expect([wrong.code, wrong.error.code]).toEqual([2, "input_invalid"]);
	expect(wrong.error.message).toContain(Object.keys(clients).join(", "));
	const alone = await deadman(scene, "init", "--hooks");
	expect([alone.code, alone.error.message]).toEqual([2, expect.stringContaining("--agent")]);
	await writeFile(join(scene.root, ".mcp.json"), "{");
	const broken = await deadman(scene, "init", "--agent", "generic", "--yes");
	expect([broken.code, broken.error.code]).toEqual([5, "agent_file_invalid"]);
});
