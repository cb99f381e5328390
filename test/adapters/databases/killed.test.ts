// The supervisor killed with SIGKILL inside take and restore, its child processes orphaned: the next life ends whole.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sites } from "../../../src/core/machine/sites.js";
import { startProgram } from "../../support/processes.js";
import { sampleOf } from "../../support/shard.js";
import { integrityOf, makePlace, notesIn, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

type Verb = "ahead" | "take" | "begin" | "restore";

async function killedAt(verb: Verb, site: string, when: string): Promise<void> {
	const program = startProgram("restorer.mjs", place.root, verb, site, when);
	expect(await program.ended).toBe("SIGKILL");
	expect(program.lines).toEqual(["begun"]);
}

const moments = ["before", "after"] as const;
const taking = ["copy", "verify", "manifest"];

function verbOf(name: string): Verb {
	if (name === "begin" || name === "ahead") return name;
	return taking.includes(name) ? "take" : "restore";
}

const cuts = sites.snapshots.flatMap((name) => moments.map((when) => ({ verb: verbOf(name), name, when })));

describe("killed", () => {
	it.each(sampleOf(cuts))("$when $name in $verb: the next life ends whole", async ({ verb, name, when }) => {
		const snapshots = place.snapshots({ fenceMs: 5_000 });
		await place.program("wal", 10, "die");
		if (verb === "ahead") {
			await killedAt("ahead", "snapshots.ahead", when);
			await place.program("wal", 1, "die");
		}
		if (verb === "take") await killedAt("take", `snapshots.${name}`, when);
		expect(await snapshots.fence()).toBeNull();
		const records = await snapshots.take("sw_a");
		await place.program("wal", 30, "die");
		if (verb === "begin") await killedAt("begin", "snapshots.begin", when);
		if (verb === "restore") {
			await killedAt("restore", `snapshots.${name}`, when);
			expect(await snapshots.fence()).toBeNull();
			if (when === "before") await killedAt("restore", `snapshots.${name}`, when);
			expect(await snapshots.fence()).toBeNull();
		}
		await snapshots.restore("sw_a", records);
		expect([...(await place.bytes()).keys()]).toEqual(["app.db"]);
		const more = verb === "ahead" ? 1 : 0;
		expect(notesIn(place, place.file)).toBe(10 + more);
		expect(integrityOf(place, place.file)).toBe("ok");
		expect(notesIn(place, place.discarded("sw_a"))).toBe(40 + more);
		expect(await snapshots.count("sw_a")).toMatchObject([{ table: "notes", inserted: 30, updated: 0, deleted: 0 }]);
	});
});
