// Lives of a supervisor within one trial are counted in a row; without a trial, or after a long pause, the count begins anew.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createFiles } from "../../src/adapters/system/files.js";
import { countBoot } from "../../src/app/boots.js";
import { limits } from "../../src/core/limits.js";
import type { Clock, Releases } from "../../src/ports/ports.js";
import { silentLog } from "../support/programs.js";
import { temporaryFolder } from "../support/temporary.js";

async function ready() {
	const stateDir = await temporaryFolder("deadman-boots");
	let wallMs = 1_000_000;
	let trial: string | null = "sw_abc123";
	const clock = { now: () => ({ wallMs, bootMs: 0 }) } as unknown as Clock;
	const live = async () => (trial === null ? { trial: null } : { trial: { swapId: trial } });
	const releases = [{ readLive: live } as unknown as Releases];
	const files = createFiles();
	return {
		stateDir,
		files,
		pass: (ms: number) => {
			wallMs += ms;
		},
		on: (swapId: string | null) => {
			trial = swapId;
		},
		count: (over = {}) => countBoot({ stateDir, files, clock, log: silentLog, releases, ...over }),
	};
}

it("counts starts in a row within one trial", async () => {
	const { count, pass, on } = await ready();
	expect([await count(), await count(), await count()]).toEqual([1, 2, 3]);
	pass(limits.guardQuietMs);
	expect(await count()).toBe(4);
	on("sw_other1");
	expect(await count()).toBe(1);
});

it("stays past the bound, without a word on disk", async () => {
	const { count, stateDir } = await ready();
	for (let start = 1; start <= limits.guardStarts; start += 1) expect(await count()).toBe(start);
	const before = await readFile(join(stateDir, "boots.json"), "utf8");
	expect([await count(), await count()]).toEqual([limits.guardStarts + 1, limits.guardStarts + 1]);
	expect(await readFile(join(stateDir, "boots.json"), "utf8")).toBe(before);
});

it("begins anew after a life that lasted, whichever way the clock went", async () => {
	for (const jump of [limits.guardQuietMs + 1, -limits.guardQuietMs - 1]) {
		const { count, pass } = await ready();
		await count();
		await count();
		pass(jump);
		expect(await count()).toBe(1);
	}
});

it("counts nothing where nothing is on trial, and leaves nothing behind", async () => {
	const { count, on, stateDir } = await ready();
	await count();
	on(null);
	expect(await count()).toBe(0);
	expect(await readdir(stateDir)).toEqual([]);
});

it("takes a count that was cut off for none, and goes on where none can be written", async () => {
	const { count, stateDir, files } = await ready();
	await writeFile(join(stateDir, "boots.json"), '{"schemaVersion":1,"swapId":"sw_');
	expect(await count()).toBe(1);
	const writeAtomic = async () => Promise.reject(new Error("ENOSPC"));
	expect(await count({ files: { ...files, writeAtomic } })).toBe(2);
	expect(await count()).toBe(2);
});
