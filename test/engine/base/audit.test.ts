// What was asked for and refused stays on record: exactly one entry for each request, with who, through which surface, what, and what they
// had before them. A flood of one actor is bounded.

import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { type Authority, openAuthority } from "../../../src/core/people/authority.js";
import { swapSubject } from "../../../src/core/subject.js";
import type { Actor } from "../../../src/core/swap.js";
import type { EngineSettings } from "../../../src/engine/base/context.js";
import { builder } from "../../simulation/world.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const ana: Actor = { surface: "cli", id: "ana" };
const ben: Actor = { surface: "telegram", id: "ben" };
const stranger: Actor = { surface: "slack", id: "U1" };

const people: Authority = {
	...openAuthority,
	people: [
		{ name: "ana", identities: ["cli:ana", "slack:ANA"], roles: ["owner"], targets: [] },
		{ name: "ben", identities: ["telegram:ben", "cli:ben"], roles: ["approver"], targets: [] },
	],
};

async function pending(settings: Partial<EngineSettings> = {}, agents = ["alice"]): Promise<Scene> {
	const scene = createScene({ agents, settings: { approval: "required", authority: people, ...settings } });
	await scene.begin();
	await scene.propose("version 2");
	return scene;
}

const approve = (scene: Scene, by: Actor, typed: string | null = null, epoch: number | null = null) =>
	scene.supervisor.approve({ id: first, by, epoch, insist: false, typed });

describe("a verdict that is refused", () => {
	const rows: readonly [string, string, (scene: Scene) => Promise<unknown>, object][] = [
		["by a stranger", "not_authorised", (scene) => approve(scene, stranger), { by: stranger, verb: "approve" }],
		["by a builder", "not_authorised", (scene) => approve(scene, { surface: "builder", id: "x" }), { verb: "approve" }],
		["without the role", "role_missing", (scene) => approve(scene, ben), { by: ben, verb: "approve" }],
		["without the phrase", "phrase_needed", (scene) => approve(scene, ana), { by: ana }],
		["with a wrong phrase", "phrase_wrong", (scene) => approve(scene, ana, "host sw_000002"), { by: ana }],
		["with an old card", "card_outdated", (scene) => approve(scene, ana, `host ${first}`, 7), { shown: "epoch 7" }],
		[
			"to reject, by a stranger",
			"not_authorised",
			(scene) => scene.supervisor.reject({ id: first, by: stranger, epoch: 1, reason: "" }),
			{ verb: "reject", shown: "epoch 1" },
		],
		[
			"to withdraw, by another builder",
			"role_missing",
			(scene) => scene.supervisor.withdraw({ id: first, by: { surface: "builder", id: "other" }, epoch: null }),
			{ verb: "withdraw" },
		],
		[
			"to confirm, too early",
			"not_yet",
			(scene) => scene.supervisor.confirm({ id: first, by: ana, epoch: null }),
			{ verb: "confirm" },
		],
		[
			"to promote, with nothing to promote",
			"nothing_to_promote",
			(scene) => scene.supervisor.promote({ id: first, by: ana, epoch: null }),
			{ verb: "promote" },
		],
		[
			"to replay, by an approver",
			"role_missing",
			(scene) => scene.supervisor.dataReplay({ id: first, by: { surface: "cli", id: "ben" } }),
			{ verb: "replay" },
		],
	];

	it.each(rows)("%s: %s", async (_, code, ask, entry) => {
		const scene = await pending();
		const before = await scene.types();
		expectRefusal(await ask(scene), code as never);
		const audits = await scene.supervisor.audits(first);
		expect(audits).toHaveLength(1);
		expect(audits[0]).toMatchObject({ code, subject: swapSubject(first), atMs: scene.clock.now().wallMs, ...entry });
		expect(await scene.types()).toEqual(before);
	});

	it("of one's own change: own_change, through another identity too", async () => {
		const eva = { name: "eva", identities: ["cli:eva"], roles: ["owner"], targets: [] } as const;
		const authority = { ...people, people: [...people.people, eva] };
		const scene = createScene({ settings: { approval: "required", authority } });
		await scene.begin();
		const revision = scene.git.commit({ "server.js": "mine" }, [scene.base]);
		accepted(await scene.supervisor.propose({ revision, summary: "mine", fileSummaries: {}, by: ana }));
		expectRefusal(await approve(scene, ana, `host ${first}`), "own_change");
		expectRefusal(await approve(scene, { surface: "slack", id: "ANA" }, `host ${first}`), "own_change");
		expect((await scene.supervisor.audits(first)).map(({ code }) => code)).toEqual(["own_change", "own_change"]);
	});

	it("behind its time: already_decided, once", async () => {
		const scene = await pending();
		await scene.suspend(limits.approvalMs);
		expectRefusal(await approve(scene, ana, `host ${first}`), "already_decided");
		expect(await scene.supervisor.audits(first)).toMatchObject([
			{ by: ana, code: "already_decided", shown: "epoch 1" },
		]);
	});

	it("with a click of a wrong nonce: click_invalid, with the epoch that it claimed", async () => {
		const scene = await pending();
		const click = { swapId: first, epoch: 3, nonce: "guessed", verdict: "approve", actorId: "mallory" } as const;
		await scene.chat.click(click);
		const audits = await scene.supervisor.audits(first);
		expect(audits).toHaveLength(1);
		expect(audits[0]).toMatchObject({
			code: "click_invalid",
			verb: "approve",
			by: { id: "mallory" },
			shown: "epoch 3",
		});
	});

	it("and one that is taken leaves no entry, but a fact with what was shown", async () => {
		const scene = await pending();
		accepted(await approve(scene, ana, ` host ${first} `));
		expect(await scene.supervisor.audits(null)).toEqual([]);
		const approved = (await scene.facts()).find(({ type }) => type === "approved");
		expect(approved).toMatchObject({ by: ana, shown: (await scene.swap()).proposal?.shown });
	});
});

describe("a proposal that is refused", () => {
	const rows: readonly [string, string, Readonly<Record<string, string>>, Readonly<Record<string, string>>?][] = [
		["writes what may never be written", "never_writable", { ".env": "SECRET=1" }],
		["writes another agent's own folder", "never_writable", { "groups/bob/me.md": "mine now" }],
		["writes a private copy directly", "never_writable", { "private/alice/skills/hello.md": "x" }],
		["says nothing of a file", "file_summary_missing", { "a.js": "a", "b.js": "b" }, { "a.js": "adds a" }],
		["says something of a file that stays", "file_summary_unknown", { "a.js": "a" }, { "a.js": "adds a", "c.js": "?" }],
	];

	it.each(rows)("because it %s: %s", async (_, code, files, fileSummaries) => {
		const scene = createScene({ agents: ["alice", "bob"] });
		await scene.begin();
		const workspace = await scene.draft("alice", files);
		const request = scene.submission(workspace, files);
		expectRefusal(
			await scene.supervisor.submit({ ...request, ...(fileSummaries && { fileSummaries }) }),
			code as never,
		);
		expect(await scene.supervisor.audits(null)).toMatchObject([{ by: builder, verb: "submit", code, subject: null }]);
		expect(await scene.supervisor.swaps()).toEqual([]);
		expect((await scene.supervisor.listWorkspaces()).map(({ frozen }) => frozen)).toEqual([false]);
	});

	it("by a program, for a target that is not there, beside another swap: one entry each", async () => {
		const scene = await pending({ authority: openAuthority });
		const request = { revision: scene.base, summary: "a change", fileSummaries: {} };
		await scene.supervisor.propose({ ...request, by: { surface: "program", id: "run-1" } });
		await scene.supervisor.propose({ ...request, by: builder, target: "carol" });
		await scene.supervisor.propose({ ...request, by: builder });
		await scene.supervisor.propose({ ...request, by: builder, summary: "" });
		const codes = (await scene.supervisor.audits(null)).map(({ code }) => code).reverse();
		expect(codes).toEqual(["not_authorised", "target_unknown", "swap_in_flight", "summary_missing"]);
	});
});

describe("a flood", () => {
	it("of one actor is kept up to its limit in a minute; others, and the next minute, count anew", async () => {
		const scene = await pending();
		for (let nth = 0; nth < limits.auditsPerMinute + 20; nth += 1) await approve(scene, stranger);
		await approve(scene, ben);
		const by = async (actor: Actor) =>
			(await scene.supervisor.audits(null)).filter((entry) => entry.by.id === actor.id).length;
		expect([await by(stranger), await by(ben)]).toEqual([limits.auditsPerMinute, 1]);
		expect(scene.logged.filter(({ event }) => event === "request.refused")).toHaveLength(limits.auditsPerMinute + 21);
		await scene.clock.advance(60_000);
		await approve(scene, stranger);
		expect(await by(stranger)).toBe(limits.auditsPerMinute + 1);
	});

	it("and an audit that cannot be written changes no refusal", async () => {
		const broken = async () => Promise.reject(new Error("disk full"));
		const scene = createScene({
			settings: { approval: "required" },
			adapt: ({ journal }) => ({ journal: { ...journal, audit: broken } }),
		});
		await scene.begin();
		await scene.propose("version 2");
		expectRefusal(await approve(scene, builder), "not_authorised");
		expect(scene.logged.map(({ event }) => event)).toContain("audit.failed");
		accepted(await approve(scene, person));
	});
});
