// One story: the command line as a program uses it. Every command's exit code and JSON, on a real supervisor, errors too; and a
// builder, who may propose and follow, and decides nothing.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	build,
	close,
	configure,
	contents,
	deadman,
	deadmanBin,
	finish,
	git,
	type Json,
	killSupervisor,
	look,
	openScene,
	raise,
	reach,
	type Scene,
	serving,
	startSupervisor,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.approval = "required";
			config.deadman = { initial: "30s", afterDelivery: "30s", cap: "60s" };
		},
	});
});
afterAll(() => close(scene));

const run = (...args: string[]): Promise<Json> => deadman(scene, ...args);

const swapKeys = [
	"id",
	"status",
	"handshake",
	"classification",
	"summary",
	"files",
	"tree",
	"commit",
	"previousRelease",
	"candidateRelease",
	"deadman",
	"boots",
	"cause",
	"outcome",
	"discarded",
	"createdAt",
	"updatedAt",
	"target",
	"targets",
	"flags",
	"approvals",
	"approvalExpiresAt",
	"phrase",
	"checks",
	"promotion",
	"shown",
	"knownBad",
	"proposer",
	"workspace",
	"epoch",
	"blockedBy",
];

/** As a builder inside of a supervised program, which carries a token. */
async function asBuilder(...args: string[]): Promise<Json> {
	const options = { cwd: scene.root, env: { ...process.env, DEADMAN_TOKEN: "a-program's" } };
	return promisify(execFile)(process.execPath, [deadmanBin, ...args, "--json"], options).then(
		({ stdout }) => ({ code: 0, ...JSON.parse(stdout) }),
		(error) => ({ code: error.code, ...JSON.parse(error.stdout) }),
	);
}

function refused(answer: Json, code: number, reason: string): void {
	expect(answer).toEqual({
		code,
		schemaVersion: 1,
		error: { code: reason, message: expect.stringMatching(/\w/), next: expect.stringMatching(/\w/) },
	});
}

async function proposed(name: string, number: number): Promise<string> {
	await build(scene, name, version(number));
	const { code, swap } = await run("submit", name, "--summary", `Version ${number}`);
	expect(code).toBe(0);
	return swap.id;
}

async function onTrial(name: string, number: number): Promise<string> {
	const id = await proposed(name, number);
	refused(await run("approve", id), 4, "phrase_needed");
	expect((await run("approve", id, "--type", `host ${id}`)).code).toBe(0);
	expect((await reach(scene, id, "awaiting_confirmation")).status).toBe("awaiting_confirmation");
	return id;
}

describe("without a supervisor", () => {
	test("doctor looks at everything and finds it good", { timeout: 60_000 }, async () => {
		const { code, findings } = await run("doctor");
		expect(findings.filter(({ level }: Json) => level === "bad")).toEqual([]);
		expect(code).toBe(0);
		const names = findings.map(({ name }: Json) => name);
		expect(names).toEqual(expect.arrayContaining(["configuration", "node", "repository", "databases", "program"]));
		for (const finding of findings) {
			expect(Object.keys(finding)).toEqual(["name", "level", "sentence", "next"]);
		}
		expect(await look(scene)).toBeNull();
	});

	test("nobody answers", { timeout: 60_000 }, async () => {
		for (const command of [["ls"], ["confirm", "sw_000000"], ["workspace", "list"], ["diff", "sw_000000"]]) {
			refused(await run(...command), 6, "no_supervisor");
		}
	});
});

describe("usage", () => {
	test.each([
		["no such command", ["frobnicate"]],
		["no such option", ["ls", "--all"]],
		["a missing argument", ["confirm"]],
		["a missing option", ["propose", "--summary", "x"]],
		["a malformed duration", ["wait", "sw_000000", "--timeout", "soon"]],
		["an unknown status", ["wait", "sw_000000", "--until", "happy"]],
	])("%s", async (_, command) => {
		const answer = await run(...command);
		expect(answer).toMatchObject({ code: 2, schemaVersion: 1, error: { message: expect.stringMatching(/\w/) } });
	});

	test("no configuration", async () => {
		refused(await deadman({ ...scene, root: "/" } as Scene, "ls"), 2, "config_missing");
	});

	test("init twice", async () => refused(await run("init"), 5, "config_exists"));
});

describe("with a supervisor", () => {
	beforeAll(async () => {
		await raise(scene);
		await writeNotes(scene, 2);
	});

	test("a second one is refused, and doctor leaves the first alone", { timeout: 60_000 }, async () => {
		refused(await run("run"), 5, "locked");
		const { code, findings } = await run("doctor");
		expect(code).toBe(0);
		expect(findings.find(({ name }: Json) => name === "lock").sentence).toContain(String(scene.supervisor?.pid));
		expect(await look(scene)).toMatchObject({ version: "1" });
	});

	test("nothing has happened yet", { timeout: 60_000 }, async () => {
		expect(await run("ls")).toEqual({ code: 0, schemaVersion: 1, swaps: [] });
		expect(await run("status")).toMatchObject({
			code: 0,
			schemaVersion: 1,
			swap: null,
			supervisor: { program: { proven: true } },
		});
		refused(await run("status", "sw_000000"), 3, "swap_unknown");
		refused(await run("log"), 3, "nothing_current");
		for (const verb of ["approve", "reject", "withdraw", "confirm", "rollback", "extend", "diff", "log", "wait"]) {
			refused(await run(verb, "sw_000000"), 3, "swap_unknown");
		}
		refused(await run("data", "show", "sw_000000"), 3, "swap_unknown");
		refused(await run("data", "replay", "sw_000000"), 3, "swap_unknown");
	});

	test("workspaces: created, listed, removed", { timeout: 60_000 }, async () => {
		const made = await run("workspace", "create", "first");
		expect(made).toMatchObject({ code: 0, schemaVersion: 1, workspace: { name: "first", path: expect.any(String) } });
		expect(Object.keys(made.workspace).sort()).toEqual([
			"branch",
			"frozen",
			"head",
			"kind",
			"name",
			"owner",
			"path",
			"start",
			"target",
		]);
		expect(await run("workspace", "list")).toEqual({ code: 0, schemaVersion: 1, workspaces: [made.workspace] });
		refused(await run("workspace", "create", "first"), 5, "workspace_exists");
		refused(await run("workspace", "create", "../out"), 2, "workspace_name");
		await writeFile(join(made.workspace.path, "server.cjs"), "half done");
		refused(await run("submit", "first", "--summary", "Half done"), 5, "workspace_dirty");
		refused(await run("workspace", "remove", "first"), 5, "workspace_dirty");
		await git({ ...scene, root: made.workspace.path }, "checkout", "--quiet", ".");
		expect(await run("workspace", "remove", "first")).toEqual({ code: 0, schemaVersion: 1, removed: "first" });
		refused(await run("workspace", "remove", "first"), 3, "workspace_unknown");
		refused(await run("submit", "first", "--summary", "Gone"), 3, "workspace_unknown");
	});

	test("propose, diff, reject, withdraw", { timeout: 60_000 }, async () => {
		const { path } = await build(scene, "second", version(2));
		const head = (await git({ ...scene, root: path }, "rev-parse", "HEAD")).trim();
		refused(await run("propose", "--commit", head), 2, "summary_missing");
		refused(await run("propose", "--commit", "nothing", "--summary", "S"), 3, "revision_unknown");
		refused(await run("propose", "--commit", "main", "--summary", "S"), 5, "no_change");
		refused(
			await run("propose", "--commit", head, "--summary", "S", "--file-summary", "other.txt=why"),
			2,
			"file_summary_unknown",
		);
		const made = await run("propose", "--commit", head, "--summary", "Two", "--file-summary", "server.cjs=the number");
		expect(Object.keys(made)).toEqual(["code", "schemaVersion", "swap"]);
		expect(Object.keys(made.swap)).toEqual(swapKeys);
		expect(made.swap).toMatchObject({
			status: "pending_approval",
			handshake: "none",
			summary: "Two",
			files: [{ path: "server.cjs", change: "modified", from: null, summary: "the number" }],
			deadman: null,
			boots: 0,
		});
		const { diff, code } = await run("diff", made.swap.id);
		expect(code).toBe(0);
		expect(diff).toContain('+const VERSION = "2";');
		refused(await run("confirm", made.swap.id), 5, "not_yet");
		refused(await run("data", "show", made.swap.id), 3, "no_data");
		const rejected = await run("reject", made.swap.id, "--reason", "not today");
		expect(rejected).toMatchObject({
			code: 0,
			swap: { status: "rejected", outcome: { verdict: "rejected", sentence: "not today", by: /^cli:/ } },
		});
		refused(await run("withdraw", made.swap.id), 5, "already_decided");
		refused(await run("submit", "second", "--summary", "Two again"), 5, "known_bad");
		const again = await run("submit", "second", "--summary", "Two again", "--insist");
		expect(await run("withdraw", again.swap.id)).toMatchObject({ code: 0, swap: { status: "rejected" } });
		expect((await run("ls")).swaps.map(({ id }: Json) => id)).toEqual([again.swap.id, made.swap.id]);
		expect(await run("wait", again.swap.id)).toMatchObject({ code: 1, reached: false, swap: { status: "rejected" } });
	});

	test("a builder proposes and follows, and decides nothing", { timeout: 60_000 }, async () => {
		await build(scene, "builders", version(3));
		const { code, swap } = await asBuilder("submit", "builders", "--summary", "By a builder");
		expect(code).toBe(0);
		for (const verb of ["approve", "reject"]) refused(await asBuilder(verb, swap.id), 4, "not_authorised");
		expect((await asBuilder("status", swap.id)).swap.status).toBe("pending_approval");
		expect((await run("approve", swap.id, "--type", swap.phrase)).code).toBe(0);
		expect((await reach(scene, swap.id, "awaiting_confirmation")).status).toBe("awaiting_confirmation");
		for (const verb of ["confirm", "rollback", "extend"]) refused(await asBuilder(verb, swap.id), 4, "not_authorised");
		expect((await run("status", swap.id)).swap.status).toBe("awaiting_confirmation");
		expect((await finish(scene, swap.id, "rollback")).outcome.by).toMatch(/^cli:/);
		refused(await asBuilder("data", "replay", swap.id), 4, "not_authorised");
	});

	test("confirm too early, extend, confirm, confirm again", { timeout: 60_000 }, async () => {
		const id = await onTrial("fourth", 4);
		const { swap: before } = await run("status", id);
		expect(Object.keys(before.deadman)).toEqual(["startedAt", "expiresAt", "capAt", "remainingMs"]);
		const extended = await run("extend", id, "--by", "10s");
		expect(extended.code).toBe(0);
		expect(Date.parse(extended.swap.deadman.expiresAt)).toBeGreaterThan(Date.parse(before.deadman.expiresAt));
		const capped = (await run("extend", id, "--by", "2m")).swap.deadman;
		expect(Math.abs(Date.parse(capped.expiresAt) - Date.parse(capped.capAt))).toBeLessThanOrEqual(50);
		expect(capped.capAt).toBe(before.deadman.capAt);
		refused(await run("extend", id, "--by", "2m"), 5, "cap_reached");
		expect(await run("wait", id, "--timeout", "10ms")).toMatchObject({ code: 1, reached: false });
		const confirmed = await run("confirm", id);
		expect(confirmed).toMatchObject({ code: 0, swap: { id, handshake: "confirmed" } });
		expect(await run("wait", id)).toMatchObject({ code: 0, reached: true, swap: { status: "finalized" } });
		refused(await run("confirm", id), 5, "already_decided");
		refused(await run("rollback", id), 5, "already_decided");
		expect(await serving(scene, () => true)).toEqual({ version: "4", schema: 1, notes: 2 });
		const { facts } = await run("log", id);
		const types = facts.map(({ type }: Json) => type);
		for (const type of [
			"drafted",
			"submitted",
			"approved",
			"staged",
			"armed",
			"snapshotTaken",
			"ready",
			"confirmed",
			"promoted",
		]) {
			expect(types).toContain(type);
		}
		expect(facts.every(({ at }: Json) => new Date(at).toISOString() === at)).toBe(true);
		expect((await run("log")).facts).toEqual((await run("log", id)).facts);
	});

	test("data: shown, and replayed once", { timeout: 60_000 }, async () => {
		const before = await state(scene);
		const id = await onTrial("fifth", 5);
		await writeNotes(scene, 3);
		await finish(scene, id, "rollback");
		expect(await state(scene)).toEqual(before);
		const shown = await run("data", "show", id);
		expect(shown.code).toBe(0);
		const notes = shown.data.find(({ table }: Json) => table === "notes");
		expect(notes).toEqual({
			database: "data/notes.db",
			table: "notes",
			inserted: 3,
			updated: 0,
			deleted: 0,
			replayed: null,
			note: null,
		});
		const replayed = await run("data", "replay", id);
		expect(replayed.data.find(({ table }: Json) => table === "notes")).toMatchObject({ replayed: 3 });
		expect((await run("data", "replay", id)).code).toBe(0);
		expect(contents(scene).notes).toHaveLength(5);
	});

	test("a tree that was rolled back needs insistence", { timeout: 60_000 }, async () => {
		refused(await run("submit", "fifth", "--summary", "The same again"), 5, "known_bad");
		const { swap } = await run("submit", "fifth", "--summary", "The same again", "--insist");
		refused(await run("approve", swap.id, "--type", swap.phrase), 4, "insist_needed");
		expect((await run("approve", swap.id, "--insist", "--type", swap.phrase)).code).toBe(0);
		expect((await reach(scene, swap.id, "awaiting_confirmation")).status).toBe("awaiting_confirmation");
		expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	});
});

describe("a program that does not start", () => {
	test("doctor says so, with its last words", { timeout: 60_000 }, async () => {
		await killSupervisor(scene);
		await startSupervisor(scene);
		// Behind the sweep: a swap that is unfinished would be told instead.
		await until("the sweep is over", async () => (await run("status")).supervisor?.program.proven === true);
		await stopSupervisor();
		await configure(scene, (config) => {
			config.program.env.PORT = "not-a-port";
		});
		const { code, findings } = await run("doctor");
		expect(code).toBe(1);
		const program = findings.find(({ name }: Json) => name === "program");
		expect(program).toMatchObject({ level: "bad", next: expect.stringMatching(/\w/) });
		expect(program.sentence).toMatch(/ERR_SOCKET_BAD_PORT|options\.port/);
	});

	test("a configuration that is wrong names its keys", async () => {
		await configure(scene, (config) => {
			config.deadman.initial = "0s";
			config.surprise = true;
		});
		for (const command of ["doctor", "run"]) {
			const answer = await run(command);
			expect(answer).toMatchObject({ code: 2, error: { code: "config_invalid" } });
			expect(answer.error.message).toContain("deadman.initial");
			expect(answer.error.message).toContain("surprise");
		}
		expect(await readFile(join(scene.root, ".deadman", "config.json"), "utf8")).toContain("surprise");
	});
});

/** As a person ends it: the program is stopped with it. */
async function stopSupervisor(): Promise<void> {
	scene.supervisor?.kill("SIGTERM");
	await until("the supervisor has left", async () => (await run("ls")).code === 6);
	expect(await look(scene)).toBeNull();
}
