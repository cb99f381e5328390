// Which databases are protected, asked before anything is changed; with a real git for what it tracks.
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotsOptions } from "../../../src/adapters/databases/snapshots.js";
import { trackedOf } from "../../../src/adapters/git/trees/tracked.js";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { plainGit } from "../../support/git.js";
import { makePlace, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const at = (path: string) => join(place.root, path);
const release = (...shared: string[]) => ({ how: "release", shared }) as const;

function guarded(path: string, change: Partial<SnapshotsOptions> = {}) {
	const databases = [{ path, policy: "restore" as const }];
	return place.snapshots({ databases, versions: release("data"), ...change });
}

/** A real database, with nothing in it. */
function database(path: string): void {
	place.on(at(path), (it) => it.exec("create table t (x)"));
}

/** As git has it that the operator uses. */
async function tracking(...paths: string[]): Promise<SnapshotsOptions["tracked"]> {
	await plainGit(place.root, "init", "--quiet");
	await plainGit(place.root, "add", "-f", "--", ...paths);
	const commands = createCommands({ scrub: (text) => text });
	const index = { root: place.root, gitDir: at(".git"), stateDir: place.stateDir, commands };
	return (wanted) => trackedOf(index, wanted);
}

describe("a database is protected", () => {
	it.each(["there", "not there yet"])("under a shared folder, %s", async (how) => {
		if (how === "there") database("data/app.db");
		expect(await guarded("data/app.db").protection()).toBeNull();
	});

	it("that is shared itself", async () => {
		database("app.db");
		expect(await guarded("app.db", { versions: release("app.db") }).protection()).toBeNull();
	});

	it("in a checkout that versions are put into, where git does not track it", async () => {
		await writeFile(at("server.js"), "");
		database("app.db");
		const tracked = await tracking("server.js");
		const versions = { how: "in_place", outputs: ["dist"] } as const;
		expect(await guarded("app.db", { versions, tracked }).protection()).toBeNull();
	});

	it("behind a link", async () => {
		await mkdir(at("disk"));
		database("disk/app.db");
		await symlink(at("disk/app.db"), place.file);
		expect(await guarded("data/app.db").protection()).toBeNull();
	});
});

describe("a database is refused", () => {
	const refused = (why: RegExp, next: RegExp) => ({
		code: "database_unprotected",
		kind: "conflict",
		message: expect.stringMatching(why),
		next: expect.stringMatching(next),
	});

	it.each(["store/app.db", "database/app.db", "data.db"])("that lies under nothing shared: %s", async (path) => {
		expect(await guarded(path).protection()).toMatchObject(
			refused(/no path of `shared`/, /add "(\w+\/|data\.db)" to `shared`/),
		);
	});

	it("that lies in an output", async () => {
		const versions = { how: "in_place", outputs: ["dist"] } as const;
		expect(await guarded("dist/app.db", { versions }).protection()).toMatchObject(
			refused(/the output dist/, /move it/),
		);
	});

	it("that git tracks, in whatever way versions are run", async () => {
		database("data/app.db");
		const tracked = await tracking("data/app.db");
		for (const versions of [release("data"), { how: "in_place", outputs: [] }, { how: "private" }] as const) {
			expect(await guarded("data/app.db", { versions, tracked }).protection()).toMatchObject(
				refused(/git tracks it/, /git rm --cached data\/app\.db/),
			);
		}
	});

	it("whose place is a folder", async () => {
		await mkdir(place.file);
		expect(await guarded("data/app.db").protection()).toMatchObject(refused(/a folder at its place/, /file itself/));
	});

	it.each([
		["data/qq.db", "data/q.db"],
		["data/app.sqlite", "data/app.db"],
		["data/main.db", "data/production.sqlite3"],
		["data/deep/app.db", "data/app.db"],
	])("whose name is a slip: %s, where there is %s", async (path, meant) => {
		database(meant);
		await mkdir(at("data/deep"));
		const refusal = await guarded(path).protection();
		expect(refusal).toMatchObject(refused(/there is no such file/, /correct the path/));
		expect(refusal?.message).toContain(`did you mean ${meant}?`);
	});

	it.each([
		["data/app.bd", "data/app.db"],
		["data/cahce.db", "data/cache.db"],
		["dat/app.db", "data/app.db"],
	])("whose name is a slip where there are several: %s, where %s is the nearest", async (path, meant) => {
		for (const other of ["data/app.db", "data/cache.db", "data/production.db"]) database(other);
		const refusal = await guarded(path).protection();
		expect(refusal?.message).toContain(`did you mean ${meant}?`);
	});

	it("that is the second of two", async () => {
		database("data/app.db");
		const databases = [
			{ path: "data/app.db", policy: "restore" },
			{ path: "other.db", policy: "keep" },
		] as const;
		expect(await place.snapshots({ databases: [...databases], versions: release("data") }).protection()).toMatchObject({
			message: expect.stringContaining("other.db"),
		});
	});
});

describe("a file that is not there is no slip", () => {
	it("where what looks alike is no database, or configured, or one of several others", async () => {
		await writeFile(at("data/ap.db"), "no database");
		expect(await guarded("data/app.db").protection()).toBeNull();
		await rm(at("data/ap.db"));
		database("data/ap.db");
		const databases = ["data/app.db", "data/ap.db"].map((path) => ({ path, policy: "restore" as const }));
		const both = place.snapshots({ databases, versions: release("data") });
		expect(await both.protection()).toBeNull();
		expect(await both.missing()).toEqual(["data/app.db"]);
		await rm(at("data/ap.db"));
		for (const name of ["users.db", "events.db"]) database(`data/${name}`);
		expect(await guarded("data/app.db").protection()).toBeNull();
	});

	it("but is told as missing until it is there", async () => {
		expect(await guarded("data/app.db").missing()).toEqual(["data/app.db"]);
		database("data/app.db");
		expect(await guarded("data/app.db").missing()).toEqual([]);
	});
});
