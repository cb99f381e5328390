// A start's part in where the state lies: what it makes, in which order, what it refuses without touching anything, and what it looks at again under the lock.
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Place } from "../../src/app/ports.js";
import { readyState, settleState } from "../../src/app/state.js";
import { begin, states } from "../../src/app/state-verbs.js";
import { workspaceFolderOf } from "../../src/app/workspace-folder.js";
import { isRefusal } from "../../src/core/refusals.js";
import { readIdentity } from "../../src/state/identity.js";
import { pointerPath, readPointer } from "../../src/state/pointer.js";
import { readGuarding } from "../../src/surfaces/configuration.js";
import { settingsOf } from "../support/git-releases.js";
import { temporaryFolder } from "../support/temporary.js";

const small = { program: { command: "node server.js" } };

async function first(): Promise<{ place: Place; logged: string[]; settle: () => ReturnType<typeof settleState> }> {
	const top = await temporaryFolder();
	const root = join(top, "app");
	await mkdir(join(root, ".git"), { recursive: true });
	await mkdir(join(root, ".deadman"));
	await writeFile(join(root, ".deadman", "config.json"), JSON.stringify(small));
	const place: Place = { root, stateDir: join(top, "home", "app"), stateBy: "first", settings: settingsOf({}) };
	const logged: string[] = [];
	const log = (event: string) => void logged.push(event);
	return { place, logged, settle: () => settleState(place, { info: log, warn: log, error: log }) };
}

const pointerOf = async ({ root }: Place) => (await readPointer(root)) as { id: string; stateDir: string };

it("makes folder, identity and pointer, for its owner alone; two at once are one", async () => {
	const { place, settle } = await first();
	expect(await Promise.all([readyState(place), readyState(place)])).toEqual([null, null]);
	const identity = await readIdentity(place.stateDir);
	expect(identity).toMatchObject({ repository: { root: place.root }, stateDir: place.stateDir });
	expect(await pointerOf(place)).toEqual({ id: (identity as { id: string }).id, stateDir: place.stateDir });
	expect((await readdir(join(place.root, ".deadman"))).sort()).toEqual(["config.json", "state"]);
	expect(execFileSync("stat", ["-c", "%a", place.stateDir, pointerPath(place.root)], { encoding: "utf8" })).toBe(
		"700\n600\n",
	);
	expect(await settle()).toEqual({ blocked: null });
});

it("is refused where the pointer cannot be put down, and where others could replace the state", async () => {
	const { place } = await first();
	await symlink("/etc/hostname", pointerPath(place.root));
	expect(await readyState(place)).toMatchObject({ code: "state_pointer_unwritable" });

	const open = await first();
	await mkdir(join(open.place.stateDir, ".."));
	execFileSync("chmod", ["777", join(open.place.stateDir, "..")]);
	expect(await readyState(open.place)).toMatchObject({ code: "state_place_unfit" });
	expect(await readPointer(open.place.root)).toBeNull();
});

it("leaves the state of another alone: a copy is refused before anything is written", async () => {
	const { place } = await first();
	await readyState(place);
	const root = `${place.root}-copy`;
	execFileSync("cp", ["-a", place.root, root]);
	const before = await readdir(place.stateDir);
	expect(await readyState({ ...place, root, stateBy: "pointer" })).toMatchObject({ code: "repository_copied" });
	expect(await readdir(place.stateDir)).toEqual(before);
	expect(await readGuarding({ cwd: root, dir: root })).toMatchObject({ code: "repository_copied" });
});

it("blocks what is new where the identities differ, and nothing else", async () => {
	const { place, settle, logged } = await first();
	await readyState(place);
	const text = await readFile(pointerPath(place.root), "utf8");
	await writeFile(pointerPath(place.root), text.replace(/"id":"[^"]*"/, '"id":"another-identity"'));
	const found: Place = { ...place, stateBy: "pointer" };
	expect(await readyState(found)).toBeNull();
	expect(await settle()).toMatchObject({ blocked: { code: "identity_mismatch" } });
	expect(logged).toEqual(["identity.mismatch"]);
	expect((await pointerOf(place)).id).toBe("another-identity");
	expect(await states.adopt({ root: place.root, configured: undefined, stateDir: null })).toBe(place.stateDir);
	expect(await settle()).toEqual({ blocked: null });
});

it("knows a moved repository again, and says so once", async () => {
	const { place, logged } = await first();
	await readyState(place);
	const root = `${place.root}-2`;
	await rename(place.root, root);
	const log = (event: string) => void logged.push(event);
	const moved: Place = { ...place, root, stateBy: "pointer" };
	for (let start = 0; start < 2; start += 1) {
		expect(await readyState(moved)).toBeNull();
		expect(await settleState(moved, { info: log, warn: log, error: log })).toEqual({ blocked: null });
	}
	expect(logged).toEqual(["repository.moved"]);
	expect(await readIdentity(place.stateDir)).toMatchObject({ repository: { root } });
});

it("does not begin anew where the state was moved while it waited", async () => {
	const { place } = await first();
	await readyState(place);
	await rename(place.stateDir, `${place.stateDir}-2`);
	expect(await readyState({ ...place, stateBy: "pointer" })).toMatchObject({ code: "state_moving" });
	expect(isRefusal(await settleState(place, { info() {}, warn() {}, error() {} }))).toBe(true);
});

it("does not leave a state behind that the configuration no longer names", async () => {
	const { place } = await first();
	await readyState(place);
	await writeFile(join(place.stateDir, "live.json"), "{}");
	const elsewhere: Place = { ...place, stateDir: `${place.stateDir}-2`, stateBy: "configuration" };
	expect(await readyState(elsewhere)).toMatchObject({ code: "state_elsewhere" });
	expect((await pointerOf(place)).stateDir).toBe(place.stateDir);
});

it("finds a trial by its place where the pointer is garbage or gone, and begins nothing new", async () => {
	const { place } = await first();
	const { root } = place;
	const stateDir = (await begin({ root })) as string;
	const release = { id: "r", commit: "1".repeat(40), tree: "2".repeat(40) };
	const trial = { swapId: "sw_1", previous: release, candidate: release, configuration: small };
	await writeFile(join(stateDir, "live.json"), JSON.stringify({ schemaVersion: 1, release, proven: true, trial }));
	for (const [text, code] of [
		["{ half", "state_pointer_unreadable"],
		['{ "schemaVersion": 9 }', "state_pointer_newer"],
		['{ "schemaVersion": 1, "id": "12345678", "path": "/nowhere" }', "state_missing"],
	] as const) {
		await writeFile(pointerPath(root), text);
		const guarding = await readGuarding({ cwd: root, dir: null });
		expect(guarding).toMatchObject({ stateDir, suspect: { code } });
		expect(await readyState(guarding as Place)).toBeNull();
		expect(await readFile(pointerPath(root), "utf8")).toBe(text);
	}
});

it("lets `workspaceDir` say where workspaces lie", async () => {
	const { place } = await first();
	expect(await workspaceFolderOf(place)).toBe(join(place.root, ".deadman", "workspaces"));
	const settings = { ...place.settings, workspaceDir: "../work" };
	expect(await workspaceFolderOf({ ...place, settings })).toBe(join(place.root, "..", "work"));
});
