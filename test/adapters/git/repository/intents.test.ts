// A lock in the operator's repository is known for ours by what we said that we would do: whatever clocks say, and only while nobody who lives could hold it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { settleIntents, withIntent } from "../../../../src/adapters/git/repository/intents.js";
import { layoutOf } from "../../../../src/adapters/git/repository/layout.js";
import type { Operator } from "../../../../src/adapters/git/repository/operator.js";
import { createRepository } from "../../../../src/adapters/git/repository.js";
import { makeRepository, makeTools, plainGit } from "../../../support/git.js";
import { temporaryFolder } from "../../../support/temporary.js";

const script = fileURLToPath(new URL("intent-life.mjs", import.meta.url));
const ours = "1".repeat(40);

async function makeOwn() {
	const repository = await makeRepository();
	const commonDir = join(repository.root, ".git");
	const operator = {
		root: repository.root,
		gitDir: commonDir,
		commonDir,
		objectFormat: "sha1",
		bare: false,
	} as Operator;
	const own = { layout: layoutOf(repository.stateDir), operator };
	const lock = join(commonDir, "refs", "heads", "main.lock");
	return { repository, own, lock, intents: () => readdir(own.layout.intents).catch(() => []) };
}

type Made = Awaited<ReturnType<typeof makeOwn>>;

/** A life that was killed after it left these. */
async function died({ repository, own, lock }: Made, leave: readonly (readonly [string, string])[], adding?: object) {
	const intent = { locks: [lock], commits: [ours], adding };
	const given = JSON.stringify({ stateDir: repository.stateDir, commonDir: own.operator.commonDir, intent, leave });
	const child = spawn(process.execPath, [script, given], { stdio: ["ignore", "pipe", "inherit"] });
	const exit = once(child, "exit");
	await once(child.stdout, "data");
	child.kill("SIGKILL");
	await exit;
}

const isThere = (path: string) =>
	stat(path).then(
		() => true,
		() => false,
	);

it.each([
	["empty", "", 1_000_000],
	["with the commit that it moved to", `${ours}\n`, 1_000_000],
	["from the future, where the clock was set back", "", 4_000_000_000],
])("clears a lock of an earlier life, %s", async (_, content, atSeconds) => {
	const made = await makeOwn();
	await died(made, [[made.lock, content]]);
	expect(await made.intents()).toHaveLength(1);
	await utimes(made.lock, atSeconds, atSeconds);
	const port = createRepository({ ...made.repository, branch: "main", lockWaitMs: 0, ...makeTools() });
	expect(await port.head()).toEqual({ branch: "main", commit: await made.repository.git("rev-parse", "main") });
	expect(await isThere(made.lock)).toBe(false);
	expect(await made.intents()).toEqual([]);
});

it("leaves a lock that says something else, that stood there before, or that nothing was said about", async () => {
	const made = await makeOwn();
	await died(made, [[made.lock, `${"2".repeat(40)}\n`]]);
	await settleIntents(made.own);
	expect(await readFile(made.lock, "utf8")).toContain("222");
	await writeFile(made.lock, "");
	await settleIntents(made.own);
	expect(await isThere(made.lock)).toBe(true);
	await died(made, []);
	await settleIntents(made.own);
	expect([await isThere(made.lock), await made.intents()]).toEqual([true, []]);
});

it("leaves a lock while a git of anyone works in the repository or somebody has it open, and clears it after", async () => {
	const made = await makeOwn();
	const linked = join(await temporaryFolder(), "linked");
	await made.repository.git("worktree", "add", "--quiet", "--detach", linked);
	await died(made, [[made.lock, ""]]);
	for (const cwd of [made.repository.root, join(made.own.operator.commonDir, "refs"), linked]) {
		const git = spawn("git", ["cat-file", "--batch"], { cwd, stdio: ["pipe", "pipe", "ignore"] });
		git.stdin.write("HEAD\n");
		await once(git.stdout, "data");
		await settleIntents(made.own);
		expect(await isThere(made.lock), cwd).toBe(true);
		git.stdin.end();
		await once(git, "exit");
	}
	const held = await open(made.lock, "r");
	const reader = spawn("sleep", ["60"], { stdio: [held.fd, "ignore", "ignore"] });
	await held.close();
	onTestFinished(() => void reader.kill());
	await settleIntents(made.own);
	expect([await isThere(made.lock), await made.intents()]).toEqual([true, [expect.any(String)]]);
	reader.kill();
	await once(reader, "exit");
	const elsewhere = await makeRepository();
	const git = spawn("git", ["cat-file", "--batch"], { cwd: elsewhere.root, stdio: ["pipe", "pipe", "ignore"] });
	git.stdin.write("HEAD\n");
	await once(git.stdout, "data");
	await settleIntents(made.own);
	expect([await isThere(made.lock), await made.intents()]).toEqual([false, []]);
	git.stdin.end();
	await once(git, "exit");
});

it("keeps off what is under way in this life", async () => {
	const made = await makeOwn();
	await withIntent(made.own, { locks: [made.lock], commits: [ours] }, async () => {
		await writeFile(made.lock, "");
		await settleIntents(made.own);
		expect(await isThere(made.lock)).toBe(true);
		await rm(made.lock);
	});
	expect(await made.intents()).toEqual([]);
});

it("clears a registration that an earlier life left half-made, and none that was there or is another's", async () => {
	const made = await makeOwn();
	const { root } = made.repository;
	const folder = join(made.own.operator.commonDir, "worktrees");
	await made.repository.git("worktree", "add", "--quiet", "--detach", join(root, "..", "theirs"));
	await plainGit(root, "worktree", "lock", join(root, "..", "theirs"));
	for (const [name, reason] of [
		["known", "ours"],
		["begun", "initializing"],
		["half", "ours"],
	] as const) {
		await mkdir(join(folder, name));
		await writeFile(join(folder, name, "locked"), reason);
		await writeFile(join(folder, name, "commondir"), "");
	}
	await died(made, [], { reason: "ours", known: ["known", "theirs"] });
	await settleIntents(made.own);
	expect((await readdir(folder)).sort()).toEqual(["begun", "known", "theirs"]);
});

it("goes on without a word where there is no room for it", async () => {
	const made = await makeOwn();
	await made.repository.git("status");
	await writeFile(made.own.layout.stateDir, "no folder");
	expect(await withIntent(made.own, { locks: [made.lock], commits: [] }, async () => "done")).toBe("done");
});
