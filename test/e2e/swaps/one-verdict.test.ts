// One story, fifty times with real processes: two confirms and the expiry meet in the same instant. Exactly one verdict, and
// everybody is told that one.
import { afterAll, expect, test } from "vitest";
import {
	build,
	closeTheatre,
	deadman,
	git,
	openTheatre,
	serving,
	startSupervisor,
} from "../../../fixtures/demo/theatre.js";
import { confirmAt } from "../../support/confirm-at.js";
import { sampleOf } from "../../support/shard.js";

const rounds = sampleOf(Array.from({ length: 50 }, (_, round) => round)).length;
const theatre = await openTheatre({
	configure: (config: { approval: string; deadman: unknown; program: { readiness: object } }) => {
		config.approval = "auto";
		config.deadman = { initial: "2s", afterDelivery: "1s", cap: "3s" };
		Object.assign(config.program.readiness, { minUptime: "1ms", interval: "100ms" });
	},
});
afterAll(() => closeTheatre(theatre));

test(`two confirms and an expiry in the same instant, ${rounds} times`, { timeout: 600_000 }, async () => {
	await startSupervisor(theatre);
	await serving(theatre, (answer: { version: string }) => answer.version === "1");
	const verdicts = { finalized: 0, rolled_back: 0 };
	for (let round = 0; round < rounds; round += 1) verdicts[await oneRound(round)] += 1;
	console.log(`one verdict each: ${JSON.stringify(verdicts)}`);
	expect(verdicts.finalized + verdicts.rolled_back).toBe(rounds);
	expect(Math.min(verdicts.finalized, verdicts.rolled_back)).toBeGreaterThan(0);
});

async function oneRound(round: number): Promise<"finalized" | "rolled_back"> {
	const name = `round-${round}`;
	await build(theatre, name, (source: string) => `${source}// ${name}\n`);
	const { swap } = await deadman(theatre, "submit", name, "--summary", name);
	const waited = await deadman(theatre, "wait", swap.id, "--until", "awaiting_confirmation", "--timeout", "20s");
	expect(waited.swap.status).toBe("awaiting_confirmation");
	// From well before the expiry to behind it: a confirm first looks at the files that run, so that both sides win sometimes.
	const atMs = Date.parse((await settledExpiry(swap.id)).expiresAt) - 330 + (round % 11) * 35;
	const clicks = await Promise.all([confirmAt(theatre, swap.id, atMs), confirmAt(theatre, swap.id, atMs)]);
	const { swap: end } = await deadman(
		theatre,
		"wait",
		swap.id,
		"--until",
		"finalized",
		"--until",
		"rolled_back",
		"--timeout",
		"20s",
	);
	await agree(clicks, end);
	if (end.status === "rolled_back") await git(theatre, "worktree", "prune");
	return end.status;
}

/** The card's delivery has opened its own window by then. */
async function settledExpiry(id: string): Promise<{ expiresAt: string }> {
	for (;;) {
		const { swap } = await deadman(theatre, "status", id);
		if (swap.handshake !== "pending_restart") return swap.deadman;
	}
}

async function agree(
	clicks: readonly { status: number; code: string | null }[],
	end: { id: string; status: string },
): Promise<void> {
	const accepted = clicks.filter((click) => click.status === 200).length;
	expect(accepted).toBe(end.status === "finalized" ? 1 : 0);
	for (const click of clicks.filter(({ status }) => status !== 200)) {
		expect(["already_decided", "window_over", "not_yet"]).toContain(click.code);
	}
	const { facts } = await deadman(theatre, "log", end.id);
	const decided = facts.filter((fact: { type: string }) =>
		["confirmed", "deadlinePassed", "rollbackRequested"].includes(fact.type),
	);
	expect(decided).toHaveLength(1);
	expect(decided[0].type).toBe(end.status === "finalized" ? "confirmed" : "deadlinePassed");
}
