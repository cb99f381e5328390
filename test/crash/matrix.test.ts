// The crash matrix: every site, before and after, killed or failing. Stories are traced once without a fault; every occurrence that the
// trace names is then a row. Real processes, real git, real SQLite: each trial must end all old or all new, and its fault must have fired.
import { afterAll, expect, test } from "vitest";
import { effectSites } from "../../src/core/sites.js";
import { type Ground, openDisk, openFolder, whyNoDisk } from "./ground.js";
import { allStories, isAgain, isWanted, keyOf, moments, momentsOf, parse, withoutJournal } from "./places.js";
import { type Fault, type FaultKind, runTrial, type Story, type Trial } from "./trial.js";

/** To look into a few of them; coverage is asked only of all. */
const chosen = process.env.DEADMAN_CRASH_STORIES?.split(",") ?? null;
const sitesChosen = new RegExp(process.env.DEADMAN_CRASH_SITES ?? "");
const stories = allStories.filter((story) => chosen === null || chosen.includes(story));
const workers = Number(process.env.DEADMAN_CRASH_WORKERS ?? 2);
const firstPort = 21_000 + (process.pid % 1_000) * 10;
interface Row {
	readonly story: Story;
	readonly fault: Fault;
}

const tally = { rows: new Map<string, number>(), sites: new Set<string>(), old: 0, new: 0, lives: 0 };

interface Worker {
	readonly port: number;
	readonly folder: Ground;
	readonly disk: Ground | null;
}

const noDisk = await whyNoDisk();
const crew: Worker[] = [];
for (let index = 0; index < workers; index += 1) {
	crew.push({ port: firstPort + index, folder: await openFolder(), disk: noDisk === null ? await openDisk() : null });
}
if (noDisk !== null) console.log(noDisk);

test("every site, before and after, killed or failing, ends all old or all new", { timeout: 3_600_000 }, async () => {
	const rows = await rowsOfStories();
	const failures: string[] = [];
	const next = rows[Symbol.iterator]();
	await Promise.all(
		crew.map(async (worker) => {
			for (const row of next) await oneRow(row, worker, failures);
		}),
	);
	expect(failures).toEqual([]);
	if (chosen === null && sitesChosen.source === "(?:)")
		expect(effectSites.filter((site) => !tally.sites.has(site) && !withoutJournal.has(site))).toEqual([]);
	expect(tally.old + tally.new).toBe(rows.length);
});

afterAll(async () => {
	for (const { folder, disk } of crew) await Promise.all([folder.close(), disk?.close()]);
	const kinds = [...tally.rows].map(([kind, count]) => `${count} ${kind}`).join(", ");
	const trials = tally.old + tally.new;
	console.log(
		`crash matrix: ${tally.sites.size} sites x ${moments.length} moments x ${tally.rows.size} faults: ${trials} trials (${kinds}), ` +
			`${tally.old} old, ${tally.new} new, 0 mixed, 0 skipped; ${tally.lives} supervisor lives`,
	);
});

async function rowsOfStories(): Promise<Row[]> {
	const rows: Row[] = [];
	const known = new Set<string>();
	for (const story of stories) {
		const { trace, end, why } = await traced(story);
		expect(end, `${story} without a fault: ${why}`).toBe(/confirm/i.test(story) ? "new" : "old");
		for (const place of wanted(trace, story)) {
			const key = keyOf(place, story);
			const again = known.has(key);
			if (again && !isAgain(parse(place), story)) continue;
			known.add(key);
			rows.push(...(again ? killsAt(place) : faultsAt(place)).map((fault) => ({ story, fault })));
		}
	}
	return rows;
}

async function traced(story: Story): Promise<Trial> {
	const [worker] = crew;
	if (worker === undefined) throw new Error("There is no worker.");
	return runTrial(worker.folder, { story, port: worker.port });
}

function wanted(trace: readonly string[], story: Story): string[] {
	return trace.filter((place) => sitesChosen.test(parse(place).site) && isWanted(parse(place), story));
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

function groundFor(fault: Fault, { folder, disk }: Worker): Ground {
	if (fault.kind !== "power") return folder;
	if (disk === null) throw new Error("There is no disk whose power could be cut.");
	return disk;
}

async function oneRow({ story, fault }: Row, worker: Worker, failures: string[]): Promise<void> {
	const name = `${story} ${fault.kind} ${fault.moment} ${fault.site}#${fault.occurrence}`;
	const startedAt = performance.now();
	const trial = await runTrial(groundFor(fault, worker), { story, port: worker.port, fault }).catch((error): Trial => {
		return { end: "mixed", why: String(error), fired: true, lives: 0, fell: 0, trace: [], acks: [], calls: 0 };
	});
	if (!trial.fired) failures.push(`${name}: the fault did not fire`);
	if (trial.end === "old" || trial.end === "new") tally[trial.end] += 1;
	else failures.push(`${name}: ${trial.why}`);
	if (process.env.DEADMAN_CRASH_TIMES !== undefined) console.log(name, Math.round(performance.now() - startedAt), "ms");
	tally.sites.add(fault.site);
	tally.lives += trial.lives;
	tally.rows.set(fault.kind, (tally.rows.get(fault.kind) ?? 0) + 1);
}
