// What changes of an agent's private folders do: the plan's paths and nothing else, and back by one switch. Compared by bytes, mode and link target.
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { type Content, type Tree, writeTree } from "../../../support/git.js";
import { exactly, makePrivateTools } from "../../../support/git-private.js";
import { sampleOf } from "../../../support/shard.js";

const run = "#!/bin/sh\necho hi\n";
const big = (fill: number) => Buffer.alloc(21 * 1024 * 1024, fill);

interface Case {
	readonly name: string;
	/** Below the template, tracked. */
	readonly before?: Tree;
	readonly change: Tree;
}

const cases: readonly Case[] = [
	{ name: "modify", change: { "app.txt": "two\n" } },
	{ name: "add", change: { "new.txt": "new\n" } },
	{ name: "add in a new folder", change: { "deep/er/new.txt": "new\n" } },
	{ name: "delete", change: { "app.txt": null } },
	{ name: "delete the last file of a folder", change: { "sub/file.txt": null } },
	{ name: "delete a file beside an empty folder", change: { "beside/only.txt": null } },
	{ name: "add + delete", change: { "new.txt": "new\n", "sub/file.txt": null } },
	{ name: "rename", change: { "sub/file.txt": null, "moved/file.txt": "file\nof\nlines\n" } },
	{ name: "rename within a folder", change: { "sub/file.txt": null, "sub/other.txt": "file\nof\nlines\n" } },
	{ name: "an empty file", change: { "empty.txt": "" } },
	{ name: "chmod +x", change: { "plain.sh": { executable: run } } },
	{ name: "chmod -x", change: { "run.sh": run } },
	{ name: "new executable", change: { "new.sh": { executable: run } } },
	{ name: "modified executable", change: { "run.sh": { executable: `${run}more\n` } } },
	{ name: "new symlink", change: { link: { link: "app.txt" } } },
	{ name: "new symlink to nothing", change: { link: { link: "sub/nothing" } } },
	{ name: "retargeted symlink", before: { link: { link: "app.txt" } }, change: { link: { link: "sub/file.txt" } } },
	{ name: "deleted symlink", before: { link: { link: "app.txt" } }, change: { link: null } },
	{ name: "file to symlink", change: { "app.txt": { link: "sub/file.txt" } } },
	{ name: "symlink to file", before: { link: { link: "app.txt" } }, change: { link: "a file now\n" } },
	{ name: "file to folder", change: { "app.txt": null, "app.txt/inner.txt": "inner\n" } },
	{ name: "folder to file", change: { "sub/file.txt": null, sub: "a file now\n" } },
	{ name: "folder to symlink", change: { "sub/file.txt": null, sub: { link: "other" }, "other/x.txt": "x\n" } },
	{ name: "symlink to folder", before: { link: { link: "sub" } }, change: { link: null, "link/file.txt": "x\n" } },
	{ name: "binary", before: { "b.bin": randomBytes(4096) }, change: { "b.bin": randomBytes(4096) } },
	{ name: "21 MB", before: { "big.bin": big(1) }, change: { "big.bin": big(2) } },
	{
		name: "CRLF with eol attributes",
		before: { ".gitattributes": "*.txt text eol=lf\n*.bat text eol=crlf\n", "a.bat": "one\ntwo\n" },
		change: { "a.bat": "one\nthree\n", "new.bat": "new\n" },
	},
	{ name: "a name with a space", before: { "a b.txt": "1" }, change: { "a b.txt": "2", " lead": "3", "trail ": "4" } },
	{ name: "a name with quotes", before: { "a'b\"c": "1" }, change: { "a'b\"c": "2", '"new"': "3" } },
	{ name: "a name with a newline", before: { "a\nb\t.txt": "1" }, change: { "a\nb\t.txt": "2", "\nnew\n": "3" } },
	{
		name: "unicode",
		before: { "übergrößé/文件.txt": "1" },
		change: { "übergrößé/文件.txt": "2", "新しい/🎉.txt": "3" },
	},
	{ name: "options as names", before: { "--force": "1" }, change: { "--force": "2", "-rf": "3", "--": "4" } },
	{ name: "magic pathspecs as names", change: { ":(exclude)app.txt": "1", "*": "2", "[a]": "3" } },
];

const base: Tree = {
	"app.txt": "one\n",
	"sub/file.txt": "file\nof\nlines\n",
	"beside/only.txt": "only\n",
	"run.sh": { executable: run },
	"plain.sh": run,
};

const at = (folder: string, tree: Tree): Tree =>
	Object.fromEntries(Object.entries(tree).map(([path, content]) => [`${folder}/${path}`, content]));

/** What only the agent has: beside tracked files and in folders of its own. */
async function livePrivately(folder: string): Promise<void> {
	await writeTree(folder, {
		"memory.md": "remember\n",
		".env": "TOKEN=canary\n",
		".env.local/x": "canary\n",
		"notes/one.txt": "note\n",
		"notes/here": { link: "one.txt" },
		out: { link: "/etc" },
		"tool.sh": { executable: run },
	});
	await mkdir(join(folder, "empty/inner"), { recursive: true });
	await mkdir(join(folder, "beside/empty"));
	await chmod(join(folder, "notes"), 0o700);
	await chmod(join(folder, "plain.sh"), 0o640);
	await chmod(join(folder, "sub"), 0o750);
}

function lineOf(content: Exclude<Content, null>, old: string | undefined): string {
	if (typeof content !== "string" && !Buffer.isBuffer(content) && "link" in content) return `link to ${content.link}`;
	const plain = typeof content === "string" || Buffer.isBuffer(content);
	const known = old?.startsWith("file ") ? Number.parseInt(old.split(" ")[1] ?? "", 8) : null;
	const read = known ?? 0o644;
	const bits = plain ? read & ~0o111 : read | 0o100 | ((read & 0o044) >> 2);
	const hash = createHash("sha256").update(plain ? content : content.executable);
	return `file ${bits.toString(8)} ${hash.digest("hex")}`;
}

/** What a folder has to hold after the change, from what it held before. */
function changed(old: Record<string, string>, change: Tree): Record<string, string> {
	const now = { ...old };
	for (const path of Object.keys(change)) delete now[path];
	for (const [path, content] of Object.entries(change)) {
		if (content === null) continue;
		for (const parent of parentsOf(path)) now[parent] ??= "folder 755";
		now[path] = lineOf(content, old[path]);
	}
	for (const [path, content] of Object.entries(change)) {
		for (const parent of content === null ? parentsOf(path) : []) {
			const holds = Object.keys(now).some((other) => other.startsWith(`${parent}/`));
			if (!holds && now[parent]?.startsWith("folder")) delete now[parent];
		}
	}
	return now;
}

/** The deepest first. */
function parentsOf(path: string): string[] {
	const above = dirname(path);
	return above === "." ? [] : [above, ...parentsOf(above)];
}

for (const { name, before = {}, change } of sampleOf(cases)) {
	it(`${name}: there after apply, gone after rollback, nothing else touched`, async () => {
		const tools = await makePrivateTools({ "host.txt": "host\n", ...at("tpl/agent", { ...base, ...before }) });
		const agent = tools.agent("alice", [{ template: "tpl/agent", folder: "groups/alice" }]);
		const folder = join(tools.repository.root, "groups/alice");
		expect(await agent.copies.adopt(tools.head)).toBeNull();
		await livePrivately(folder);
		const old = await exactly(folder);

		await tools.stage(agent, "sw_abc123-1", at("tpl/agent", change));
		expect(await exactly(folder)).toEqual(old);
		await agent.releases.flip("sw_abc123-1");
		const now = await exactly(folder);
		expect(now).toEqual(changed(old, change));
		expect(now).not.toEqual(old);
		expect(await agent.releases.verify("sw_abc123-1")).toEqual([]);
		expect(await tools.repository.git("status", "--porcelain")).toBe("");

		await writeTree(folder, { "memory.md": "written in the window\n" });
		await agent.releases.flip("base-1");
		expect(await exactly(folder)).toEqual(old);
		await agent.releases.flip("sw_abc123-1");
		const after = await exactly(folder);
		expect({ ...after, "memory.md": old["memory.md"] }).toEqual(now);
	}, 30_000);
}

it("keeps permissions that git does not know, and gives fixed ones to what is new", async () => {
	const tools = await makePrivateTools(at("tpl", base));
	const agent = tools.agent("alice", [{ template: "tpl", folder: "alice" }]);
	const folder = join(tools.repository.root, "alice");
	expect(await agent.copies.adopt(tools.head)).toBeNull();
	await chmod(join(folder, "plain.sh"), 0o640);
	await chmod(join(folder, "app.txt"), 0o600);
	const change = at("tpl", { "plain.sh": { executable: run }, "app.txt": "two\n", "new.txt": "n", "d/x": "x" });
	const umask = process.umask(0o077);
	await tools.stage(agent, "one", change);
	await agent.releases.flip("one");
	process.umask(umask);
	const now = await exactly(folder);
	const bits = (path: string) => now[path]?.split(" ")[1];
	expect(["plain.sh", "app.txt", "new.txt", "d/x", "d"].map(bits)).toEqual(["750", "600", "644", "644", "755"]);
});
