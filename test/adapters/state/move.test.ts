// Moving a state: every call that changes the disk may be the last one. Whatever is left, the pointer names one whole state, and running it again finishes.
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { beginIdentity, point } from "../../../src/adapters/state/begin.js";
import { moveState, type StateMove } from "../../../src/adapters/state/move.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Files } from "../../../src/ports/ports.js";
import { type Identity, readIdentity } from "../../../src/state/identity.js";
import { readPointer } from "../../../src/state/pointer.js";
import { temporaryFolder } from "../../support/temporary.js";

const run = promisify(execFile);
const commands = createCommands({ scrub: (text) => text });

interface Story {
	readonly root: string;
	readonly from: string;
	readonly to: string;
	readonly move: Omit<StateMove, "files">;
}

/** A repository with a state in `.deadman`, as an older version leaves it: paths of its own in links, in records and in git's files. */
async function story(): Promise<Story> {
	const top = await temporaryFolder();
	const [root, to] = [join(top, "app"), join(top, "homes", "app")];
	const from = join(root, ".deadman");
	const release = join(from, "releases", "r1");
	for (const folder of [
		join(root, ".git"),
		join(from, "repo.git", "worktrees", "r1"),
		join(from, "deps", "k", "node_modules"),
		join(from, "snapshots", "sw_1"),
		join(from, "workspaces", "fix"),
		join(from, "targets", "ana", "versions", "v", "0"),
		join(root, "private"),
		release,
	]) {
		await mkdir(folder, { recursive: true });
	}
	await writeFile(
		join(from, "config.json"),
		JSON.stringify({ builders: { webhook: { secretFile: ".deadman/hook" } } }),
	);
	await writeFile(join(from, "hook"), "secret");
	await writeFile(join(from, "state.db"), "rows");
	await writeFile(join(from, "live.json"), "{}");
	await writeFile(join(from, "lock"), "");
	await writeFile(join(from, "repo.git", "worktrees", "r1", "gitdir"), `${release}/.git\n`);
	await writeFile(join(release, ".git"), `gitdir: ${from}/repo.git/worktrees/r1\n`);
	await writeFile(join(release, "server.js"), "1");
	await symlink(join(from, "deps", "k", "node_modules"), join(release, "node_modules"));
	await symlink("releases/r1", join(from, "current"));
	await writeFile(join(from, "snapshots", "sw_1", "manifest.json"), JSON.stringify({ links: [{ path: `${from}/x` }] }));
	await writeFile(
		join(from, "targets", "ana", "places.json"),
		JSON.stringify({ schemaVersion: 1, places: [{ folder: "private/notes", slot: 0, linked: true }] }),
	);
	await symlink(join(from, "targets", "ana", "current", "0"), join(root, "private", "notes"));
	const files = createFiles();
	const identity = (await beginIdentity({ root, stateDir: from, files })) as Identity;
	await point({ root, stateDir: from, files }, identity.id, true);
	const configuration = await readFile(join(from, "config.json"), "utf8");
	return { root, from, to, move: { root, from, to, identity, configuration, commands } };
}

const listed = async (folder: string) => (await readdir(folder).catch(() => [])).sort();

/** All of it is at `at`: its files, and every path that is written down in it leads there. */
async function expectWhole({ root }: Story, at: string): Promise<void> {
	expect((await readIdentity(at)) as Identity).toMatchObject({ stateDir: at });
	expect(await readFile(join(at, "state.db"), "utf8")).toBe("rows");
	const release = join(at, "releases", "r1");
	expect(await readFile(join(release, "server.js"), "utf8")).toBe("1");
	expect(await readFile(join(release, ".git"), "utf8")).toBe(`gitdir: ${at}/repo.git/worktrees/r1\n`);
	expect(await readFile(join(at, "repo.git", "worktrees", "r1", "gitdir"), "utf8")).toBe(`${release}/.git\n`);
	expect(await readlink(join(release, "node_modules"))).toBe(join(at, "deps", "k", "node_modules"));
	expect(await readFile(join(at, "snapshots", "sw_1", "manifest.json"), "utf8")).toContain(`${at}/x`);
	expect(await readlink(join(at, "current"))).toBe("releases/r1");
	expect(await readFile(join(root, ".deadman", "hook"), "utf8")).toBe("secret");
}

async function expectMoved(one: Story): Promise<void> {
	expect(await readPointer(one.root)).toMatchObject({ stateDir: one.to });
	await expectWhole(one, one.to);
	expect(await listed(one.from)).toEqual(["config.json", "hook", "state", "workspaces"]);
	expect(await listed(one.to)).not.toContain("moving.json");
	expect(await readlink(join(one.root, "private", "notes"))).toBe(join(one.to, "targets", "ana", "current", "0"));
}

it("brings all of it, and leaves what is the operator's", async () => {
	const one = await story();
	expect(await moveState({ ...one.move, files: createFiles() })).toBeNull();
	await expectMoved(one);
});

class Killed extends Error {}

/** The n-th durable call is the last thing that happens: before it or after it. */
function killedAt(n: number, moment: "before" | "after"): { readonly files: Files; readonly calls: () => number } {
	const real = createFiles();
	let calls = 0;
	const around = async <T>(work: () => Promise<T>): Promise<T> => {
		calls += 1;
		if (calls > n || (calls === n && moment === "before")) throw new Killed();
		const done = await work();
		if (calls === n) throw new Killed();
		return done;
	};
	return {
		calls: () => calls,
		files: {
			...real,
			writeAtomic: (path, content, mode) => around(() => real.writeAtomic(path, content, mode)),
			remove: (path) => around(() => real.remove(path)),
			syncTree: () => around(async () => {}),
		},
	};
}

describe("killed at any call", () => {
	it("it leaves one whole state that the pointer names, and ends when it is run again", {
		timeout: 120_000,
	}, async () => {
		const kept = await story();
		const top = join(kept.root, "..");
		let killed = 0;
		for (let n = 1; ; n += 1) {
			const fault = killedAt(n, n % 2 === 0 ? "before" : "after");
			const other = await temporaryFolder();
			await run("cp", ["-a", `${top}/.`, other]);
			await run("rm", ["-rf", join(top, "homes")]);
			const end = await moveState({ ...kept.move, files: fault.files }).catch((error: unknown) => error);
			if (!(end instanceof Killed)) {
				expect(end).toBeNull();
				break;
			}
			killed += 1;
			const pointer = await readPointer(kept.root);
			const at = (pointer as { stateDir: string }).stateDir;
			expect([kept.from, kept.to]).toContain(at);
			await expectWhole(kept, at);
			if (at === kept.from) expect(await moveState({ ...kept.move, files: createFiles() })).toBeNull();
			else {
				const { finishMove } = await import("../../../src/adapters/state/finish.js");
				await finishMove({ root: kept.root, stateDir: at, files: createFiles() });
			}
			await expectMoved(kept);
			await run("rm", ["-rf", kept.root, join(top, "homes")]);
			await run("cp", ["-a", `${other}/.`, top]);
		}
		expect(killed).toBeGreaterThan(15);
	});
});

describe("a target", () => {
	const refusedFor = async (change: (one: Story) => Promise<string> | string) => {
		const one = await story();
		const to = await change(one);
		const refusal = await moveState({ ...one.move, to, files: createFiles() });
		await expectWhole(one, one.from);
		expect(await readPointer(one.root)).toMatchObject({ stateDir: one.from });
		return refusal?.code;
	};

	it.each([
		["is relative", () => "homes"],
		["has a home that no shell expanded", () => "~/homes"],
		["lies in the state itself", ({ from }: Story) => join(from, "deeper")],
		["holds the state", ({ root }: Story) => root],
		["lies in git's folder", ({ root }: Story) => join(root, ".git", "deadman")],
		[
			"is a link",
			async ({ root, to }: Story) => {
				await mkdir(join(to, ".."), { recursive: true });
				await symlink(root, to);
				return to;
			},
		],
		[
			"holds something already",
			async ({ root, to }: Story) => {
				await cp(join(root, ".git"), join(to, "git"), { recursive: true });
				return to;
			},
		],
		[
			"can be written by others",
			async ({ to }: Story) => {
				await mkdir(to, { recursive: true });
				await run("chmod", ["777", to]);
				return to;
			},
		],
	])("that %s is refused, and nothing is lost", async (_, change) => {
		expect(await refusedFor(change)).toBe("state_place_unfit");
	});

	it("whose sockets would have too long a path is refused", async () => {
		expect(await refusedFor(({ to }) => `${to}/${"x".repeat(100)}`)).toBe("path_too_long");
	});
});
