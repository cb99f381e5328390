// Tags in releases: what `git describe` says there, which tags come along, and that a bad one stops nothing.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { plainGit } from "../../../support/git.js";
import { makeRelease, makeReleaseTools } from "../../../support/git-releases.js";

const tagsOf = (stateDir: string) =>
	plainGit(join(stateDir, "repo.git"), "for-each-ref", "--format=%(refname)", "refs/tags");

it("describes a release by the tags below it, annotated and light ones, and by no others", async () => {
	const tools = await makeReleaseTools();
	const { git, commit, stateDir } = tools.repository;
	await git("tag", "-a", "-m", "the first", "v1.0.0");
	await git("tag", "light");
	await git("switch", "--quiet", "-c", "elsewhere");
	await commit({ "other.txt": "x\n" });
	await git("tag", "v9.0.0");
	await git("switch", "--quiet", "main");
	const one = await makeRelease(tools, "one", { "app.txt": "two\n" });
	await tools.releases().checkout(one);
	expect(await plainGit(tools.folder("one"), "describe")).toBe(`v1.0.0-1-g${one.commit.slice(0, 7)}`);
	expect((await tagsOf(stateDir)).split("\n")).toEqual(["refs/tags/light", "refs/tags/v1.0.0"]);
	await git("tag", "-f", "light", one.commit);
	await tools.port.intake(one.commit);
	expect(await plainGit(tools.folder("one"), "describe", "--tags", "--match", "light")).toBe("light");
	expect(tools.tools.logged).not.toContain("repository.tags");
});

it("takes a commit whose tags cannot be read, and says so", async () => {
	const tools = await makeReleaseTools();
	const { root, git, commit } = tools.repository;
	const head = await commit({ "app.txt": "two\n" });
	const malformed = join(root, "..", "tag");
	await writeFile(malformed, `object ${head}\ntype commit\ntag bad\ntagger nobody\n\nx\n`);
	const tag = await git("hash-object", "-t", "tag", "-w", "--literally", malformed);
	await git("update-ref", "refs/tags/bad", tag);
	expect(await tools.port.intake(head)).toBeNull();
	expect(tools.tools.logged).toContain("repository.tags");
	expect(await tagsOf(tools.repository.stateDir)).toBe("");
});
