// One story, three times: the supervisor comes back to a trial past its window, and one of its doors cannot be opened. It goes back all the
// same: nobody needs a door for that.
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	attempt,
	close,
	configure,
	deadman,
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
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
let squatter: Server;
let port: number;
beforeAll(async () => {
	squatter = createServer().listen(0, "127.0.0.1");
	await once(squatter, "listening");
	port = (squatter.address() as { port: number }).port;
	scene = await openScene({
		configure(config) {
			config.deadman = { initial: "5s", afterDelivery: "5s", cap: "20s" };
		},
	});
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(async () => {
	await close(scene);
	squatter.close();
});

/** A folder with something in it: nothing may take it away to make room for a socket. */
async function obstruct(name: string): Promise<() => Promise<void>> {
	const path = join(scene.root, ".deadman", name);
	await rm(path, { force: true });
	await mkdir(path);
	await writeFile(join(path, "something"), "");
	return () => rm(path, { recursive: true });
}

const obstacles: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
	"an address that is taken": async () => {
		await configure(scene, (config) => {
			config.http = { port };
		});
		return () => configure(scene, (config) => delete config.http);
	},
	"the operators' socket that is a folder": () => obstruct("deadman.sock"),
	"the program's socket that is a folder": () => obstruct("program.sock"),
};

describe.each(Object.keys(obstacles))("%s", (what) => {
	test("the rollback happens all the same", { timeout: 90_000 }, async () => {
		const before = await state(scene);
		const name = what.replace(/\W+/g, "-");
		const edit = (source: string) => `${version(2, "CREATE TABLE tags (tag TEXT)")(source)}// ${name}\n`;
		const swap = await attempt(scene, name, edit, "awaiting_confirmation");
		await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
		await killSupervisor(scene);
		await until("the window is over", async () => {
			return (await deadman(scene, "status", swap.id)).swap.deadman.remainingMs === 0;
		});
		const clear = await obstacles[what]?.();
		const child = launch(scene);
		try {
			expect(await serving(scene, (now) => now?.version === "1", 40_000)).toEqual({
				version: "1",
				schema: 1,
				notes: 3,
			});
		} finally {
			const gone = child.exitCode !== null || child.signalCode !== null || once(child, "exit");
			child.kill("SIGKILL");
			await gone;
			await clear?.();
		}
		await raise(scene);
		expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
		expect(await state(scene)).toEqual(before);
		expect(await living(scene)).toHaveLength(1);
	});
});
