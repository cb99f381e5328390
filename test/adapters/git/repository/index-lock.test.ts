// The operator's index is copied and put back without making it forget which edits may hide in the second of its own writing.

import { execFileSync } from "node:child_process";
import { copyFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { copyIndex, indexLockOf } from "../../../../src/adapters/git/repository/index-lock.js";
import { makeRepository, plainGit, plainGitEnvironment, type TestRepository } from "../../../support/git.js";

/** Committed, and edited to the same size within the second in which git wrote its index; asked a second later. */
async function editedAtOnce(): Promise<TestRepository> {
	const repository = await makeRepository();
	const file = join(repository.root, "app.txt");
	for (let written = false; !written; ) {
		await setTimeout(1_000 - (Date.now() % 1_000));
		await repository.commit({ "app.txt": `${Date.now()}\n` });
		const committed = await stat(file);
		await writeFile(file, `${Date.now() + 1}\n`);
		const seen = [committed, await stat(join(repository.root, ".git", "index")), await stat(file)];
		written = new Set(seen.map(({ mtimeMs }) => Math.floor(mtimeMs / 1_000))).size === 1;
	}
	await setTimeout(1_100);
	return repository;
}

function modifiedBy(root: string, index: string): string {
	const env = { ...plainGitEnvironment, GIT_INDEX_FILE: index };
	return execFileSync("git", ["diff-files", "--name-only"], { cwd: root, env, encoding: "utf8" }).trim();
}

it("copies an index with its age: an edit of the same second stays visible, which a plain copy hides", async () => {
	const { root } = await editedAtOnce();
	const [index, copy] = [join(root, ".git", "index"), join(root, ".git", "copy")];
	await copyFile(index, copy);
	expect(modifiedBy(root, copy)).toBe("");
	await copyIndex(index, copy);
	expect(modifiedBy(root, copy)).toBe("app.txt");
});

it("puts an index back with its age", async () => {
	const { root, git } = await editedAtOnce();
	const gitDir = join(root, ".git");
	const operator = { root, gitDir, commonDir: gitDir, objectFormat: "sha1", bare: false };
	const lock = indexLockOf(operator, "deadman-test");
	const made = join(gitDir, "made");
	await copyIndex(join(gitDir, "index"), made);
	expect(await lock.take(0)).toBeNull();
	await lock.replace(made);
	await rm(made);
	expect(await git("status", "--porcelain")).toBe(" M app.txt");
	expect(await plainGit(root, "diff-files", "--name-only")).toBe("app.txt");
});
