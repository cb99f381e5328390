// Reading and waiting: what surfaces ask for without changing anything, and that no wait misses its moment.
import { describe, expect, it } from "vitest";
import { accepted, createScene, expectRefusal, first, person } from "../scene.js";

const wait = { id: first, until: [], timeoutMs: 60_000 } as const;

describe("waiting", () => {
	it("resolves with an end, as soon as it is there", async () => {
		const scene = createScene();
		await scene.trial();
		let ended: string | null = null;
		void scene.supervisor.wait(wait).then((answer) => (ended = accepted(answer).status));
		await scene.clock.advance(10_000);
		expect(ended).toBeNull();
		await scene.confirm(first);
		await scene.clock.advance(100);
		expect(ended).toBe("finalized");
	});

	it("resolves at the status that was asked for, at once where it is there already", async () => {
		const scene = createScene();
		await scene.trial();
		const answer = await scene.supervisor.wait({ ...wait, until: ["awaiting_confirmation"] });
		expect(accepted(answer).status).toBe("awaiting_confirmation");
		const back = scene.supervisor.wait({ ...wait, until: ["rolling_back", "rolled_back"] });
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		expect(["rolling_back", "rolled_back"]).toContain(accepted(await back).status);
	});

	it("without a wish ends at stranded too: nothing goes on by itself there", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.flip", { times: 3 });
		const answer = scene.supervisor.wait({ ...wait, timeoutMs: 3_600_000 });
		await scene.rollback(first);
		await scene.clock.advance(30_000);
		expect(accepted(await answer).status).toBe("stranded");
	});

	it("resolves after its time with the swap as it is then, and when it is given up", async () => {
		const scene = createScene();
		await scene.trial();
		const answer = scene.supervisor.wait(wait);
		await scene.clock.advance(60_000);
		expect(accepted(await answer).status).toBe("awaiting_confirmation");
		const over = new AbortController();
		const given = scene.supervisor.wait({ ...wait, signal: over.signal });
		over.abort();
		expect(accepted(await given).status).toBe("awaiting_confirmation");
	});

	it("for a swap that is not there is refused", async () => {
		const scene = createScene();
		await scene.begin();
		expectRefusal(await scene.supervisor.wait(wait), "swap_unknown");
	});
});

describe("reading", () => {
	it("the current swap is the one in flight, else the undecided one, else the newest", async () => {
		const scene = createScene({ settings: { approval: "required" } });
		await scene.begin();
		expectRefusal(await scene.supervisor.currentSwap(), "nothing_current");
		await scene.trial();
		await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" });
		await scene.clock.advance(1_000);
		expect(accepted(await scene.supervisor.currentSwap()).id).toBe(first);
		await scene.trial();
		expect(accepted(await scene.supervisor.currentSwap())).toMatchObject({
			id: "sw_000002",
			status: "pending_approval",
		});
		expect((await scene.supervisor.swaps()).map((swap) => swap.id)).toEqual(["sw_000002", first]);
	});

	it("shows the facts in order and the diff from the live version", async () => {
		const scene = createScene();
		await scene.trial();
		const facts = accepted(await scene.supervisor.facts(first));
		expect(facts.map((fact) => fact.type)).toEqual(await scene.types());
		const diff = accepted(await scene.supervisor.diff(first));
		expect(diff).toContain("-version 1");
		expect(diff).toContain(`+version ${first}`);
		expectRefusal(await scene.supervisor.facts("sw_x"), "swap_unknown");
		expectRefusal(await scene.supervisor.diff("sw_x"), "swap_unknown");
	});
});
