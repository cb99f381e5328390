// The baseline (F25): something proven to come back to stands before a first swap is accepted, and a branch that never worked may move on.
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/core/refusals.js";
import { accepted, createScene, expectRefusal, person } from "../scene.js";

type Scene = ReturnType<typeof createScene>;

const idOf = (commit: string) => `base-${commit.slice(0, 12)}`;

function propose(scene: Scene, from: string) {
	const revision = scene.git.commit({ "server.js": "proposed" }, [from]);
	return scene.supervisor.propose({ revision, summary: "a change", fileSummaries: {}, by: person });
}

/** A new commit on the operator's branch. */
function move(scene: Scene, content: string): string {
	const commit = scene.git.commit({ "server.js": content }, [scene.git.branches.get("main") ?? ""]);
	scene.git.branches.set("main", commit);
	return commit;
}

describe("the first release", () => {
	it("is the branch as it stands, made like any other, in order", async () => {
		const scene = createScene();
		await scene.begin();
		const steps = scene.trace.filter((site) => site.startsWith("baseline."));
		expect(steps).toEqual(
			["checkout", "install", "build", "check", "seal", "flip", "pin"].map((name) => `baseline.${name}`),
		);
		expect(await scene.releases.current()).toBe(idOf(scene.base));
		expect(await scene.releases.readLive()).toMatchObject({
			release: { commit: scene.base },
			trial: null,
			proven: true,
		});
	});

	it("is not made of files that no release can hold, and the proposal's refusal says so", async () => {
		const scene = createScene();
		const details = { whose: "The branch main", filters: '"vault"', paths: '"words.vault"' };
		scene.git.unreleasable = refuse("filters_unsupported", details);
		await scene.begin();
		expect(await scene.releases.current()).toBeNull();
		const refusal = expectRefusal(await propose(scene, scene.base), "baseline_unproven");
		expect(refusal.message).toContain(scene.git.unreleasable.message);
	});

	it("is made once: a proven one stays, whatever the branch does", async () => {
		const scene = createScene();
		await scene.begin();
		move(scene, "version 2, never proposed");
		await scene.restart();
		expect(await scene.releases.current()).toBe(idOf(scene.base));
		expect(scene.trace.filter((site) => site === "baseline.flip")).toHaveLength(1);
	});

	it("is not made anew when only live.json was lost: what `current` says stays live, whatever the branch did", async () => {
		const scene = createScene();
		await scene.begin();
		await propose(scene, scene.base);
		await scene.clock.advance(60_000);
		await scene.confirm("sw_000001");
		await scene.clock.advance(60_000);
		const confirmed = await scene.releases.current();
		expect(confirmed).toBe("sw_000001-1");
		move(scene, "version 3, never proposed");
		scene.releases.tornLive = true;
		await scene.restart();
		expect(await scene.releases.current()).toBe(confirmed);
		expect((await scene.releases.readLive())?.release.id).toBe(confirmed);
		expect(await scene.served()).toBe(confirmed);
	});

	it.each(["baseline.checkout", "baseline.build", "baseline.seal", "baseline.flip", "baseline.pin"] as const)(
		"is made by the next life after a death at %s",
		async (site) => {
			for (const moment of ["before", "after"] as const) {
				const scene = createScene();
				scene.killAt(site, moment);
				await scene.begin();
				await scene.restart();
				expect(await scene.served()).toBe(idOf(scene.base));
				expect((await scene.releases.readLive())?.proven).toBe(true);
			}
		},
	);
});

describe("while it is not proven", () => {
	it("a proposal is refused with what the program did", async () => {
		const scene = createScene();
		scene.programs.script(idOf(scene.base), { diesAfterMs: 0, exit: { code: 7, signal: null } });
		await scene.begin();
		const refusal = expectRefusal(await propose(scene, scene.base), "baseline_unproven");
		expect(refusal.message).toContain("ended with code 7");
		expect(await scene.supervisor.swaps()).toEqual([]);
	});

	it("a proposal waits for it to be settled, then is taken", async () => {
		const scene = createScene();
		scene.programs.script(idOf(scene.base), { readyAfterMs: 10_000 });
		await scene.begin();
		const answer = propose(scene, scene.base);
		await scene.clock.advance(15_000);
		expect(accepted(await answer).status).toBe("staging");
	});

	it("a new commit of the branch takes its place", async () => {
		const scene = createScene();
		scene.programs.script(idOf(scene.base), { diesAfterMs: 0 });
		await scene.begin();
		const next = move(scene, "version 1, repaired");
		await scene.restart();
		expect(await scene.served()).toBe(idOf(next));
		expect(await scene.releases.readLive()).toMatchObject({ release: { commit: next }, proven: true });
		expect(accepted(await propose(scene, next)).proposal?.previousRelease).toBe(idOf(next));
	});
});

describe("that cannot be made", () => {
	it("refuses proposals with the reason, at once", async () => {
		const scene = createScene();
		scene.failAt("baseline.build", { error: new Error("tsc: 3 errors") });
		await scene.begin();
		const refusal = expectRefusal(await propose(scene, scene.base), "baseline_unproven");
		expect(refusal.message).toContain("tsc: 3 errors");
		expect((await scene.supervisor.status()).program).toMatchObject({ state: "none", proven: false });
		expect((await scene.supervisor.status()).live).toBeNull();
	});

	it("from a repository in the middle of something says which", async () => {
		const scene = createScene();
		scene.git.operation = "merge";
		await scene.begin();
		expect(expectRefusal(await propose(scene, scene.base), "baseline_unproven").message).toContain("middle of a merge");
		scene.git.operation = null;
		await scene.restart();
		expect(await scene.served()).toBe(idOf(scene.base));
	});
});

describe("with a swap on trial", () => {
	it("is left alone, though live.json is torn", async () => {
		const scene = createScene();
		await scene.trial();
		scene.releases.tornLive = true;
		await scene.restart();
		expect(await scene.releases.current()).toBe("sw_000001-1");
		expect(scene.trace.filter((site) => site === "baseline.flip")).toHaveLength(1);
	});
});
