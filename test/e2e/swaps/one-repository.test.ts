// One story: a second supervisor on the same repository, with a state folder of its own or from a linked worktree, is refused at once and disturbs nothing.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { close, git, type Json, look, openScene, raise, runToItsEnd, type Scene } from "../scene.js";

let scene: Scene;
let place: string;

beforeAll(async () => {
	place = await mkdtemp(join(tmpdir(), "deadman-second-"));
	scene = await openScene();
	await raise(scene);
});

afterAll(async () => {
	await close(scene);
	await rm(place, { recursive: true, force: true });
});

async function refused(root: string): Promise<void> {
	const { code, out } = await runToItsEnd({ ...scene, root });
	expect(code).toBe(5);
	expect((out as Json).error.code).toBe("locked");
	expect(out.error.message).toContain(join(scene.root, ".deadman"));
	expect(out.error.message).toContain(`process ${scene.supervisor?.pid}`);
}

test("a second state folder, in the same checkout and in a linked worktree", { timeout: 60_000 }, async () => {
	const before = await look(scene);
	const path = join(scene.root, ".deadman", "config.json");
	const text = await readFile(path, "utf8");
	await writeFile(path, JSON.stringify({ ...JSON.parse(text), stateDir: join(place, "state") }));
	await refused(scene.root);
	await writeFile(path, text);

	const linked = join(place, "linked");
	await git(scene, "worktree", "add", "--quiet", "--detach", linked);
	await mkdir(join(linked, ".deadman"));
	await cp(path, join(linked, ".deadman", "config.json"));
	await refused(linked);
	expect(await look(scene)).toEqual(before);
	expect(await git(scene, "fsck", "--strict")).toBe("");
});
