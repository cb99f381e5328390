// kill -9 between every two statements of a heartbeat: its error, its events, its task and its status are there together or not at all.
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { agentsIn } from "../../../src/adapters/journal/agents/agents.js";
import { feedIn } from "../../../src/adapters/journal/feed.js";
import { openForWriting } from "../../../src/adapters/journal/journal-file.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../support/temporary.js";

const life = fileURLToPath(new URL("agents-life.mjs", import.meta.url));

/** Null: it was killed. */
async function live(file: string, nth: number): Promise<number | null> {
	try {
		return Number((await promisify(execFile)(process.execPath, [life, file, String(nth)])).stdout);
	} catch (error) {
		if ((error as { signal?: string }).signal === "SIGKILL") return null;
		throw error;
	}
}

function opened(file: string) {
	const database = openForWriting(file);
	if (isRefusal(database)) throw new Error(database.message);
	return database;
}

/** Everything that a heartbeat writes, and what SQLite says of the file. */
function look(file: string) {
	const database = opened(file);
	try {
		const agents = agentsIn(database);
		const errors = agents.agentErrors({ agentId: "ann", limit: 9 }).length;
		const events = feedIn(database).feed({ after: 0, limit: 9 }).length;
		const tasks = agents.agentTasks({ agentId: "ann", states: ["running"], limit: 9 });
		const sound = [database.pragma("integrity_check", { simple: true }), database.pragma("foreign_key_check")];
		return { status: agents.agent("ann")?.status, errors, events, progress: tasks[0]?.progress, sound };
	} finally {
		database.close();
	}
}

it("a killed heartbeat leaves no orphan row", { timeout: 120_000 }, async () => {
	const folder = await makeTemporaryFolder();
	onTestFinished(() => removeTemporaryFolder(folder));
	const file = join(folder, "start.db");
	const database = opened(file);
	const agents = agentsIn(database);
	agents.enrolAgent({ id: "ann", target: "host", atMs: 1_000 });
	const made = { createdAtMs: 1_000, updatedAtMs: 1_000, retries: 0, progress: null, message: null };
	agents.assignTask({ id: "t-1", agentId: "ann", title: "T", priority: "normal", state: "running", ...made });
	database.close();
	const sound = ["ok", []];
	const before = { status: "registered", errors: 0, events: 0, progress: null, sound };
	const after = { status: "error", errors: 1, events: 2, progress: 0.5, sound };
	expect(look(file)).toEqual(before);
	const whole = join(folder, "whole.db");
	await cp(file, whole);
	const statements = await live(whole, 0);
	expect(statements).toBeGreaterThan(8);
	expect(look(whole)).toEqual(after);
	for (let nth = 1; nth <= Number(statements); nth += 1) {
		const copy = join(folder, `${nth}.db`);
		await cp(file, copy);
		expect([nth, await live(copy, nth), look(copy)]).toEqual([nth, null, before]);
	}
	const last = join(folder, "last.db");
	await cp(file, last);
	expect([await live(last, Number(statements) + 1), look(last)]).toEqual([null, after]);
});
