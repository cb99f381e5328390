// Who holds a database, found by device and inode: through other names, through sidecars, soon after it lets go, and quickly.
import { link, rename } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fence, findHolder } from "../../../src/adapters/databases/fence.js";
import { limits } from "../../../src/core/limits.js";
import { makePlace, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

describe("the fence", () => {
	it("names the process that holds the database", async () => {
		expect(await findHolder([place.file])).toBeNull();
		const program = await place.program("wal", 1, "hold");
		expect(await findHolder([place.file])).toMatchObject({ pid: program.pid, file: place.file });
		await program.end();
		expect(await findHolder([place.file])).toBeNull();
	});

	it("knows the file by what it is, not by its name", async () => {
		const program = await place.program("delete", 1, "hold");
		await link(place.file, `${place.file}.other`);
		expect(await findHolder([`${place.file}.other`])).toMatchObject({ pid: program.pid });
		await rename(place.file, `${place.file}.moved`);
		expect(await findHolder([`${place.file}.moved`])).toMatchObject({ pid: program.pid });
	});

	it("opens as soon as the holder is gone", async () => {
		const program = await place.program("wal", 1, "hold");
		const [refusal] = await Promise.all([fence([place.file], limits.fenceMs), program.end()]);
		expect(refusal).toBeNull();
	});

	it("refuses after its time, with the process and its name", async () => {
		const program = await place.program("wal", 1, "hold");
		const refusal = await fence([place.file], 50);
		expect(refusal).toMatchObject({ code: "database_held" });
		expect(refusal?.message).toContain(`Process ${program.pid} (`);
		expect(refusal?.message).toContain(place.file);
	});

	it("does not count this process, nor wait where there is no database", async () => {
		const here = await place.on(place.file, async (database) => {
			database.exec("create table t (x)");
			return findHolder([place.file]);
		});
		expect(here).toBeNull();
		expect(await fence([], 0)).toBeNull();
		expect(await fence([`${place.file}.absent`], 0)).toBeNull();
	});

	it("never holds the event loop for long", async () => {
		await place.program("wal", 1, "close");
		let longestMs = 0;
		let last = performance.now();
		let over = false;
		const watch = (): void => {
			const now = performance.now();
			longestMs = Math.max(longestMs, now - last);
			last = now;
			if (!over) setImmediate(watch);
		};
		setImmediate(watch);
		for (let round = 0; round < 5; round += 1) expect(await findHolder([place.file])).toBeNull();
		over = true;
		expect(longestMs).toBeGreaterThan(0);
		expect(longestMs).toBeLessThan(200);
	});
});
