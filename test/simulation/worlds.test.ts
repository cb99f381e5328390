// Seeded worlds: candidates with bad habits, clicks, kills, reboots, clock jumps and a dead chat, all at random moments. Whatever
// happens, the end is one verdict, one program, and the version that the verdict says. A failure names the seed that replays it.
import { expect, test } from "vitest";
import { isEnded } from "../../src/core/machine/phases.js";
import type { Site } from "../../src/core/machine/sites.js";
import { createRandom, habits, type Random } from "./random.js";
import { createWorld, type World } from "./world.js";

const seeds = 400;

test.each([
	"rollBack.flip",
	"rollBack.restore",
	"rollBack.stop",
	"cutOver.stop",
	"promote.branch",
	"promote.unpin",
] as const)("a planted bug at %s is found", async (skips) => {
	let found = 0;
	for (let seed = 1; seed <= 60 && found === 0; seed += 1) await oneWorld(seed, skips).catch(() => (found = seed));
	expect(found).toBeGreaterThan(0);
});

test(`${seeds} seeded worlds end in one verdict with the version it says`, { timeout: 300_000 }, async () => {
	const ends: Record<string, number> = {};
	for (let seed = 1; seed <= seeds; seed += 1) {
		const end = await oneWorld(seed).catch((error) => {
			throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
		});
		ends[end] = (ends[end] ?? 0) + 1;
	}
	console.log(`${seeds} worlds: ${JSON.stringify(ends)}`);
	expect(Object.keys(ends).sort()).toEqual(["finalized", "rolled_back"]);
});

async function oneWorld(seed: number, skips?: Site): Promise<string> {
	const random = createRandom(seed);
	let failing = random(4) === 0 ? 1 : 0;
	const reaches = random(5) > 0;
	const world: World = createWorld({
		...(skips === undefined ? {} : { skips }),
		delivers: () => reaches,
		at: (site: Site, moment) => {
			if (failing === 0 || site.startsWith("baseline") || site.startsWith("fact.drafted") || random(40) > 0) return;
			failing -= 1;
			throw new Error(`planted ${moment} ${site}`);
		},
	});
	await world.begin();
	const proposed = await world.propose(`candidate ${seed}`).catch(() => null);
	if (proposed === null) return "finalized";
	const { id } = proposed;
	world.programs.script(`${id}-1`, habits[random(habits.length)] ?? {});
	for (let move = 0; move < 12; move += 1) await oneMove(world, random, id);
	return settle(world, id);
}

async function oneMove(world: World, random: Random, id: string): Promise<void> {
	switch (random(8)) {
		case 0:
			await killAndBegin(world);
			break;
		case 1:
			world.kill();
			world.clock.reboot({ downMs: random(300_000) });
			await world.begin();
			break;
		case 2:
			world.clock.setWall(world.clock.now().wallMs + (random(2) === 0 ? 3_600_000 : -3_600_000));
			break;
		case 3:
			void world.confirm(id);
			break;
		case 4:
			if (random(3) === 0) void world.rollback(id);
			break;
		default:
			await world.clock.advance(random(60_000));
	}
	expect(await world.served()).not.toBe("two");
}

async function killAndBegin(world: World): Promise<void> {
	world.kill();
	await world.clock.settle();
	await world.begin();
}

/** However it stood: after the cap and the tries, it has ended. */
async function settle(world: World, id: string): Promise<string> {
	for (let minute = 0; minute < 20; minute += 1) await world.clock.advance(60_000);
	expect(world.doubles, "two copies at once").toEqual([]);
	const end = await world.swap(id);
	if (end.status === "drafting") return keptOld(world, "rolled_back");
	expect(isEnded(end.status), `it stands at ${end.status}: ${JSON.stringify(end.cause)} ${end.notes}`).toBe(true);
	const expected = end.status === "finalized" ? end.candidateRelease : end.proposal?.previousRelease;
	expect(await world.releases.current()).toBe(expected);
	expect((await world.releases.readLive())?.release.id).toBe(expected);
	const branch = world.git.branches.get("main");
	expect(branch).toBe(end.status === "finalized" ? end.proposal?.commit : end.proposal?.base);
	if (end.status === "rolled_back" && end.boots > 0) expect(world.data.restored).toEqual([id]);
	const facts = (world.disk.facts.get(id) ?? []).map((text) => JSON.parse(text).type);
	expect(facts.filter((type) => type === "promoted" || type === "restored")).toHaveLength(1);
	return end.status;
}

async function keptOld(world: World, as: string): Promise<string> {
	expect(await world.releases.current()).toContain("base-");
	expect(world.data.restored).toEqual([]);
	return as;
}
