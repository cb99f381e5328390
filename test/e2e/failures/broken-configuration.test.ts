// One story, three times: the configuration is broken, gone or another one when the supervisor comes back in the window. The trial that runs
// keeps the configuration that it began with: the deadman fires, and the old version serves as it did.
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	attempt,
	close,
	killSupervisor,
	launch,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	state,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.deadman = { initial: "6s", afterDelivery: "6s", cap: "20s" };
		},
	});
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(() => close(scene));

const path = () => join(scene.root, ".deadman", "config.json");

const breaks: Readonly<Record<string, (sound: string) => Promise<void>>> = {
	"is no JSON": (sound) => writeFile(path(), sound.slice(0, -20)),
	"is gone": () => rm(path()),
	"names another program": (sound) => {
		const config = JSON.parse(sound);
		config.program.command = "node nowhere.cjs";
		return writeFile(path(), JSON.stringify(config));
	},
	"has a key that nobody knows": (sound) => writeFile(path(), sound.replace("{", '{ "nobody": "knows", ')),
};

describe.each(Object.keys(breaks))("a configuration that %s", (how) => {
	test("the deadman fires, with the configuration that the swap began with", { timeout: 90_000 }, async () => {
		const sound = await readFile(path(), "utf8");
		const before = await state(scene);
		const name = how.replace(/\W+/g, "-");
		const edit = (source: string) => `${version(2, "CREATE TABLE tags (tag TEXT)")(source)}// ${name}\n`;
		const swap = await attempt(scene, name, edit, "awaiting_confirmation");
		await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
		await writeNotes(scene, 2);
		await killSupervisor(scene);
		await breaks[how]?.(sound);
		const child = launch(scene);
		try {
			expect(await serving(scene, (now) => now?.version === "1", 40_000)).toEqual({
				version: "1",
				schema: 1,
				notes: 3,
			});
		} finally {
			await writeFile(path(), sound);
			const gone = child.exitCode !== null || child.signalCode !== null || once(child, "exit");
			child.kill("SIGKILL");
			await gone;
		}
		await raise(scene);
		expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
		expect(await state(scene)).toEqual(before);
		expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
	});
});
