// One story: the loop closes. A builder's change with a bug is brought back; what became of it lies in its workspace, came to the command
// and signed to the webhook; the same tree is refused with a pointer to that outcome; the mended one is kept.
import { createHmac } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	finish,
	git,
	habit,
	type Json,
	killSupervisor,
	openScene,
	raise,
	reach,
	type Scene,
	until,
	version,
} from "../scene.js";

const secret = "canary-of-the-webhook";

interface Post {
	readonly signature: string;
	readonly timestamp: string;
	readonly delivery: string;
	readonly body: string;
}

let scene: Scene;
let refusing = true;
const posts: Post[] = [];
const hook = createServer(async (request, response) => {
	let body = "";
	for await (const piece of request.setEncoding("utf8")) body += piece;
	const { "webhook-id": delivery, "webhook-timestamp": timestamp, "webhook-signature": signature } = request.headers;
	posts.push({ signature: String(signature), timestamp: String(timestamp), delivery: String(delivery), body });
	response.writeHead(refusing ? 503 : 204).end();
});

beforeAll(async () => {
	await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
	scene = await openScene({
		configure(config: Json) {
			const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
			config.builders = {
				webhook: { url, secretFile: ".deadman/hook.secret" },
				command: "cat >> told.ndjson; echo >> told.ndjson",
			};
		},
	});
	await writeFile(join(scene.root, ".deadman", "hook.secret"), `${secret}\n`);
	await raise(scene);
});
afterAll(async () => {
	hook.closeAllConnections();
	hook.close();
	await close(scene);
});

const folderOf = (name: string) => join(scene.root, ".deadman", "workspaces", name);
const outcomeFile = (name: string) => join(folderOf(name), ".deadman-outcome.json");

async function left(name: string): Promise<Json> {
	return JSON.parse(await readFile(outcomeFile(name), "utf8").catch(() => "null"));
}

async function told(): Promise<Json[]> {
	const text = await readFile(join(scene.root, "told.ndjson"), "utf8").catch(() => "");
	return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line)]));
}

let bad: Json;

test("a change with a bug is rolled back, and its workspace says what happened and what to do", {
	timeout: 90_000,
}, async () => {
	bad = await attempt(scene, "fix", habit("dies-at-boot"), "rolled_back");
	const { outcome } = await until("the outcome lies in the workspace", () => left("fix"), 20_000);
	expect(outcome).toMatchObject({ swapId: bad.id, outcome: "rolled_back", tree: bad.tree, workspace: "fix" });
	expect(outcome.cause.message).toBe(bad.cause.message);
	expect(outcome.next).toContain("in workspace fix, commit, and request the swap again; the same tree will be refused");
	expect(await git({ ...scene, root: folderOf("fix") }, "status", "--porcelain")).toBe("");
	const [heard] = await until("the command was run", async () => ((await told()).length > 0 ? told() : null), 20_000);
	expect(heard).toEqual(await left("fix"));
});

test("a webhook that refuses is asked again, also in the supervisor's next life, and can verify what came", {
	timeout: 90_000,
}, async () => {
	await until("it was asked more than once", () => posts.length > 1, 30_000);
	await killSupervisor(scene);
	refusing = false;
	const before = posts.length;
	await raise(scene);
	await until("it was asked again", () => posts.length > before, 60_000);
	const [first, last] = [posts[0], posts.at(-1)];
	if (first === undefined || last === undefined) throw new Error("nothing came");
	expect(new Set(posts.map(({ delivery }) => delivery)).size).toBe(1);
	expect(last.body).toBe(first.body);
	expect(JSON.parse(last.body)).toEqual(await left("fix"));
	const text = `${last.delivery}.${last.timestamp}.${last.body}`;
	expect(last.signature).toBe(`v1,${createHmac("sha256", secret).update(text).digest("base64")}`);
	const log = await readFile(join(scene.root, "supervisor.log"), "utf8");
	expect(log).toContain("delivery.failed");
	expect(log).not.toContain(secret);
});

test("the same tree is refused with a pointer to that outcome", { timeout: 60_000 }, async () => {
	const { error, code } = await deadman(scene, "submit", "fix", "--summary", "Perhaps it works now");
	expect([code, error.code]).toEqual([5, "known_bad"]);
	expect(error.message).toContain(bad.id);
	expect(error.message).toContain(bad.cause.message);
	expect(error.next).toContain(`deadman status ${bad.id}`);
	expect((await left("fix")).outcome.swapId).toBe(bad.id);
});

test("mended in the same workspace it is kept, and told", { timeout: 90_000 }, async () => {
	const source = await git({ ...scene, root: folderOf("fix") }, "show", "main:server.cjs");
	await writeFile(join(folderOf("fix"), "server.cjs"), version(2)(source));
	await git({ ...scene, root: folderOf("fix") }, "commit", "-qam", "mended");
	const { swap } = await deadman(scene, "submit", "fix", "--summary", "Mended");
	await reach(scene, swap.id, "awaiting_confirmation");
	expect(await left("fix"), "what was told before went with the new submission").toBeNull();
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	await until("the command heard of it", async () => (await told()).length === 2, 20_000);
	expect((await told())[1].outcome).toMatchObject({ swapId: swap.id, outcome: "kept" });
	await until("the webhook too", () => posts.some(({ body }) => body.includes(swap.id)), 20_000);
});
