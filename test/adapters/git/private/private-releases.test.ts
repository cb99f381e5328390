// Candidates of private folders: staged beside live, refused when live moved, one agent at a time, side doors found, old versions pruned.
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RefusedError } from "../../../../src/core/refusals.js";
import type { Live, Releases } from "../../../../src/ports/ports.js";
import { type Tree, writeTree } from "../../../support/git.js";
import { exactly, makePrivateTools } from "../../../support/git-private.js";
import { createMemoryReleases } from "../../../support/memory/releases.js";
import { createMemoryGit } from "../../../support/memory/repository.js";

const first: Tree = { "host.txt": "host\n", "tpl/a.txt": "a\n", "tpl/sub/b.txt": "b\n", "tpl/c.txt": "c\n" };
const quiet = () => {};

async function makeAgents(staged: Releases | null = null) {
	const tools = await makePrivateTools(first);
	const agents = [];
	for (const name of ["alice", "bob", "carol"]) {
		const agent = tools.agent(name, [{ template: "tpl", folder: `groups/${name}` }], staged);
		expect(await agent.copies.adopt(tools.head)).toBeNull();
		await writeFile(join(tools.repository.root, "groups", name, "memory.md"), `I am ${name}\n`);
		agents.push({ ...agent, path: join(tools.repository.root, "groups", name) });
	}
	const [alice, bob, carol] = agents as [(typeof agents)[0], (typeof agents)[0], (typeof agents)[0]];
	return { ...tools, alice, bob, carol };
}

it("swaps one of three agents with the same template; the others stay byte for byte", async () => {
	const { alice, bob, carol, stage, repository } = await makeAgents();
	const before = await Promise.all([bob, carol].map(({ targetDir }) => exactly(targetDir)));
	await stage(alice, "sw_abc123-1", { "tpl/a.txt": "changed\n", "tpl/new/x.txt": "x\n", "tpl/c.txt": null });
	await alice.releases.flip("sw_abc123-1");
	expect(await readFile(join(alice.path, "a.txt"), "utf8")).toBe("changed\n");
	expect(await Promise.all([bob, carol].map(({ targetDir }) => exactly(targetDir)))).toEqual(before);
	expect(await readFile(join(repository.root, "tpl/a.txt"), "utf8")).toBe("a\n");
	expect(await repository.git("status", "--porcelain")).toBe("");
});

it("refuses to seal, and to flip, when what the change touches is not as it was reviewed", async () => {
	const { alice, propose } = await makeAgents();
	const { commit, tree } = await propose(alice, { "tpl/a.txt": "A\n", "tpl/c.txt": null, "tpl/new.txt": "new\n" });
	const release = { id: "one", commit, tree };
	await alice.releases.checkout(release);
	const moves: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
		[
			"tpl/a.txt",
			() => writeFile(join(alice.path, "a.txt"), "moved\n"),
			() => writeFile(join(alice.path, "a.txt"), "a\n"),
		],
		["tpl/a.txt", () => chmod(join(alice.path, "a.txt"), 0o755), () => chmod(join(alice.path, "a.txt"), 0o644)],
		["tpl/c.txt", () => rm(join(alice.path, "c.txt")), () => writeFile(join(alice.path, "c.txt"), "c\n")],
		["tpl/new.txt", () => writeFile(join(alice.path, "new.txt"), "new\n"), () => rm(join(alice.path, "new.txt"))],
		[
			"tpl/new.txt",
			() => mkdir(join(alice.path, "new.txt/x"), { recursive: true }),
			() => rm(join(alice.path, "new.txt"), { recursive: true }),
		],
	];
	for (const [index, [path, move, back]] of moves.entries()) {
		await move();
		const sealing = alice.releases.seal(release);
		if (index === 4) await sealing;
		else {
			await expect(sealing).rejects.toThrow(RefusedError);
			await expect(alice.releases.seal(release)).rejects.toThrow(path);
			expect(await alice.releases.sealed("one")).toBeNull();
		}
		await back();
	}
	await alice.releases.seal(release);
	await writeFile(join(alice.path, "c.txt"), "written by the program\n");
	const before = await exactly(alice.path);
	await expect(alice.releases.flip("one")).rejects.toThrow("tpl/c.txt");
	expect(await alice.releases.current()).toBe("base-1");
	expect(await exactly(alice.path)).toEqual(before);
	expect(await readdir(join(alice.targetDir, "versions"))).toEqual(["base-1", "base-1.json"]);
	await writeFile(join(alice.path, "c.txt"), "c\n");
	await alice.releases.flip("one");
	expect(await alice.releases.verify("one")).toEqual([]);
});

it("never writes through a link that the agent made", async () => {
	const { alice, stage, repository } = await makeAgents();
	const outside = join(repository.root, "..", "outside");
	await mkdir(outside);
	await rename(join(alice.path, "sub"), join(outside, "sub"));
	await symlink(join(outside, "sub"), join(alice.path, "sub"));
	await expect(stage(alice, "one", { "tpl/sub/new.txt": "new\n" })).rejects.toThrow("tpl/sub/new.txt");
	expect(await readdir(join(outside, "sub"))).toEqual(["b.txt"]);
});

it("refuses a link that would lead out of the private folder", async () => {
	const { alice, stage } = await makeAgents();
	await expect(stage(alice, "one", { "tpl/l": { link: "../host.txt" } })).rejects.toThrow("leads out");
	expect(await alice.releases.sealed("one")).toBeNull();
});

it("finds what was edited in the live version, and lets an agent write the rest", async () => {
	const { alice, stage } = await makeAgents();
	const release = await stage(alice, "one", { "tpl/a.txt": "A\n", "tpl/c.txt": null, "tpl/l": { link: "a.txt" } });
	expect(await alice.releases.verify("one")).toEqual(["tpl/a.txt", "tpl/c.txt", "tpl/l"]);
	await alice.releases.flip("one");
	expect(await alice.releases.sealed("one")).toEqual(release);
	await writeTree(`${alice.path}/.`, { "memory.md": "new\n", "sub/b.txt": "edited\n" });
	expect(await alice.releases.verify("one")).toEqual([]);
	await writeTree(`${alice.path}/.`, { "a.txt": "edited\n", "c.txt": "back\n", l: { link: "b" } });
	expect(await alice.releases.verify("one")).toEqual(["tpl/a.txt", "tpl/c.txt", "tpl/l"]);
	expect(await alice.releases.verify("base-1")).toEqual([]);
	const trial = { swapId: "sw_abc123", previous: { ...release, id: "base-1" }, candidate: release };
	await alice.releases.writeLive({ schemaVersion: 1, release, proven: true, trial });
	expect(await alice.releases.verify("one")).toHaveLength(3);
	await alice.releases.writeLive({ schemaVersion: 1, release, proven: true, trial: null });
	expect(await alice.releases.verify("one")).toEqual([]);
});

it("makes a version anew that was never switched to, and keeps one that was", async () => {
	const { alice, stage } = await makeAgents();
	await stage(alice, "one", { "tpl/a.txt": "A\n" });
	await alice.releases.flip("one");
	const link = join(alice.targetDir, "current");
	await rm(link);
	await symlink("versions/base-1", link);
	await writeFile(join(alice.path, "memory.md"), "after a rollback that came between\n");
	await alice.releases.flip("one");
	expect(await readFile(join(alice.path, "memory.md"), "utf8")).toBe("after a rollback that came between\n");
	await writeFile(join(alice.path, "memory.md"), "written by the candidate\n");
	await alice.releases.flip("base-1");
	await alice.releases.flip("one");
	expect(await readFile(join(alice.path, "memory.md"), "utf8")).toBe("written by the candidate\n");
});

it("stages again what is staged, clears what is half staged, and refuses another commit under its name", async () => {
	const { alice, propose } = await makeAgents();
	const one = await propose(alice, { "tpl/a.txt": "A\n" });
	const release = { id: "one", commit: one.commit, tree: one.tree };
	await expect(alice.releases.seal(release)).rejects.toThrow("plan.json");
	await writeTree(join(alice.targetDir, "staged/one"), { "files/tpl/left.txt": "left over", index: "torn" });
	await alice.releases.checkout(release);
	expect(await readdir(join(alice.targetDir, "staged/one/files/tpl"))).toEqual(["a.txt"]);
	expect(await readdir(join(alice.targetDir, "staged/one"))).toEqual(["files", "plan.json"]);
	await alice.releases.seal(release);
	await alice.releases.checkout(release);
	await alice.releases.seal(release);
	const other = await propose(alice, { "tpl/a.txt": "B\n" });
	await expect(alice.releases.checkout({ id: "one", commit: other.commit, tree: other.tree })).rejects.toThrow(
		"sealed",
	);
	await expect(alice.releases.checkout({ id: "two", commit: one.commit, tree: other.tree })).rejects.toThrow(
		one.commit,
	);
	await expect(alice.releases.flip("three")).rejects.toThrow("three");
});

it("does not seal contents that were changed after they were staged", async () => {
	const { alice, propose } = await makeAgents();
	const { commit, tree } = await propose(alice, { "tpl/a.txt": "A\n" });
	await alice.releases.checkout({ id: "one", commit, tree });
	await writeFile(join(alice.targetDir, "staged/one/files/tpl/a.txt"), "evil\n");
	await expect(alice.releases.seal({ id: "one", commit, tree })).rejects.toThrow("tpl/a.txt");
	expect(await alice.releases.sealed("one")).toBeNull();
});

it("installs, builds and checks in a whole release where one is given, and nothing where none is", async () => {
	const git = createMemoryGit();
	const staged = createMemoryReleases(git);
	const done: string[] = [];
	for (const step of ["checkout", "install", "build", "seal"] as const) staged[step] = async () => void done.push(step);
	staged.check = async () => [{ command: "npm test", durationMs: 1 }];
	const { alice, propose } = await makeAgents(staged);
	const { commit, tree } = await propose(alice, { "tpl/a.txt": "A\n" });
	const release = { id: "one", commit, tree };
	await alice.releases.checkout(release);
	await alice.releases.install(release, quiet);
	await alice.releases.build(release, quiet);
	expect(await alice.releases.check(release, quiet)).toEqual([{ command: "npm test", durationMs: 1 }]);
	await alice.releases.seal(release);
	expect(done).toEqual(["checkout", "install", "build", "seal"]);
	expect(await (await makeAgents()).bob.releases.check(release, quiet)).toEqual([]);
});

it("prunes all but the current, the pinned and the newest, and never what was taken over", async () => {
	const { alice, stage } = await makeAgents();
	for (const [index, id] of ["one", "two", "three", "four", "five"].entries()) {
		await stage(alice, id, { "tpl/a.txt": `${index}\n` });
		if (id !== "five") await alice.releases.flip(id);
	}
	await mkdir(join(alice.targetDir, "versions/half.making"));
	await mkdir(join(alice.targetDir, "staged/broken/files"), { recursive: true });
	await alice.releases.prune({ pinned: ["one", "five"], retain: 1 });
	const names = (folder: string) => readdir(join(alice.targetDir, folder));
	expect(await names("versions")).toEqual(["four", "four.json", "one", "one.json", "three", "three.json"]);
	expect(await names("staged")).toEqual(["five", "five.json", "four", "four.json"]);
	expect(await alice.releases.sealed("two")).toBeNull();
	await alice.releases.flip("one");
	expect(await readFile(join(alice.path, "a.txt"), "utf8")).toBe("0\n");
	await alice.releases.flip("four");
	await alice.releases.flip("five");
	expect(await readFile(join(alice.path, "a.txt"), "utf8")).toBe("4\n");
});

it("remembers what a rollback needs in a file of its own", async () => {
	const { alice, bob, head, port } = await makeAgents();
	const release = { id: "base-1", commit: head, tree: await port.treeOf(head) };
	const live: Live = { schemaVersion: 1, release, proven: true, trial: null, head };
	await alice.releases.writeLive(live);
	expect(await alice.releases.readLive()).toEqual(live);
	expect(await bob.releases.readLive()).toBeNull();
	expect(await alice.releases.head()).toBeNull();
});
