// The loop itself: intents before effects, each row's crash rule, where a failing step leads, and what becomes of failing bookkeeping.
import { describe, expect, it } from "vitest";
import { isEnded, phases } from "../../src/core/machine/phases.js";
import type { Site } from "../../src/core/machine/sites.js";
import type { Status } from "../../src/core/swap.js";
import { accepted, candidate, createScene, expectEnd, expectRefusal, first, triesMs } from "./scene.js";

const windowMs = 130_000;

describe("intent before effect", () => {
	it("journals that a step begins before its first effect, and its outcome after its last", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		const rooms = scene.trace.filter((site) => !/^(baseline|keeper|releases|snapshots|mail)\./.test(site));
		expect(rooms.filter((site, index) => !site.endsWith(".probe") || rooms[index - 1] !== site)).toEqual([
			"fact.approved",
			"fact.stepStarted",
			...["checkout", "install", "build", "check", "seal", "rehearse", "ballast", "ahead", "holders"].map(
				(name) => `stage.${name}`,
			),
			"fact.staged",
			"fact.stepStarted",
			"fact.armed",
			"cutOver.pin",
			"cutOver.stop",
			"cutOver.fence",
			"cutOver.snapshot",
			"fact.snapshotTaken",
			"cutOver.flip",
			"fact.bootStarted",
			"cutOver.start",
			"cutOver.probe",
			"fact.ready",
			"fact.stepStarted",
			"fact.cardDelivered",
			"probation.probe",
			"fact.confirmed",
			"fact.stepStarted",
			"promote.unpin",
			"promote.branch",
			"promote.ballast",
			"fact.promoted",
			"fact.stepStarted",
			"tidy.prune",
			"tidy.refs",
			"tidy.compact",
			"fact.tidied",
		]);
	});

	it("does the same on the way back", async () => {
		const scene = createScene();
		await scene.trial();
		const from = scene.trace.length;
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.outcome?.evidence?.release).toBe(end.proposal?.previousRelease);
		const rooms = scene.trace.slice(from).filter((site) => /^(rollBack|fact|tidy)\./.test(site));
		expect(rooms.filter((site, index) => rooms[index - 1] !== site)).toEqual([
			"fact.rollbackRequested",
			"fact.stepStarted",
			"rollBack.stop",
			"rollBack.ballast",
			"rollBack.fence",
			"rollBack.restore",
			"fact.dataRestored",
			"rollBack.mend",
			"rollBack.flip",
			"rollBack.start",
			"rollBack.probe",
			"rollBack.count",
			"rollBack.unpin",
			"fact.restored",
			"fact.stepStarted",
			"tidy.prune",
			"tidy.refs",
			"tidy.compact",
			"fact.tidied",
		]);
	});

	it("does not begin an effect whose intent could not be written", async () => {
		const scene = createScene();
		await scene.begin();
		scene.failAt("fact.stepStarted", { times: 2 });
		await scene.propose("version 2");
		await scene.clock.settle();
		expect(scene.trace.some((site) => site.startsWith("stage."))).toBe(false);
		await scene.clock.advance(10_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

describe("the crash rule of each row", () => {
	const rows: readonly { status: Status; at: Site; ends: Status }[] = [
		{ status: "staging", at: "stage.build", ends: "awaiting_confirmation" },
		{ status: "cutting_over", at: "cutOver.flip", ends: "rolled_back" },
		{ status: "awaiting_confirmation", at: "probation.probe", ends: "awaiting_confirmation" },
		{ status: "promoting", at: "promote.branch", ends: "finalized" },
		{ status: "rolling_back", at: "rollBack.flip", ends: "rolled_back" },
		{ status: "finalized", at: "tidy.prune", ends: "finalized" },
		{ status: "rolled_back", at: "tidy.prune", ends: "rolled_back" },
	];

	it.each(rows)("$status, killed before $at, ends $ends", async ({ status, at, ends }) => {
		for (const moment of ["before", "after"] as const) {
			const scene = createScene();
			scene.killAt(at, moment);
			await scene.trial();
			if (["promoting", "finalized"].includes(status)) void scene.confirm(first);
			if (status === "rolling_back" || status === "rolled_back") void scene.rollback(first);
			await scene.clock.advance(5_000);
			expect((await scene.swap()).status).toBe(status);
			await scene.begin();
			await scene.clock.advance(5_000);
			const end = await scene.swap();
			expect(end.status, JSON.stringify(end.cause)).toBe(ends);
			expect(end.tidied).toBe(isEnded(ends));
			expect(scene.doubles).toEqual([]);
		}
	});

	it("a cut-over that a crash ended says so", async () => {
		const scene = createScene();
		scene.killAt("cutOver.flip");
		await scene.trial();
		await scene.begin();
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("supervisor_died");
	});

	it("keeps what waits for a person, over any number of lives", async () => {
		const scene = createScene({ settings: { approval: "required" } });
		await scene.trial();
		await scene.restart();
		await scene.restart();
		expect((await scene.swap()).status).toBe("pending_approval");
		expect(phases.pending_approval.afterCrash).toBe("keep");
		accepted(
			await scene.supervisor.approve({
				id: first,
				by: { surface: "cli", id: "1" },
				epoch: null,
				insist: false,
				typed: null,
			}),
		);
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("keeps the run of a probation, and the window that it has", async () => {
		const scene = createScene();
		await scene.trial();
		const [run] = await scene.programs.running();
		const leftMs = await scene.leftMs();
		await scene.restart();
		expect(await scene.programs.running()).toEqual([run]);
		expect(await scene.leftMs()).toBe(leftMs - 2_000);
	});

	it("asks a human where nobody else can know: a stranded swap waits, over lives and for ever", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.flip", { times: 3 });
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		await scene.restart();
		await scene.clock.advance(3_600_000);
		expect((await scene.swap()).status).toBe("stranded");
		expect(phases.stranded.afterCrash).toBe("ask");
	});

	it("takes a stage that kills its supervisor three times for failed, and tells the builder", async () => {
		const scene = createScene();
		await scene.begin();
		for (let life = 0; life < 3; life += 1) scene.killAt("stage.build");
		await scene.propose("version 2");
		for (let life = 0; life < 3; life += 1) {
			await scene.clock.advance(3_000);
			await scene.begin();
		}
		await scene.clock.advance(3_000);
		const swap = await scene.swap();
		expect(swap).toMatchObject({ status: "drafting", cause: { code: "supervisor_died" } });
		expect(scene.chat.notices.at(-1)).toContain("could not be staged");
		expect(await scene.served()).toContain("base-");
	});
});

describe("a step that fails", () => {
	const rows: readonly { at: Site; times: number; before?: "confirm" | "rollback"; leads: Status }[] = [
		{ at: "stage.build", times: 1, leads: "drafting" },
		{ at: "cutOver.snapshot", times: 1, leads: "rolled_back" },
		{ at: "cutOver.start", times: 1, leads: "rolled_back" },
		{ at: "promote.branch", times: 2, before: "confirm", leads: "finalized" },
		{ at: "promote.branch", times: 5, before: "confirm", leads: "finalized" },
		{ at: "rollBack.restore", times: 2, before: "rollback", leads: "rolled_back" },
		{ at: "rollBack.restore", times: 3, before: "rollback", leads: "stranded" },
		{ at: "tidy.prune", times: 2, before: "confirm", leads: "finalized" },
		{ at: "tidy.prune", times: 3, before: "rollback", leads: "rolled_back" },
	];

	it.each(rows)("$times times at $at leads to $leads", async ({ at, times, before, leads }) => {
		const scene = createScene();
		scene.failAt(at, { times });
		await scene.trial();
		if (before !== undefined) accepted(await scene[before](first));
		await scene.clock.advance(triesMs);
		const swap = await scene.swap();
		expect(swap.status, JSON.stringify(swap.cause)).toBe(leads);
		if (isEnded(leads)) expect((await expectEnd(scene, leads)).tidied).toBe(true);
	});

	it("in probation is a candidate that nobody can vouch for", async () => {
		const scene = createScene();
		let broken = false;
		const running = scene.programs.running;
		scene.programs.running = async () => {
			if (!broken) return running();
			broken = false;
			throw new Error("no /proc");
		};
		const breakNow = () => {
			broken = true;
		};
		scene.doAt("fact.ready", breakNow, "after");
		await scene.trial();
		await scene.clock.advance(5_000);
		scene.programs.running = running;
		const end = await expectEnd(scene, "rolled_back");
		expect(await scene.types()).toContain("candidateDied");
		expect(end.cause?.message).toContain("no /proc");
	});

	it("pauses between its tries, longer each time", async () => {
		const scene = createScene();
		await scene.trial();
		const at: number[] = [];
		for (let nth = 0; nth < 3; nth += 1) {
			scene.doAt("rollBack.flip", () => {
				at.push(scene.clock.now().bootMs);
				throw new Error("the disk is slow");
			});
		}
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		expect((await scene.swap()).status).toBe("stranded");
		expect(at.slice(1).map((ms, index) => ms - (at[index] ?? 0))).toEqual([500, 1_000]);
	});
});

describe("stranded", () => {
	it("says so to everybody, keeps the first cause, and rolls back when a person asks again", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.restore", { times: 3 });
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		const stranded = await scene.swap();
		expect(stranded).toMatchObject({ status: "stranded", cause: { code: "rollback_requested" } });
		expect(stranded.notes.at(-1)).toContain("planted at rollBack.restore");
		expect(scene.chat.shown.at(-1)?.title).toContain("STRANDED");
		expectRefusal(await scene.confirm(first), "not_yet");
		accepted(await scene.rollback(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(scene.chat.shown.at(-1)?.title).toContain("was rolled back");
	});

	it("has three tries again each time it is asked", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.restore", { times: 5 });
		await scene.rollback(first);
		await scene.clock.advance(triesMs);
		accepted(await scene.rollback(first));
		await scene.clock.advance(triesMs);
		await expectEnd(scene, "rolled_back");
		expect((await scene.types()).filter((type) => type === "attemptFailed")).toHaveLength(5);
	});
});

describe("bookkeeping that fails", () => {
	it.each(["fact.staged", "fact.ready", "fact.promoted"] as const)("at %s pauses, and loses nothing", async (site) => {
		const scene = createScene();
		scene.failAt(site, { times: 2 });
		await scene.trial();
		await scene.clock.advance(5_000);
		if ((await scene.swap()).status === "awaiting_confirmation") accepted(await scene.confirm(first));
		await scene.clock.advance(10_000);
		await expectEnd(scene, "finalized");
		expect(scene.logged.filter(({ event }) => event === "advance.failed")).toHaveLength(2);
		const facts = await scene.types();
		expect(facts.filter((type) => `fact.${type}` === site)).toHaveLength(1);
	});

	it("pauses also where a step was just ended by a verdict", async () => {
		let failing = 0;
		let reads = 0;
		const scene = createScene({
			adapt: ({ journal }) => ({
				journal: {
					...journal,
					swap: async (id) => {
						reads += 1;
						if (failing-- > 0) throw new Error("The disk does not answer.");
						return journal.swap(id);
					},
				},
			}),
		});
		await scene.trial();
		await scene.confirm(first);
		reads = 0;
		failing = 40;
		await scene.clock.settle();
		expect(reads).toBeLessThan(10);
		failing = 0;
		await scene.clock.advance(70_000);
		await expectEnd(scene, "finalized");
	});
});

describe("causes", () => {
	it("the first one wins, later ones stand in the notes", async () => {
		const scene = createScene();
		await scene.trial({ diesAfterMs: 6_000, exit: { code: 3, signal: null } });
		scene.failAt("rollBack.start", { error: new Error("no memory") });
		await scene.clock.advance(windowMs);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "candidate_died", message: "The new version ended with code 3." });
		expect(end.notes).toEqual(["failed: no memory"]);
		expect(end.candidateRelease).toBe(candidate);
	});
});
