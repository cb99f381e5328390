// One story: the version on trial kills its guard, again and again, as the same user can. No life of the supervisor lasts long enough to come to a verdict; after
// some of them the next one goes back first, and then says so.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
	attempt,
	close,
	configure,
	factsOf,
	launch,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	state,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

const scene: Scene = await openScene();
afterAll(() => close(scene));

/** Kills every supervisor of this repository as soon as it has counted its start, and the first one at once; from the moment on that a file tells it to. */
const killer = `
const fs = require("node:fs");
const counts = require("node:path").join(process.env.DEADMAN_SOCKET, "..", "boots.json");
let known = "first";
setInterval(() => {
	if (!fs.existsSync("data/kill")) return;
	const count = fs.existsSync(counts) ? fs.readFileSync(counts, "utf8") : "";
	if (count === known) return;
	known = count;
	for (const pid of fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name))) {
		try {
			const command = fs.readFileSync("/proc/" + pid + "/cmdline", "utf8");
			const folder = fs.readlinkSync("/proc/" + pid + "/cwd");
			if (command.endsWith("deadman.js\\0run\\0") && folder === process.env.DEADMAN_ROOT) process.kill(Number(pid), "SIGKILL");
		} catch {}
	}
}, 10);
`;

test("a guard that is killed in a loop goes back first", { timeout: 120_000 }, async () => {
	await configure(scene, (config) => {
		config.deadman = { initial: "120s", afterDelivery: "120s", cap: "120s" };
	});
	await raise(scene);
	await writeNotes(scene, 3);
	const before = await state(scene);
	const edit = (source: string) => version(2)(source) + killer;
	const swap = await attempt(scene, "kills", edit, "awaiting_confirmation");
	await writeNotes(scene, 1);
	await writeFile(join(scene.root, "data", "kill"), "");
	let lives = 0;
	await until(
		"one of its lives ends the trial",
		async () => {
			const { supervisor } = scene;
			if (supervisor?.exitCode === null && supervisor.signalCode === null) {
				return (await swapOf(scene, swap.id))?.status === "rolled_back" ? true : null;
			}
			lives += 1;
			launch(scene);
			return null;
		},
		90_000,
	);
	const end = await reach(scene, swap.id, "rolled_back");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "supervisor_killed" } });
	expect(end.cause.message).toContain("times in a row while it was on trial");
	expect(lives).toBeLessThanOrEqual(7);
	expect((await factsOf(scene, swap.id)).map(({ type }: { type: string }) => type)).toContain("undone");
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 3 });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
});
