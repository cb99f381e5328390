// One supervisor per repository, wherever each keeps its state: through linked worktrees too, freed by kill -9, and never before a rollback that is due.
import { mkdir, readdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { repositoryFolder } from "../../src/adapters/git/repository/repository-folder.js";
import { createLocks } from "../../src/app/lock.js";
import type { Lock } from "../../src/ports/ports.js";
import { makeRepository, makeTools, plainGit } from "../support/git.js";
import { type Program, startProgram } from "../support/processes.js";
import { temporaryFolder } from "../support/temporary.js";

const locks: Lock[] = [];
const programs: Program[] = [];
afterEach(async () => {
	for (const lock of locks.splice(0)) await lock.release();
	await Promise.all(programs.splice(0).map((program) => program.end()));
});

interface Wanted {
	readonly root: string;
	readonly stateDir: string;
	readonly onTrial?: () => Promise<boolean>;
}

async function lockOf({ root, stateDir, onTrial = async () => false }: Wanted) {
	const tools = makeTools();
	const lock = await createLocks({ root, stateDir, onTrial, log: tools.log });
	locks.push(lock);
	return { lock, logged: tools.logged };
}

/** Another supervisor, in a process of its own. */
async function elsewhere(folder: string, stateDir: string): Promise<Program> {
	const program = startProgram("lock-holder.mjs", join(folder, "deadman.lock"), stateDir);
	programs.push(program);
	expect(await program.says("")).toBe("null");
	return program;
}

it("refuses a second state folder, and names the first", async () => {
	const { root, stateDir } = await makeRepository();
	const other = await temporaryFolder();
	const { lock } = await lockOf({ root, stateDir });
	expect(await lock.acquire()).toBeNull();
	const { lock: second } = await lockOf({ root, stateDir: other });
	const refusal = await second.acquire();
	expect(refusal?.code).toBe("locked");
	expect(refusal?.message).toContain(`in ${stateDir} (process ${process.pid})`);
	await lock.release();
	expect(await second.acquire()).toBeNull();
	expect((await lock.acquire())?.message).toContain(other);
});

it("lets nothing go on holding that was refused", async () => {
	const { root, stateDir } = await makeRepository();
	const program = await elsewhere(join(root, ".git"), "/elsewhere");
	const { lock } = await lockOf({ root, stateDir });
	expect((await lock.acquire())?.message).toContain(`in /elsewhere (process ${program.pid})`);
	const outside = await temporaryFolder();
	const { lock: same } = await lockOf({ root: outside, stateDir });
	expect(await same.acquire()).toBeNull();
	await same.release();
	await program.end("SIGKILL");
	expect(await lock.acquire()).toBeNull();
});

it("is the same lock from a linked worktree, a bare repository and through a link", async () => {
	const { root, git } = await makeRepository();
	const place = await temporaryFolder();
	const [linked, bare, fromBare] = ["linked", "bare.git", "from-bare"].map((name) => join(place, name)) as [
		string,
		string,
		string,
	];
	await git("worktree", "add", "--quiet", linked);
	await git("clone", "--quiet", "--bare", root, bare);
	await plainGit(bare, "worktree", "add", "--quiet", fromBare);
	const shared = join(root, ".git");
	expect(await repositoryFolder(root)).toBe(await realpath(shared));
	expect(await repositoryFolder(linked)).toBe(await realpath(shared));
	expect(await repositoryFolder(bare)).toBe(bare);
	expect(await repositoryFolder(fromBare)).toBe(bare);
	const program = await elsewhere(shared, "/elsewhere");
	const { lock } = await lockOf({ root: linked, stateDir: await temporaryFolder() });
	expect((await lock.acquire())?.message).toContain(`process ${program.pid}`);
});

it("has no lock but the state folder's where there is no repository, or a broken one", async () => {
	const root = await temporaryFolder();
	expect(await repositoryFolder(join(root, "absent"))).toBeNull();
	expect(await repositoryFolder(root)).toBeNull();
	for (const text of ["gitdir: ../nowhere\n", "nonsense", ""]) {
		await writeFile(join(root, ".git"), text);
		expect(await repositoryFolder(root), text).toBeNull();
	}
	const stateDir = await temporaryFolder();
	const [{ lock }, { lock: second }] = [await lockOf({ root, stateDir }), await lockOf({ root, stateDir })];
	expect(await lock.acquire()).toBeNull();
	expect((await second.acquire())?.code).toBe("locked");
});

it("does not look above the folder it was given", async () => {
	const { root } = await makeRepository();
	await mkdir(join(root, "inner"));
	expect(await repositoryFolder(join(root, "inner"))).toBeNull();
});

it.each([
	["is on trial", async () => true],
	["cannot be known to be on trial", () => Promise.reject(new Error("EIO"))],
])("stands in nobody's way when a version %s", async (_, onTrial) => {
	const { root, stateDir } = await makeRepository();
	await elsewhere(join(root, ".git"), "/elsewhere");
	const { lock, logged } = await lockOf({ root, stateDir, onTrial });
	expect(await lock.acquire()).toBeNull();
	expect(logged).toEqual(["repository.shared"]);
	const { lock: second } = await lockOf({ root, stateDir, onTrial });
	expect((await second.acquire())?.message).toContain(stateDir);
});

it("is nothing to git", async () => {
	const { root, stateDir, git, commit } = await makeRepository();
	const { lock } = await lockOf({ root, stateDir });
	expect(await lock.acquire()).toBeNull();
	expect((await readdir(join(root, ".git"))).filter((name) => name.startsWith("deadman"))).toEqual([
		"deadman.lock",
		"deadman.lock.pid",
	]);
	await commit({ "app.txt": "two\n" });
	expect(await git("status", "--porcelain", "--ignored")).toBe("!! .deadman/");
	expect(await git("fsck", "--strict")).toBe("");
	await git("gc", "--quiet", "--prune=now");
	await git("pack-refs", "--all");
	expect(await git("log", "--format=%s")).toBe("change\nfirst");
	expect(await git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
	const { lock: second } = await lockOf({ root, stateDir: await temporaryFolder() });
	expect((await second.acquire())?.code).toBe("locked");
	await lock.release();
	expect((await readdir(join(root, ".git"))).filter((name) => name.startsWith("deadman"))).toEqual(["deadman.lock"]);
});
