// One story, several times: a program with six worker threads that are always in the middle of a write, and that does not heed TERM. Killed, its
// process is not gone before its threads are: every swap of it goes its way. DEADMAN_ROUNDS says how many.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	finish,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	state,
	version,
	writeNotes,
} from "../scene.js";

const rounds = Number(process.env.DEADMAN_ROUNDS ?? 3);

/** Put in front of the demo's program; the threads write and sync without a pause. */
const threads = `const { Worker, isMainThread, threadId } = require("node:worker_threads");
if (!isMainThread) {
	const fs = require("node:fs");
	const bytes = Buffer.alloc(8_000_000, 1);
	setInterval(() => {
		fs.writeFileSync("data/thread-" + threadId, bytes);
		const file = fs.openSync("data/thread-" + threadId, "r");
		fs.fsyncSync(file);
		fs.closeSync(file);
	}, 20);
	return;
}
for (let thread = 0; thread < 6; thread += 1) new Worker(__filename);
`;
const heedless = (source: string) =>
	`${threads}${source.replace('process.on("SIGTERM", () => {', 'process.on("SIGTERM", () => {\n\treturn;')}`;

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.program.stopGrace = "500ms";
			config.program.readiness.timeout = "30s";
		},
	});
	await raise(scene);
	const first = await attempt(scene, "threads", (source) => heedless(version(2)(source)), "awaiting_confirmation");
	expect((await finish(scene, first.id, "confirm")).status).toBe("finalized");
	await writeNotes(scene, 4);
}, 120_000);
afterAll(() => close(scene));

test(`forth and back, ${rounds} times in a row`, { timeout: 60_000 * rounds }, async () => {
	const before = await state(scene);
	for (let round = 1; round <= rounds; round += 1) {
		const edit = version(`3.${round}`, "CREATE TABLE tags (tag TEXT)");
		const swap = await attempt(scene, `round-${round}`, edit, "awaiting_confirmation", "rolled_back", "drafting");
		expect({ round, status: swap.status, cause: swap.cause }).toEqual({
			round,
			status: "awaiting_confirmation",
			cause: null,
		});
		expect((await deadman(scene, "rollback", swap.id)).code).toBe(0);
		const end = await reach(scene, swap.id, "rolled_back", "stranded");
		expect({ round, status: end.status, notes: end.notes }).toMatchObject({ round, status: "rolled_back" });
		expect(await serving(scene, (now) => now.version === "2")).toEqual({ version: "2", schema: 1, notes: 4 });
		expect(await state(scene)).toEqual(before);
		expect(new Set((await living(scene)).map(({ release }) => release)).size).toBe(1);
	}
});
