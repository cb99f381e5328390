// One story: a builder on another machine has a token and nothing else. It makes a workspace, submits, and cannot decide; an operator's token
// can. Tokens outlive a killed supervisor, revoked ones stay revoked, and no secret stands anywhere on the disk.

import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	close,
	configure,
	deadman,
	execFileAsync,
	git,
	type Json,
	killSupervisor,
	openScene,
	raise,
	runToItsEnd,
	type Scene,
	serving,
	startSupervisor,
	version,
} from "../scene.js";

let scene: Scene;
let builder: string;
let operator: string;
let id: string;

beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.approval = "required";
			config.http = { port: 0 };
		},
	});
	await raise(scene);
	builder = (await deadman(scene, "token", "create", "far", "--role", "builder")).secret;
	operator = (await deadman(scene, "token", "create", "ana", "--role", "operator")).secret;
});
afterAll(() => close(scene));

/** Port 0 is another one in each life. */
async function over(token: string, path: string, body?: object): Promise<Json> {
	const { supervisor } = await deadman(scene, "status");
	const authorization = `Bearer ${token}`;
	const answer = await fetch(`${supervisor.http}${path}`, {
		headers: { authorization },
		...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
	});
	return { status: answer.status, ...((await answer.json()) as object) };
}

const until = (status: string) => `/v1/swaps/${id}/wait?until=${status}&timeoutMs=50000`;

test("a builder proposes, follows, and decides nothing", { timeout: 60_000 }, async () => {
	const { workspace } = await over(builder, "/v1/workspaces", { name: "far" });
	const path = join(workspace.path, "server.cjs");
	await writeFile(path, version(2)(await readFile(path, "utf8")));
	await git({ ...scene, root: workspace.path }, "commit", "--quiet", "-am", "Two");
	const { swap } = await over(builder, "/v1/submissions", { workspace: "far", summary: "Says two" });
	id = swap.id;
	expect(swap).toMatchObject({ status: "pending_approval", proposer: "builder:far" });
	const approval = { typed: `host ${id}`, insist: true };
	expect(await over(builder, `/v1/swaps/${id}/approve`, approval)).toMatchObject({ status: 403 });
	expect(await over(builder, "/v1/tokens", { name: "me", role: "operator" })).toMatchObject({ status: 403 });
	expect((await over(operator, `/v1/swaps/${id}/approve`, approval)).status).toBe(200);
	expect((await over(builder, until("awaiting_confirmation"))).swap.status).toBe("awaiting_confirmation");
	expect(await over(builder, `/v1/swaps/${id}/confirm`, {})).toMatchObject({ status: 403 });
	const { audits } = await deadman(scene, "log", id);
	expect(audits.map(({ verb, by }: Json) => [verb, by.id])).toEqual([
		["POST /v1/swaps/{id}/confirm", "far"],
		["POST /v1/swaps/{id}/approve", "far"],
	]);
});

test("tokens outlive a killed supervisor", { timeout: 60_000 }, async () => {
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect((await over(builder, `/v1/swaps/${id}`)).swap.status).toBe("awaiting_confirmation");
	expect((await over(operator, `/v1/swaps/${id}/confirm`, {})).status).toBe(200);
	expect((await over(builder, until("finalized"))).swap.status).toBe("finalized");
	await serving(scene, (answer: Json) => answer.version === "2");
});

test("a revoked one stays revoked", { timeout: 60_000 }, async () => {
	expect((await deadman(scene, "token", "revoke", "builder:far")).code).toBe(0);
	const refused = await over(builder, `/v1/swaps/${id}`);
	expect(refused).toEqual(await over(`dm_${"x".repeat(43)}`, `/v1/swaps/${id}`));
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect(await over(builder, `/v1/swaps/${id}`)).toEqual(refused);
	expect(refused).toMatchObject({ status: 401, error: { code: "token_rejected" } });
});

test("no secret stands on the disk or in the log", async () => {
	for (const secret of [builder, operator]) {
		expect(secret).toMatch(/^dm_[\w-]{43}$/);
		const found = await execFileAsync("grep", ["-rlF", secret, scene.root]).catch((error) => error);
		expect([found.code, found.stdout]).toEqual([1, ""]);
	}
});

test("a supervisor whose port is taken says so and leaves", { timeout: 60_000 }, async () => {
	await killSupervisor(scene);
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
	const { port } = other.address() as { port: number };
	await configure(scene, (config) => {
		config.http = { port };
	});
	const { code, out } = await runToItsEnd(scene);
	expect([code, out.error.code]).toEqual([5, "address_unusable"]);
	expect(out.error.message).toContain(`127.0.0.1:${port}`);
	other.close();
});
