// The errors run proves nothing unless it can fail: each bug of its kind is planted into a copy of the build, and the row that is there
// for it has to end badly; without the bug the same row ends well.
import { afterAll, expect, test } from "vitest";
import { partOf } from "../support/shard.js";
import { openCrew, type Play } from "./crew.js";
import type { Below } from "./life.js";
import { type Bug, plant, timesFound } from "./plant.js";
import { buildSysfault } from "./sysfault.js";
import type { Fault, Hurt, Plan, Trial } from "./trial.js";

interface PlantedRow extends Bug {
	readonly what: string;
	readonly plan: Play;
	readonly ends: readonly Trial["end"][];
}

const at = (site: string, more: Partial<Fault> = {}): Fault => ({
	...{ site, occurrence: 1, moment: "before", kind: "EIO" },
	...more,
});
const planOf = (story: Plan["story"], ...hurts: Hurt[]): Play => ({ story, asking: "verb", hurts });

const injector = await buildSysfault();
afterAll(() => injector.close());
const unopenable: Below = {
	...{ injector: injector.path, path: ".deadman/state.db", errno: "EIO" },
	...({ calls: "writes", lasting: true, at: 1, from: "start" } as const),
};

const bugs: readonly PlantedRow[] = [
	{
		what: "an error of the restore is swallowed",
		file: "engine/steps/roll-back.js",
		from: "await restorePart(part, snapshotsOf(swap.snapshots, part.change.target));",
		to: "await restorePart(part, snapshotsOf(swap.snapshots, part.change.target)).catch(() => {});",
		plan: planOf("rollback", { fault: at("rollBack.restore"), kill: "time" }),
		ends: ["mixed"],
	},
	{
		what: "what was done without the journal is not taken in",
		file: "engine/taking-in.js",
		from: "const entries = await emergency.pending();",
		to: "const entries = [];",
		plan: planOf("rollback", { fault: at("fact.rollbackRequested", { lasting: "journal" }), kill: "verdict" }),
		ends: ["lost"],
	},
	{
		what: "a confirm is acknowledged before live.json says it",
		file: "engine/swaps/verdicts.js",
		from: "isRefusal(answer) ? answer : onceKept(engine, answer)",
		to: "answer",
		plan: planOf(
			"confirm",
			{ fault: at("promote.unpin", { lasting: "site" }), kill: "verdict" },
			{ below: unopenable, kill: "time" },
		),
		ends: ["lost", "mixed"],
	},
	{
		what: "a passing cause is final",
		file: "engine/advance.js",
		from: "waits.has(name) && isPassing(cause)",
		to: "waits.has(name) && false",
		plan: planOf("rollback", { fault: at("rollBack.fence", { lasting: "site" }), kill: "time" }),
		ends: ["stuck"],
	},
];

const crew = await openCrew("planted bugs");

test.each(bugs)("can be planted: $what", async (bug) => {
	expect(await timesFound(bug)).toBe(1);
});

for (const { what, plan, ends, ...bug } of partOf(bugs)) {
	test.concurrent(`caught: ${what}`, async () => {
		const planted = await plant(bug);
		try {
			const trial = await crew.play({ ...plan, product: planted.product });
			expect({ why: trial.why, end: trial.end, fired: trial.fired }).toMatchObject({
				end: expect.stringMatching(new RegExp(ends.join("|"))),
				fired: true,
			});
		} finally {
			await planted.close();
		}
	});

	test.concurrent(`without it, the same row ends well: ${what}`, async () => {
		await crew.judge(what, plan);
	});
}
