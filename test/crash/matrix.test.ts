// The crash matrix: every site, before and after, killed or failing. Stories are traced once without a fault; every occurrence that the
// trace names is then a row. Real processes, real git, real SQLite: each trial must end all old or all new, and its fault must have fired.
import { expect, test } from "vitest";
import { effectSites } from "../../src/core/machine/sites.js";
import { partOf, shardOf } from "../support/shard.js";
import { openCrew } from "./crew.js";
import { whyNoDisk } from "./ground.js";
import { allStories, isAgain, isWanted, keyOf, momentsOf, parse, withoutJournal } from "./places.js";
import type { Fault, FaultKind, Story, Trial } from "./trial.js";

/** To look into a few of them; coverage is asked only of all. */
const chosen = process.env.DEADMAN_CRASH_STORIES?.split(",") ?? null;
const sitesChosen = new RegExp(process.env.DEADMAN_CRASH_SITES ?? "");
const stories = allStories.filter((story) => chosen === null || chosen.includes(story));

interface Row {
	readonly name: string;
	readonly story: Story;
	readonly fault: Fault;
}

const isShort = process.env.DEADMAN_TEST_SHORT !== undefined;
const noDisk = await whyNoDisk();
if (noDisk !== null) console.log(noDisk);
const counted = new Map<string, number>();
const shard = shardOf();
const crew = await openCrew(`crash matrix, part ${shard.index} of ${shard.of}`, () => {
	const kinds = [...counted].map(([kind, count]) => `${count} ${kind}`).join(", ");
	return `; ${kinds}; ${new Set(all.map(({ fault }) => fault.site)).size} sites, ${all.length} rows in all`;
});
const traces = await Promise.all(stories.map(async (story) => [story, await crew.play({ story })] as const));
const all = rowsOf(traces);

test.each(traces)("without a fault, the story %s ends as it should", (story, { end, why }) => {
	expect(end, why).toBe(/confirm/i.test(story) ? "new" : "old");
});

test.skipIf(chosen !== null || sitesChosen.source !== "(?:)")("every site is reached by a story", () => {
	const reached = new Set(all.map(({ fault }) => fault.site));
	expect(effectSites.filter((site) => !reached.has(site) && !withoutJournal.has(site))).toEqual([]);
});

for (const { name, story, fault } of partOf(isShort ? all.filter(isOfItsOwn) : all)) {
	test.concurrent(name, { timeout: 300_000 }, async () => {
		counted.set(fault.kind, (counted.get(fault.kind) ?? 0) + 1);
		await crew.judge(name, { story, fault });
	});
}

function rowsOf(traced: readonly (readonly [Story, Trial])[]): Row[] {
	const rows: Row[] = [];
	const known = new Set<string>();
	for (const [story, { trace }] of traced) {
		for (const place of trace.filter((one) => isWanted(parse(one), story) && sitesChosen.test(parse(one).site))) {
			const key = keyOf(place, story);
			const again = known.has(key);
			if (again && !isAgain(parse(place), story)) continue;
			known.add(key);
			for (const fault of again ? killsAt(place) : faultsAt(place)) {
				const name = `${story} ${fault.kind} ${fault.moment} ${fault.site}#${fault.occurrence}`;
				rows.push({ name, story, fault });
			}
		}
	}
	return rows;
}

function killsAt(place: string): Fault[] {
	return faultsAt(place).filter(({ kind, moment }) => kind === "kill" && moment === "after");
}

/** Before there is a swap there is no ballast: a full disk there is one failure like any other. */
function faultsAt(place: string): Fault[] {
	const { site, occurrence } = parse(place);
	const kinds: FaultKind[] = /^(baseline|keeper)\./.test(site) ? ["kill", "EIO"] : ["kill", "EIO", "ENOSPC"];
	// What fails has been tried at its first occurrence; dying there is another matter in each direction.
	if (occurrence > 1) kinds.splice(1);
	if (noDisk === null) kinds.push("power");
	const possible = momentsOf({ site, occurrence });
	return kinds.flatMap((kind) => possible.map((moment) => ({ site, occurrence, moment, kind })));
}

/** Who dies before an effect leaves the same disk as who died after the one before it: the short run dies only after. */
function isOfItsOwn({ fault: { site, kind, moment, occurrence } }: Row): boolean {
	if (moment === "after" || (kind !== "kill" && kind !== "power")) return true;
	return momentsOf({ site, occurrence }).length === 1;
}
