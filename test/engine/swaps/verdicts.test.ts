// What people decide: who may, when it is too early or too late, and that what is kept is what was tried (F24).
import { describe, expect, it } from "vitest";
import type { Actor } from "../../../src/core/swap.js";
import { builder } from "../../simulation/world.js";
import { accepted, candidate, createScene, expectEnd, expectRefusal, first, person } from "../scene.js";

type Scene = ReturnType<typeof createScene>;

const required = { settings: { approval: "required" as const } };
const by = (actor: Actor = person) => ({ id: first, by: actor, epoch: null });
const approve = (scene: Scene, insist = false) => scene.supervisor.approve({ ...by(), insist, typed: null });

async function pending(): Promise<Scene> {
	const scene = createScene(required);
	await scene.trial({}, 1);
	expect((await scene.swap()).status).toBe("pending_approval");
	return scene;
}

async function onTrial(): Promise<Scene> {
	const scene = createScene();
	await scene.trial();
	return scene;
}

describe("approving", () => {
	it("goes on to the trial", async () => {
		const scene = await pending();
		expect(accepted(await approve(scene)).status).toBe("staging");
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("a second time is refused, and rolls nothing forward twice", async () => {
		const scene = await pending();
		const answers = await Promise.all([approve(scene), approve(scene)]);
		accepted(answers[0]);
		expectRefusal(answers[1], "not_yet");
		await scene.clock.advance(5_000);
		expect((await scene.types()).filter((type) => type === "approved")).toHaveLength(1);
	});

	it("is refused where the live version moved since (base_moved)", async () => {
		const scene = await pending();
		const live = await scene.releases.readLive();
		if (live === null) throw new Error("nothing is live");
		await scene.releases.writeLive({ ...live, release: { ...live.release, commit: "f".repeat(40) } });
		expectRefusal(await approve(scene), "base_moved");
		expect((await scene.swap()).status).toBe("pending_approval");
	});

	it("of a tree that was rolled back wants --insist", async () => {
		const scene = createScene(required);
		await scene.begin();
		const revision = scene.git.commit({ "server.js": "bad" }, [scene.base]);
		const request = { revision, summary: "bad", fileSummaries: {}, by: builder };
		accepted(await scene.supervisor.propose(request));
		accepted(await approve(scene));
		await scene.clock.advance(5_000);
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		const second = accepted(await scene.supervisor.propose({ ...request, insist: true }));
		const asked = { id: second.id, by: person, epoch: null };
		expectRefusal(await scene.supervisor.approve({ ...asked, insist: false, typed: null }), "insist_needed");
		accepted(await scene.supervisor.approve({ ...asked, insist: true, typed: null }));
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).status).toBe("awaiting_confirmation");
	});
});

describe("rejecting and withdrawing", () => {
	it("end the swap, tell why, and leave live alone", async () => {
		const scene = await pending();
		const [run] = await scene.programs.running();
		accepted(await scene.supervisor.reject({ ...by(), reason: "too large" }));
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({ status: "rejected", tidied: true, outcome: { sentence: "too large" } });
		expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "approval", decided: true, buttons: [] });
		expect(scene.chat.shown.at(-1)?.lines).toContain("Rejected by cli:1000: too large.");
		expect(await scene.programs.running()).toEqual([run]);
		expectRefusal(await approve(scene), "already_decided");
	});

	it("a builder may withdraw, and not reject", async () => {
		const scene = await pending();
		expectRefusal(await scene.supervisor.reject({ ...by(builder), reason: "" }), "not_authorised");
		expect(accepted(await scene.supervisor.withdraw(by(builder))).status).toBe("rejected");
	});

	it("come too late once it is staged", async () => {
		const scene = await onTrial();
		expectRefusal(await scene.supervisor.reject({ ...by(), reason: "" }), "not_yet");
		expectRefusal(await scene.supervisor.withdraw(by()), "not_yet");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

describe("a builder and a program decide nothing, whatever they find", () => {
	it.each(["builder", "program"] as const)("%s", async (surface) => {
		const scene = await onTrial();
		const before = await scene.types();
		const stranger = by({ surface, id: "x" });
		expectRefusal(await scene.supervisor.confirm(stranger), "not_authorised");
		expectRefusal(await scene.supervisor.rollback({ ...stranger, reason: "" }), "not_authorised");
		expectRefusal(await scene.supervisor.extend({ ...stranger, byMs: 60_000 }), "not_authorised");
		expectRefusal(await scene.supervisor.approve({ ...stranger, insist: true, typed: null }), "not_authorised");
		expect(await scene.types()).toEqual(before);
	});
});

describe("confirming (F24)", () => {
	it("is refused where files of the running release were edited, and names them", async () => {
		const scene = await onTrial();
		scene.releases.tamper(candidate, "server.js", "edited by hand");
		expect(expectRefusal(await scene.confirm(first), "release_edited").message).toContain("server.js");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(130_000);
		await expectEnd(scene, "rolled_back");
	});

	it("counts wherever the branch has gone: a good change is kept, and so is what was committed meanwhile", async () => {
		const scene = await onTrial();
		const meanwhile = scene.git.commit({ "readme.md": "meanwhile" }, [scene.base]);
		scene.git.branches.set("main", meanwhile);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		const swap = await scene.swap();
		const head = scene.git.branches.get("main") ?? "";
		expect(scene.git.commits.get(head)?.parents).toEqual([meanwhile, swap.proposal?.commit]);
		expect(scene.git.filesOf(head).get("readme.md")).toBe("meanwhile");
	});

	it("counts where both changed one file: the branch stays, and the commit waits under a ref", async () => {
		const scene = await onTrial();
		const path = (await scene.swap()).proposal?.files[0]?.path ?? "";
		const meanwhile = scene.git.commit({ [path]: "meanwhile" }, [scene.base]);
		scene.git.branches.set("main", meanwhile);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		const swap = await scene.swap();
		expect(scene.git.branches.get("main")).toBe(meanwhile);
		expect(scene.git.confirmed.get(swap.id)?.commit).toBe(swap.proposal?.commit);
	});

	it("looks at nothing for strangers and late clicks", async () => {
		const scene = await onTrial();
		let looked = 0;
		const verify = scene.releases.verify;
		scene.releases.verify = async (id) => {
			looked += 1;
			return verify(id);
		};
		await scene.supervisor.confirm(by({ surface: "builder", id: "x" }));
		await scene.clock.advance(200_000);
		await scene.confirm(first);
		expect(looked).toBe(0);
	});

	it("that takes so long to look that the window ends meanwhile loses", async () => {
		const scene = await onTrial();
		const verify = scene.releases.verify;
		scene.releases.verify = async (id) => {
			await scene.clock.sleep(150_000);
			return verify(id);
		};
		const answer = scene.confirm(first);
		await scene.clock.advance(160_000);
		expectRefusal(await answer, "already_decided");
		await expectEnd(scene, "rolled_back");
	});
});

describe("extending", () => {
	it("is for swaps on trial only, and under the cap", async () => {
		const scene = await onTrial();
		const leftMs = await scene.leftMs();
		accepted(await scene.supervisor.extend({ ...by(), byMs: 60_000 }));
		expect(await scene.leftMs()).toBe(leftMs + 60_000);
		accepted(await scene.supervisor.extend({ ...by(), byMs: 3_600_000 }));
		expectRefusal(await scene.supervisor.extend({ ...by(), byMs: 60_000 }), "cap_reached");
		accepted(await scene.confirm(first));
		expectRefusal(await scene.supervisor.extend({ ...by(), byMs: 60_000 }), "already_decided");
	});
});

describe("an unknown swap", () => {
	it("is refused by every verb", async () => {
		const scene = await onTrial();
		const nobody = { id: "sw_nobody", by: person, epoch: null };
		const { supervisor } = scene;
		const answers = await Promise.all([
			supervisor.approve({ ...nobody, insist: false, typed: null }),
			supervisor.reject({ ...nobody, reason: "" }),
			supervisor.withdraw(nobody),
			supervisor.confirm(nobody),
			supervisor.rollback({ ...nobody, reason: "" }),
			supervisor.extend({ ...nobody, byMs: 1_000 }),
		]);
		for (const answer of answers) expectRefusal(answer, "swap_unknown");
	});
});
