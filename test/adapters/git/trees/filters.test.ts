// What no release can hold: files under a git filter, wherever the attribute stands, and submodules. Named by path, said of whom it belongs to, and no filter runs.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isRefusal } from "../../../../src/core/refusals.js";
import type { Tree } from "../../../support/git.js";
import { makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";
import { temporaryFolder } from "../../../support/temporary.js";

afterEach(() => vi.unstubAllEnvs());

/** The refusal of the branch as it stands. */
async function asked({ repository, port }: ReleaseTools) {
	const commit = await repository.git("rev-parse", "HEAD");
	expect(await port.intake(commit)).toBeNull();
	return port.unreleasable(commit);
}

async function attributes({ repository: { root } }: ReleaseTools, text: string): Promise<void> {
	await mkdir(join(root, ".git", "info"), { recursive: true });
	await writeFile(join(root, ".git", "info", "attributes"), text);
}

describe("the filter of a file", () => {
	it.each<[string, Tree, string | null]>([
		["stands beside it", { ".gitattributes": "*.vault filter=vault\n", "a.vault": "x" }, '("vault")'],
		["stands in its folder", { "d/.gitattributes": "*.bin filter=lfs -text\n", "d/a.bin": "x" }, '("lfs")'],
		["comes of a macro", { ".gitattributes": "[attr]kept filter=crypt\nd/** kept\n", "d/a": "x" }, '("crypt")'],
		["is none", { ".gitattributes": "*.txt text\n", "filter.txt": "filter" }, null],
		["is taken back", { ".gitattributes": "* filter=x\n* -filter\n", "a.txt": "x" }, null],
		["has no file", { ".gitattributes": "*.vault filter=vault\n", "a.txt": "x" }, null],
		["is of a link", { ".gitattributes": "link filter=x\n", link: { link: "app.txt" } }, null],
	])("%s", async (_, tree, names) => {
		const refusal = await asked(await makeReleaseTools({ "app.txt": "one\n", ...tree }));
		if (names === null) return expect(refusal).toBeNull();
		expect(refusal).toMatchObject({ code: "filters_unsupported", message: expect.stringContaining(names) });
		const path = Object.keys(tree).find((one) => !one.endsWith(".gitattributes"));
		expect(refusal?.message).toMatch(/^The branch main holds/);
		expect(refusal?.message).toContain(`: "${path}".`);
	});

	it("stands in the repository's own file, which goes before the committed ones", async () => {
		const tools = await makeReleaseTools({ ".gitattributes": "*.vault filter=vault\n", "a.vault": "x", "b.bin": "x" });
		await attributes(tools, "*.vault -filter\n*.bin filter=mine\n");
		const refusal = await asked(tools);
		expect(refusal?.message).toContain('"b.bin"');
		expect(refusal?.message).not.toContain("a.vault");
	});

	it("stands in the operator's own attributes, where their git looks for them", async () => {
		const tools = await makeReleaseTools({ "a.bin": "x" });
		expect(await asked(tools)).toBeNull();
		const home = await temporaryFolder();
		await mkdir(join(home, "git"));
		await writeFile(join(home, "git", "attributes"), "*.bin filter=usual\n");
		vi.stubEnv("XDG_CONFIG_HOME", home);
		expect((await asked(tools))?.message).toContain('("usual")');
		await writeFile(join(home, "elsewhere"), "*.bin filter=configured\n");
		await tools.repository.git("config", "core.attributesFile", join(home, "elsewhere"));
		expect((await asked(tools))?.message).toContain('("configured")');
	});

	it("names ten files, and how many more there are", async () => {
		const files = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`${at + 10}.vault`, "x"]));
		const refusal = await asked(await makeReleaseTools({ ".gitattributes": "*.vault filter=vault\n", ...files }));
		expect(refusal?.message).toContain('"19.vault" and 3 more.');
		expect(refusal?.message).not.toContain('"20.vault"');
	});
});

async function merge({ port }: ReleaseTools, live: string, proposed: string) {
	for (const commit of [live, proposed]) expect(await port.intake(commit)).toBeNull();
	const request = { swapId: "sw_abc123", live, proposed, branchHead: live, branch: "main", message: "m", shared: [] };
	return port.merge(request);
}

describe("a proposal", () => {
	it.each<[string, Tree]>([
		["brings the attribute", { ".gitattributes": "app.txt filter=vault\n" }],
		["brings file and attribute", { ".gitattributes": "*.vault filter=vault\n", "a.vault": "x" }],
	])("that %s is refused, and no filter runs", async (_, change) => {
		const tools = await makeReleaseTools();
		const { repository } = tools;
		const live = await repository.git("rev-parse", "HEAD");
		const spy = join(repository.root, ".git", "spied");
		const proposed = await repository.commit(change);
		for (const key of ["clean", "smudge"]) await repository.git("config", `filter.vault.${key}`, `touch ${spy}; cat`);
		expect(await merge(tools, live, proposed)).toMatchObject({
			code: "filters_unsupported",
			message: expect.stringMatching(/^The proposal holds/),
		});
		expect(await readFile(spy).catch((error) => error.code)).toBe("ENOENT");
	});

	it("that changes something else is refused for what the live version has, as the live version's", async () => {
		const tools = await makeReleaseTools({ ".gitattributes": "*.vault filter=vault\n", "a.vault": "x" });
		const live = await tools.repository.git("rev-parse", "HEAD");
		const proposed = await tools.repository.commit({ "app.txt": "two\n" });
		const message = expect.stringMatching(/^The live version holds.*"a\.vault"/);
		expect(await merge(tools, live, proposed)).toMatchObject({ code: "filters_unsupported", message });
		const more = await tools.repository.commit({ "b.vault": "x" });
		const added = await merge(tools, live, more);
		expect(added).toMatchObject({ message: expect.stringMatching(/^The proposal holds.*: "b\.vault"\./) });
	});

	it("is judged as it is merged, also by attributes that only the merge has", async () => {
		const lines = (first: string, last: string) => `${first}\n\n\n\n\n\n${last}\n`;
		const tools = await makeReleaseTools({ ".gitattributes": lines("*.a text", "*.b text"), "a.vault": "x" });
		const { repository } = tools;
		await repository.git("switch", "--quiet", "-c", "other");
		const proposed = await repository.commit({ ".gitattributes": lines("*.a text", "*.vault filter=vault") });
		await repository.git("switch", "--quiet", "main");
		const live = await repository.commit({ ".gitattributes": lines("*.a -text", "*.b text") });
		const message = expect.stringContaining('("vault")');
		expect(await merge(tools, live, proposed)).toMatchObject({ code: "filters_unsupported", message });
	});

	it("that takes the filter away passes", async () => {
		const tools = await makeReleaseTools({ ".gitattributes": "*.vault filter=vault\n", "a.vault": "x" });
		const live = await tools.repository.git("rev-parse", "HEAD");
		const proposed = await tools.repository.commit({ ".gitattributes": null, "a.vault": "plain" });
		expect(isRefusal(await merge(tools, live, proposed))).toBe(false);
	});
});

/** Adds a submodule as its entry alone. */
async function addModule({ repository }: ReleaseTools, path: string): Promise<string> {
	const head = await repository.git("rev-parse", "HEAD");
	await repository.git("update-index", "--add", "--cacheinfo", `160000,${head},${path}`);
	await repository.git("commit", "--quiet", "-m", path);
	return repository.git("rev-parse", "HEAD");
}

it("a submodule is the branch's where it has it, and the proposal's where that brings it", async () => {
	const tools = await makeReleaseTools();
	const { repository, port } = tools;
	await addModule(tools, "vendor");
	expect(await port.intake(await repository.git("rev-parse", "HEAD"))).toMatchObject({
		code: "submodules_unsupported",
		message: expect.stringMatching(/^The branch main holds submodules.*: "vendor"\.$/),
	});
	await repository.git("switch", "--quiet", "-c", "other");
	const brought = await addModule(tools, "lib/more");
	const message = expect.stringMatching(/^The proposal holds submodules.*: "lib\/more"\.$/);
	expect(await port.intake(brought)).toMatchObject({ code: "submodules_unsupported", message });
	await repository.git("rm", "--quiet", "-r", "--cached", "vendor", "lib");
	await repository.git("commit", "--quiet", "-m", "without");
	expect(await port.intake(await repository.git("rev-parse", "HEAD"))).toBeNull();
});
