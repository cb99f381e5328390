// Which files a builder may write, as the hook judges it.
import { describe, expect, it } from "vitest";
import { forbidsWrite, type Ground, pathsOfPatch } from "../../../../src/surfaces/cli/hooks/live-tree.js";
import { toolUseOf } from "../../../../src/surfaces/cli/hooks/tool-use.js";

const inside: Ground = {
	root: "/srv/app",
	stateDir: "/srv/app/.deadman",
	workspaces: "/srv/app/.deadman/workspaces",
	worktree: null,
};
const outside: Ground = { ...inside, stateDir: "/var/d", workspaces: "/var/d/workspaces" };

it.each([
	["/srv/app/server.js", inside, true],
	["/srv/app", inside, true],
	["/srv/app/new/file", inside, true],
	["/srv/application/server.js", inside, false],
	["/tmp/x", inside, false],
	["/srv/app/.deadman/workspaces/fix/server.js", inside, false],
	["/srv/app/.deadman/workspaces/fix/.deadman-outcome.json", inside, false],
	["/srv/app/.deadman/workspaces/fix", inside, true],
	["/srv/app/.deadman/workspaces/fix.json", inside, true],
	["/srv/app/.deadman/config.json", inside, true],
	["/srv/app/.deadman/releases/1/server.js", inside, true],
	["/srv/app/.deadman/config.json", outside, true],
	["/var/d/state.db", outside, true],
	["/var/d/workspaces/fix/a", outside, false],
	["/srv/app/.claude/worktrees/x/a.js", { ...inside, worktree: "/srv/app/.claude/worktrees/x" }, false],
	["/srv/app/.deadman/releases/1/a.js", { ...inside, worktree: "/srv/app/.deadman/releases/1" }, true],
	["/srv/app/a.js", { ...inside, worktree: "/srv/app" }, true],
] as const)("%s", (path, ground, isDenied) => expect(forbidsWrite(path, ground) !== null).toBe(isDenied));

it("finds the files of a patch", () => {
	const patch =
		"*** Begin Patch\n*** Update File: a.js\n*** Move to: b.js\n@@\n-*** x\n*** Add File: /c d.js\n*** Delete File: e\n";
	expect(pathsOfPatch(patch)).toEqual(["a.js", "b.js", "/c d.js", "e"]);
});

describe("what a client says", () => {
	const use = (tool_name: string, tool_input: object, cwd: unknown = "/w") => toolUseOf({ tool_name, tool_input, cwd });
	it.each([
		[use("Write", { file_path: "a/b" }), { cwd: "/w", script: null, writes: ["/w/a/b"] }],
		[use("Edit", { file_path: "../b" }), { cwd: "/w", script: null, writes: ["/b"] }],
		[use("NotebookEdit", { notebook_path: "/n" }), { cwd: "/w", script: null, writes: ["/n"] }],
		[use("Bash", { command: "ls > out" }), { cwd: "/w", script: "ls > out", writes: ["/w/out"] }],
		[use("Bash", { command: "cd x; ls > out >/o 2>&1" }).writes, ["/o"]],
		[use("Bash", { command: 'ls > "$X" >>~/y &>z' }).writes, ["/w/z"]],
		[use("Bash", { command: ["bash", "-lc", "kill 'a'"] }).script, "'bash' '-lc' 'kill '\\''a'\\'''"],
		[use("apply_patch", { command: "*** Add File: q\n" }), { cwd: "/w", script: null, writes: ["/w/q"] }],
		[use("Read", {}), { cwd: "/w", script: null, writes: [] }],
		[use("Bash", { command: 7 }, 7), { cwd: null, script: null, writes: [] }],
		[toolUseOf(null), { cwd: null, script: null, writes: [] }],
		[toolUseOf("text"), { cwd: null, script: null, writes: [] }],
		[toolUseOf({ tool_name: "Write", tool_input: null }), { cwd: null, script: null, writes: [] }],
	])("case %#", (seen, expected) => expect(seen).toEqual(expected));
});
