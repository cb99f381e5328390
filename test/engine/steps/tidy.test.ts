// Tidying: removes what nobody needs any more, and never what another verdict may need (F18).
import { describe, expect, it } from "vitest";
import { accepted, createScene, expectEnd, first, person } from "../scene.js";

type Scene = ReturnType<typeof createScene>;

const keepOne = { retain: { releases: 1, snapshots: 1, swaps: 2, discarded: { days: 9, rollbacks: 4 } } };

/** What was asked to be pruned, so that the pins can be read. */
function pruning(settings = keepOne) {
	const asked: { kind: string; pinned: readonly string[]; retain: number }[] = [];
	const scene = createScene({
		settings,
		adapt: ({ releases, snapshots }) => ({
			releases: {
				...releases,
				prune: async (request) => {
					asked.push({ kind: "releases", ...request });
					return releases.prune(request);
				},
			},
			snapshots: {
				...snapshots,
				prune: async (request) => {
					asked.push({ kind: "snapshots", ...request });
					return [];
				},
			},
		}),
	});
	return { scene, asked };
}

async function confirmed(scene: Scene): Promise<string> {
	const { id } = await scene.trial();
	accepted(await scene.confirm(id));
	await scene.clock.advance(5_000);
	return id;
}

describe("releases", () => {
	it("keeps the live one and as many as it was told, and removes the rest", async () => {
		const { scene, asked } = pruning();
		for (let nth = 0; nth < 3; nth += 1) await confirmed(scene);
		expect([...scene.releases.stored.keys()].sort()).toEqual(["sw_000002-1", "sw_000003-1"]);
		expect(asked.at(-2)).toEqual({ kind: "releases", pinned: ["sw_000003-1"], retain: 1 });
		expect(asked.at(-1)).toEqual({ kind: "snapshots", pinned: [], retain: 1, discarded: { days: 9, rollbacks: 4 } });
	});

	it("keeps what a stranded swap needs, though others end meanwhile (F18)", async () => {
		const { scene } = pruning();
		await confirmed(scene);
		const { id } = await scene.trial();
		scene.failAt("rollBack.flip", { times: 3 });
		await scene.rollback(id);
		await scene.clock.advance(30_000);
		expect((await scene.swap(id)).status).toBe("stranded");
		await scene.restart();
		for (const release of [`${first}-1`, `${id}-1`]) expect(scene.releases.stored.has(release)).toBe(true);
		accepted(await scene.rollback(id));
		await scene.clock.advance(10_000);
		await expectEnd(scene, "rolled_back", id);
	});

	it("of a trial are never pushed out by N failed tries (F18)", async () => {
		const { scene } = pruning();
		for (let nth = 0; nth < 4; nth += 1) {
			const { id } = await scene.trial({ diesAfterMs: 0 });
			await scene.clock.advance(5_000);
			await expectEnd(scene, "rolled_back", id);
		}
		expect(await scene.releases.verify(`base-${scene.base.slice(0, 12)}`)).toEqual([]);
	});
});

describe("workspaces", () => {
	const submission = { workspace: "fix", summary: "a fix", fileSummaries: {}, by: person };

	async function submitted(approval: "auto" | "required" = "auto"): Promise<Scene> {
		const scene = createScene({ settings: { approval } });
		await scene.begin();
		accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree" }));
		scene.workspaces.edit("fix", { "server.js": "fixed" });
		scene.workspaces.commit("fix");
		accepted(await scene.supervisor.submit(submission));
		await scene.clock.advance(5_000);
		return scene;
	}
	const names = async (scene: Scene) => (await scene.supervisor.listWorkspaces()).map((one) => one.name);

	it("go when their swap is kept or withdrawn", async () => {
		const kept = await submitted();
		await kept.confirm(first);
		await kept.clock.advance(5_000);
		expect(await names(kept)).toEqual([]);
		const withdrawn = await submitted("required");
		await withdrawn.supervisor.withdraw({ id: first, by: person, epoch: null });
		await withdrawn.clock.advance(5_000);
		expect(await names(withdrawn)).toEqual([]);
	});

	it("stay when a person said no: the builder does there what the reason asks for", async () => {
		const scene = await submitted("required");
		await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" });
		await scene.clock.advance(5_000);
		expect(await scene.swap()).toMatchObject({ status: "rejected", tidied: true });
		expect(await scene.supervisor.listWorkspaces()).toMatchObject([{ name: "fix", frozen: false }]);
	});

	it("stay when their swap was rolled back: the builder mends it there", async () => {
		const scene = await submitted();
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(await names(scene)).toEqual(["fix"]);
	});

	it("with uncommitted work stay, and the swap ends all the same", async () => {
		const scene = await submitted();
		scene.workspaces.edit("fix", { "notes.md": "not committed" });
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "finalized")).tidied).toBe(true);
		expect(await names(scene)).toEqual(["fix"]);
	});
});
