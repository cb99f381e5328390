// One story, from releases and in the operator's checkout: a change is rolled back, its builder mends it in the same workspace and submits again.
// What is tried, shown and kept is the change with the fix.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
	attempt,
	close,
	contents,
	deadman,
	finish,
	git,
	look,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	version,
} from "../scene.js";

let scene: Scene | null = null;
afterEach(async () => {
	if (scene !== null) await close(scene);
	scene = null;
});

test.each(["release", "in_place"])("activation %s", { timeout: 120_000 }, async (activation) => {
	scene = await openScene({
		configure: (config) => {
			config.activation = activation;
		},
	});
	await raise(scene);
	const before = contents(scene);
	const first = await attempt(scene, "mended", version(2), "awaiting_confirmation");
	expect(await look(scene)).toMatchObject({ version: "2" });
	expect((await finish(scene, first.id, "rollback")).status).toBe("rolled_back");
	expect([contents(scene), await look(scene)]).toMatchObject([before, { version: "1" }]);

	const { workspaces } = await deadman(scene, "workspace", "list");
	const { path } = workspaces.find(({ name }: { name: string }) => name === "mended");
	const source = join(path, "server.cjs");
	await writeFile(source, version("2, mended")(await readFile(source, "utf8")));
	await writeFile(join(path, "mended.txt"), "the fix\n");
	await git({ root: path }, "add", "--all");
	await git({ root: path }, "commit", "--quiet", "-m", "The fix");
	const submitted = await deadman(scene, "submit", "mended", "--summary", "The change, mended");
	expect(submitted.error).toBeUndefined();
	expect(submitted.swap.files.map((file: { path: string }) => file.path).sort()).toEqual(["mended.txt", "server.cjs"]);
	const again = await reach(scene, submitted.swap.id, "awaiting_confirmation");
	expect(again.status).toBe("awaiting_confirmation");
	expect(await look(scene)).toMatchObject({ version: "2, mended" });
	expect((await finish(scene, again.id, "confirm")).status).toBe("finalized");
	expect(await serving(scene, () => true)).toMatchObject({ version: "2, mended" });
	expect(await git(scene, "show", "main:server.cjs")).toContain('VERSION = "2, mended"');
	expect(await readFile(join(scene.root, "mended.txt"), "utf8")).toBe("the fix\n");
	expect(await git(scene, "status", "--porcelain")).toBe("");
});
