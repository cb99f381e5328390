// The errors run, first part: an error at a site, then a kill, then a sound restart; for every site and each errno, once and from there
// on until the kill. It must end all old or all new, in time, and what was acknowledged before the kill must be true.
import { expect, test } from "vitest";
import { effectSites } from "../../src/core/machine/sites.js";
import { partOf } from "../support/shard.js";
import { openCrew, type Play } from "./crew.js";
import { allStories, isAgain, isWanted, keyOf, momentsOf, type Place, parse, withoutJournal } from "./places.js";
import { errnos, type Fault, type Kill, type Story, type Trial } from "./trial.js";

const chosen = process.env.DEADMAN_CRASH_STORIES?.split(",") ?? null;
const sitesChosen = new RegExp(process.env.DEADMAN_CRASH_SITES ?? "");
/** Every combination, also where two of them hardly differ: twice as many trials. */
const whole = process.env.DEADMAN_ERROR_WHOLE !== undefined;
const kills: readonly Kill[] = ["fact", "verdict", "time", "facts", "afterVerdict"];

interface Row {
	readonly name: string;
	readonly plan: Play;
}

const crew = await openCrew("errors at sites");
const stories = allStories.filter((story) => chosen === null || chosen.includes(story));
const traces = await Promise.all(stories.map(async (story) => [story, await crew.play({ story, hurts: [] })] as const));
const all = rowsOf(traces);

test.each(traces)("without a fault, the story %s ends as it should", (story, { end, acks, why }) => {
	const confirms = /confirm/i.test(story);
	expect({ end, why }).toEqual({ end: confirms ? "new" : "old", why: expect.any(String) });
	if (!/baseline/i.test(story)) expect(acks).toEqual(["approve", confirms ? "confirm" : "rollback"]);
});

test.skipIf(chosen !== null || sitesChosen.source !== "(?:)")("every site is reached by a story", () => {
	const reached = new Set(all.flatMap(({ plan }) => plan.hurts?.[0]?.fault?.site ?? []));
	expect(effectSites.filter((site) => !reached.has(site) && !withoutJournal.has(site))).toEqual([]);
});

for (const { name, plan } of partOf(all)) {
	test.concurrent(name, async () => {
		await crew.judge(name, plan);
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
			for (const fault of faultsAt(parse(place), again)) rows.push(rowOf(story, fault, rows.length));
		}
	}
	return rows;
}

/** It fails once, and from there on, with every errno; before and after take turns, unless all of it is asked for. */
function faultsAt(place: Place, again: boolean): Fault[] {
	const lasting = { ...place, lasting: "site" } as const;
	if (again || place.occurrence > 1) return [{ ...lasting, moment: "before", kind: "EIO" }];
	const possible = momentsOf(place);
	const turn = (at: number) => possible.filter((_, which) => whole || which === at % possible.length);
	const faults = errnos.flatMap((kind, at): Fault[] => [
		...turn(at).map((moment) => ({ ...place, moment, kind })),
		...turn(at + 1).map((moment) => ({ ...lasting, moment, kind })),
	]);
	if (!place.site.startsWith("fact.")) return faults;
	return [...faults, { ...place, moment: "before", kind: "EIO", lasting: "journal" }];
}

/** How the life is killed and how the verdict was asked for go around, so that each site meets each of them. */
function rowOf(story: Story, fault: Fault, index: number): Row {
	const kill = kills[(index + Math.floor(index / kills.length)) % kills.length] ?? "time";
	const asking = fault.site === "mail.click" || index % 3 === 0 ? "card" : "verb";
	const { kind, lasting, moment, site, occurrence } = fault;
	const how = lasting === undefined ? "once" : lasting === "journal" ? "in the journal from" : "from";
	const name = `${story} ${kind} ${how} ${moment} ${site}#${occurrence}, killed at ${kill}, asked by ${asking}`;
	return { name, plan: { story, asking, hurts: [{ fault, kill }] } };
}
