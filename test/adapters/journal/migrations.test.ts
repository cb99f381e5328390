// The schema on disk: the committed dump, and migrations that happen whole or not at all. After a change of the schema the dump is
// written anew by `DEADMAN_WRITE_FIXTURES=1 npx vitest run --project=rooms test/adapters/journal/migrations.test.ts`.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, it } from "vitest";
import {
	applicationId,
	isJournal,
	migrate,
	migrations,
	oldestVersion,
	versionOf,
} from "../../../src/adapters/journal/migrations.js";

const fixtures = fileURLToPath(new URL("../../../fixtures/journals/", import.meta.url));
const writing = process.env.DEADMAN_WRITE_FIXTURES === "1";

/** Everything in sqlite_schema that has a text, sorted. */
function dumpOf(database: Database.Database): string {
	const rows = database
		.prepare("select sql from sqlite_schema where sql is not null order by type, name")
		.pluck()
		.all();
	return `-- application_id ${applicationId}, user_version ${versionOf(database)}\n${rows.join(";\n")};\n`;
}

beforeAll(async () => {
	if (!writing) return;
	const database = new Database(":memory:");
	migrate(database);
	await writeFile(join(fixtures, "schema.sql"), dumpOf(database));
});

describe("the schema", () => {
	it("of a new journal is the committed one", async () => {
		const database = new Database(":memory:");
		migrate(database);
		expect(dumpOf(database)).toBe(await readFile(join(fixtures, "schema.sql"), "utf8"));
	});

	it("is numbered from the oldest that is read on, without a gap", () => {
		expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => oldestVersion + index));
	});

	it("takes over what an older journal holds, and its feed of swaps stays append-only", () => {
		const database = new Database(":memory:");
		migrate(database, migrations.slice(0, 1));
		database.exec(`insert into swaps (id, status, handshake_state, target, proposer, boots, epoch, version, tidied, created_at, updated_at, state)
			values ('sw_a', 'drafting', 'none', 'host', 'cli:0', 0, 0, 1, 0, 1, 1, '{}');
			insert into facts (swap_id, seq, type, at_ms, body) values ('sw_a', 1, 'noted', 1, '{}')`);
		migrate(database);
		expect(versionOf(database)).toBe(migrations.at(-1)?.version);
		database.exec(
			"insert into events (subject_kind, subject_id, seq, type, at_ms, body) values ('agent', 'a', 1, 't', 1, '{}')",
		);
		const feed = "select seq, subject_kind as kind from feed order by seq";
		const both = [
			{ seq: 1, kind: "swap" },
			{ seq: 2, kind: "agent" },
		];
		expect(database.prepare(feed).all()).toEqual(both);
		for (const seq of [1, 2]) expect(() => database.exec(`delete from feed where seq = ${seq}`)).toThrow(/append-only/);
		database.exec(
			"insert into events (subject_kind, subject_id, seq, type, at_ms, body) values ('agent', 'a', 2, 't', 1, '{}')",
		);
		database.exec("delete from feed where seq = 2");
		expect(database.prepare(feed).all()).toEqual([both[0], { seq: 3, kind: "agent" }]);
	});

	it("goes from an older version to the newest in one transaction", () => {
		const database = new Database(":memory:");
		const [one] = migrations;
		migrate(database, one === undefined ? [] : [one]);
		const later = [...migrations, { version: 90, sql: "create table later (x)" }];
		migrate(database, later);
		expect(versionOf(database)).toBe(90);
		expect(isJournal(database)).toBe(true);
		const broken = [...later, { version: 91, sql: "create table half (x)" }, { version: 92, sql: "create nonsense" }];
		expect(() => migrate(database, broken)).toThrow(/syntax error/);
		expect(versionOf(database)).toBe(90);
		expect(database.prepare("select count(*) from sqlite_schema where name = 'half'").pluck().get()).toBe(0);
	});
});
