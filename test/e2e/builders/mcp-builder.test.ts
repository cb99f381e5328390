// One story: a builder that speaks only MCP. Its first change has a bug and is rolled back; it learns why from the server itself, mends it,
// asks again, and sees it kept. A person decides on the command line.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStdioAgent, type StdioAgent } from "../../surfaces/mcp/stdio-client.js";
import {
	close,
	deadman,
	git,
	habit,
	type Json,
	openScene,
	raise,
	type Scene,
	swapOf,
	until,
	version,
} from "../scene.js";

let scene: Scene;
let agent: StdioAgent;
let folder: string;
let original: string;
let bad: string;
let good: string;

beforeAll(async () => {
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
		},
	});
	await raise(scene);
	agent = await openStdioAgent(scene.root);
});
afterAll(async () => {
	await agent.close();
	await close(scene);
});

async function commit(source: string, message: string): Promise<void> {
	await writeFile(join(folder, "server.cjs"), source);
	await git({ ...scene, root: folder }, "commit", "-qam", message);
}

/** What a person does, having read the card. */
async function approve(id: string): Promise<void> {
	const { phrase } = await swapOf(scene, id);
	const typed = phrase === null ? [] : ["--type", phrase];
	const { error } = await deadman(scene, "approve", id, "--no-follow", ...typed);
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
}

/** As an agent follows: one bounded wait after the other. */
function follow(id: string, ...statuses: string[]): Promise<Json> {
	return until(
		`${id} is ${statuses.join(" or ")}`,
		async () => {
			const answer = await agent.call("wait_for_swap", { swap: id, until: statuses });
			return statuses.includes(answer.swap?.status) ? answer : null;
		},
		60_000,
	);
}

test("it makes a workspace, edits, commits and requests; the same request again is the same swap", {
	timeout: 60_000,
}, async () => {
	const { workspace } = await agent.call("create_workspace", { name: "fix" });
	folder = workspace.path;
	original = await git({ ...scene, root: folder }, "show", "HEAD:server.cjs");
	await commit(habit("dies-at-boot")(), "with a bug");
	const request = { workspace: "fix", summary: "Says two", idempotency_key: "first-try" };
	const asked = await agent.call("request_swap", request);
	expect(asked).toMatchObject({ status: "pending_approval", next: expect.stringContaining("A person has to approve") });
	bad = asked.id;
	expect((await agent.call("request_swap", request)).id).toBe(bad);
	expect((await agent.call("list_swaps")).swaps.map(({ id }: Json) => id)).toEqual([bad]);
	expect((await swapOf(scene, bad)).proposer).toBe("builder:claude");
});

test("it learns of the rollback: cause, log, tree, and what to do", { timeout: 90_000 }, async () => {
	await approve(bad);
	const { outcome: told } = await follow(bad, "rolled_back");
	const { outcome, next } = await agent.call("explain_last_rollback");
	expect(outcome).toEqual(told);
	expect(outcome).toMatchObject({ swapId: bad, outcome: "rolled_back", workspace: "fix" });
	expect(outcome.cause.message.length).toBeGreaterThan(10);
	expect(outcome.log.length).toBeGreaterThan(0);
	expect(outcome.tree).toBe((await git({ ...scene, root: folder }, "rev-parse", "HEAD^{tree}")).trim());
	expect(next).toContain("in workspace fix, commit, and request the swap again");
	const again = await agent.call("request_swap", { workspace: "fix", summary: "Perhaps now" });
	expect(again).toMatchObject({ isError: true, code: "known_bad", message: expect.stringContaining(bad) });
});

test("mended it is requested again, confirmed by a person, and kept", { timeout: 90_000 }, async () => {
	await commit(version(2)(original), "mended");
	good = (await agent.call("request_swap", { workspace: "fix", summary: "Says two, mended" })).id;
	await approve(good);
	const { swap } = await follow(good, "awaiting_confirmation");
	expect(swap.remainingMs).toBeGreaterThan(0);
	expect((await deadman(scene, "confirm", good, "--no-follow")).code).toBe(0);
	const { outcome } = await follow(good, "finalized");
	expect(outcome).toMatchObject({ swapId: good, outcome: "kept" });
	expect((await agent.call("get_swap", { swap: good })).swap.status).toBe("finalized");
});
