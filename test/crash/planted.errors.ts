// The errors run proves nothing unless it can fail: each bug of its kind is planted into a copy of the build, and the row that is there
// for it has to end badly; without the bug the same row ends well.
import { expect, test } from "vitest";
import { openCrew } from "./crew.js";
import { type Bug, plant } from "./plant.js";
import { partOf } from "./shard.js";
import type { Fault, Hurt, Plan, Trial } from "./trial.js";

interface PlantedRow extends Bug {
	readonly what: string;
	readonly plan: Omit<Plan, "port">;
	readonly ends: readonly Trial["end"][];
}

const at = (site: string, more: Partial<Fault> = {}): Fault => ({
	...{ site, occurrence: 1, moment: "before", kind: "EIO" },
	...more,
});
const planOf = (story: Plan["story"], ...hurts: Hurt[]): Omit<Plan, "port"> => ({ story, asking: "verb", hurts });

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
		what: "a confirm is acknowledged from memory",
		file: "engine/store.js",
		from: "if (!goingBack.has(change.now.status))",
		to: 'if (!goingBack.has(change.now.status) && change.now.status !== "promoting")',
		plan: planOf("confirm", { fault: at("fact.confirmed", { lasting: "journal" }), kill: "verdict" }),
		ends: ["lost"],
	},
	{
		what: "the marker of a restore is written before its first effect",
		file: "adapters/sqlite/restore.js",
		from: "await makeFolder(folder, parts.stateDir);",
		to: "await makeFolder(folder, parts.stateDir); await writeMarker(parts.files, folder, { schemaVersion: 1, swapId, restoredAtMs: 0, databases: [] });",
		plan: planOf("rollback", { fault: at("snapshots.swapIn"), kill: "time" }),
		ends: ["mixed"],
	},
];

const crew = await openCrew("planted bugs");

for (const { what, plan, ends, ...bug } of partOf(bugs)) {
	test.concurrent(`caught: ${what}`, async () => {
		const planted = await plant(bug);
		try {
			const trial = await crew.play({ ...plan, dist: planted.dist });
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
