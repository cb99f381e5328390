// The parts together: starting sweeps what is unfinished, stopping keeps the window, and the verbs that no part of their own answers.
import { describe, expect, it } from "vitest";
import { createMemorySnapshots, emptyData } from "../support/memory/snapshots.js";
import { accepted, candidate, createScene, expectEnd, expectRefusal, first, person } from "./scene.js";

const open = { around: <T>(_: string, effect: () => Promise<T>) => effect() };

function withData() {
	const data = emptyData();
	data.live.set("app.db", new Map([["notes", new Map([["1", "before"]])]]));
	const databases = [{ path: "app.db", policy: "restore" as const }];
	const scene = createScene({ adapt: () => ({ snapshots: createMemorySnapshots({ databases, gate: open, data }) }) });
	return { scene, data, notes: () => data.live.get("app.db")?.get("notes") };
}

describe("starting", () => {
	it("goes on with every unfinished swap, and leaves the ended ones alone", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await scene.trial();
		await scene.restart();
		const swept = scene.logged.filter(({ event }) => event === "sweep").map(({ details }) => details);
		expect(swept).toEqual([{ swap: "sw_000002", status: "awaiting_confirmation" }]);
		await scene.clock.advance(150_000);
		await expectEnd(scene, "rolled_back", "sw_000002");
	});
});

describe("stopping", () => {
	it("ends everything of ours; the window stays on disk and goes on at the next start", async () => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		await scene.supervisor.stop();
		expect(await scene.served()).toBe("none");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		scene.kill();
		await scene.begin();
		expect(await scene.served()).toBe(candidate);
		expect(await scene.leftMs()).toBe(leftMs - 2_000);
	});

	it("in a cut-over does not count it as the candidate's death", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 20_000 });
		await scene.supervisor.stop();
		expect(await scene.types()).not.toContain("candidateExited");
	});

	it("leaves no timer of the alarm behind", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.supervisor.stop();
		const facts = await scene.types();
		await scene.clock.advance(600_000);
		expect(await scene.types()).toEqual(facts);
	});
});

describe("status", () => {
	it("tells the life, the live release, the program, the channels and the current swap", async () => {
		const scene = createScene();
		await scene.trial();
		const status = await scene.supervisor.status();
		expect(status).toMatchObject({
			life: "life-1",
			live: { release: candidate, commit: scene.base },
			program: { state: "swapping", detail: candidate },
			channels: [{ name: "chat", address: "memory:" }],
			swap: { id: first, status: "awaiting_confirmation" },
		});
	});

	it("before anything is live says so", async () => {
		const scene = createScene();
		scene.git.operation = "merge";
		await scene.begin();
		expect(await scene.supervisor.status()).toMatchObject({ live: null, swap: null, program: { state: "none" } });
		expectRefusal(
			await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree" }),
			"baseline_unproven",
		);
	});
});

describe("data that was set aside", () => {
	it("is shown and replayed on request, by whom it may be", async () => {
		const { scene, notes } = withData();
		await scene.trial();
		notes()?.set("2", "in the window");
		expectRefusal(await scene.supervisor.dataShow(first), "no_data");
		expectRefusal(await scene.supervisor.dataReplay({ id: first, by: person }), "no_data");
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		expect(accepted(await scene.supervisor.dataShow(first))).toMatchObject([
			{ table: "notes", inserted: 1, replayed: null },
		]);
		const builder = { surface: "builder", id: "x" } as const;
		expectRefusal(await scene.supervisor.dataReplay({ id: first, by: builder }), "not_authorised");
		expect(accepted(await scene.supervisor.dataReplay({ id: first, by: person }))).toMatchObject([{ replayed: 1 }]);
		expect(notes()?.get("2")).toBe("in the window");
		expect((await scene.swap()).discarded).toMatchObject([{ replayed: 1 }]);
		expect((await scene.facts()).at(-1)).toMatchObject({ type: "replayed", by: person });
	});
});

describe("data that was set aside and is gone", () => {
	async function rolledBack() {
		const all = withData();
		await all.scene.trial();
		all.notes()?.set("2", "in the window");
		await all.scene.rollback(first);
		await all.scene.clock.advance(5_000);
		return all;
	}

	it("was removed by an operator, who is on record; its counts stay, and nothing claims that it could be put back", async () => {
		const { scene } = await rolledBack();
		const builder = { surface: "builder", id: "x" } as const;
		expectRefusal(await scene.supervisor.dataDrop({ id: first, by: builder }), "not_authorised");
		const gone = [{ table: "notes", inserted: 1, note: expect.stringMatching(/^Removed at .* by an operator/) }];
		expect(accepted(await scene.supervisor.dataDrop({ id: first, by: person }))).toMatchObject(gone);
		expect((await scene.facts()).at(-1)).toMatchObject({ type: "dataDropped", by: person });
		expect(accepted(await scene.supervisor.dataShow(first))).toMatchObject(gone);
		for (const verb of ["dataReplay", "dataDrop"] as const) {
			const refusal = expectRefusal(await scene.supervisor[verb]({ id: first, by: person }), "data_pruned");
			expect(refusal).toMatchObject({ kind: "conflict", message: expect.stringContaining("by an operator") });
		}
	});

	it("was pruned, also by a version that left no note", async () => {
		const { scene, data } = await rolledBack();
		data.discarded.delete(first);
		expect(accepted(await scene.supervisor.dataShow(first))).toMatchObject([
			{ note: expect.stringContaining("by an earlier version") },
		]);
		expectRefusal(await scene.supervisor.dataReplay({ id: first, by: person }), "data_pruned");
		expect((await scene.swap()).discarded).toMatchObject([{ note: null }]);
	});
});

describe("events", () => {
	it("tell each change once, until the listener leaves", async () => {
		const scene = createScene();
		await scene.begin();
		const seen: string[] = [];
		const leave = scene.supervisor.subscribe((event) => {
			if (event.type === "swap:changed") seen.push(...event.facts.map((fact) => fact.type));
		});
		await scene.trial();
		expect(seen).toEqual(await scene.types());
		leave();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		expect(seen).not.toContain("confirmed");
	});
});
