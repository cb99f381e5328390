// Outcomes on their way to builders: each end and each failed try once per channel, in order, again until it has arrived, and no person's
// channel ever sees one. What lies in a workspace never speaks of a try before the one that is decided.
import { describe, expect, it } from "vitest";
import { createOutcomeFile } from "../../../src/adapters/channels/outcomes/outcome-file.js";
import type { Actor } from "../../../src/core/swap.js";
import type { OutcomeReport } from "../../../src/core/words/outcome-report.js";
import type { BuilderChannel, Telling } from "../../../src/ports/ports.js";
import { accepted, createScene, first, person, type Scene } from "../scene.js";

const builder: Actor = { surface: "builder", id: "claude" };
const submission = { workspace: "fix", summary: "a fix", fileSummaries: {}, by: builder };

interface Ear extends BuilderChannel {
	readonly heard: Telling[];
	failures: number;
}

function createEar(name = "builder:ear"): Ear {
	const ear: Ear = {
		name,
		heard: [],
		failures: 0,
		async tell(telling) {
			if (ear.failures > 0) {
				ear.failures -= 1;
				throw new Error("Nobody listens.");
			}
			ear.heard.push(telling);
		},
	};
	return ear;
}

async function begun(ear: Ear, approval: "auto" | "required" = "auto"): Promise<Scene> {
	const scene: Scene = createScene({
		settings: { approval },
		adapt: (ports) => ({ builderChannels: [createOutcomeFile({ workspaces: ports.workspaces }), ear] }),
	});
	await scene.begin();
	accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree", by: builder }));
	return scene;
}

async function submit(scene: Scene, content: string): Promise<void> {
	scene.workspaces.edit("fix", { "server.js": content });
	scene.workspaces.commit("fix");
	accepted(await scene.supervisor.submit(submission));
	await scene.clock.advance(5_000);
}

function left(scene: Scene): OutcomeReport | null {
	const text = scene.workspaces.outcomeOf("fix");
	return text === null ? null : (JSON.parse(text) as { outcome: OutcomeReport }).outcome;
}

const kinds = ({ heard }: Ear) => heard.map(({ report }) => [report.epoch, report.outcome]);

describe("every end is told", () => {
	it("a failed try, a rollback and the fix that is kept, in order, with the instruction", async () => {
		const ear = createEar();
		const scene = await begun(ear);
		scene.failAt("stage.build");
		await submit(scene, "fails");
		expect(left(scene)).toMatchObject({ outcome: "failed", epoch: 1, workspace: "fix" });
		await submit(scene, "bad");
		expect(left(scene), "a new submission takes the old outcome away").toBeNull();
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		expect(left(scene)).toMatchObject({ outcome: "rolled_back", epoch: 2, swapId: first });
		expect(left(scene)?.next).toContain("in workspace fix");
		await submit(scene, "good");
		expect(left(scene)).toBeNull();
		const second = (await scene.supervisor.swaps())[0]?.id ?? "";
		await scene.confirm(second);
		await scene.clock.advance(5_000);
		expect(kinds(ear)).toEqual([
			[1, "failed"],
			[2, "rolled_back"],
			[1, "kept"],
		]);
		expect(new Set(ear.heard.map(({ delivery }) => delivery)).size).toBe(3);
		expect(JSON.stringify([scene.chat.notices, scene.chat.shown])).not.toContain('"outcome"');
	});

	it("a person's no, with the workspace as it was and thawed", async () => {
		const ear = createEar();
		const scene = await begun(ear, "required");
		await submit(scene, "large");
		await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "too large" });
		await scene.clock.advance(5_000);
		expect(left(scene)).toMatchObject({ outcome: "refused", cause: { message: "too large" } });
		expect(await scene.supervisor.listWorkspaces(builder)).toMatchObject([{ name: "fix", frozen: false }]);
	});

	it("stranded", async () => {
		const ear = createEar();
		const scene = await begun(ear);
		await submit(scene, "bad");
		scene.failAt("rollBack.stop", { times: Number.POSITIVE_INFINITY });
		await scene.rollback(first);
		await scene.clock.advance(60_000);
		expect(kinds(ear)).toEqual([[1, "stranded"]]);
		expect(left(scene)).toBeNull();
	});
});

describe("until it has arrived", () => {
	it("it is told again, by the same name, and the next of the swap waits for it", async () => {
		const ear = createEar();
		const scene = await begun(ear);
		ear.failures = 5;
		scene.failAt("stage.build", { times: 2 });
		await submit(scene, "fails");
		await submit(scene, "fails again");
		expect(ear.heard).toEqual([]);
		await scene.clock.advance(60_000);
		expect(kinds(ear)).toEqual([
			[1, "failed"],
			[2, "failed"],
		]);
		expect(scene.logged.filter(({ event }) => event === "delivery.failed")).toHaveLength(5);
	});

	it("it is told in a later life too", async () => {
		const ear = createEar();
		const scene = await begun(ear);
		ear.failures = Number.POSITIVE_INFINITY;
		scene.failAt("stage.build");
		await submit(scene, "fails");
		await scene.restart();
		expect(ear.heard).toEqual([]);
		ear.failures = 0;
		await scene.clock.advance(60_000);
		expect(kinds(ear)).toEqual([[1, "failed"]]);
	});
});

it("a file that would speak of the try before is not written while the next is decided", async () => {
	const ear = createEar();
	const scene = await begun(ear, "required");
	scene.workspaces.edit("fix", { "server.js": "one" });
	scene.workspaces.commit("fix");
	accepted(await scene.supervisor.submit(submission));
	await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" });
	await scene.clock.advance(5_000);
	const [telling] = ear.heard;
	if (telling === undefined) throw new Error("nothing was told");
	expect(await telling.isCurrent()).toBe(true);
	await submit(scene, "two");
	expect(await telling.isCurrent()).toBe(false);
	await createOutcomeFile({ workspaces: scene.workspaces }).tell(telling);
	expect(left(scene)).toBeNull();
	const second = (await scene.supervisor.swaps())[0]?.id ?? "";
	await scene.supervisor.reject({ id: second, by: person, epoch: null, reason: "no" });
	await scene.clock.advance(5_000);
	await createOutcomeFile({ workspaces: scene.workspaces }).tell(telling);
	expect(left(scene)?.swapId, "a late one does not cover the newer").toBe(second);
});

it("another builder's workspace of the same name is told nothing", async () => {
	const ear = createEar();
	const scene = await begun(ear, "required");
	await submit(scene, "one");
	await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" });
	await scene.clock.advance(5_000);
	const [telling] = ear.heard;
	if (telling === undefined) throw new Error("nothing was told");
	expect(await scene.supervisor.removeWorkspace("fix", builder)).toBeNull();
	expect(await telling.isCurrent()).toBe(false);
	const other: Actor = { surface: "builder", id: "codex" };
	accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree", by: other }));
	await createOutcomeFile({ workspaces: scene.workspaces }).tell(telling);
	expect(left(scene)).toBeNull();
});
