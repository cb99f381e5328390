// One story: the previous version does not start any more either. No ping-pong: a few tries, then `stranded`, everybody is told, and
// when it is mended a rollback asked for by a person brings it back.
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	build,
	close,
	deadman,
	factsOf,
	killSupervisor,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	startSupervisor,
	state,
	swapOf,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
let swap: { id: string; previousRelease: string };
const spoiled = () => join(scene.root, "data", "spoiled");

/** Refuses to start where the file stands that the new version leaves behind: outside of every database, and no entry of `files` covers it, so no rollback removes it. */
const sensitive = (source: string) =>
	`if (require("node:fs").existsSync("data/spoiled")) throw new Error("the data folder is spoiled");\n${source}`;
const spoiling = (source: string) =>
	`require("node:fs").writeFileSync("data/spoiled", "");\n${version(3)(source.replace(sensitive(""), ""))}`;

beforeAll(async () => {
	scene = await openScene({
		configure: (config) => {
			config.files = [];
		},
	});
	await raise(scene);
	const first = await attempt(scene, "sensitive", (source) => sensitive(version(2)(source)), "awaiting_confirmation");
	await deadman(scene, "confirm", first.id);
	await reach(scene, first.id, "finalized");
	await writeNotes(scene, 4);
});
afterAll(() => close(scene));

test("a few tries, then stranded, and everybody is told", { timeout: 90_000 }, async () => {
	const before = await state(scene);
	swap = await attempt(scene, "spoiling", spoiling, "awaiting_confirmation");
	expect(existsSync(spoiled())).toBe(true);
	const waiting = deadman(scene, "wait", swap.id, "--timeout", "50s");
	await deadman(scene, "rollback", swap.id);
	expect(await waiting).toMatchObject({ code: 1, reached: false, swap: { status: "stranded" } });

	const seen = await deadman(scene, "status", swap.id);
	expect(seen).toMatchObject({
		code: 0,
		swap: { status: "stranded", outcome: null, cause: { code: "rollback_requested" } },
	});
	expect(seen.swap.handshake).not.toBe("rolled_back");
	const facts = await factsOf(scene, swap.id);
	expect(facts.filter(({ type }) => type === "attemptFailed")).toHaveLength(3);
	const last = facts.find(({ type }) => type === "attemptsExhausted");
	expect(last.cause).toMatchObject({ code: "attempts_exhausted" });
	const failed = facts.find(({ type }) => type === "attemptFailed");
	expect(failed.cause.log.join("\n")).toContain("the data folder is spoiled");
	expect(await readFile(join(scene.root, "supervisor.log"), "utf8")).toMatch(/stranded/i);

	// Code and data are the old ones, only nothing serves.
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toEqual([]);
});

test("it stays stranded: no tries by itself, no new swap, also over a restart", { timeout: 60_000 }, async () => {
	const facts = (await factsOf(scene, swap.id)).length;
	await build(scene, "next", version(4));
	expect(await deadman(scene, "submit", "next", "--summary", "Next")).toMatchObject({
		code: 5,
		error: { code: "swap_in_flight" },
	});
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect((await swapOf(scene, swap.id)).status).toBe("stranded");
	expect(await factsOf(scene, swap.id)).toHaveLength(facts);
	expect(await living(scene)).toEqual([]);
	expect(await deadman(scene, "confirm", swap.id)).toMatchObject({ code: 5, error: { code: "not_yet" } });
});

test("mended, a rollback brings the previous version back", { timeout: 60_000 }, async () => {
	await rm(spoiled());
	expect(await deadman(scene, "rollback", swap.id, "--reason", "mended")).toMatchObject({ code: 0 });
	const end = await reach(scene, swap.id, "rolled_back");
	expect(end).toMatchObject({
		status: "rolled_back",
		handshake: "rolled_back",
		outcome: { verdict: "rolled_back", evidence: { release: swap.previousRelease } },
	});
	expect(await serving(scene, (answer) => answer.version === "2")).toEqual({ version: "2", schema: 1, notes: 4 });
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
	const next = await deadman(scene, "submit", "next", "--summary", "Next");
	expect(next.code).toBe(0);
});
