// The one way to change a swap: compare-and-set that tries again, and a journal that cannot be written, which stops going forward and never going back.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { type Batch, VersionConflict } from "../../../src/ports/ports.js";
import { createScene, expectEnd, expectRefusal, first } from "../scene.js";

/** A world whose journal refuses to write whenever `refuses` says so. */
function refusing(refuses: (batch: Batch) => Error | null) {
	const batches: Batch[] = [];
	const freed: string[] = [];
	const scene = createScene({
		adapt: ({ journal }) => ({
			journal: {
				...journal,
				append: async (batch) => {
					const error = refuses(batch);
					if (error !== null) throw error;
					await journal.append(batch);
					batches.push(batch);
				},
			},
			ballast: { reserve: async () => {}, free: async () => void freed.push("ballast") },
		}),
	});
	return { scene, batches, freed: () => freed.length };
}

describe("compare-and-set", () => {
	it("tries again when another one was faster, and wins once", async () => {
		let conflicts = 0;
		const { scene } = refusing(({ facts, swapId }) => {
			if (facts[0]?.type !== "confirmed" || conflicts >= 5) return null;
			conflicts += 1;
			return new VersionConflict(swapId);
		});
		await scene.trial();
		expect(isRefusal(await scene.confirm(first))).toBe(false);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(conflicts).toBe(5);
		expect((await scene.types()).filter((type) => type === "confirmed")).toHaveLength(1);
	});

	it("gives up loudly where the swap never stands still", async () => {
		const { scene } = refusing(({ facts, swapId }) =>
			facts[0]?.type === "confirmed" ? new VersionConflict(swapId) : null,
		);
		await scene.trial();
		await expect(scene.confirm(first)).rejects.toThrow(`${limits.compareAndSetTries} times`);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("decides anew after a conflict: a confirm that lost to a rollback is refused", async () => {
		const scene = createScene();
		await scene.trial();
		const answers = await Promise.all([scene.rollback(first), scene.confirm(first)]);
		expect(isRefusal(answers[0])).toBe(false);
		expectRefusal(answers[1], "already_decided");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});

	it("knows no swap that is not there", async () => {
		const scene = createScene();
		await scene.begin();
		expectRefusal(await scene.confirm("sw_nobody"), "swap_unknown");
	});
});

describe("a journal that cannot be written", () => {
	const enospc = () => Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

	it("at the deadline rolls back all the same; the facts come later, in order, and the card with them", async () => {
		let full = false;
		const { scene } = refusing(() => (full ? enospc() : null));
		await scene.trial();
		const before = await scene.types();
		full = true;
		await scene.clock.advance(140_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.types()).toEqual(before);
		expect(await scene.served()).toContain("base-");
		expect(await scene.supervisor.swap(first)).toMatchObject({
			status: "rolled_back",
			cause: { code: "deadline_passed" },
		});
		full = false;
		await scene.clock.advance(limits.outboxBackoffCapMs + 2_000);
		await expectEnd(scene, "rolled_back");
		const written = (await scene.types()).slice(before.length);
		expect(written).toEqual(["deadlinePassed", "stepStarted", "dataRestored", "restored", "stepStarted", "tidied"]);
		expect(scene.chat.shown.at(-1)?.title).toContain("was rolled back");
		expect(scene.data.restored).toEqual([first]);
	});

	it("for a while leaves nothing behind that undoes a later swap (F22)", async () => {
		let full = false;
		const { scene } = refusing(() => (full ? enospc() : null));
		await scene.trial();
		full = true;
		await scene.clock.advance(140_000);
		full = false;
		await scene.clock.advance(limits.outboxBackoffCapMs + 2_000);
		const second = await scene.trial();
		await scene.confirm(second.id);
		await scene.clock.advance(5_000);
		await scene.restart();
		await scene.clock.advance(300_000);
		await expectEnd(scene, "finalized", second.id);
	});

	it("when the supervisor is stopped gets what it missed, if it can be written by then", async () => {
		let full = false;
		const { scene } = refusing(() => (full ? enospc() : null));
		await scene.trial();
		full = true;
		await scene.rollback(first);
		await scene.clock.advance(10_000);
		full = false;
		await scene.supervisor.stop();
		expect(await scene.swap()).toMatchObject({ status: "rolled_back", tidied: true });
	});

	it("on a full disk has the ballast freed, and is written at once", async () => {
		let full = false;
		const { scene, freed } = refusing(() => (full && freed() === 0 ? enospc() : null));
		await scene.trial();
		full = true;
		await scene.rollback(first);
		expect(freed()).toBe(1);
		expect((await scene.swap()).status).toBe("rolling_back");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});

	it("stops a confirm: nobody is told that it was kept", async () => {
		let full = false;
		const { scene, freed } = refusing(() => (full ? enospc() : null));
		await scene.trial();
		full = true;
		await expect(scene.confirm(first)).rejects.toThrow("no space left");
		expect((await scene.supervisor.swap(first)) as object).toMatchObject({ status: "awaiting_confirmation" });
		expect(freed()).toBe(0);
		full = false;
		expect(isRefusal(await scene.confirm(first))).toBe(false);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("stops a proposal: nothing of it is left", async () => {
		let full = false;
		const { scene } = refusing(() => (full ? enospc() : null));
		await scene.begin();
		full = true;
		await expect(scene.propose("version 2")).rejects.toThrow("no space left");
		full = false;
		expect(await scene.supervisor.swaps()).toEqual([]);
		expect((await scene.trial()).status).toBe("awaiting_confirmation");
	});

	it("and a death before it could be written: the next life goes back again, and the data is restored once", async () => {
		let full = false;
		const { scene } = refusing(() => (full ? enospc() : null));
		await scene.trial();
		full = true;
		await scene.clock.advance(140_000);
		full = false;
		await scene.restart();
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
		expect(scene.data.restored).toEqual([first]);
	});
});

describe("what is appended", () => {
	it("goes with its messages in one batch", async () => {
		const { scene, batches } = refusing(() => null);
		await scene.trial();
		const ready = batches.find((batch) => batch.facts.some((fact) => fact.type === "ready"));
		expect(ready?.messages).toMatchObject([{ channel: "chat", kind: "card", epoch: 1 }]);
		expect(ready?.next.status).toBe("awaiting_confirmation");
		expect(ready?.next.version).toBe((ready?.expectedVersion ?? 0) + 1);
	});
});
