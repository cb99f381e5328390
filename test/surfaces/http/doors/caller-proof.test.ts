// Who a caller on the socket is: the supervisor's own user without more, anybody else by a file that they made where they were told to.
import { chownSync, linkSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { beforeEach, expect, it } from "vitest";
import { createCallerProof } from "../../../../src/surfaces/http/doors/caller-proof.js";
import { temporaryFolder } from "../../../support/temporary.js";

const own = 4_711;
const me = process.getuid?.() ?? 0;
let folder: string;
let nowMs: number;
let ask: (headers: Record<string, string>) => Promise<Response>;

beforeEach(async () => {
	folder = join(await temporaryFolder(), "callers");
	nowMs = 1_000;
	const proof = createCallerProof({ folder, uid: own, nowMs: () => nowMs });
	await mkdir(folder);
	writeFileSync(join(folder, "left-over"), "");
	await proof.ready();
	const app = new Hono();
	app.use(proof.middleware);
	app.get("/", (c) => c.text("in"));
	ask = async (headers) => app.request("/", { headers });
});

const as = (id: string, more: Record<string, string> = {}) => ask({ "deadman-actor": `cli:${id}`, ...more });

async function challenged(id: string): Promise<string> {
	const answer = await as(id);
	const { error } = (await answer.json()) as { readonly error: { readonly code: string } };
	expect([answer.status, error.code]).toEqual([403, "identity_unproven"]);
	return answer.headers.get("deadman-challenge") ?? "";
}

const nameOf = (path: string) => ({ "deadman-proof": path.slice(path.lastIndexOf("/") + 1) });

it("asks nothing of the supervisor's own user, of builders, and of who does not say", async () => {
	for (const actor of [`cli:${own}`, "builder:claude"]) {
		expect((await ask({ "deadman-actor": actor })).status).toBe(200);
	}
	expect((await ask({})).status).toBe(200);
	expect(await readdir(folder)).toEqual([]);
});

it("believes who made the file that was named, once, and takes it away", async () => {
	const path = await challenged(String(me));
	writeFileSync(path, "", { flag: "wx" });
	expect((await as(String(me), nameOf(path))).status).toBe(200);
	expect(await readdir(folder)).toEqual([]);
	writeFileSync(path, "");
	expect((await as(String(me), nameOf(path))).status).toBe(403);
});

it("believes no other name, no file of somebody else, no link, nothing late, and nothing that was not named", async () => {
	const stranger = await challenged("65000");
	writeFileSync(stranger, "");
	expect((await as("65000", nameOf(stranger))).status).toBe(403);
	const late = await challenged(String(me));
	writeFileSync(late, "");
	nowMs += 31_000;
	expect((await as(String(me), nameOf(late))).status).toBe(403);
	const linked = await challenged(String(me));
	symlinkSync("/etc/hostname", linked);
	expect((await as(String(me), nameOf(linked))).status).toBe(403);
	const twice = await challenged(String(me));
	writeFileSync(join(folder, "..", "theirs"), "");
	linkSync(join(folder, "..", "theirs"), twice);
	expect((await as(String(me), nameOf(twice))).status).toBe(403);
	const full = await challenged(String(me));
	writeFileSync(full, "x");
	expect((await as(String(me), nameOf(full))).status).toBe(403);
	expect((await as(String(me), { "deadman-proof": "../theirs" })).status).toBe(403);
	expect((await as(String(me), { "deadman-proof": "0".repeat(32) })).status).toBe(403);
});

it.runIf(me === 0)("believes each user for themselves", async () => {
	const path = await challenged("65000");
	writeFileSync(path, "");
	chownSync(path, 65_000, 65_000);
	expect((await as("65001", nameOf(path))).status).toBe(403);
	const again = await challenged("65000");
	writeFileSync(again, "");
	chownSync(again, 65_000, 65_000);
	expect((await as("65000", nameOf(again))).status).toBe(200);
});
