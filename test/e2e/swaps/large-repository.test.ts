// One story: a swap that adds, deletes, renames, chmods, retargets and retypes in 2,000 files, then silence. Tree and modes come back
// byte for byte, rows too, and what the window wrote is counted and can be put back.
import { readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
	build,
	closeTheatre,
	deadman,
	git,
	look,
	openTheatre,
	serving,
	startSupervisor,
	writeNotes,
} from "../../../fixtures/demo/theatre.js";
import { changeLarge, listing, populateLarge } from "../../../fixtures/repositories/large.js";

const theatre = await openTheatre({
	populate: (root: string) => populateLarge(root, 2_000),
	configure: (config: { deadman: unknown; summaries: string; program: { readiness: object } }) => {
		config.summaries = "overall";
		config.deadman = { initial: "8s", afterDelivery: "4s", cap: "30s" };
	},
});
afterAll(() => closeTheatre(theatre));

const current = () => realpath(join(theatre.stateDir, "current"));
const shared = (path: string) => path === "data" || path === ".git";

test("2,000 files and a database come back exactly as they were", { timeout: 120_000 }, async () => {
	await startSupervisor(theatre);
	await serving(theatre, (answer: { version: string }) => answer.version === "1", 60_000);
	await writeNotes(theatre, 25);
	const before = {
		link: await readlink(join(theatre.stateDir, "current")),
		files: await listing(await current(), shared),
	};
	expect(Object.keys(before.files).length).toBeGreaterThan(2_000);

	const workspace = await build(theatre, "everything", (source: string) =>
		source
			.replace('const VERSION = "1"', 'const VERSION = "2"')
			.replace(/const MIGRATIONS = \[(.*)\]/, "const MIGRATIONS = [$1, 'ALTER TABLE notes ADD COLUMN stars INTEGER']"),
	);
	await changeLarge(workspace.path);
	await git({ root: workspace.path }, "add", "-A");
	await git({ root: workspace.path }, "commit", "--quiet", "-m", "Everything");
	// A release holds the bytes that git stores; only a checkout turns line ends, as its attributes say.
	const unturned = (path: string) => shared(path) || path === "crlf";
	const proposed = await listing(workspace.path, unturned); // before it is frozen
	const { swap } = await deadman(theatre, "submit", "everything", "--summary", "Touches everything");
	await deadman(theatre, "approve", swap.id, "--type", swap.phrase);
	const tried = await deadman(theatre, "wait", swap.id, "--until", "awaiting_confirmation", "--timeout", "60s");
	expect(tried.swap.status).toBe("awaiting_confirmation");

	expect(await listing(await current(), unturned)).toEqual(proposed);
	expect(await look(theatre)).toEqual({ version: "2", schema: 2, notes: 25 });
	await writeNotes(theatre, 7);

	const ended = await deadman(theatre, "wait", swap.id, "--until", "rolled_back", "--timeout", "30s");
	expect(ended.swap).toMatchObject({
		status: "rolled_back",
		handshake: "rolled_back",
		cause: { code: "deadline_passed" },
	});
	expect(await readlink(join(theatre.stateDir, "current"))).toBe(before.link);
	expect(await listing(await current(), shared)).toEqual(before.files);
	expect(await look(theatre)).toEqual({ version: "1", schema: 1, notes: 25 });

	const { data } = await deadman(theatre, "data", "show", swap.id);
	expect(data.find((table: { table: string }) => table.table === "notes")).toMatchObject({
		inserted: 7,
		updated: 0,
		deleted: 0,
	});
	const replayed = await deadman(theatre, "data", "replay", swap.id);
	expect(replayed.data.find((table: { table: string }) => table.table === "notes")).toMatchObject({ replayed: 7 });
	expect((await look(theatre)).notes).toBe(32);
});
