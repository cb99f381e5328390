// The schema on disk: the committed dump, migrations that happen whole or not at all, and the journals that released versions left.
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../../src/adapters/journal/journal.js";
import { applicationId, isJournal, migrate, migrations, versionOf } from "../../../src/adapters/journal/migrations.js";
import { readJournal } from "../../../src/adapters/journal/read-journal.js";
import type { Deadman } from "../../../src/core/deadman.js";
import type { Fact } from "../../../src/core/facts.js";
import { emptySwap, evolve, evolveAll } from "../../../src/core/machine/evolve.js";
import { warningsOf } from "../../../src/core/machine/warnings.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { statuses } from "../../core/journeys.js";
import {
	fixtureAudit,
	fixtureClick,
	fixtureRequest,
	fixtureReview,
	fixtureRevoked,
	fixtureToken,
	makeFixture,
} from "./make-fixture.js";

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

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "deadman-migrations-"));
});
afterEach(() => rm(folder, { recursive: true }));

beforeAll(async () => {
	if (!writing) return;
	const database = new Database(":memory:");
	migrate(database);
	await writeFile(join(fixtures, "schema.sql"), dumpOf(database));
	await makeFixture(join(fixtures, `v${versionOf(database)}.db`));
});

describe("the schema", () => {
	it("of a new journal is the committed one", async () => {
		const database = new Database(":memory:");
		migrate(database);
		expect(dumpOf(database)).toBe(await readFile(join(fixtures, "schema.sql"), "utf8"));
	});

	it("is numbered from 1 without a gap", () => {
		expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
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

/** A version that knew only the host counted for it alone. */
function countedByTarget({ boots, quickDeaths }: Record<string, unknown> = {}) {
	return { bootsBy: { host: boots }, quickDeathsBy: { host: quickDeaths } };
}

/** A version that warned nobody left everything to warn of. */
function warnedOfNothing({ deadman }: Record<string, unknown> = {}) {
	return { warnings: warningsOf((deadman ?? null) as Deadman | null) };
}

/** The projections as that version wrote them. */
function storedStates(): Record<string, unknown>[] {
	const database = new Database(join(folder, "state.db"), { readonly: true });
	const states = database.prepare("select state from swaps").pluck().all() as string[];
	database.close();
	return states.map((state) => JSON.parse(state) as Record<string, unknown>);
}

describe.each(["v1.db", "v2.db", "v3.db"])("the journal of a released version: %s", (name) => {
	beforeEach(() => copyFile(join(fixtures, name), join(folder, "state.db")));

	it("opens, and every status reads as it was", async () => {
		const states = storedStates();
		expect(states.map(({ id }) => id)).toEqual(statuses.map((status) => `sw_${status}`));
		const journal = await openJournal({ file: join(folder, "state.db"), now: () => 1_800_000_000_000 });
		if (isRefusal(journal)) throw new Error(journal.message);
		for (const status of statuses) {
			const stored = states.find(({ id }) => id === `sw_${status}`);
			const swap = await journal.swap(`sw_${status}`);
			expect(swap?.status).toBe(status);
			const statusAtMs = stored?.updatedAtMs;
			const added = { ...countedByTarget(stored), ...warnedOfNothing(stored) };
			expect(swap).toEqual({ ...emptySwap(`sw_${status}`), statusAtMs, ...added, ...stored });
			expect(evolveAll(`sw_${status}`, await journal.facts(`sw_${status}`))).toMatchObject(stored ?? {});
		}
		expect(await journal.unfinished()).toHaveLength(statuses.length);
		const due = await journal.due(1_800_000_000_000, 100);
		expect(due).toHaveLength(statuses.length);
		expect(due.filter(({ kind }) => kind === "card")).toHaveLength(statuses.length - 1);
		const sent = await journal.sentCards({ swapId: `sw_${statuses[0]}`, channel: "console" });
		expect(sent).toMatchObject([{ epoch: 0, kind: "card", place: "", receipt: "receipt-1", state: "live" }]);
		const open = await journal.openClicks();
		expect(open.map(({ eventId }) => eventId)).toEqual(/^v[123]\./.test(name) ? [] : [fixtureClick.eventId]);
		await journal.close();
	});

	it("takes reviews and refused requests, beside those that it has", async () => {
		const before = name === "v1.db" ? 0 : 2;
		const journal = await openJournal({ file: join(folder, "state.db") });
		if (isRefusal(journal)) throw new Error(journal.message);
		expect((await journal.review("sw_pending_approval", 1))?.diff ?? null).toBe(
			before === 0 ? null : fixtureReview.diff,
		);
		await journal.keepReview({ ...fixtureReview, epoch: 2 });
		await journal.audit(fixtureAudit);
		expect(await journal.audits({ swapId: null, limit: 10 })).toHaveLength(before + 1);
		expect(await journal.review(fixtureReview.swapId, 2)).toMatchObject({ diff: fixtureReview.diff });
		await journal.close();
	});

	it("has a feed of all its facts in the order in which they happened, and goes on with it", async () => {
		const journal = await openJournal({ file: join(folder, "state.db") });
		if (isRefusal(journal)) throw new Error(journal.message);
		const feed = await journal.feed({ after: 0, limit: 1_000 });
		for (const status of statuses) {
			const own = feed.filter(({ swapId }) => swapId === `sw_${status}`).map(({ fact }) => fact);
			expect(own).toEqual(await journal.facts(`sw_${status}`));
		}
		expect(feed.map(({ seq }) => seq)).toEqual(feed.map((_, index) => index + 1));
		expect(await journal.feedEnd()).toBe(feed.length);
		if (name !== "v3.db") {
			const times = feed.map(({ fact }) => fact.atMs);
			expect(times).toEqual(times.toSorted((a, b) => a - b));
		}
		const swap = await journal.swap("sw_drafting");
		if (swap === null) throw new Error("There is no draft.");
		const fact: Fact = { type: "noted", atMs: 5, text: "Of today, by a clock that was set back." };
		const next = evolve(swap, fact);
		const change = { swapId: swap.id, expectedVersion: swap.version, facts: [fact], next, messages: [] };
		await journal.append(change);
		expect(await journal.feed({ after: feed.length, limit: 10 })).toEqual([
			{ seq: feed.length + 1, swapId: swap.id, fact },
		]);
		await journal.close();
	});

	it("has the tokens and keyed requests that it had, and takes others", async () => {
		const journal = await openJournal({ file: join(folder, "state.db") });
		if (isRefusal(journal)) throw new Error(journal.message);
		const before = name === "v3.db" ? [fixtureToken, fixtureRevoked] : [];
		expect(await journal.tokens()).toEqual(before);
		expect(await journal.request(fixtureRequest.actor, fixtureRequest.key)).toEqual(
			["v3.db", "v4.db"].includes(name) ? fixtureRequest : null,
		);
		const token = { ...fixtureRevoked, id: "tk_222222", sha256: "d".repeat(64), revokedAtMs: null };
		await journal.keepToken(token);
		await journal.keepRequest({ ...fixtureRequest, key: "other" });
		expect(await journal.tokens()).toEqual([...before, token]);
		expect((await journal.figures()).pendingMessages).toBeGreaterThan(0);
		await journal.close();
	});

	it("is read without a supervisor too", () => {
		const reader = readJournal({ file: join(folder, "state.db") });
		if (isRefusal(reader)) throw new Error(reader.message);
		expect(reader.swaps(100)).toHaveLength(statuses.length);
		expect(reader.audits({ swapId: null, limit: 10 })).toHaveLength(name === "v1.db" ? 0 : 2);
		for (const status of statuses) {
			expect(reader.swap(`sw_${status}`)?.status).toBe(status);
			expect(evolveAll(`sw_${status}`, reader.facts(`sw_${status}`)).status).toBe(status);
		}
		reader.close();
		const database = new Database(join(folder, "state.db"), { readonly: true });
		expect(versionOf(database)).toBe(Number(name.slice(1, 2)));
		database.close();
	});
});
