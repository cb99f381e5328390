// The README's way to a rollback, pasted as a block into a shell: what its comments promise is what it prints.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { freePort } from "../support/programs.js";
import { temporaryFolder } from "../support/temporary.js";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

test("the block that shows a rollback works as it stands", { timeout: 120_000 }, async () => {
	const readme = await readFile(join(root, "README.md"), "utf8");
	const [, block = ""] = /```sh\n(home=[\s\S]*?)```/.exec(readme) ?? [];
	expect(block.trim().split("\n").length).toBeLessThanOrEqual(25);
	const folder = await temporaryFolder();
	const port = await freePort();
	// As a terminal would: jobs have numbers, and each line runs whatever became of the one before.
	const { stdout } = await run("bash", ["-c", `set -m\n${block.replaceAll("3000", String(port))}\nwait`], {
		cwd: root,
		env: {
			...process.env,
			TMPDIR: folder,
			GIT_AUTHOR_NAME: "Reader",
			GIT_AUTHOR_EMAIL: "reader@localhost",
			GIT_COMMITTER_NAME: "Reader",
			GIT_COMMITTER_EMAIL: "reader@localhost",
		},
	});
	expect(stdout.split("\n").filter((line) => /^(one|two)$/.test(line))).toEqual(["one", "two", "one"]);
	expect(stdout).toContain("rolled_back");
});
