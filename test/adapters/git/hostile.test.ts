// A hostile repository: each attack is first shown to run its code under plain git, then not to run it through a whole swap of ours.
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../src/adapters/git/workspaces.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { commitTree, plainGit, type Tree } from "../../support/git.js";
import { makeReleaseTools, type ReleaseTools } from "../../support/git-releases.js";
import { temporaryFolder } from "../../support/temporary.js";

interface Trap {
	/** A program that leaves a file behind when it runs; passes its input on, as a filter would. */
	readonly command: string;
	/** The same for what speaks a protocol: it hangs up at once. */
	readonly silent: string;
	fired(): Promise<boolean>;
	reset(): Promise<void>;
}

async function setTrap(): Promise<Trap> {
	const folder = await temporaryFolder("deadman-trap");
	const marks = join(folder, "marks");
	await mkdir(marks);
	const script = async (name: string, last: string) => {
		await writeFile(join(folder, name), `#!/bin/sh\ntouch ${marks}/$$\n${last}\n`);
		await chmod(join(folder, name), 0o755);
		return join(folder, name);
	};
	return {
		command: await script("run.sh", "exec cat 2>/dev/null"),
		silent: await script("silent.sh", "exit 1"),
		fired: async () => (await readdir(marks)).length > 0,
		reset: async () => {
			for (const name of await readdir(marks)) await rm(join(marks, name));
		},
	};
}

interface Attack {
	readonly name: string;
	/** In the tree, as a builder commits it. */
	readonly tree?: Tree;
	set(tools: ReleaseTools, trap: Trap): Promise<void>;
	/** What an unsuspecting git would be asked. */
	ask(tools: ReleaseTools): Promise<unknown>;
}

const config =
	(name: string) =>
	async ({ repository }: ReleaseTools, trap: Trap) =>
		void (await repository.git("config", name, trap.command));

async function hook(folder: string, name: string, trap: Trap): Promise<void> {
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, name), `#!/bin/sh\nexec ${trap.command} < /dev/null\n`);
	await chmod(join(folder, name), 0o755);
}

const hooks = ["post-checkout", "reference-transaction", "post-index-change", "pre-commit", "post-merge"];

const quietly = (work: Promise<unknown>) => work.catch(() => {});

const attacks: readonly Attack[] = [
	{
		name: "core.fsmonitor",
		set: config("core.fsmonitor"),
		ask: ({ repository }) => repository.git("status"),
	},
	{
		name: "hooks",
		set: async ({ repository }, trap) => {
			for (const name of hooks) await hook(join(repository.root, ".git", "hooks"), name, trap);
		},
		ask: ({ repository }) => repository.git("checkout", "--quiet", "-B", "probe"),
	},
	{
		name: "core.hooksPath",
		set: async ({ repository }, trap) => {
			for (const name of hooks) await hook(join(repository.root, ".git", "elsewhere"), name, trap);
			await repository.git("config", "core.hooksPath", join(repository.root, ".git", "elsewhere"));
		},
		ask: ({ repository }) => repository.git("update-ref", "refs/heads/probe", "HEAD"),
	},
	{
		name: "a smudge filter",
		tree: { ".gitattributes": "* filter=evil\n" },
		set: config("filter.evil.smudge"),
		ask: async ({ repository }) => {
			await rm(join(repository.root, "app.txt"));
			await repository.git("checkout", "--quiet", "--", "app.txt");
		},
	},
	{
		name: "a clean filter in info/attributes",
		set: async (tools, trap) => {
			await config("filter.evil.clean")(tools, trap);
			await writeFile(join(tools.repository.root, ".git", "info", "attributes"), "* filter=evil\n");
		},
		ask: async ({ repository }) => {
			await writeFile(join(repository.root, "app.txt"), "one\n");
			await repository.git("status");
		},
	},
	{
		name: "a filter process",
		tree: { ".gitattributes": "* filter=evil\n" },
		set: config("filter.evil.process"),
		ask: async ({ repository }) => {
			await rm(join(repository.root, "app.txt"));
			await quietly(repository.git("checkout", "--quiet", "--", "app.txt"));
		},
	},
	{
		name: "diff.external",
		set: config("diff.external"),
		ask: ({ repository }) => repository.git("diff", "--ext-diff", "HEAD~1", "HEAD"),
	},
	{
		name: "textconv",
		tree: { ".gitattributes": "* diff=evil\n" },
		set: config("diff.evil.textconv"),
		ask: ({ repository }) => repository.git("diff", "HEAD~1", "HEAD"),
	},
	{
		name: "a merge driver",
		tree: { ".gitattributes": "* merge=evil\n" },
		set: async (tools, trap) => {
			await config("merge.evil.driver")(tools, trap);
			await writeFile(join(tools.repository.root, ".git", "info", "attributes"), "* merge=evil\n");
		},
		ask: async ({ repository }) => {
			await repository.git("checkout", "--quiet", "-B", "probe", "HEAD~1");
			await repository.commit({ "app.txt": "other\n" });
			await quietly(repository.git("merge", "main"));
			await quietly(repository.git("merge", "--abort"));
			await repository.git("checkout", "--quiet", "--force", "main");
		},
	},
	{
		name: "url.insteadOf with ext::",
		set: async ({ repository }, trap) => {
			await repository.git("config", `url.ext::${trap.silent} .insteadOf`, "/");
			await repository.git("config", "protocol.ext.allow", "always");
		},
		ask: ({ repository }) => quietly(repository.git("fetch", repository.root, "main")),
	},
	{
		name: "core.alternateRefsCommand",
		set: async (tools, trap) => {
			const other = await temporaryFolder("deadman-alternate");
			await plainGit(other, "init", "--quiet", "--bare");
			const alternates = join(tools.repository.root, ".git", "objects", "info", "alternates");
			await mkdir(join(alternates, ".."), { recursive: true });
			await writeFile(alternates, `${other}/objects\n`);
			await config("core.alternateRefsCommand")(tools, trap);
		},
		ask: async ({ repository }) => {
			const other = await temporaryFolder("deadman-source");
			await plainGit(other, "init", "--quiet");
			await commitTree(other, { x: "x" });
			await repository.git("fetch", "--quiet", other, "HEAD");
		},
	},
	{
		name: "a promisor that fetches what is missing",
		set: async ({ repository }, trap) => {
			await repository.git("config", "core.repositoryFormatVersion", "1");
			await repository.git("config", "extensions.partialClone", "evil");
			await repository.git("config", "remote.evil.promisor", "true");
			await repository.git("config", "remote.evil.url", repository.root);
			await repository.git("config", "remote.evil.uploadpack", trap.silent);
		},
		ask: ({ repository }) => quietly(repository.git("cat-file", "-p", "1".repeat(40))),
	},
];

for (const attack of attacks) {
	it(`${attack.name}: runs under plain git, and not through a whole swap`, async () => {
		const trap = await setTrap();
		const tools = await makeReleaseTools({ "app.txt": "one\n", "sub/b.txt": "b\n" });
		await tools.repository.commit({ ...attack.tree, "app.txt": "two\n" });
		await attack.set(tools, trap);
		await attack.ask(tools);
		expect(await trap.fired(), "the attack works where nobody defends").toBe(true);
		await wholeSwap(tools, trap);
		expect(await trap.fired()).toBe(false);
	}, 30_000);
}

/** Every door of the adapter once. What is done with plain git in between is the builder's own doing, so the trap is set anew after it. */
async function wholeSwap(tools: ReleaseTools, trap: Trap): Promise<void> {
	const { repository, port } = tools;
	const { root, stateDir } = repository;
	const workspaces = createWorkspaces({ root, stateDir, branch: "main", ...tools.tools });
	await trap.reset();
	const head = await port.head();
	if (isRefusal(head)) throw new Error(head.message);
	expect(await port.resolve("1".repeat(40))).toMatchObject({ code: "revision_unknown" });
	expect(await port.intake("1".repeat(40))).toMatchObject({ code: "revision_unknown" });
	const workspace = await workspaces.create("evil", head.commit);
	if (isRefusal(workspace)) throw new Error(workspace.message);
	await writeFile(join(workspace.path, "app.txt"), "two\n");
	await workspaces.head("evil");
	expect(await trap.fired(), "by a workspace").toBe(false);

	const proposed = await commitTree(workspace.path, { "app.txt": "three\n", "new.txt": "new\n" }).catch(() => null);
	await trap.reset();
	const commit = proposed ?? (await commitWithoutFilters(workspace.path));
	await trap.reset();
	for (const one of [head.commit, commit]) expect(await port.intake(one)).toBeNull();
	const merged = await port.merge({
		swapId: "sw_abc123",
		live: head.commit,
		proposed: commit,
		branchHead: head.commit,
		branch: "main",
		message: "swap",
		shared: [],
	});
	if (isRefusal(merged)) throw new Error(merged.message);
	await port.diff(head.commit, merged.tree);
	const releases = tools.releases({ build: "true" });
	const release = { id: "candidate", commit: merged.commit, tree: merged.tree };
	await releases.checkout(release);
	await releases.build(release, () => {});
	await releases.seal(release);
	expect(await releases.verify("candidate")).toEqual([]);
	await releases.flip("candidate");
	expect(await port.advanceBranch({ branch: "main", expected: head.commit, to: merged.commit })).toMatchObject({
		moved: true,
	});
	await workspaces.remove("evil");
	await workspaces.list();
}

async function commitWithoutFilters(folder: string): Promise<string> {
	await plainGit(folder, "-c", "filter.evil.process=", "-c", "filter.evil.clean=", "add", "--all");
	await plainGit(folder, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "evil");
	return plainGit(folder, "rev-parse", "HEAD");
}

const refused: readonly {
	name: string;
	tree?: Tree;
	make?: (tools: ReleaseTools) => Promise<string>;
	reason: string;
}[] = [
	{ name: "a link out of the tree", tree: { link: { link: "../outside" } }, reason: "out of the release" },
	{ name: "an absolute link", tree: { link: { link: "/etc/passwd" } }, reason: "absolute" },
	{
		name: "a link through a link",
		tree: { a: { link: "d/e" }, "d/e": { link: "." }, l: { link: "a/../.." } },
		reason: "out of",
	},
	{ name: "a name with a backslash", tree: { "a\\b": "x" }, reason: "backslash" },
	{ name: "a control character", tree: { "a\u0007b": "x" }, reason: "control character" },
	{ name: "names that differ in case", tree: { "Read.me": "x", "read.ME": "y" }, reason: "same name" },
	{ name: "folders that differ in case", tree: { "Lib/a": "x", "lib/b": "y" }, reason: "same name" },
	{ name: "names that differ in composition", tree: { "caf\u00e9": "x", "cafe\u0301": "y" }, reason: "same name" },
	{
		name: "the supervisor's folder",
		make: (tools) => commitRaw(tools, "100644", [".deadman", "config.json"]),
		reason: "supervisor",
	},
	{ name: "a submodule", make: (tools) => commitRaw(tools, "160000", ["module"]), reason: "submodule" },
	{ name: "a git folder", make: (tools) => commitRaw(tools, "100644", [".git", "config"]), reason: "hasDotgit" },
	{
		name: "a git folder in disguise",
		make: (tools) => commitRaw(tools, "100644", [".g\u200cit", "config"]),
		reason: "",
	},
	{
		name: "a short name of a git folder",
		make: (tools) => commitRaw(tools, "100644", ["git~1", "config"]),
		reason: "",
	},
	{ name: "a way up", make: (tools) => commitRaw(tools, "100644", ["..", "up"]), reason: "hasDotdot" },
	{ name: "a slash in a name", make: (tools) => commitRaw(tools, "100644", ["a/../../b"]), reason: "fullPathname" },
	{
		name: "a name that is not UTF-8",
		make: (tools) => commitRaw(tools, "100644", [Buffer.from([0x66, 0xff])]),
		reason: "UTF-8",
	},
	{
		name: "a name that is too long for the disk",
		make: (tools) => commitRaw(tools, "100644", ["n".repeat(300)]),
		reason: "255",
	},
	{ name: "a path that is too long", tree: { [`${"d/".repeat(600)}f`]: "x" }, reason: "1024" },
];

for (const { name, tree, make, reason } of refused) {
	it(`${name} is refused at the door`, async () => {
		const tools = await makeReleaseTools();
		const commit = tree === undefined ? await make?.(tools) : await tools.repository.commit(tree);
		const refusal = await tools.port.intake(commit ?? "");
		expect(refusal).toMatchObject({ code: "path_refused" });
		expect(refusal?.message).toContain(reason);
	});
}

/** Builds trees that plain git would not, by writing their bytes. */
async function commitRaw(
	{ repository }: ReleaseTools,
	mode: string,
	names: readonly (string | Buffer)[],
): Promise<string> {
	const scratch = await temporaryFolder("deadman-object");
	const write = async (type: string, bytes: Buffer) => {
		await writeFile(join(scratch, "object"), bytes);
		return repository.git("hash-object", "--literally", "-w", "-t", type, join(scratch, "object"));
	};
	let oid = mode === "160000" ? await repository.git("rev-parse", "HEAD") : await write("blob", Buffer.from("x\n"));
	let entryMode = mode;
	for (const part of [...names].reverse()) {
		const head = Buffer.from(`${entryMode} `);
		oid = await write("tree", Buffer.concat([head, Buffer.from(part), Buffer.from([0]), Buffer.from(oid, "hex")]));
		entryMode = "40000";
	}
	return repository.git("commit-tree", oid, "-p", "HEAD", "-m", "raw");
}
