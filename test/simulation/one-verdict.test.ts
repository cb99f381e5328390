// Two confirms and the expiry in the same tick, a thousand times: exactly one verdict, and every answer, card and fact tells that one.
import { expect, test } from "vitest";
import { isRefusal } from "../../src/core/refusals.js";
import { createWorld } from "./world.js";

const rounds = 1_000;

test(`two confirms and an expiry in one tick, ${rounds} times`, { timeout: 120_000 }, async () => {
	const verdicts = { finalized: 0, rolled_back: 0 };
	for (let round = 0; round < rounds; round += 1) verdicts[await oneRound(round)] += 1;
	console.log(`one verdict each of ${rounds}: ${JSON.stringify(verdicts)}`);
	expect(verdicts.finalized).toBeGreaterThan(rounds / 10);
	expect(verdicts.rolled_back).toBeGreaterThan(rounds / 10);
});

async function oneRound(round: number): Promise<"finalized" | "rolled_back"> {
	const world = createWorld();
	await world.begin();
	const { id } = await world.propose(`candidate ${round}`);
	await world.clock.advance(5_000);
	const { deadman, status } = await world.swap(id);
	expect(status).toBe("awaiting_confirmation");
	if (deadman === null) throw new Error("The deadman is not armed.");
	const leftMs = deadman.anchor.bootMs + deadman.lengthMs - world.clock.now().bootMs;
	// The last tick before the expiry, or the tick of the expiry itself; the confirms come before or after the ring.
	const early = round % 3;
	const ring = world.clock.advance(leftMs - early);
	const clicks = round % 2 === 0 ? [world.confirm(id), world.confirm(id)] : [];
	if (round % 2 === 1) {
		await ring;
		clicks.push(world.confirm(id), world.confirm(id));
	}
	await world.clock.advance(early);
	const answers = await Promise.all(clicks);
	await world.clock.advance(30_000);
	return agreed(world, id, answers.filter((answer) => !isRefusal(answer)).length);
}

async function agreed(world: ReturnType<typeof createWorld>, id: string, accepted: number) {
	const end = await world.swap(id);
	if (end.status !== "finalized" && end.status !== "rolled_back") throw new Error(`It ended ${end.status}.`);
	expect(accepted).toBe(end.status === "finalized" ? 1 : 0);
	const facts = (world.disk.facts.get(id) ?? []).map((text) => JSON.parse(text).type);
	expect(facts.filter((type) => type === "confirmed" || type === "deadlinePassed")).toHaveLength(1);
	expect(world.cards.at(-1)?.title).toContain(end.status === "finalized" ? "confirmed" : "was rolled back");
	expect(await world.served()).toBe(end.status === "finalized" ? end.candidateRelease : end.proposal?.previousRelease);
	return end.status;
}
