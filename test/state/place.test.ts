// Where the state of a repository lies: what decides, what is refused with which code, and that asking changes nothing.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/core/refusals.js";
import { homeFor, untrusted } from "../../src/state/home.js";
import { lookAtRepository, textOfIdentity } from "../../src/state/identity.js";
import { placeOf, standingOf, workspacesOf } from "../../src/state/place.js";
import { textOfPointer } from "../../src/state/pointer.js";
import { temporaryFolder } from "../support/temporary.js";

const id = "11111111-2222-3333";

async function repository(pointer: string | null = null): Promise<string> {
	const root = join(await temporaryFolder(), "app");
	await mkdir(join(root, ".deadman"), { recursive: true });
	await mkdir(join(root, ".git"));
	if (pointer !== null) await writeFile(join(root, ".deadman", "state"), pointer);
	return root;
}

async function stateOf(root: string, stateDir: string, named = id): Promise<void> {
	await mkdir(stateDir, { recursive: true });
	const repository = await lookAtRepository(root);
	await writeFile(
		join(stateDir, "identity.json"),
		textOfIdentity({ id: named, repository, stateDir, workspaces: null }),
	);
}

const user = (env: Readonly<Record<string, string | undefined>>) => ({ env, uid: 1_000 });
const place = (root: string, configured?: unknown) => placeOf({ root, configured }, user({ HOME: "/home/u" }));

describe("the place", () => {
	it("is what the configuration says, before the pointer", async () => {
		const root = await repository("/elsewhere\n");
		expect(await place(root, "state")).toEqual({ stateDir: join(root, "state"), by: "configuration" });
		expect(await place(root, "/var/x")).toEqual({ stateDir: "/var/x", by: "configuration" });
	});

	it("is what the pointer says, whatever the caller's environment is", async () => {
		const stateDir = await temporaryFolder();
		const root = await repository(textOfPointer({ id, path: stateDir }));
		await stateOf(root, stateDir);
		for (const env of [{}, { DEADMAN_STATE_HOME: "/other" }, { XDG_STATE_HOME: "/third" }]) {
			expect(await placeOf({ root, configured: undefined }, user(env))).toEqual({ stateDir, by: "pointer" });
		}
	});

	it("may be named relative to the repository, and by a path alone as older versions wrote it", async () => {
		const root = await repository(textOfPointer({ id, path: ".deadman" }));
		await stateOf(root, join(root, ".deadman"));
		expect(await place(root)).toEqual({ stateDir: join(root, ".deadman"), by: "pointer" });
		const old = await temporaryFolder();
		await writeFile(join(old, "state.db"), "");
		await writeFile(join(root, ".deadman", "state"), `${old}\n`);
		expect(await place(root)).toEqual({ stateDir: old, by: "pointer" });
	});

	it.each(["state.db", "live.json", "repo.git"])(
		"is the repository's own folder where %s was found in it",
		async (name) => {
			const root = await repository();
			await writeFile(join(root, ".deadman", name), "");
			expect(await place(root)).toEqual({ stateDir: join(root, ".deadman"), by: "found" });
		},
	);

	it("is outside for a first start, in a folder named after the repository", async () => {
		const root = await repository();
		for (const [from, base] of [
			[{ env: { DEADMAN_STATE_HOME: "/homes" }, uid: 0 }, "/homes/app-"],
			[{ env: { HOME: "/root" }, uid: 0 }, "/var/lib/deadman/app-"],
			[user({ HOME: "/home/u", XDG_STATE_HOME: "/x" }), "/x/deadman/app-"],
			[user({ HOME: "/home/u", XDG_STATE_HOME: "relative" }), "/home/u/.local/state/deadman/app-"],
			[user({ HOME: "/home/u" }), "/home/u/.local/state/deadman/app-"],
		] as const) {
			const found = await placeOf({ root, configured: undefined }, from);
			expect(found).toMatchObject({
				by: "first",
				stateDir: expect.stringMatching(new RegExp(`^${base}[0-9a-f]{10}$`)),
			});
		}
		expect(await readdir(join(root, ".deadman"))).toEqual([]);
	});

	it("leaves room for a socket's path, whatever the repository is called", async () => {
		const root = join(await temporaryFolder(), "n".repeat(200));
		await mkdir(root);
		const home = await homeFor(root, user({ HOME: `/home/${"u".repeat(30)}` }));
		expect(Buffer.byteLength(`${home}/program.sock`)).toBeLessThanOrEqual(107);
	});

	it("is found again by the folder that it was made for, when the pointer is lost; another repository gets another", async () => {
		const [root, home] = [await repository(), await temporaryFolder()];
		const from = user({ DEADMAN_STATE_HOME: home });
		const first = (await homeFor(root, from)) as string;
		await stateOf(root, first);
		expect(await placeOf({ root, configured: undefined }, from)).toEqual({ stateDir: first, by: "found" });
		await rename(join(root, ".git"), join(root, "old"));
		await mkdir(join(root, ".git"));
		expect(await placeOf({ root, configured: undefined }, from)).toEqual({ stateDir: `${first}-2`, by: "first" });
	});

	it.each([
		["garbage", "{ half", "state_pointer_unreadable"],
		["an empty file", "", "state_pointer_unreadable"],
		["something else", '{ "schemaVersion": 1 }', "state_pointer_unreadable"],
		["a newer version", '{ "schemaVersion": 2, "where": "?" }', "state_pointer_newer"],
		["a folder that is not there", textOfPointer({ id, path: "/nowhere/at/all" }), "state_missing"],
		["an empty folder", textOfPointer({ id, path: "data" }), "state_missing"],
	])("is refused where the pointer holds %s", async (_, text, code) => {
		const root = await repository(text);
		await mkdir(join(root, "data"));
		const refusal = await place(root);
		expect(isRefusal(refusal) && [refusal.code, refusal.next !== ""]).toEqual([code, true]);
	});

	it("is refused where the pointer is a link or a folder", async () => {
		for (const make of [(path: string) => symlink("/etc/hostname", path), (path: string) => mkdir(path)]) {
			const root = await repository();
			await make(join(root, ".deadman", "state"));
			expect(await place(root)).toMatchObject({ code: "state_pointer_unreadable" });
		}
	});

	it.each([
		["a relative home", { DEADMAN_STATE_HOME: "here" }, "state_place_unfit"],
		["a home that no shell expanded", { DEADMAN_STATE_HOME: "~/here" }, "state_place_unfit"],
		["a relative HOME", { HOME: "here" }, "state_home_unknown"],
	])("is refused for %s", async (_, env, code) => {
		expect(await placeOf({ root: await repository(), configured: undefined }, user(env))).toMatchObject({ code });
	});
});

describe("a repository and its state", () => {
	async function pair(): Promise<{ root: string; stateDir: string }> {
		const stateDir = await temporaryFolder();
		const root = await repository(textOfPointer({ id, path: stateDir }));
		await stateOf(root, stateDir);
		return { root, stateDir };
	}
	const belongs = async (root: string, stateDir: string) => (await standingOf(root, stateDir)).belongs;

	it("belong together", async () => {
		const { root, stateDir } = await pair();
		expect(await belongs(root, stateDir)).toBe("same");
	});

	it("still do when the repository is moved, or brought back from a backup", async () => {
		const { root, stateDir } = await pair();
		await rename(root, `${root}-2`);
		expect(await belongs(`${root}-2`, stateDir)).toBe("moved");
		await cp(`${root}-2`, root, { recursive: true });
		await rm(`${root}-2`, { recursive: true });
		expect(await belongs(root, stateDir)).toBe("replaced");
	});

	it("still do across file systems, where nothing is left of the original", async () => {
		const { root, stateDir } = await pair();
		await cp(root, `${root}-2`, { recursive: true });
		await rm(root, { recursive: true });
		expect(await belongs(`${root}-2`, stateDir)).toBe("moved");
	});

	it("do not for a copy, with the state beside it or inside it, nor for a linked worktree with a copy of `.deadman`", async () => {
		const { root, stateDir } = await pair();
		execFileSync("cp", ["-a", root, `${root}-copy`]);
		expect(await belongs(`${root}-copy`, stateDir)).toBe("copied");

		const own = await repository(textOfPointer({ id, path: ".deadman" }));
		await stateOf(own, join(own, ".deadman"));
		execFileSync("cp", ["-a", own, `${own}-copy`]);
		expect(await belongs(`${own}-copy`, join(`${own}-copy`, ".deadman"))).toBe("copied");

		const linked = `${root}-linked`;
		await mkdir(join(root, ".git", "worktrees", "linked"), { recursive: true });
		await mkdir(linked);
		await writeFile(join(linked, ".git"), `gitdir: ${root}/.git/worktrees/linked\n`);
		await cp(join(root, ".deadman"), join(linked, ".deadman"), { recursive: true });
		expect(await belongs(linked, stateDir)).toBe("copied");
	});

	it("are strange to each other where the identities differ, or one cannot be read", async () => {
		const { root, stateDir } = await pair();
		await stateOf(root, stateDir, "another-identity");
		expect(await belongs(root, stateDir)).toBe("strange");
		await writeFile(join(stateDir, "identity.json"), "{");
		expect(await belongs(root, stateDir)).toBe("strange");
	});
});

it("workspaces lie in the repository, but for those that lay beside an older state", async () => {
	const [root, stateDir] = [await repository(), await temporaryFolder()];
	expect(await workspacesOf(root, stateDir)).toBe(join(root, ".deadman", "workspaces"));
	await mkdir(join(stateDir, "workspaces", "fix"), { recursive: true });
	expect(await workspacesOf(root, stateDir)).toBe(join(stateDir, "workspaces"));
	await stateOf(root, stateDir);
	expect(await workspacesOf(root, stateDir)).toBe(join(root, ".deadman", "workspaces"));
});

it.each([
	[0o700, null],
	[0o777, "can be written by others"],
])("a folder of mode %o is trusted or not", async (mode, why) => {
	const folder = join(await temporaryFolder(), "open");
	await mkdir(folder);
	execFileSync("chmod", [mode.toString(8), folder]);
	const said = await untrusted(join(folder, "state"));
	if (why === null) expect(said).toBeNull();
	else expect(said).toContain(why);
});
