// The errors run, third part: system calls of a story's life, counted over all its threads and children, below the repository and the
// state folder in it. A sample of them fails, once or from there on, the life is killed, and the next one is sound.
import { afterAll, expect, test } from "vitest";
import { shardOf } from "../support/shard.js";
import { openCrew } from "./crew.js";
import type { Below } from "./life.js";
import { buildSysfault } from "./sysfault.js";
import { errnos, type Kill, type Story } from "./trial.js";

/** Per story, in one shard. */
const samples = Number(process.env.DEADMAN_ERROR_SAMPLES ?? 4);
const seed = Number(process.env.DEADMAN_ERROR_SEED ?? Math.floor(Math.random() * 2 ** 31));
const stories = process.env.DEADMAN_CRASH_STORIES?.split(",") ?? ["rollback", "confirm", "agent", "inPlace"];
const kills: readonly Kill[] = ["fact", "facts", "verdict", "afterVerdict", "time"];

const injector = await buildSysfault();
afterAll(() => injector.close());
const crew = await openCrew(`errors at system calls, DEADMAN_ERROR_SEED=${seed}`);
const random = randomOf(seed + shardOf().index);

function below(more: Partial<Below>): Below {
	const plan = { path: ".", calls: "all", errno: null, lasting: false, at: 0, from: "start" } as const;
	return { injector: injector.path, ...plan, ...more };
}

for (const story of stories as Story[]) {
	const counting = crew.play({ story, hurts: [{ below: below({}), kill: "time" }] });
	counting.catch(() => {});

	test(`the calls of ${story} are counted`, async () => {
		const { calls, end, why } = await counting;
		expect({ end, why }).toEqual({ end: story.endsWith("onfirm") ? "new" : "old", why: expect.any(String) });
		expect(calls).toBeGreaterThan(200);
	});

	for (let sample = 0; sample < samples; sample += 1) {
		const [share, lasts] = [random(), random() < 0.5];
		const errno = errnos[sample % errnos.length] ?? "EIO";
		const kill = kills[Math.floor(random() * kills.length)] ?? "time";
		const name = `${story}: ${errno} ${lasts ? "from" : "at"} ${(share * 100).toFixed(2)} % of its calls, killed at ${kill}`;
		test.concurrent(name, async () => {
			// Two lives do not make exactly as many calls, so the last ones of all are not asked for.
			const at = 1 + Math.floor(share * 0.95 * (await counting).calls);
			const plan = { errno, lasting: lasts, at };
			await crew.judge(name, { story, asking: "verb", hurts: [{ below: below(plan), kill }] });
		});
	}
}

/** The same numbers for the same seed (mulberry32). */
function randomOf(from: number): () => number {
	let state = from | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
