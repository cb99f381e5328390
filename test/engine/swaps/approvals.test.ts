// Being asked: whom, for how long, how many of them, and what every channel shows once it is decided.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { type Authority, openAuthority, type Person } from "../../../src/core/people/authority.js";
import type { Actor } from "../../../src/core/swap.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const required = { approval: "required" as const };
const approve = (scene: Scene, by: Actor = person, typed: string | null = null) =>
	scene.supervisor.approve({ id: first, by, epoch: 1, insist: false, typed });

async function pending(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ ...options, settings: { ...required, ...options.settings } });
	await scene.begin();
	await scene.propose("version 2");
	await scene.clock.advance(1_000);
	return scene;
}

async function expectExpired(scene: Scene): Promise<void> {
	expect(await scene.swap()).toMatchObject({ status: "rejected", tidied: true, cause: { code: "approval_expired" } });
	expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "approval", decided: true, buttons: [], expiresAtMs: null });
	expect(scene.chat.shown.at(-1)?.title).toContain("expired");
	expectRefusal(await approve(scene), "already_decided");
	expect(await scene.served()).toContain("base-");
}

describe("an approval", () => {
	it("expires by the clock, a day after it was asked for", { timeout: 60_000 }, async () => {
		const scene = await pending();
		const { approvalExpiresAtMs } = await scene.swap();
		expect(scene.chat.shown.at(-1)?.expiresAtMs).toBe(approvalExpiresAtMs);
		await scene.clock.advance(limits.approvalMs - 60_000);
		expect((await scene.swap()).status).toBe("pending_approval");
		await scene.clock.advance(60_000);
		await expectExpired(scene);
	});

	it("expires also where the supervisor was down meanwhile", async () => {
		const scene = await pending();
		scene.kill();
		scene.clock.reboot({ downMs: limits.approvalMs });
		await scene.begin();
		await scene.clock.advance(2_000);
		await expectExpired(scene);
	});

	it("expires in the time that the operator configured, and not before after a restart", async () => {
		const scene = await pending({ settings: { approvalMs: 60_000 } });
		await scene.restart();
		await scene.clock.advance(50_000);
		expect((await scene.swap()).status).toBe("pending_approval");
		await scene.clock.advance(10_000);
		await expectExpired(scene);
	});

	it("has no clock any more once it is given", async () => {
		const scene = await pending({ settings: { approvalMs: 60_000 } });
		accepted(await approve(scene));
		await scene.clock.advance(61_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("that expired leaves room for the next proposal", async () => {
		const scene = await pending({ settings: { approvalMs: 60_000 } });
		await scene.clock.advance(61_000);
		expect((await scene.propose("version 3")).id).toBe("sw_000002");
	});
});

describe("the card", () => {
	it.each(["approve", "reject"] as const)("is edited on every channel when one click says %s", async (verdict) => {
		const channels = ["one", "two", "three"].map((name) => createMemoryDelivery({ name }));
		const scene = await pending({ channels });
		for (const { shown } of channels) {
			expect(shown.at(-1)).toMatchObject({ kind: "approval", buttons: ["approve", "reject"], decided: false });
		}
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict, actorId: "ana" };
		await channels[1]?.click(click);
		await scene.clock.advance(500);
		for (const { cards } of channels) {
			const card = [...cards.values()].find(({ kind }) => kind === "approval");
			expect(card).toMatchObject({ decided: true, buttons: [] });
		}
		expect(await channels[0]?.click(click)).toMatch(/decided already|cannot be/);
	});

	it("asks for the phrase where the operator's policy does, and only there", async () => {
		const asked = await pending({ settings: { authority: openAuthority } });
		expect(asked.chat.shown.at(-1)?.phrase).toBe(`host ${first}`);
		expect(asked.chat.notices[0]).toContain(`To approve, type "host ${first}"`);
		const clicked = await pending();
		expect(clicked.chat.shown.at(-1)?.phrase).toBeNull();
		expect(clicked.chat.notices[0]).not.toContain("To approve, type");
	});

	it("is not sent where nobody is asked", async () => {
		const scene = createScene();
		await scene.trial();
		expect(scene.chat.shown.map(({ kind }) => kind)).not.toContain("approval");
	});
});

const person_ = (name: string, roles: Person["roles"], targets: readonly string[] = []): Person => ({
	name,
	identities: [`cli:${name}`],
	roles,
	targets,
});

function of(people: readonly Person[], approvals = 1): Authority {
	const host = { ...openAuthority.classes.host, typed: false, approvals };
	return { ...openAuthority, people, classes: { ...openAuthority.classes, host } };
}

describe("two approvals", () => {
	const authority = of([person_("ana", ["owner"]), person_("eva", ["owner"]), person_("ben", ["approver"])], 2);

	it("are two people's: the first endorses, the second approves", async () => {
		const scene = await pending({ settings: { authority } });
		expect(accepted(await approve(scene, { surface: "cli", id: "ana" })).status).toBe("pending_approval");
		await scene.clock.advance(500);
		expect(scene.chat.shown.at(-1)?.lines.join(" ")).toContain("1 of 2 approvals, so far by cli:ana");
		expectRefusal(await approve(scene, { surface: "cli", id: "ana" }), "endorsed_already");
		expectRefusal(await approve(scene, { surface: "cli", id: "ben" }), "role_missing");
		expect(accepted(await approve(scene, { surface: "cli", id: "eva" })).status).toBe("staging");
		expect(await scene.swap()).toMatchObject({ approvals: ["cli:ana", "cli:eva"] });
		expect((await scene.types()).filter((type) => type === "endorsed" || type === "approved")).toEqual([
			"endorsed",
			"approved",
		]);
	});

	it("are not two clicks of one at the same time", async () => {
		const scene = await pending({ settings: { authority } });
		await Promise.all([approve(scene, { surface: "cli", id: "ana" }), approve(scene, { surface: "cli", id: "ana" })]);
		expect(await scene.swap()).toMatchObject({ status: "pending_approval", approvals: ["cli:ana"] });
	});

	it("half given expire all the same, and count for nothing in the next epoch", async () => {
		const scene = await pending({ settings: { authority, approvalMs: 60_000 } });
		accepted(await approve(scene, { surface: "cli", id: "ana" }));
		await scene.clock.advance(61_000);
		await expect(scene.swap()).resolves.toMatchObject({ status: "rejected", cause: { code: "approval_expired" } });
	});
});

describe("nobody to ask", () => {
	const request = (scene: Scene) => ({
		revision: scene.git.commit({ "server.js": "version 2" }, [scene.base]),
		summary: "a change",
		fileSummaries: {},
		by: { surface: "cli", id: "ana" } as const,
	});

	it.each([
		["no owner among the people", of([person_("ben", ["approver"])])],
		["the only owner proposes", of([person_("ana", ["owner"]), person_("ben", ["approver"])])],
		["an owner for another target only", of([person_("eva", ["owner"], ["alice"])])],
		["two are needed, and there is one", of([person_("ana", ["owner"]), person_("eva", ["owner"])], 2)],
	])("is told at once: %s", async (_, authority) => {
		const scene = createScene({ agents: ["alice"], settings: { ...required, authority } });
		await scene.begin();
		expectRefusal(await scene.supervisor.propose(request(scene)), "nobody_to_ask");
		expect(await scene.supervisor.swaps()).toEqual([]);
		expect(await scene.supervisor.audits(null)).toMatchObject([{ code: "nobody_to_ask" }]);
	});

	it("counts by class: an admin of an agent is asked for its own change, not for one of the host", async () => {
		const authority = of([person_("eva", ["admin"], ["alice"])]);
		const scene = createScene({ agents: ["alice"], settings: { ...required, authority } });
		await scene.begin();
		expectRefusal(await scene.supervisor.propose(request(scene)), "nobody_to_ask");
		expect((await scene.submit("alice", { "skills/hello.md": "hello 2" })).status).toBe("pending_approval");
	});

	it("is no reason where nobody is asked", async () => {
		const scene = createScene({ settings: { authority: of([person_("ben", ["approver"])]) } });
		await scene.begin();
		expect(accepted(await scene.supervisor.propose(request(scene))).status).toBe("staging");
	});
});
