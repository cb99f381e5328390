// Rolling back: code and data to exactly what they were, from any point, any number of times, and claimed only when seen.
import { describe, expect, it } from "vitest";
import type { Site } from "../../../src/core/machine/sites.js";
import { createMemorySnapshots, emptyData } from "../../support/memory/snapshots.js";
import { accepted, candidate, createScene, expectEnd, first, triesMs } from "../scene.js";

const steps: readonly Site[] = [
	"fact.rollbackRequested",
	"fact.stepStarted",
	"rollBack.ballast",
	"rollBack.stop",
	"rollBack.fence",
	"rollBack.restore",
	"fact.dataRestored",
	"rollBack.flip",
	"rollBack.start",
	"rollBack.probe",
	"rollBack.count",
	"rollBack.unpin",
	"fact.restored",
];

const open = { around: <T>(_: string, effect: () => Promise<T>) => effect() };

/** A world whose database has one table of notes. */
function withData(policy: "restore" | "keep" | "replay") {
	const data = emptyData();
	data.live.set("app.db", new Map([["notes", new Map([["1", "written before"]])]]));
	const databases = [{ path: "app.db", policy }];
	const scene = createScene({ adapt: () => ({ snapshots: createMemorySnapshots({ databases, gate: open, data }) }) });
	const notes = () => Object.fromEntries(data.live.get("app.db")?.get("notes") ?? []);
	return {
		scene,
		data,
		notes,
		write: (key: string, text: string) => data.live.get("app.db")?.get("notes")?.set(key, text),
	};
}

/** In these a second life does not come by again: what they did is done. */
const once = new Set<`${"before" | "after"} ${Site}`>([
	"before fact.rollbackRequested",
	"after fact.rollbackRequested",
	"after fact.dataRestored",
	"after rollBack.start",
	"after fact.restored",
]);

describe("a death in the middle", () => {
	const moments = steps.flatMap((site) => [
		{ moment: "before" as const, site },
		{ moment: "after" as const, site },
	]);

	it.each(moments)("$moment $site, twice in a row, ends in the same place (F2)", async ({ moment, site }) => {
		const scene = createScene();
		await scene.trial();
		const deaths = once.has(`${moment} ${site}`) ? 1 : 2;
		for (let death = 0; death < deaths; death += 1) scene.killAt(site, moment);
		void scene.rollback(first);
		for (let life = 0; life < deaths; life += 1) {
			await scene.clock.advance(3_000);
			await scene.begin();
		}
		if ((await scene.swap()).status === "awaiting_confirmation") accepted(await scene.rollback(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(scene.data.restored).toEqual([first]);
	});
});

describe("the target", () => {
	it("is the release that was recorded up front, though others came between (F19)", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await scene.trial();
		await scene.rollback("sw_000002");
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back", "sw_000002");
		expect(end.proposal?.previousRelease).toBe(candidate);
	});

	it("stands in the journal too, where live.json is torn", async () => {
		const scene = createScene();
		await scene.trial();
		scene.releases.tornLive = true;
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect((await scene.releases.readLive())?.release.commit).toBe(scene.base);
	});
});

describe("the proof", () => {
	it("is not there when another release answers: stranded, not rolled back", async () => {
		const scene = createScene();
		await scene.trial();
		const previous = (await scene.swap()).proposal?.previousRelease ?? "";
		scene.programs.script(previous, { answersAs: candidate });
		await scene.rollback(first);
		await scene.clock.advance(150_000);
		const swap = await scene.swap();
		expect(swap).toMatchObject({ status: "stranded", outcome: null });
		expect(swap.notes.join()).toContain(`${candidate} answered instead of ${previous}`);
		expect(await scene.types()).not.toContain("restored");
	});

	it("is not there when the previous version dies: bounded tries, with its last lines (F26)", async () => {
		const scene = createScene();
		await scene.trial();
		const previous = (await scene.swap()).proposal?.previousRelease ?? "";
		scene.programs.script(previous, { diesAfterMs: 10 });
		const before = scene.programs.starts.length;
		await scene.rollback(first);
		await scene.clock.advance(600_000);
		expect((await scene.swap()).status).toBe("stranded");
		expect(scene.programs.starts.slice(before).map((run) => run.release)).toEqual([previous, previous, previous]);
		const failed = (await scene.facts()).findLast((fact) => fact.type === "attemptFailed");
		expect(failed).toMatchObject({ cause: { code: "previous_died" } });
	});

	it("holds after a second try that succeeds", async () => {
		const scene = createScene();
		await scene.trial();
		const previous = (await scene.swap()).proposal?.previousRelease ?? "";
		scene.programs.script(previous, (nth) => (nth === 2 ? { diesAfterMs: 10 } : {}));
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		expect((await expectEnd(scene, "rolled_back")).outcome?.evidence?.release).toBe(previous);
	});

	it("is asked of a new start where the previous version hangs", async () => {
		const scene = createScene();
		await scene.trial();
		const previous = (await scene.swap()).proposal?.previousRelease ?? "";
		scene.programs.script(previous, (nth) => (nth === 2 ? { readyAfterMs: null } : {}));
		await scene.rollback(first);
		await scene.clock.advance(120_000);
		await expectEnd(scene, "rolled_back");
	});
});

describe("the data", () => {
	it("is what it was at the cut-over, and what the window wrote is counted", async () => {
		const { scene, notes, write } = withData("restore");
		await scene.trial();
		write("1", "changed in the window");
		write("2", "new in the window");
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(notes()).toEqual({ 1: "written before" });
		expect(end.discarded).toMatchObject([{ database: "app.db", table: "notes", inserted: 1, updated: 1, deleted: 0 }]);
		expect(scene.chat.shown.at(-1)?.lines).toContain("Set aside from notes: 1 inserted, 1 updated.");
	});

	it("with the policy replay has the inserted rows put back", async () => {
		const { scene, notes, write } = withData("replay");
		await scene.trial();
		write("2", "new in the window");
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(notes()).toEqual({ 1: "written before", 2: "new in the window" });
		expect(end.discarded).toMatchObject([{ inserted: 1, replayed: 1 }]);
	});

	it("with the policy keep stays", async () => {
		const { scene, notes, write } = withData("keep");
		await scene.trial();
		write("2", "new in the window");
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(notes()).toEqual({ 1: "written before", 2: "new in the window" });
	});

	it("is not restored while somebody holds it open (F17); once he lets go, it is", async () => {
		const { scene, data, notes, write } = withData("restore");
		await scene.trial();
		write("1", "changed in the window");
		data.holder = { database: "app.db", pid: 7, command: "sqlite3" };
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		const held = await scene.swap();
		expect(held.status).toBe("rolling_back");
		expect(held.blockedBy?.cause.code).toBe("database_held");
		expect(notes()).toEqual({ 1: "changed in the window" });
		data.holder = null;
		await scene.clock.advance(6_000);
		await expectEnd(scene, "rolled_back");
		expect(notes()).toEqual({ 1: "written before" });
	});

	it("is restored once: what the previous version writes afterwards stays, over a crash too", async () => {
		const { scene, notes, write } = withData("restore");
		await scene.trial();
		scene.doAt("rollBack.start", () => void write("3", "by the previous version"), "after");
		scene.killAt("rollBack.count");
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		await scene.begin();
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(scene.trace.filter((site) => site === "rollBack.restore")).toHaveLength(1);
		expect(notes()).toEqual({ 1: "written before", 3: "by the previous version" });
	});
});
