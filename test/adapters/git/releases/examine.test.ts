// What `deadman doctor` says of git: there, and new enough.
import { expect, test } from "vitest";
import { examineGit, gitFinding } from "../../../../src/adapters/git/releases/examine.js";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";

test.each([
	["git version 2.38.5", "bad"],
	["git version 2.39.3", "warn"],
	["git version 2.39.5", "ok"],
	["git version 2.40", "ok"],
	["git version 2.47.1 (Apple Git-154)", "ok"],
	["git version 1.9.1", "bad"],
	["something else", "bad"],
] as const)("%s is %s", (text, level) => {
	expect(gitFinding(text).level).toBe(level);
});

test("the git of this machine is found; a missing one is a finding, not an error", async () => {
	const commands = createCommands({ scrub: (text) => text });
	expect((await examineGit({ commands })).level).toBe("ok");
	const missing = { run: () => Promise.reject(new Error("ENOENT")) };
	expect(await examineGit({ commands: missing })).toMatchObject({ level: "bad", sentence: "git is not installed." });
});
