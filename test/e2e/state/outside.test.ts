// One story: the state lies where a first start puts it. The pointer says so to everybody, whatever their environment says; releases find nothing of the
// operator's folder on their way up, and no tool of that folder finds them.
import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	deadmanBin,
	execFileAsync,
	finish,
	type Json,
	openScene,
	raise,
	type Scene,
	state,
	stateDirOf,
	version,
} from "../scene.js";

let scene: Scene;
let stateDir: string;

beforeAll(async () => {
	scene = await openScene({
		outside: true,
		populate: async (root) => {
			await mkdir(join(root, "node_modules", "greet"), { recursive: true });
			await writeFile(join(root, "node_modules", "greet", "index.js"), 'module.exports = "hello";');
			await mkdir(join(root, "test"));
			await writeFile(join(root, "test", "one.test.js"), 'require("node:test").test("one", () => {});');
			await writeFile(join(root, ".gitignore"), "data/\nsupervisor.log\nnode_modules\n");
		},
	});
	await raise(scene);
	stateDir = await stateDirOf(scene);
});
afterAll(() => close(scene));

test("a first start keeps only configuration, pointer and workspaces in the repository", async () => {
	expect((await readdir(join(scene.root, ".deadman"))).sort()).toEqual([
		"config.json",
		"config.schema.json",
		"state",
		"workspaces",
	]);
	expect(await realpath(join(stateDir, "current"))).not.toContain(`${scene.root}/`);
	expect(await readdir(stateDir)).toEqual(expect.arrayContaining(["identity.json", "live.json", "state.db"]));
	const pointer = JSON.parse(await readFile(join(scene.root, ".deadman", "state"), "utf8"));
	const identity = JSON.parse(await readFile(join(stateDir, "identity.json"), "utf8"));
	expect(pointer).toEqual({ schemaVersion: 1, id: identity.id, path: stateDir });
	expect(identity.repository.root).toBe(scene.root);
});

test("whoever asks finds the same state, also from inside of a release", async () => {
	const strange = { HOME: "/nowhere", XDG_STATE_HOME: "/nowhere/else", DEADMAN_STATE_HOME: "/nowhere/at/all" };
	for (const cwd of [scene.root, await realpath(join(stateDir, "current"))]) {
		const { stdout } = await execFileAsync(process.execPath, [deadmanBin, "status", "--json"], {
			cwd,
			env: { PATH: process.env.PATH, ...strange },
		});
		expect(JSON.parse(stdout).supervisor.pid).toBe(scene.supervisor?.pid);
	}
});

test("a package that only the operator's folder has is not found by a release", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	const walk = (source: string) => `console.log(require("greet"));\n${version(2)(source)}`;
	const swap = await attempt(scene, "walks-up", walk, "rolled_back", "awaiting_confirmation");
	expect(swap.status).toBe("rolled_back");
	expect(JSON.stringify(swap.cause)).toContain("Cannot find module 'greet'");
	expect(await state(scene)).toEqual(before);
});

test("dependencies without a lock file are told, and nothing above hides that they are missing", async () => {
	await writeFile(join(scene.root, "package.json"), JSON.stringify({ dependencies: { greet: "1.0.0" } }));
	const { findings } = await deadman(scene, "doctor");
	const named = (name: string) => findings.filter((one: Json) => one.name === name);
	expect(named("dependencies")).toMatchObject([{ level: "warn", sentence: expect.stringContaining("greet") }]);
	expect(named("packages")).toEqual([]);
	expect(named("state")).toMatchObject([{ level: "ok", sentence: expect.stringContaining(stateDir) }]);
});

test("no tool of the operator's folder finds a release", async () => {
	const all = await readdir(scene.root, { recursive: true });
	expect(all.filter((path) => path.endsWith("one.test.js") && !path.startsWith(".deadman/workspaces/"))).toEqual([
		"test/one.test.js",
	]);
});

test("a proposal cannot bring what `.deadman` holds", { timeout: 60_000 }, async () => {
	const { workspace } = await deadman(scene, "workspace", "create", "plants");
	await mkdir(join(workspace.path, ".deadman"));
	await writeFile(
		join(workspace.path, ".deadman", "state"),
		'{ "schemaVersion": 1, "id": "planted-1", "path": "/tmp" }',
	);
	const identity = ["-c", "user.name=B", "-c", "user.email=b@localhost"];
	await execFileAsync("git", ["add", "-f", "."], { cwd: workspace.path });
	await execFileAsync("git", [...identity, "commit", "-qm", "planted"], { cwd: workspace.path });
	const { error } = await deadman(scene, "submit", "plants", "--summary", "A pointer of its own");
	expect(error).toMatchObject({ code: "path_refused", message: expect.stringContaining(".deadman/state") });
});

test("a confirmed change and `deadman state` know where it lies", { timeout: 60_000 }, async () => {
	const swap = await attempt(scene, "good", version(3), "awaiting_confirmation");
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	const told = await deadman(scene, "state");
	expect(told.state).toMatchObject({ path: stateDir, by: "pointer", together: true });
	expect(told.state.bytes).toBeGreaterThan(100_000);
});
