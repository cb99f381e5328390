// Seeded worlds with agents: swaps of one agent, of two at a time, of the host and of both, under kills, reboots, clock jumps, faults and bad
// candidates. Each swap ends in one verdict, every target of it with the version that the verdict says, and never a mix.
import { expect, test } from "vitest";
import { isEnded } from "../../src/core/machine/phases.js";
import type { Site } from "../../src/core/machine/sites.js";
import type { Swap } from "../../src/core/swap.js";
import { createRandom, habits, type Random } from "./random.js";
import { createWorld, type World } from "./world.js";

const seeds = 300;
const agents = ["alice", "bob"];

test(`${seeds} seeded worlds with agents end in one verdict for each swap, and never a mix`, {
	timeout: 120_000,
}, async () => {
	const ends: Record<string, number> = {};
	for (let seed = 1; seed <= seeds; seed += 1) {
		const seen = await oneWorld(seed).catch((error) => {
			throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
		});
		for (const end of seen) ends[end] = (ends[end] ?? 0) + 1;
	}
	console.log(`${seeds} worlds with agents: ${JSON.stringify(ends)}`);
	for (const kind of ["group", "host", "combined"]) {
		for (const end of ["finalized", "rolled_back"]) expect(ends[`${kind} ${end}`], `${kind} ${end}`).toBeGreaterThan(3);
	}
});

test.each([
	"rollBack.flip",
	"rollBack.restore",
	"rollBack.stop",
	"cutOver.stop",
	"cutOver.stop",
	"promote.branch",
] as const)("a planted bug at %s is found", async (skips) => {
	let found = 0;
	for (let seed = 1; seed <= 60 && found === 0; seed += 1) await oneWorld(seed, skips).catch(() => (found = seed));
	expect(found).toBeGreaterThan(0);
});

async function oneWorld(seed: number, skips?: Site): Promise<readonly string[]> {
	const random = createRandom(seed);
	let failing = random(4) === 0 ? 1 : 0;
	const world = createWorld({
		agents,
		...(skips === undefined ? {} : { skips }),
		at: (site, moment) => {
			if (failing === 0 || site.startsWith("baseline") || site.startsWith("fact.drafted") || random(60) > 0) return;
			failing -= 1;
			throw new Error(`planted ${moment} ${site}`);
		},
	});
	await world.begin();
	for (let move = 0; move < 16; move += 1) await oneMove(world, random);
	return settle(world);
}

async function oneMove(world: World, random: Random): Promise<void> {
	const ids = [...world.disk.swaps.keys()];
	const id = ids[random(Math.max(ids.length, 1))] ?? "";
	switch (random(9)) {
		case 0:
			world.kill();
			await world.clock.settle();
			await world.begin();
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
		case 4:
			void world.confirm(id).catch(() => null);
			break;
		case 5:
			if (random(2) === 0) void world.rollback(id).catch(() => null);
			break;
		case 6:
		case 7:
			ask(world, random);
			break;
		default:
			await world.clock.advance(random(60_000));
	}
	await world.clock.advance(random(8_000));
	for (const target of ["host", ...agents]) expect(await world.served(target), `${target} serves two`).not.toBe("two");
}

/** Not awaited: an answer may wait for a program to become ready. That it is refused beside another swap is part of the game. */
function ask(world: World, random: Random): void {
	const agent = agents[random(agents.length)] ?? "alice";
	const next = `sw_${String(world.disk.swaps.size + 1).padStart(6, "0")}-1`;
	for (const target of ["host", agent]) {
		if (random(3) > 0) world.of(target).programs.script(next, habits[random(habits.length)] ?? {});
	}
	const text = `change ${random(1_000_000)}`;
	const kinds: readonly Readonly<Record<string, string>>[] = [
		{ "skills/hello.md": text },
		{ "server.js": text, "skills/hello.md": text },
		{ "server.js": text },
	];
	void world.submit(agent, kinds[random(3)] ?? {}).catch(() => null);
}

/** However they stood: after the cap and the tries, they have ended. */
async function settle(world: World): Promise<readonly string[]> {
	for (let minute = 0; minute < 20; minute += 1) await world.clock.advance(60_000);
	expect(world.doubles, "two copies at once").toEqual([]);
	const swaps: Swap[] = [];
	for (const id of world.disk.swaps.keys()) swaps.push(await world.swap(id));
	const open = swaps.filter(({ status }) => status !== "drafting" && !isEnded(status));
	expect(open.map(({ id, status, notes }) => `${id} is ${status}: ${notes}`)).toEqual([]);
	for (const target of ["host", ...agents]) await expectVersion(world, target, swaps);
	for (const swap of swaps) await expectOneVerdict(world, swap);
	const head = swaps.filter((swap) => swap.status === "finalized" && touches(swap, "host")).at(-1);
	const commit = head?.proposal?.targets?.find(({ target }) => target === "host")?.commit;
	expect(world.git.branches.get("main")).toBe(commit ?? world.base);
	return swaps.map(({ status, proposal }) => `${proposal?.classification} ${status}`);
}

function touches({ proposal }: Swap, target: string): boolean {
	return proposal?.targets.some((change) => change.target === target) === true;
}

/** A target has what the last swap that was kept gave it, in one piece. */
async function expectVersion(world: World, target: string, swaps: readonly Swap[]): Promise<void> {
	const kept = swaps.filter((swap) => swap.status === "finalized" && touches(swap, target)).at(-1);
	const base = target === "host" ? `base-${world.base.slice(0, 12)}` : `base-${target}`;
	const { releases } = world.of(target);
	const expected = kept?.candidateRelease ?? base;
	expect(await releases.current(), `${target} points to it`).toBe(expected);
	expect(await releases.readLive(), `live.json of ${target}`).toMatchObject({ release: { id: expected }, trial: null });
	expect([expected, "none"], `${target} serves it`).toContain(await world.served(target));
}

async function expectOneVerdict(world: World, swap: Swap): Promise<void> {
	const types = (world.disk.facts.get(swap.id) ?? []).map((text) => JSON.parse(text).type);
	const verdicts = types.filter((type) => type === "promoted" || type === "restored");
	expect(verdicts, swap.id).toHaveLength(swap.status === "drafting" ? 0 : 1);
	for (const { target } of swap.proposal === null ? [] : swap.proposal.targets) {
		const restored = world.of(target).data.restored.includes(swap.id);
		expect(restored, `${swap.id}: data of ${target}`).toBe(swap.status === "rolled_back" && swap.boots > 0);
	}
}
