// One story: what is approved is what was seen. A byte that hides a line asks for the phrase; the phrase of a first submission is nothing for
// the second; a terminal approves what it has just shown; and a name at the socket is proved.
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	build,
	close,
	deadman,
	git,
	type Json,
	openScene,
	raise,
	reach,
	type Scene,
	stateDirOf,
	swapOf,
} from "../scene.js";

let scene: Scene;

beforeAll(async () => {
	scene = await openScene({
		configure(config: Json) {
			config.approval = "required";
			config.policy = { host: { typed: false } };
			config.checks = ["node check.cjs"];
		},
		populate: (root) => writeFile(join(root, "check.cjs"), "process.exit(0);\n"),
	});
	await raise(scene);
}, 60_000);
afterAll(() => close(scene));

async function submit(name: string): Promise<Json> {
	const { swap, error } = await deadman(scene, "submit", name, "--summary", "Fix a typo in a comment");
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
	return swap;
}

test("a NUL byte hides nothing: the line is shown, the file is named, a bare verb is refused", {
	timeout: 90_000,
}, async () => {
	await build(scene, "nul", (source: string) => `console.error("hidden"); /*\0*/\n${source}`);
	const { id, files, shown } = await submit("nul");
	expect(shown.whole).toBe(false);
	expect(files).toMatchObject([
		{
			path: "server.cjs",
			marks: ["hidden_characters"],
			unshown: { why: "hidden_characters", after: { hash: expect.stringMatching(/^[0-9a-f]{40}$/) } },
		},
	]);
	const { review } = await deadman(scene, "review", id);
	expect(review.pieces.join("\n")).toContain('+console.error("hidden"); /*\\x00*/');
	expect((await deadman(scene, "approve", id)).error.code).toBe("phrase_needed");
	expect((await deadman(scene, "withdraw", id)).code).toBe(0);
});

test("the words for a first submission do nothing to the second, and a terminal approves what it shows", {
	timeout: 120_000,
}, async () => {
	const { path } = await build(scene, "twice", (source: string) => `${source}// harmless\n`);
	const commit = async (file: string, content: string) => {
		await writeFile(join(path, file), content);
		await git({ root: path }, "commit", "--quiet", "-am", "again");
	};
	await commit("check.cjs", "process.exit(1);\n");
	const { id } = await submit("twice");
	expect((await deadman(scene, "approve", id, "--type", `host ${id}`, "--no-follow")).code).toBe(0);
	await reach(scene, id, "drafting");
	await commit("check.cjs", "process.exit(0);\n");
	await commit("server.cjs", `${await readFile(join(path, "server.cjs"), "utf8")}// and another one\n`);
	expect(await submit("twice")).toMatchObject({ id, epoch: 2 });
	for (const old of [
		["--type", `host ${id}`],
		["--submission", "1"],
	]) {
		expect((await deadman(scene, "approve", id, ...old)).error.code).toBe("card_outdated");
	}
	expect((await swapOf(scene, id)).status).toBe("pending_approval");
	const approved = await deadman(scene, "approve", id, "--no-follow");
	expect(approved.code).toBe(0);
	await reach(scene, id, "awaiting_confirmation");
	expect((await deadman(scene, "rollback", id)).code).toBe(0);
	await reach(scene, id, "rolled_back");
});

test("nobody at the socket is another user for saying so", async () => {
	const other = (process.getuid?.() ?? 0) + 1;
	const headers = { "deadman-actor": `cli:${other}` };
	const socketPath = join(await stateDirOf(scene), "deadman.sock");
	const status = await new Promise<number | undefined>((resolve, reject) => {
		const sent = request({ socketPath, path: "/v1/swaps", headers, agent: false }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		sent.once("error", reject);
		sent.end();
	});
	expect(status).toBe(403);
});
