// Promoting: what was confirmed becomes the branch, once, and a branch that moved in the last moment is left alone and told.
import { describe, expect, it } from "vitest";
import type { Site } from "../../../src/core/machine/sites.js";
import { accepted, candidate, createScene, expectEnd, expectRefusal, first } from "../scene.js";

describe("promoting", () => {
	it("moves the branch to exactly the reviewed commit, and says where it is", async () => {
		const scene = createScene();
		const { proposal } = await scene.trial();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "finalized");
		expect(scene.git.branches.get("main")).toBe(proposal?.commit);
		expect(end.outcome).toMatchObject({
			verdict: "finalized",
			by: "cli:1000",
			sentence: `Kept. main is at ${proposal?.commit.slice(0, 12)}.`,
			evidence: { release: `${first}-1` },
		});
	});

	const command = `git merge refs/deadman/confirmed/${first}`;

	it("leaves a branch whose checkout has edits that clash, says what to do, and shows it until it is done", async () => {
		const scene = createScene();
		const { proposal } = await scene.trial();
		scene.git.dirty = true;
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		const { outcome } = await expectEnd(scene, "finalized");
		expect(scene.git.branches.get("main")).toBe(scene.base);
		expect(outcome?.sentence).toContain(
			`local edits in app.txt. Commit them, stash them (\`git stash -u\`) or move them away, then run \`${command}\``,
		);
		const waits = { swapId: first, branch: "main", commit: proposal?.commit, command };
		expect((await scene.supervisor.status()).unsettled).toMatchObject([waits]);
		scene.git.branches.set("main", proposal?.commit ?? "");
		expect((await scene.supervisor.status()).unsettled).toEqual([]);
	});

	it("leaves a branch while git is in the middle of something", async () => {
		const scene = createScene();
		await scene.trial();
		scene.doAt("fact.confirmed", () => {
			scene.git.operation = "rebase";
		});
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		const { outcome } = await expectEnd(scene, "finalized");
		expect(outcome?.sentence).toContain("in the middle of a rebase");
		expect(outcome?.sentence).toContain(`When that is done, run \`${command}\``);
	});

	it("merges into a branch that moved in the last moment, and says so", async () => {
		const scene = createScene();
		await scene.trial();
		let other = "";
		scene.doAt("fact.confirmed", () => {
			other = scene.git.commit({ "readme.md": "new" }, [scene.base]);
			scene.git.branches.set("main", other);
		});
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "finalized");
		const head = scene.git.branches.get("main") ?? "";
		expect(scene.git.commits.get(head)?.parents[0]).toBe(other);
		expect(end.outcome?.sentence).toContain(
			`main is at ${head.slice(0, 12)}, which merges it with what was committed there meanwhile.`,
		);
	});

	it("leaves a branch alone that moved where the change is, and says what to merge", async () => {
		const scene = createScene();
		await scene.trial();
		const path = (await scene.swap()).proposal?.files[0]?.path ?? "";
		const other = scene.git.commit({ [path]: "another way" }, [scene.base]);
		scene.git.branches.set("main", other);
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "finalized");
		expect(scene.git.branches.get("main")).toBe(other);
		expect(end.outcome?.sentence).toContain(`it has moved on, and both changed ${path}. Run \`${command}\``);
	});

	it.each(["promote.branch", "promote.unpin", "promote.ballast", "fact.promoted"] as readonly Site[])(
		"goes on after two deaths in a row at %s",
		async (site) => {
			for (const moment of ["before", "after"] as const) {
				const scene = createScene();
				const { proposal } = await scene.trial();
				const deaths = site === "fact.promoted" && moment === "after" ? 1 : 2;
				for (let death = 0; death < deaths; death += 1) scene.killAt(site, moment);
				void scene.confirm(first);
				for (let life = 0; life < deaths; life += 1) {
					await scene.clock.advance(1_000);
					await scene.begin();
				}
				await scene.clock.advance(5_000);
				const end = await expectEnd(scene, "finalized");
				expect(scene.git.branches.get("main")).toBe(proposal?.commit);
				expect(end.outcome?.sentence).toContain("Kept. main is at");
			}
		},
	);

	it("is not undone by anything that fails behind the confirm: it tries until it is done", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("promote.unpin", { times: 8 });
		const answer = scene.confirm(first);
		await scene.clock.advance(300_000);
		// Nobody is told that it stays before a start without the journal would know it too.
		expectRefusal(await answer, "confirm_unsettled");
		const end = await expectEnd(scene, "finalized");
		expect(end.cause).toBeNull();
		expect(end.notes).toHaveLength(8);
	});

	it("is acknowledged when live.json names the candidate, whatever becomes of the branch", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("promote.branch", { times: 1 });
		const swap = accepted(await scene.confirm(first));
		expect(swap.handshake).toBe("confirmed");
		expect(await scene.releases.readLive()).toMatchObject({ release: { id: candidate }, trial: null });
		await scene.clock.advance(60_000);
		await expectEnd(scene, "finalized");
	});
});
