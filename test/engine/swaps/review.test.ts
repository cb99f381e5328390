// What approvers read: put down once when it is submitted, bound to the merged tree, and honest about what it does not show.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const approve = (scene: Scene, typed: string | null = null) =>
	scene.supervisor.approve({ id: first, by: person, epoch: 1, insist: false, typed });

async function pending(content: string, options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ ...options, settings: { approval: "required", ...options.settings } });
	await scene.begin();
	await scene.propose(content);
	await scene.clock.advance(1_000);
	return scene;
}

describe("a review", () => {
	it("is stored with its tree and size, and shown whole", async () => {
		const scene = await pending("version 2");
		const { proposal } = await scene.swap();
		const review = accepted(await scene.supervisor.review(first));
		expect(review).toMatchObject({ swapId: first, epoch: 1, tree: proposal?.tree, sha256: proposal?.shown?.sha256 });
		expect(review.diff).toContain("+version 2");
		expect(proposal?.shown).toMatchObject({ tree: proposal?.tree, files: 1, whole: true, bytes: review.diff.length });
		expect(scene.chat.notices.at(-1)).toContain("+version 2");
		expect(accepted(await approve(scene)).status).toBe("staging");
	});

	it("stays what it was, whatever becomes of the branch and the workspace", async () => {
		const scene = await pending("version 2");
		const review = accepted(await scene.supervisor.review(first));
		scene.git.branches.set("main", scene.git.commit({ "server.js": "meanwhile" }, [scene.base]));
		await scene.restart();
		expect(await scene.supervisor.review(first)).toEqual(review);
	});

	it("of an agent holds its private files, and nothing that did not change", async () => {
		const scene = createScene({ agents: ["alice"], settings: { approval: "required" } });
		await scene.begin();
		await scene.submit("alice", { "groups/alice/me.md": "I am Alice" });
		const { diff } = accepted(await scene.supervisor.review(first));
		expect(diff).toContain("-I am alice");
		expect(diff).not.toContain("skills/hello.md");
		const whole = await scene.supervisor.diff(first);
		expect(whole).toBe(diff);
	});

	it("of the next epoch is another one", async () => {
		const scene = createScene({ agents: ["alice"], settings: { approval: "required" } });
		await scene.begin();
		const files = { "skills/hello.md": "hello 2" };
		const name = await scene.draft("alice", files);
		accepted(await scene.supervisor.submit(scene.submission(name, files)));
		scene.failAt("stage.rehearse");
		accepted(await approve(scene));
		await scene.clock.advance(2_000);
		scene.workspaces.edit(name, { "skills/hello.md": "hello 3" });
		scene.workspaces.commit(name);
		accepted(await scene.supervisor.submit(scene.submission(name, files)));
		const review = accepted(await scene.supervisor.review(first));
		expect([review.epoch, review.diff.includes("hello 3")]).toEqual([2, true]);
	});

	it("is there before anybody is asked: none where it cannot be stored", async () => {
		const scene = createScene({ settings: { approval: "required" } });
		await scene.begin();
		scene.failAt("fact.submitted");
		await expect(scene.propose("version 2")).rejects.toThrow("planted at fact.submitted");
		await scene.clock.advance(2_000);
		expect(scene.chat.shown).toEqual([]);
		expectRefusal(await scene.supervisor.review(first), "swap_unknown");
		expect(isRefusal(await scene.propose("version 2"))).toBe(false);
	});
});

describe("not shown in full", () => {
	async function expectPhrase(scene: Scene): Promise<void> {
		expect((await scene.swap()).proposal?.shown?.whole).toBe(false);
		expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "approval", phrase: `host ${first}` });
		expect(scene.chat.shown.at(-1)?.lines.join(" ")).toContain("NOT SHOWN IN FULL");
		expect(expectRefusal(await approve(scene), "phrase_needed").message).toContain("not shown in full");
		expectRefusal(await approve(scene, "host"), "phrase_wrong");
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "approve", actorId: "ana" } as const;
		expect(await scene.chat.click(click)).toContain("is approved by typing a phrase");
		expect(await scene.chat.click({ ...click, typed: `host ${first}` })).toContain("is approved");
	}

	it("where a secret was taken out of it: nobody hides code as a password", async () => {
		const scrub = (text: string) => text.replaceAll("hunter2", "[gone]");
		const scene = await pending("const password = hunter2; evil()", { scrub });
		expect(accepted(await scene.supervisor.review(first)).diff).not.toContain("hunter2");
		await expectPhrase(scene);
	});

	it("where it is longer than what is kept", async () => {
		const scene = await pending("x".repeat(limits.reviewBytes + 1));
		expect(accepted(await scene.supervisor.review(first)).diff.length).toBeLessThanOrEqual(limits.reviewBytes);
		await expectPhrase(scene);
	});

	it("where it does not fit into this channel, though it does into another", async () => {
		const chat = createMemoryDelivery({ name: "chat", surface: "page" });
		const small = createMemoryDelivery({ name: "small", limits: { message: 400, pieces: 1 } });
		const content = Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n");
		const scene = await pending(content, { channels: [chat, small] });
		expect((await scene.swap()).proposal?.shown?.whole).toBe(true);
		expect([chat, small].map(({ shown }) => shown.at(-1)?.phrase)).toEqual([null, `host ${first}`]);
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "approve", actorId: "ana" } as const;
		expect(await small.click(click)).toContain("once its whole diff was shown");
		expect(await chat.click(click)).toContain("is approved");
	});
});

describe("sentences", () => {
	async function submit(settings: object, files: Readonly<Record<string, string>>, fileSummaries = {}) {
		const scene = createScene({ agents: ["alice"], settings: { approval: "required", ...settings } });
		await scene.begin();
		const workspace = await scene.draft("alice", files);
		return scene.supervisor.submit({ ...scene.submission(workspace, files), summary: "a change", fileSummaries });
	}
	const two = { "a.js": "a", "b.js": "b" };

	it("one file is said by the summary", async () => {
		expect(accepted(await submit({}, { "a.js": "a" })).proposal?.files).toMatchObject([{ summary: "a change" }]);
	});

	it("of several each needs its own, and blanks are none", async () => {
		const refusal = expectRefusal(await submit({}, two, { "a.js": "adds a", "b.js": "  " }), "file_summary_missing");
		expect(refusal.message).toContain('"b.js"');
		expect(refusal.message).not.toContain('"a.js"');
	});

	it("are not asked for where the operator wants the summary only", async () => {
		const files = accepted(await submit({ summaries: "overall" }, two, { "a.js": "adds a" })).proposal?.files;
		expect(files?.map(({ summary }) => summary)).toEqual(["adds a", null]);
	});

	it("are looked up as they are given: a file may be called like a thing of the language", async () => {
		const odd = { constructor: "a", toString: "b" } as unknown as Readonly<Record<string, string>>;
		const refusal = expectRefusal(await submit({}, odd, { constructor: "a class" }), "file_summary_missing");
		expect(refusal.message).toContain('"toString"');
	});
});
