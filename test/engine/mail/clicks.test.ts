// Clicks on cards: the nonce decides whether one counts, core decides what it does, and whoever clicked is told what happened.
import { describe, expect, it } from "vitest";
import { createScene, expectEnd, first } from "../scene.js";

type Verdict = "confirm" | "rollback" | "extend";

const click = (verdict: Verdict, change: { epoch?: number; nonce?: string } = {}) => {
	const epoch = change.epoch ?? 1;
	return { swapId: first, epoch, nonce: change.nonce ?? `${first}.${epoch}`, verdict, actorId: "ana" };
};

async function onTrial() {
	const scene = createScene();
	await scene.trial();
	return scene;
}

describe("a click", () => {
	it("on confirm keeps the new version, and says so", async () => {
		const scene = await onTrial();
		expect(await scene.chat.click(click("confirm"))).toBe(`${first} is confirmed: the new version stays.`);
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "finalized")).decidedBy).toBe("page:ana");
	});

	it("on rollback goes back, and says so", async () => {
		const scene = await onTrial();
		expect(await scene.chat.click(click("rollback"))).toBe(`${first} is being rolled back.`);
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.message).toBe("page:ana asked for it.");
	});

	it("on extend lengthens the window, under its cap", async () => {
		const scene = await onTrial();
		const leftMs = await scene.leftMs();
		expect(await scene.chat.click(click("extend"))).toContain("more, under its cap");
		expect(await scene.leftMs()).toBe(leftMs + 120_000);
		for (let nth = 0; nth < 5; nth += 1) await scene.chat.click(click("extend"));
		expect(await scene.leftMs()).toBeLessThanOrEqual(600_000 - 5_000);
		expect(await scene.chat.click(click("extend"))).toContain("at its cap already");
	});
});

describe("a click that does not count (F6)", () => {
	it.each(["confirm", "rollback", "extend"] as const)("on %s: with a wrong nonce", async (verdict) => {
		const scene = await onTrial();
		const before = await scene.types();
		expect(await scene.chat.click(click(verdict, { nonce: "guessed" }))).toContain("does not belong to this swap");
		expect(await scene.types()).toEqual(before);
	});

	it.each(["confirm", "rollback", "extend"] as const)("on %s: of a card of another epoch", async (verdict) => {
		const scene = await onTrial();
		const before = await scene.types();
		expect(await scene.chat.click(click(verdict, { epoch: 2 }))).toContain("This card is of an earlier try");
		expect(await scene.types()).toEqual(before);
	});

	it("of a swap that is not there", async () => {
		const scene = await onTrial();
		const strange = { ...click("confirm"), swapId: "sw_other", nonce: "sw_other.1" };
		expect(await scene.chat.click(strange)).toContain("There is no swap sw_other");
	});

	it("a second time is told what the first one did", async () => {
		const scene = await onTrial();
		await scene.chat.click(click("confirm"));
		expect(await scene.chat.click(click("confirm"))).toContain("It was confirmed by page:ana");
		expect(await scene.chat.click(click("rollback"))).toContain("It was confirmed by page:ana");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect((await scene.types()).filter((type) => type === "confirmed")).toHaveLength(1);
	});

	it("after a rollback is told the cause", async () => {
		const scene = await onTrial();
		await scene.clock.advance(200_000);
		expect(await scene.chat.click(click("confirm"))).toContain(
			"It was rolled back. Nobody confirmed before the window ended.",
		);
		await expectEnd(scene, "rolled_back");
	});
});

describe("races", () => {
	it("confirm and rollback in the same tick: one wins, both are told which (F3)", async () => {
		const scene = await onTrial();
		const answers = await Promise.all([scene.chat.click(click("rollback")), scene.chat.click(click("confirm"))]);
		await scene.clock.advance(5_000);
		const { status } = await scene.swap();
		await expectEnd(scene, status);
		expect(answers.filter((answer) => answer.startsWith(`${first} is decided already`))).toHaveLength(1);
		expect(answers.join().includes("is confirmed")).toBe(status === "finalized");
	});

	it("a click, then a kill before it is stored: it never was, and clicking again works (F3)", async () => {
		const scene = await onTrial();
		scene.killAt("mail.click");
		void scene.chat.click(click("confirm"));
		await scene.clock.settle();
		await scene.begin();
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.chat.click(click("confirm"))).toContain("is confirmed");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it.each([
		["mail.click", "after"],
		["fact.confirmed", "before"],
	] as const)("a click that was stored, then a kill %s %s: the next life judges it", async (site, moment) => {
		const scene = await onTrial();
		scene.killAt(site, moment);
		void scene.chat.click(click("confirm"));
		await scene.clock.settle();
		await scene.begin();
		expect((await scene.swap()).decidedBy).toBe("page:ana");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("a click, then a kill right after it is stored: it counts, and the card shows it", async () => {
		const scene = await onTrial();
		scene.killAt("fact.confirmed", "after");
		void scene.chat.click(click("confirm"));
		await scene.clock.settle();
		await scene.begin();
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(scene.chat.shown.at(-1)?.title).toContain("is confirmed");
	});

	it("a confirm that comes before probation watches is taken, not lost (F4)", async () => {
		const scene = createScene();
		let answer = "";
		scene.doAt(
			"fact.ready",
			() => void setImmediate(async () => (answer = await scene.chat.click(click("confirm")))),
			"after",
		);
		await scene.trial();
		expect(answer).toContain("is confirmed");
		await expectEnd(scene, "finalized");
	});

	it("a confirm before the new version is ready is told to wait", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 20_000 });
		expect(await scene.chat.click(click("confirm"))).toContain("cannot be confirmed now");
	});
});
