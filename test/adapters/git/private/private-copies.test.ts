// Taking folders over, and what of them becomes an overlay: exact copies, nothing lost, refusals that change nothing, secrets left out.
import { execFile } from "node:child_process";
import {
	chmod,
	link,
	lstat,
	mkdir,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	symlink,
	writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import { plainGit, writeTree } from "../../../support/git.js";
import { exactly, makePrivateTools } from "../../../support/git-private.js";

const execute = promisify(execFile);
const first = {
	"host.txt": "host\n",
	"tpl/a.txt": "a\n",
	"tpl/sub/b.txt": "b\n",
	"tpl/run.sh": { executable: "#!/bin/sh\n" },
};
const place = { template: "tpl", folder: "groups/alice" };

async function makeAlice(places = [place]) {
	const tools = await makePrivateTools(first);
	const alice = tools.agent("alice", places);
	const { root, stateDir } = tools.repository;
	const listed = async (commit: string) =>
		(await plainGit(join(stateDir, "repo.git"), "ls-tree", "-r", "--name-only", "--full-tree", commit)).split("\n");
	return { ...tools, alice, root, own: join(stateDir, "repo.git"), folder: join(root, "groups/alice"), listed };
}

it("takes a folder over as it is, keeps the old one, and leaves git status clean", async () => {
	const { alice, head, root, folder, repository } = await makeAlice();
	await writeTree(folder, {
		"x.txt": "x\n",
		"tool.sh": { executable: "#!/bin/sh\n" },
		l: { link: "/etc/passwd" },
		"a\nb": "odd",
	});
	await mkdir(join(folder, "empty/er"), { recursive: true });
	await chmod(join(folder, "empty"), 0o700);
	await chmod(join(folder, "x.txt"), 0o440);
	await link(join(folder, "tool.sh"), join(folder, "tool2.sh"));
	await execute("mkfifo", [join(folder, "pipe")]);
	const before = await exactly(folder);
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readlink(folder)).toBe(join(alice.targetDir, "current/0"));
	expect(await exactly(folder)).toEqual(before);
	expect(await exactly(join(alice.targetDir, "adopted/0"))).toEqual(before);
	expect((await lstat(join(folder, "tool.sh"))).nlink).toBe(2);
	expect(await repository.git("status", "--porcelain")).toBe("");
	expect(await readFile(join(root, ".git/info/exclude"), "utf8")).toContain("\n/groups/alice\n");
	expect(await alice.releases.current()).toBe("base-1");
	expect(alice.releases.folder("base-1")).toBe(join(alice.targetDir, "versions/base-1/0"));
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await exactly(folder)).toEqual(before);
	expect((await readFile(join(root, ".git/info/exclude"), "utf8")).match(/alice/g)).toHaveLength(1);
});

it("takes along names that are not UTF-8", async () => {
	const { alice, head, folder } = await makeAlice();
	await mkdir(folder, { recursive: true });
	await execute("sh", ["-c", 'printf x > "$1/$(printf "\\377")"', "sh", folder]);
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readdir(`${folder}/.`, { encoding: "buffer" })).toEqual([Buffer.from([0xff])]);
});

it("adds nothing to the excludes where the folder is ignored already", async () => {
	const { alice, head, repository, root } = await makeAlice();
	await repository.commit({ ".gitignore": "groups/*\n" });
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readFile(join(root, ".git/info/exclude"), "utf8")).not.toContain("alice");
});

it("makes an absent folder from the template, and an own folder empty", async () => {
	const { alice, head, root, folder } = await makeAlice([{ template: "own/alice", folder: "own/alice" }, place]);
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readdir(join(root, "own/alice/."))).toEqual([]);
	expect(await exactly(folder)).toEqual(await exactly(join(root, "tpl")));
	expect(alice.releases.folder("base-1")).toBe(join(alice.targetDir, "versions/base-1/0"));
	const neither = [place, { template: "host.txt", folder: "x" }];
	expect((await makeAlice(neither)).alice.releases.folder("base-1")).toMatch(/versions\/base-1$/);
});

it("takes a place that comes later into the live version, and keeps the others' slots", async () => {
	const { alice, agent, head, root, folder } = await makeAlice();
	expect(await alice.copies.adopt(head)).toBeNull();
	await writeFile(join(folder, "memory.md"), "remember\n");
	await writeTree(join(root, "own"), { "mine.txt": "mine\n" });
	const more = agent("alice", [{ template: "own", folder: "own" }, place]);
	expect(await more.copies.adopt(head)).toBeNull();
	expect(await readlink(folder)).toBe(join(alice.targetDir, "current/0"));
	expect(await readlink(join(root, "own"))).toBe(join(alice.targetDir, "current/1"));
	expect(await readFile(join(folder, "memory.md"), "utf8")).toBe("remember\n");
	expect(await readFile(join(root, "own/mine.txt"), "utf8")).toBe("mine\n");
	expect(more.releases.folder("base-1")).toBe(join(alice.targetDir, "versions/base-1/1"));
});

it("refuses what it must not take over, and changes nothing", async () => {
	const { alice, agent, head, root, folder } = await makeAlice();
	const refused = async (code: string, reason: string) => {
		const before = await exactly(join(root, "groups"));
		const refusal = await alice.copies.adopt(head);
		expect(refusal).toMatchObject({ code, message: expect.stringContaining(reason) });
		expect(await exactly(join(root, "groups"))).toEqual(before);
		expect(await alice.releases.current()).toBeNull();
		await rm(folder, { recursive: true });
	};
	await mkdir(join(root, "groups"));
	await symlink("/etc", folder);
	await refused("private_unfit", 'it is a link to "/etc"');
	await writeFile(folder, "a file");
	await refused("private_unfit", "it is no folder");
	await writeTree(folder, { "x.txt": "x\n" });
	await plainGit(root, "add", "groups/alice/x.txt");
	await refused("private_tracked", "groups/alice/x.txt");
	const own = agent("bob", [{ template: "tpl", folder: "tpl" }]);
	expect(await own.copies.adopt(head)).toMatchObject({ code: "private_tracked" });
	const twice = agent("carol", [place, { template: "tpl", folder: "elsewhere" }]);
	expect(await twice.copies.adopt(head)).toMatchObject({ code: "private_unfit" });
});

it("puts a lost link back, and refuses a folder in its place", async () => {
	const { alice, head, folder } = await makeAlice();
	expect(await alice.copies.adopt(head)).toBeNull();
	await writeFile(join(folder, "memory.md"), "remember\n");
	await rm(folder);
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readFile(join(folder, "memory.md"), "utf8")).toBe("remember\n");
	await rename(folder, `${folder}.link`);
	await writeTree(folder, { "other.txt": "other\n" });
	expect(await alice.copies.adopt(head)).toMatchObject({ code: "private_unfit" });
	await rm(folder, { recursive: true });
	await rm(join(alice.targetDir, "current"));
	expect(await alice.copies.adopt(head)).toMatchObject({ message: expect.stringContaining("current is gone") });
	expect(await readFile(join(alice.targetDir, "versions/base-1/0/memory.md"), "utf8")).toBe("remember\n");
});

it("overlays files, modes and links, and leaves out what nobody may review", async () => {
	const { alice, head, folder, listed, own, tools } = await makeAlice();
	expect(await alice.copies.adopt(head)).toBeNull();
	await rm(join(folder, "a.txt"));
	await writeTree(folder, {
		"new.sh": { executable: "#!/bin/sh\n" },
		"ü b\n\"'.txt": "odd\n",
		inside: { link: "sub/b.txt" },
		out: { link: "../../../../host.txt" },
		away: { link: "/etc/passwd" },
		".env": "TOKEN=canary\n",
		".env.d/x": "canary\n",
		"deep/.ENV.local": "canary\n",
		"nested/.git/config": "[core]\n",
		"back\\slash": "x",
		"Case.txt": "1",
		"case.txt": "2",
	});
	await mkdir(join(folder, "empty"));
	await execute("mkfifo", [join(folder, "pipe")]);
	await execute("sh", ["-c", 'printf x > "$1/$(printf "\\377")"', "sh", folder]);
	const overlay = await alice.overlay(head);
	const listing = await plainGit(own, "ls-tree", "-r", "-z", "--full-tree", overlay);
	const found = listing.split("\0").map((line) => line.replace(/ blob \w+/, ""));
	expect(found.filter((line) => line !== "").sort()).toEqual(
		[
			"100644\thost.txt",
			"100644\ttpl/Case.txt",
			"100644\ttpl/sub/b.txt",
			"100644\ttpl/ü b\n\"'.txt",
			"100755\ttpl/new.sh",
			"100755\ttpl/run.sh",
			"120000\ttpl/inside",
		].sort(),
	);
	expect(tools.logged).toContain("private.left_out");
	expect(await plainGit(own, "cat-file", "blob", `${overlay}:tpl/inside`)).toBe("sub/b.txt");
	expect(await listed(`refs/deadman/overlays/alice/${overlay}`)).toContain("tpl/new.sh");
	expect(await plainGit(own, "fsck", "--strict", "--no-dangling")).toBe("");
	expect(await plainGit(own, "grep", "-c", "canary", overlay).catch(() => "none")).toBe("none");
});

it("lays the deepest template over the others, and starts from it alone", async () => {
	const inner = { template: "tpl/sub", folder: "groups/alice-sub" };
	const { alice, head, root, folder, listed } = await makeAlice([place, inner]);
	expect(await alice.copies.adopt(head)).toBeNull();
	expect(await readdir(`${folder}/.`)).toEqual(["a.txt", "run.sh"]);
	await writeTree(join(root, "groups/alice-sub/."), { "c.txt": "c\n" });
	await writeTree(join(folder, "."), { "sub/ignored.txt": "x\n" });
	expect(await listed(await alice.overlay(head))).toEqual([
		"host.txt",
		"tpl/a.txt",
		"tpl/run.sh",
		"tpl/sub/b.txt",
		"tpl/sub/c.txt",
	]);
});

it("refuses to overlay more than the limit, and before anything was taken over", async () => {
	const { alice, head, folder } = await makeAlice();
	const early = await alice.copies.overlay({ head, earlier: null });
	expect(early).toMatchObject({ code: "baseline_unproven", message: expect.stringContaining("not taken over") });
	expect(await alice.copies.adopt(head)).toBeNull();
	await execute("truncate", ["-s", String(limits.privateBytes), join(folder, "huge.bin")]);
	expect(await alice.copies.overlay({ head, earlier: null })).toMatchObject({ code: "private_unfit" });
});

it("overlays thousands of files without a process for each, and never holds the event loop", async () => {
	const { alice, head, folder } = await makeAlice();
	expect(await alice.copies.adopt(head)).toBeNull();
	const many = Array.from({ length: 3_000 }, (_, index) => [`d${index % 30}/f${index}.txt`, `${index}\n`]);
	await writeTree(`${folder}/.`, Object.fromEntries(many));
	let longestMs = 0;
	let lastMs = performance.now();
	const ticking = setInterval(() => {
		longestMs = Math.max(longestMs, performance.now() - lastMs);
		lastMs = performance.now();
	}, 5);
	const startMs = performance.now();
	const overlay = await alice.overlay(head);
	const tookMs = performance.now() - startMs;
	clearInterval(ticking);
	expect(await alice.overlay(head, overlay)).toBe(overlay);
	expect(tookMs).toBeLessThan(20_000);
	expect(longestMs).toBeLessThan(250);
}, 60_000);
