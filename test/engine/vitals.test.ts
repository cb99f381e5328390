// Health tells the truth: a journal that cannot be written, cannot be read, or does not answer is said, in time (F37).
import { describe, expect, it } from "vitest";
import { createScene, first } from "./scene.js";

type Journal = Parameters<NonNullable<NonNullable<Parameters<typeof createScene>[0]>["adapt"]>>[0]["journal"];

function withJournal(hurt: (journal: Journal) => Partial<Journal>) {
	let broken = false;
	const scene = createScene({
		adapt: ({ journal }) => ({
			journal: new Proxy(journal, {
				get: (target, name: keyof Journal) => (broken ? hurt(target)[name] : undefined) ?? target[name],
			}),
		}),
	});
	return {
		scene,
		break: () => {
			broken = true;
		},
		mend: () => {
			broken = false;
		},
	};
}

describe("health", () => {
	it("is well while the journal answers", async () => {
		const scene = createScene();
		await scene.begin();
		expect(await scene.supervisor.unhealthy()).toBeNull();
	});

	it("says that the journal cannot be read", async () => {
		const hurt = withJournal(() => ({ nextDueMs: () => Promise.reject(new Error("EIO")) }));
		await hurt.scene.begin();
		hurt.break();
		expect(await hurt.scene.supervisor.unhealthy()).toBe("the journal cannot be read");
	});

	it("says that the journal does not answer, and waits for it no longer than two seconds", async () => {
		const hurt = withJournal(() => ({ nextDueMs: () => new Promise(() => {}) }));
		await hurt.scene.begin();
		hurt.break();
		const asked = hurt.scene.supervisor.unhealthy();
		await hurt.scene.clock.advance(2_000);
		expect(await asked).toBe("the journal does not answer");
	});

	it("says that what was decided could not be written, until it is", async () => {
		const hurt = withJournal(() => ({ append: () => Promise.reject(new Error("EIO")) }));
		await hurt.scene.trial();
		hurt.break();
		await hurt.scene.rollback(first);
		expect(await hurt.scene.supervisor.unhealthy()).toBe("the journal cannot be written");
		hurt.mend();
		await hurt.scene.clock.advance(120_000);
		expect(await hurt.scene.supervisor.unhealthy()).toBeNull();
	});
});
