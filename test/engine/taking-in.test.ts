// An error followed by a restart: what was done without the journal is taken in before anything else, and no verdict is acknowledged that is nowhere on
// disk (F35).
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/core/refusals.js";
import { createEngine, type Ports } from "../../src/engine/base/context.js";
import { goBackWithoutJournal } from "../../src/engine/emergency.js";
import { takeIn, withEmergencies } from "../../src/engine/taking-in.js";
import { settings as worldSettings } from "../simulation/world.js";
import { candidate, createScene, expectEnd, expectRefusal, first } from "./scene.js";

const why = "The journal cannot be read: EIO.";

/** A scene whose newest life's ports are at hand, and whose journal refuses to write while `broken`. */
function emergency(options: { readonly unwritable?: boolean } = {}) {
	const state = { broken: false, noLog: options.unwritable ?? false };
	let latest: Ports | null = null;
	const scene = createScene({
		adapt: (ports) => {
			latest = ports;
			return {
				journal: {
					...ports.journal,
					append: async (batch) => {
						if (state.broken) throw Object.assign(new Error("planted"), { code: "EIO" });
						await ports.journal.append(batch);
					},
				},
				emergency: {
					...ports.emergency,
					append: async (entry) => {
						if (state.broken && state.noLog) throw Object.assign(new Error("planted"), { code: "ENOSPC" });
						await ports.emergency.append(entry);
					},
				},
			};
		},
	});
	const ports = () => {
		if (latest === null) throw new Error("The world has not begun.");
		return latest;
	};
	return { scene, state, ports };
}

describe("a rollback that the journal could not take", () => {
	it("stays a rollback over a kill: the next life finds it in the emergency log", async () => {
		const { scene, state } = emergency();
		await scene.trial();
		state.broken = true;
		expect(isRefusal(await scene.rollback(first))).toBe(false);
		scene.kill();
		state.broken = false;
		await scene.begin();
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("rollback_requested");
		const types = await scene.types();
		expect(types.filter((type) => type === "rollbackRequested")).toHaveLength(1);
	});

	it("is not acknowledged where it could not be written anywhere, and goes on all the same", async () => {
		const { scene, state } = emergency({ unwritable: true });
		await scene.trial();
		state.broken = true;
		expectRefusal(await scene.rollback(first), "verdict_unwritten");
		await scene.clock.advance(10_000);
		expect(await scene.served()).toBe((await scene.swap()).proposal?.previousRelease);
		state.broken = false;
		await scene.clock.advance(120_000);
		await expectEnd(scene, "rolled_back");
	});

	it("is written once when the journal comes back in the same life, and the emergency log is empty", async () => {
		const { scene, state, ports } = emergency();
		await scene.trial();
		state.broken = true;
		await scene.rollback(first);
		await scene.clock.advance(1_000);
		state.broken = false;
		await scene.clock.advance(120_000);
		await expectEnd(scene, "rolled_back");
		expect(await ports().emergency.pending()).toEqual([]);
		await scene.restart();
		await scene.clock.advance(5_000);
		expect((await scene.types()).filter((type) => type === "restored")).toHaveLength(1);
	});
});

describe("a trial that was undone without the journal", () => {
	it("is undone for good: the next life proves the previous version and starts no candidate", async () => {
		const { scene } = emergency();
		await scene.trial();
		scene.kill();
		expect(await goBackWithoutJournal({ ...own(scene) }, { why })).toBe(first);
		const boots = (await scene.swap()).boots;
		await scene.begin();
		await scene.clock.advance(10_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "journal_unreadable", message: expect.stringContaining("EIO") });
		expect(end.boots).toBe(boots);
	});

	it("is found without the log too: what is live is not what the journal says", async () => {
		const { scene } = emergency();
		await scene.trial();
		scene.kill();
		const deaf = {
			append: async () => Promise.reject(new Error("planted")),
			pending: async () => [],
			taken: async () => {},
		};
		await goBackWithoutJournal({ ...own(scene), emergency: deaf }, { why });
		await scene.begin();
		await scene.clock.advance(10_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("state_mixed");
		expect(end.boots).toBe(1);
	});

	it("is not undone where its confirmation was acknowledged", async () => {
		const { scene } = emergency();
		await scene.trial();
		scene.killAt("promote.branch");
		expect(isRefusal(await scene.confirm(first))).toBe(false);
		expect(await goBackWithoutJournal({ ...own(scene) }, { why })).toBeNull();
		await scene.begin();
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("is undone where a confirmation had not reached live.json, and was not acknowledged", async () => {
		const { scene } = emergency();
		await scene.trial();
		scene.killAt("promote.unpin");
		let acknowledged = false;
		void scene.confirm(first).then((answer) => {
			acknowledged = !isRefusal(answer);
		});
		await scene.clock.settle();
		await goBackWithoutJournal({ ...own(scene) }, { why });
		await scene.begin();
		await scene.clock.advance(10_000);
		expect(acknowledged).toBe(false);
		await expectEnd(scene, "rolled_back");
	});
});

/** What a start has that cannot read the journal. The trials of this world hold no data. */
function own(scene: ReturnType<typeof createScene>) {
	const ports = scene.enter();
	const gate = { around: <T>(_: unknown, effect: () => Promise<T>) => effect() };
	return { ...ports, gate, snapshots: { ...ports.snapshots, manifest: async () => null }, target: "host" };
}

describe("taking in", () => {
	it("can be repeated: what landed in spite of its error is passed by", async () => {
		const { scene, ports } = emergency();
		await scene.trial();
		const swap = await scene.swap();
		scene.kill();
		await scene.begin();
		const now = await scene.swap();
		const fact = { type: "noted", text: "once", atMs: 1 } as const;
		const entry = { kind: "facts", swapId: first, version: now.version, facts: [fact] } as const;
		await ports().emergency.append(entry);
		const engine = createEngine(ports(), worldSettings);
		await takeIn(engine);
		await ports().emergency.append(entry);
		await takeIn(engine);
		expect((await scene.swap()).notes.filter((note) => note === "once")).toHaveLength(1);
		expect(await ports().emergency.pending()).toEqual([]);
		expect(swap.candidateRelease).toBe(candidate);
	});

	it("passes by a swap that the journal does not know", async () => {
		const { scene, ports } = emergency();
		await scene.begin();
		const entry = { kind: "facts", swapId: "sw_unknown", version: 3, facts: [] } as const;
		await ports().emergency.append(entry);
		await takeIn(createEngine(ports(), worldSettings));
		expect(await ports().emergency.pending()).toEqual([]);
	});

	it("shows readers how the swap would stand", async () => {
		const scene = createScene();
		await scene.trial();
		const swap = await scene.swap();
		const previous = { id: "base", commit: "a", tree: "b" };
		const entry = { kind: "undone", swapId: first, target: "host", previous, atMs: 1, why } as const;
		expect(withEmergencies(swap, [entry]).status).toBe("rolling_back");
		expect(withEmergencies(swap, [{ ...entry, swapId: "sw_other" }])).toBe(swap);
	});
});
