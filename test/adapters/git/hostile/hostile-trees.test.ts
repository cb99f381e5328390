// Trees that must never become a release: each is refused at the door, by a reason and with the path it is about, from a worktree and from a clone.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { commitTree, plainGit, type Tree } from "../../../support/git.js";
import { makeReleaseTools } from "../../../support/git-releases.js";
import { sampleOf } from "../../../support/shard.js";
import { temporaryFolder } from "../../../support/temporary.js";

interface Row {
	readonly name: string;
	/** As a builder commits it with plain git. */
	readonly tree?: Tree;
	/** One entry that plain git would not write: its mode and the names on the way to it. */
	readonly raw?: { readonly mode?: string; readonly names: readonly (string | Buffer)[] };
	readonly path: string;
	readonly reason: string;
	/** Left out: `path_refused`. */
	readonly code?: string;
}

const rows: readonly Row[] = [
	{
		name: "a link out of the tree",
		tree: { link: { link: "../outside" } },
		path: "link",
		reason: "out of the release",
	},
	{ name: "an absolute link", tree: { link: { link: "/etc/passwd" } }, path: "link", reason: "absolute" },
	{
		name: "a link through a link",
		tree: { a: { link: "d/e" }, "d/e": { link: "." }, l: { link: "a/../.." } },
		path: "l",
		reason: "out of",
	},
	{ name: "a link into the git folder", tree: { l: { link: ".git/config" } }, path: "l", reason: "git folder" },
	{ name: "a name with a backslash", tree: { "a\\b": "x" }, path: "a\\b", reason: "backslash" },
	{ name: "a control character", tree: { "a\u0007b": "x" }, path: "a\u0007b", reason: "control character" },
	{ name: "names that differ in case", tree: { "Read.me": "x", "read.ME": "y" }, path: "read.ME", reason: "same name" },
	{ name: "folders that differ in case", tree: { "Lib/a": "x", "lib/b": "y" }, path: "lib/b", reason: "same name" },
	{
		name: "names that differ in composition",
		tree: { "caf\u00e9": "x", "cafe\u0301": "y" },
		path: "caf\u00e9",
		reason: "same name",
	},
	{ name: "a path that is too long", tree: { [`${"d/".repeat(600)}f`]: "x" }, path: "d/d/d/d", reason: "1024" },
	{
		name: "the supervisor's folder",
		raw: { names: [".deadman", "config.json"] },
		path: ".deadman",
		reason: "supervisor",
	},
	{
		name: "a submodule",
		raw: { mode: "160000", names: ["module"] },
		path: "module",
		reason: "The proposal holds submodules",
		code: "submodules_unsupported",
	},
	{ name: "a git folder", raw: { names: [".git", "config"] }, path: ".git/config", reason: "hasDotgit" },
	{
		name: "a git folder in capitals",
		raw: { names: ["d", ".GIT", "config"] },
		path: "d/.GIT/config",
		reason: "git folder",
	},
	{ name: "a git folder in disguise", raw: { names: [".g\u200cit", "config"] }, path: "config", reason: "git folder" },
	{ name: "a short name of one", raw: { names: ["git~1", "config"] }, path: "git~1/config", reason: "git folder" },
	{ name: "a stream of one", raw: { names: [".git::$INDEX_ALLOCATION", "x"] }, path: ".git::", reason: "git folder" },
	{ name: "a way up", raw: { names: ["..", "up"] }, path: "../up", reason: "hasDotdot" },
	{ name: "a slash in a name", raw: { names: ["a/../../b"] }, path: "a/../../b", reason: "fullPathname" },
	{ name: "a name that is not UTF-8", raw: { names: [Buffer.from([0x66, 0xff])] }, path: "f", reason: "UTF-8" },
	{ name: "a name too long for the disk", raw: { names: ["n".repeat(300)] }, path: "nnn", reason: "255" },
	{ name: "a set-user-id file", raw: { mode: "104755", names: ["d", "su"] }, path: "d/su", reason: "mode 104755" },
	{ name: "a set-group-id file", raw: { mode: "102755", names: ["sg"] }, path: "sg", reason: "mode 102755" },
	{ name: "a device", raw: { mode: "20666", names: ["d", "null"] }, path: "d/null", reason: "mode 20666" },
	{ name: "a pipe", raw: { mode: "10644", names: ["pipe"] }, path: "pipe", reason: "mode 10644" },
	{ name: "a socket", raw: { mode: "140755", names: ["socket"] }, path: "socket", reason: "mode 140755" },
];

for (const kind of ["worktree", "clone"] as const) {
	describe(`from a ${kind}`, () => {
		for (const { name, tree, raw, path, reason, code = "path_refused" } of sampleOf(rows)) {
			it(`${name} is refused, and named`, async () => {
				const { repository, port, tools } = await makeReleaseTools();
				const { root, stateDir } = repository;
				const live = await repository.git("rev-parse", "HEAD");
				const workspaces = createWorkspaces({ root, stateDir, branch: "main", shared: [], ...tools });
				const made = await workspaces.create({ name: "one", from: live, target: "host", kind });
				if (isRefusal(made)) throw new Error(made.message);
				if (raw !== undefined) await commitRaw(made.path, raw.mode ?? "100644", raw.names);
				else await commitTree(made.path, tree ?? {});
				const head = await answer(kind, { workspaces, folder: made.path });
				const refusal = typeof head === "string" ? await port.intake(head) : head;
				expect(refusal).toMatchObject({ code });
				expect(refusal?.message).toContain(JSON.stringify(path).slice(1, -1));
				expect(refusal?.message).toContain(reason);
				expect(await readdir(join(stateDir, "releases"))).toEqual([]);
			});
		}
	});
}

interface Place {
	readonly workspaces: ReturnType<typeof createWorkspaces>;
	readonly folder: string;
}

/** What plain git cannot check out makes a worktree dirty; its builder proposes the commit by its hash. */
async function answer(kind: "worktree" | "clone", { workspaces, folder }: Place) {
	if (kind === "worktree") return plainGit(folder, "rev-parse", "HEAD");
	await workspaces.freeze("one", true).catch(() => {});
	await workspaces.freeze("one", false);
	const head = await workspaces.head("one");
	return isRefusal(head) && head.code === "workspace_dirty" ? plainGit(folder, "rev-parse", "HEAD") : head;
}

/** Builds trees that plain git would not, by writing their bytes. */
async function commitRaw(folder: string, mode: string, names: readonly (string | Buffer)[]): Promise<void> {
	const scratch = await temporaryFolder("deadman-object");
	const git = (...args: string[]) => plainGit(folder, ...args);
	const write = async (type: string, bytes: Buffer) => {
		await writeFile(join(scratch, "object"), bytes);
		return git("hash-object", "--literally", "-w", "-t", type, join(scratch, "object"));
	};
	let oid = mode === "160000" ? await git("rev-parse", "HEAD") : await write("blob", Buffer.from("x\n"));
	let entryMode = mode;
	for (const part of [...names].reverse()) {
		const head = Buffer.from(`${entryMode} `);
		oid = await write("tree", Buffer.concat([head, Buffer.from(part), Buffer.from([0]), Buffer.from(oid, "hex")]));
		entryMode = "40000";
	}
	await git("update-ref", "HEAD", await git("commit-tree", oid, "-p", "HEAD", "-m", "raw"));
}
