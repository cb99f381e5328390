// One story: a state in the repository is moved out of it, then the repository is moved, then copied. What moves goes on; a copy starts nothing.
import { once } from "node:events";
import { access, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	configure,
	deadman,
	execFileAsync,
	finish,
	git,
	type Json,
	openScene,
	raise,
	runToItsEnd,
	type Scene,
	serving,
	startSupervisor,
	state,
	stateDirOf,
	version,
} from "../scene.js";

let scene: Scene & { readonly stateHome?: string };
let first: string;
let copy: Scene;

beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.install = "mkdir -p node_modules/a && echo 1 > node_modules/a/b";
		},
	});
	first = scene.root;
	await raise(scene);
});
afterAll(async () => {
	await close(scene);
	for (const folder of [copy.root, first]) await rm(folder, { recursive: true, force: true });
});

async function lower(): Promise<void> {
	const { supervisor } = scene;
	if (supervisor === null) return;
	const gone = once(supervisor, "exit");
	supervisor.kill("SIGTERM");
	await gone;
}

const isThere = (path: string) =>
	access(path).then(
		() => true,
		() => false,
	);

test("it is not moved while a supervisor runs or a swap is in flight", { timeout: 60_000 }, async () => {
	await configure(scene, (config) => void delete config.stateDir);
	const swap = await attempt(scene, "two", version(2), "awaiting_confirmation");
	expect((await deadman(scene, "state", "move")).error.code).toBe("locked");
	scene.supervisor?.kill("SIGKILL");
	await once(scene.supervisor as NonNullable<Scene["supervisor"]>, "exit");
	expect((await deadman(scene, "state", "move")).error.code).toBe("swap_in_flight");
	await startSupervisor(scene);
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
});

test("moved out of the repository, the versions go on from there", { timeout: 120_000 }, async () => {
	const before = await state(scene);
	await lower();
	const { moved, error } = await deadman(scene, "state", "move");
	expect(error).toBeUndefined();
	expect(moved.from).toBe(join(scene.root, ".deadman"));
	expect((await readdir(join(scene.root, ".deadman"))).sort()).toEqual([
		"config.json",
		"config.schema.json",
		"state",
		"workspaces",
	]);
	expect(await stateDirOf(scene)).toBe(moved.to);
	await raise(scene);
	expect(await state(scene)).toEqual(before);
	await namesNowhere(moved.to, moved.from);
	const swap = await attempt(scene, "three", version(3), "awaiting_confirmation");
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
	expect((await deadman(scene, "doctor")).findings.filter(({ level }: Json) => level === "bad")).toEqual([]);
});

test("a repository that was moved is known again, with its releases and workspaces", { timeout: 120_000 }, async () => {
	await deadman(scene, "workspace", "create", "kept");
	const before = await state(scene);
	await lower();
	const root = `${first}-moved`;
	await rename(first, root);
	scene = { ...scene, root };
	await raise(scene);
	expect(await state(scene)).toEqual(before);
	expect(await serving(scene, (now: Json) => now.version === "2")).toBeTruthy();
	const log = await readFile(join(root, "supervisor.log"), "utf8");
	expect(log.match(/"repository\.moved"/g)).toHaveLength(1);
	const { workspaces } = await deadman(scene, "workspace", "list");
	expect(workspaces.map(({ path }: Json) => path)).toContain(join(root, ".deadman", "workspaces", "kept"));
	expect(await git({ root: join(root, ".deadman", "workspaces", "kept") } as Scene, "status", "--porcelain")).toBe("");
	const swap = await attempt(scene, "four", version(4), "awaiting_confirmation");
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
	await namesNowhere(await stateDirOf(scene), first);
});

test("a copy starts nothing and speaks to nobody, until it has a state of its own", { timeout: 60_000 }, async () => {
	copy = { ...scene, root: `${scene.root}-copy`, supervisor: null };
	await execFileAsync("cp", ["-a", scene.root, copy.root]);
	const { code, out } = await runToItsEnd(copy);
	expect([code, out.error.code]).toEqual([5, "repository_copied"]);
	expect(out.error.next).toContain("deadman state new");
	for (const verb of ["status", "ls", "doctor"]) {
		expect((await deadman(copy, verb)).error.code, verb).toBe("repository_copied");
	}
	const renewed = await deadman(copy, "state", "new");
	expect(renewed.state.path).not.toBe(await stateDirOf(scene));
	expect((await deadman(copy, "state")).state).toMatchObject({ path: renewed.state.path, by: "pointer" });
	expect((await deadman(scene, "status")).supervisor.pid).toBe(scene.supervisor?.pid);
	expect((await deadman(scene, "state", "new")).error.code).toBe("state_present");
});

test("a state that is gone is no first start; one word begins anew", { timeout: 60_000 }, async () => {
	const { path } = (await deadman(copy, "state")).state;
	await rm(path, { recursive: true });
	const { code, out } = await runToItsEnd(copy);
	expect([code, out.error.code]).toEqual([5, "state_missing"]);
	expect(out.error.next).toContain("deadman state new");
	expect(await isThere(path)).toBe(false);
	expect((await deadman(copy, "state", "new")).state.path).toBe(path);
	expect(await isThere(join(path, "identity.json"))).toBe(true);
});

/** In git's registrations, in records and in links. What dependencies were installed in is history: what they hold names that folder too. */
async function namesNowhere(folder: string, old: string): Promise<void> {
	const grep = [
		"-rlF",
		"--include=*.json",
		"--include=.git",
		"--include=gitdir",
		"--include=gitconfig",
		"--exclude-dir=deps",
		`${old}/`,
		folder,
	];
	const named = await execFileAsync("grep", grep).then(
		({ stdout }) => stdout,
		() => "",
	);
	expect(named).toBe("");
	const links = await execFileAsync("find", [folder, "-type", "l", "-lname", `${old}/*`]);
	expect(links.stdout).toBe("");
	expect(await realpath(join(folder, "current"))).toContain(`${folder}/releases/`);
}
