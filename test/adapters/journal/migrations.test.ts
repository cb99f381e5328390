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
