// One story for each bad habit that a new version may have: it ends rolled back for the right reason, its last words are kept, the
// previous version serves again, every row is as it was, and no process of the candidate is left.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	contents,
	deadman,
	finish,
	habit,
	living,
	look,
	openScene,
	programOf,
	raise,
	type Scene,
	serving,
	state,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.program.readiness.timeout = "2s";
		},
	});
	await raise(scene);
	await writeNotes(scene, 7);
});
afterAll(() => close(scene));

interface Habit {
	readonly program: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly code: string;
	readonly message: RegExp;
	/** Among its last words. */
	readonly said?: string;
}

const deadly: readonly Habit[] = [
	{ program: "dies-at-boot", code: "candidate_died", message: /code 1/, said: "dies at boot" },
	{
		program: "dies-after",
		env: { DIES_AFTER_MS: "1500" },
		code: "candidate_died",
		message: /code 1/,
		said: "dies after a while",
	},
	{ program: "exits-zero", code: "candidate_died", message: /code 0/, said: "done" },
	{ program: "never-ready", code: "not_ready", message: /2000 ms without progress/, said: "still waiting" },
	{ program: "wedges-after", env: { WEDGES_AFTER_MS: "0" }, code: "not_ready", message: /No answer/, said: "wedged" },
	{
		program: "spins",
		env: { SPINS_AFTER_MS: "1500" },
		code: "unhealthy",
		message: /stopped answering/,
		said: "listening",
	},
	{ program: "leaves-port-holder", code: "candidate_died", message: /ended with code/, said: "holds the port" },
];

test.each(deadly)("$program $env: $code", { timeout: 90_000 }, async ({ program, env = {}, code, message, said }) => {
	const before = await state(scene);
	const swap = await attempt(scene, `${program}-${Object.values(env).join("")}`, habit(program, env), "rolled_back");
	expect(swap).toMatchObject({ status: "rolled_back", handshake: "rolled_back", cause: { code } });
	expect(swap.cause.message).toMatch(message);
	expect(swap.cause.log.join("\n")).toContain(said);
	expect(swap.outcome).toMatchObject({ verdict: "rolled_back", evidence: { release: swap.previousRelease } });
	await asBefore(before, swap);
});

interface Asked extends Habit {
	/** What it did to the data; null where it did nothing. */
	readonly ruin: string | null;
}

const asked: readonly Asked[] = [
	{ program: "ignores-term", code: "rollback_requested", message: /asked for it/, ruin: null },
	{ program: "leaves-grandchild", code: "rollback_requested", message: /asked for it/, ruin: null },
	{ program: "ruins-its-db", code: "rollback_requested", message: /asked for it/, ruin: "rows" },
	{ program: "corrupts-its-db", code: "rollback_requested", message: /asked for it/, ruin: "file" },
];

test.each(asked)("$program is rolled back when somebody asks for it", { timeout: 60_000 }, async (it) => {
	const before = await state(scene);
	const tried = await attempt(scene, it.program, habit(it.program), "awaiting_confirmation");
	expect(tried.status).toBe("awaiting_confirmation");
	const family = await living(scene);
	expect(family.filter(({ release }) => release === tried.candidateRelease)).not.toEqual([]);
	if (it.ruin === "rows") expect(contents(scene).notes).toEqual([]);
	if (it.ruin === "file") expect(() => contents(scene)).toThrow(/not a database/);

	const swap = await finish(scene, tried.id, "rollback");
	expect(swap).toMatchObject({ status: "rolled_back", cause: { code: it.code } });
	await asBefore(before, swap);
	if (it.ruin === null) return;
	const { code, data } = await deadman(scene, "data", "show", swap.id);
	expect(code).toBe(0);
	const notes = data.find(({ table }: { table: string }) => table === "notes");
	if (it.ruin === "rows") expect(notes).toMatchObject({ inserted: 0, updated: 0, deleted: 7 });
	else expect(data[0].note).toMatch(/\w/);
});

async function asBefore(before: object, swap: { candidateRelease: string; previousRelease: string }): Promise<void> {
	expect(await serving(scene, ({ version }) => version === "1")).toEqual({ version: "1", schema: 1, notes: 7 });
	expect(await state(scene)).toEqual(before);
	const program = await programOf(scene);
	expect(await living(scene)).toEqual([{ pid: program.pid, release: swap.previousRelease }]);
	expect(await look(scene)).not.toBeNull();
}
