// `deadman token`: the secret is printed once, with a sentence; lists and answers hold none; builders are refused with the right exit code.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import type { TokenRecord } from "../../../../src/engine/verbs/tokens.js";
import { createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, wallMs } from "../../doorway.js";
import { deadman, start } from "../command.js";

const secret = `dm_${"s".repeat(43)}`;
const record: TokenRecord = {
	id: "tk_abc123",
	name: "builder:claude",
	role: "builder",
	target: "alice",
	createdAtMs: wallMs,
	revokedAtMs: null,
};

let supervisor: FakeSupervisor;
let door: Doorway;

beforeEach(async () => {
	supervisor = createFakeSupervisor();
	supervisor.answers.createToken = async () => ({ token: record, secret });
	supervisor.answers.tokens = async () => [record, { ...record, id: "tk_old999", target: null, revokedAtMs: wallMs }];
	supervisor.answers.revokeToken = async ({ id }) =>
		id === record.id ? { ...record, revokedAtMs: wallMs } : refuse("token_unknown", { id });
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const token = (...args: string[]) => deadman(door.root, "token", ...args);

describe("create", () => {
	it("prints the secret once, alone on its line, with a sentence", async () => {
		const { code, stdout } = await token("create", "claude", "--role", "builder", "--target", "alice");
		expect(code).toBe(0);
		const [shown, line, sentence] = stdout.trimEnd().split("\n");
		expect(shown).toBe("tk_abc123  builder for alice  builder:claude            since 2026-11-21T12:00:00Z");
		expect(line).toBe(secret);
		expect(sentence).toContain("shown once");
		expect(supervisor.calls.at(-1)).toMatchObject({
			verb: "createToken",
			request: { name: "claude", role: "builder", target: "alice", by: { surface: "cli" } },
		});
	});

	it("names an agent's token after its agent, and takes nothing that does not fit together", async () => {
		expect((await token("create", "--role", "agent", "--agent", "planner")).code).toBe(0);
		expect(supervisor.calls.at(-1)).toMatchObject({ verb: "createToken", request: { name: "planner", role: "agent" } });
		const before = supervisor.calls.length;
		const bad = [
			["--role", "agent"],
			["x", "--role", "agent", "--agent", "planner"],
			["x", "--role", "viewer", "--agent", "x"],
		];
		for (const args of bad) expect((await token("create", ...args)).code).toBe(2);
		expect(supervisor.calls).toHaveLength(before);
	});

	it("answers programs with the same", async () => {
		const { json } = await token("create", "claude", "--role", "operator", "--json");
		expect(json).toEqual({
			schemaVersion: 1,
			token: {
				id: "tk_abc123",
				name: "builder:claude",
				role: "builder",
				target: "alice",
				createdAt: "2026-11-21T12:00:00.000Z",
				revokedAt: null,
			},
			secret,
		});
		expect(supervisor.calls.at(-1)).toMatchObject({ request: { role: "operator", target: null } });
	});

	it.each([
		["without a role", ["create", "claude"]],
		["with a role that does not exist", ["create", "claude", "--role", "god"]],
		["without a name", ["create", "--role", "builder"]],
	])("is refused %s", async (_, args) => {
		const { code, stderr } = await token(...args);
		expect(code).toBe(2);
		expect(stderr).toMatch(/^deadman: /);
		expect(supervisor.calls).toEqual([]);
	});

	it("speaks for the builder inside of a supervised program, which may not", async () => {
		const refusal = refuse("token_forbidden", { actor: "builder:x", verb: "create", who: "an operator" });
		supervisor.answers.createToken = async () => refusal;
		const env = { DEADMAN_TOKEN: "anything" };
		const { code, json } = await start(door.root, ["token", "create", "me", "--role", "operator", "--json"], env).ended;
		expect([code, json.error.code]).toEqual([4, "token_forbidden"]);
		expect(supervisor.calls.at(-1)).toMatchObject({ request: { by: { surface: "builder" } } });
	});
});

it("lists all, and says which are revoked", async () => {
	const { code, stdout } = await token("list");
	expect(code).toBe(0);
	expect(stdout.trimEnd().split("\n")).toEqual([
		"tk_abc123  builder for alice  builder:claude            since 2026-11-21T12:00:00Z",
		"tk_old999  builder           builder:claude            revoked 2026-11-21T12:00:00Z",
	]);
	supervisor.answers.tokens = async () => [];
	expect((await token("list")).stdout).toBe("No tokens: nobody speaks over TCP.\n");
	expect((await token("list", "--json")).json).toEqual({ schemaVersion: 1, tokens: [] });
});

it("revokes one, and says so", async () => {
	const { code, stdout } = await token("revoke", "tk_abc123");
	expect([code, stdout.startsWith("Revoked tk_abc123")]).toEqual([0, true]);
	expect((await token("revoke", "tk_abc123", "--json")).json.token.revokedAt).toBe("2026-11-21T12:00:00.000Z");
	const again = await token("revoke", "a/b?c", "--json");
	expect([again.code, again.json.error.code]).toEqual([3, "token_unknown"]);
	expect(supervisor.calls.at(-1)).toMatchObject({ request: { id: "a/b?c" } });
});
