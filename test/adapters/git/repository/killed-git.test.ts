// A git child of ours dies, the supervisor lives on: at every point nothing of ours stays that would fail the next try, and `git fsck` finds nothing in either repository.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { type DyingGit, dyingGit } from "../../../support/dying-git.js";
import { makeTools, plainGit, type TestRepository } from "../../../support/git.js";
import { makeRelease, makeReleaseTools } from "../../../support/git-releases.js";

const MANY = 80;

interface Trial {
	/** The shell's pattern of the command that dies. */
	readonly pattern: string;
	attempt(): Promise<unknown>;
	/** After an attempt that failed. */
	failed(): Promise<unknown>;
	/** After one that did not, though its command died: to begin anew. */
	undo?(): Promise<unknown>;
}

/** Once for each system call that changes files, until nobody dies any more; answers with how many did. */
async function atEveryCall(dying: DyingGit, { pattern, attempt, failed, undo }: Trial): Promise<number> {
	let deaths = 0;
	for (let call = 1; call <= MANY; call += 1) {
		await dying.die(pattern, call);
		const error = await attempt().then(
			() => null,
			(reason: unknown) => reason,
		);
		expect(await dying.started(), `a command matches ${pattern}`).toBeGreaterThan(0);
		const died = await dying.died();
		await dying.live();
		if (died === 0 && error !== null) throw error;
		if (died === 0) return deaths;
		if (error !== null) await failed();
		else await undo?.();
		deaths += died;
	}
	throw new Error(`${pattern} makes more than ${MANY} calls.`);
}

async function locksIn(gitDir: string): Promise<string[]> {
	const names = await readdir(gitDir, { recursive: true });
	return names.filter((name) => /\.lock$/.test(name) && name !== "deadman.lock");
}

async function expectSound(gitDir: string): Promise<void> {
	expect(await plainGit(gitDir, "fsck", "--no-dangling", "--strict")).toBe("");
	expect(await locksIn(gitDir)).toEqual([]);
}

async function releaseOf() {
	const tools = await makeReleaseTools();
	const release = await makeRelease(tools, "one", { "app.txt": "two\n" });
	return { tools, release, releases: tools.releases(), own: join(tools.repository.stateDir, "repo.git") };
}

it("leaves no half-made release in the own repository", async () => {
	const { tools, release, releases, own } = await releaseOf();
	const dying = await dyingGit();
	const deaths = await atEveryCall(dying, {
		pattern: "*checkout-index*",
		attempt: () => releases.checkout(release),
		failed: async () => {
			expect(await readdir(join(own, "worktrees")).catch(() => [])).toEqual([]);
			expect(await readdir(join(tools.repository.stateDir, "releases"))).toEqual([]);
			await expectSound(own);
		},
	});
	expect(deaths).toBeGreaterThan(0);
	await releases.checkout(release);
	await releases.seal(release);
	expect(await releases.verify("one")).toEqual([]);
	await expectSound(own);
});

it("leaves no lock in the own repository that the next merge would meet", async () => {
	const { tools, release, own } = await releaseOf();
	const live = await tools.repository.git("rev-parse", "main~1");
	const dying = await dyingGit();
	const merge = () => {
		const request = { live, proposed: release.commit, branchHead: live, branch: "main", message: "m", shared: [] };
		return tools.port.merge({ ...request, swapId: "sw_abc123" });
	};
	const deaths = await atEveryCall(dying, {
		pattern: "*update-ref*refs/deadman/swaps*",
		attempt: merge,
		failed: () => expectSound(own),
	});
	expect(deaths).toBeGreaterThan(1);
	expect(isRefusal(await merge())).toBe(false);
});

it("leaves no lock on the operator's branch", async () => {
	const { tools, release } = await releaseOf();
	const { repository, port } = tools;
	const gitDir = join(repository.root, ".git");
	const from = await repository.git("rev-parse", "main~1");
	await repository.git("checkout", "--quiet", "-b", "other");
	await repository.git("update-ref", "refs/heads/main", from);
	const dying = await dyingGit();
	const advance = () => port.advanceBranch({ swapId: "sw_killed", branch: "main", expected: from, to: release.commit });
	const deaths = await atEveryCall(dying, {
		pattern: "*update-ref*refs/heads/main*",
		attempt: advance,
		failed: async () => {
			await expectSound(gitDir);
			expect(await readdir(join(repository.stateDir, "intents"))).toEqual([]);
		},
		undo: () => repository.git("update-ref", "refs/heads/main", from),
	});
	expect(deaths).toBeGreaterThan(2);
	expect(await advance()).toMatchObject({ moved: true });
	expect(await repository.git("rev-parse", "main")).toBe(release.commit);
});

function workspacesOf({ root, stateDir }: TestRepository) {
	const tools = makeTools();
	return { tools, workspaces: createWorkspaces({ root, stateDir, branch: "main", shared: [], ...tools }) };
}

for (const [what, pattern] of [
	["registered", "*worktree*add*"],
	["filled", "*read-tree*--reset*"],
] as const) {
	it(`leaves nothing of a workspace that was being ${what} in the operator's repository`, async () => {
		const { tools } = await releaseOf();
		const { repository } = tools;
		const gitDir = join(repository.root, ".git");
		const { workspaces } = workspacesOf(repository);
		const from = await repository.git("rev-parse", "main");
		const dying = await dyingGit();
		const deaths = await atEveryCall(dying, {
			pattern,
			attempt: async () => {
				const made = await workspaces.create({ name: "mine", from, target: "host", kind: "worktree" });
				if (isRefusal(made)) throw new Error(made.message);
			},
			failed: async () => {
				expect(await readdir(join(gitDir, "worktrees")).catch(() => [])).toEqual([]);
				expect(await readdir(join(repository.stateDir, "workspaces"))).toEqual([]);
				expect(await repository.git("for-each-ref", "--format=%(refname)")).not.toContain("dev/");
				await expectSound(gitDir);
			},
			undo: () => workspaces.remove("mine"),
		});
		expect(deaths).toBeGreaterThan(2);
		expect((await workspaces.list()).map(({ name }) => name)).toEqual(["mine"]);
		await expectSound(gitDir);
	});
}

it("touches no registration of the operator's beside its own", async () => {
	const { tools } = await releaseOf();
	const { repository } = tools;
	const theirs = join(repository.root, ".git", "worktrees", "mine");
	await repository.git("worktree", "add", "--quiet", "--detach", join(repository.root, "..", "mine"));
	await writeFile(join(theirs, "locked"), "initializing");
	const { workspaces } = workspacesOf(repository);
	const from = await repository.git("rev-parse", "main");
	const dying = await dyingGit();
	await dying.die("*worktree*add*", 4);
	await expect(workspaces.create({ name: "mine", from, target: "host", kind: "worktree" })).rejects.toThrow();
	expect(await dying.died()).toBe(1);
	expect(await readdir(join(repository.root, ".git", "worktrees"))).toEqual(["mine"]);
	expect(await readFile(join(theirs, "locked"), "utf8")).toBe("initializing");
});
