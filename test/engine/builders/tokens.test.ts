// Tokens: who may give them out, what is kept of them, and that a revoked one is no different from one that never was.
import { describe, expect, it } from "vitest";
import { surfaces } from "../../../src/config/delivery.js";
import { limits } from "../../../src/core/limits.js";
import { type Authority, openAuthority } from "../../../src/core/people/authority.js";
import type { Actor } from "../../../src/core/swap.js";
import type { EngineSettings } from "../../../src/engine/base/context.js";
import type { TokenRole } from "../../../src/ports/ports.js";
import { accepted, createScene, expectRefusal, type Scene } from "../scene.js";

const operator: Actor = { surface: "cli", id: "1000" };

const people: Authority = {
	...openAuthority,
	people: [
		{ name: "olga", identities: ["cli:1000", "api:olga", "slack:OLGA"], roles: ["owner"], targets: [] },
		{ name: "ada", identities: ["cli:1001"], roles: ["admin"], targets: [] },
		{ name: "al", identities: ["cli:1002"], roles: ["owner"], targets: ["alice"] },
	],
};

async function world(settings: Partial<EngineSettings> = {}, agents = ["alice"]): Promise<Scene> {
	const scene = createScene({ agents, settings });
	await scene.begin();
	return scene;
}

interface Wish {
	readonly name?: string;
	readonly role?: TokenRole;
	readonly target?: string | null;
	readonly by?: Actor;
}

const create = (scene: Scene, { name = "claude", role = "builder", target = null, by = operator }: Wish = {}) =>
	scene.supervisor.createToken({ name, role, target, by });
const made = async (scene: Scene, wish: Wish = {}) => accepted(await create(scene, wish));
const audits = (scene: Scene) => scene.supervisor.audits(null);

describe("a token", () => {
	it.each<[TokenRole, string]>([
		["builder", "builder:claude"],
		["viewer", "api:claude"],
		["operator", "api:claude"],
	])("of a %s speaks as %s", async (role, name) => {
		const scene = await world();
		const { token, secret } = await made(scene, { role });
		expect(token).toMatchObject({ name, role, target: null, revokedAtMs: null });
		expect(await scene.supervisor.tokenOf(secret)).toEqual(token);
	});

	it("is kept as a hash, and the secret stands nowhere", async () => {
		const scene = await world();
		const { token, secret } = await made(scene);
		expect(scene.disk.tokens).toHaveLength(1);
		expect(scene.disk.tokens.join()).toContain(token.id);
		const kept = JSON.stringify([
			scene.disk,
			await scene.supervisor.tokens(operator),
			await audits(scene),
			scene.logged,
		]);
		expect(kept).not.toContain(secret);
		expect(JSON.stringify(await scene.supervisor.tokenOf(secret))).not.toContain("sha256");
	});

	it("is known to the next life of the supervisor", async () => {
		const scene = await world();
		const { token, secret } = await made(scene);
		await scene.restart();
		expect(await scene.supervisor.tokenOf(secret)).toEqual(token);
	});

	it.each([
		["", "nothing"],
		["dm_", "no secret"],
		[`dm_${"x".repeat(43)}`, "one that was never given"],
		[`dm_${"x".repeat(44)}`, "a longer one"],
		[`dm_${"x".repeat(43)}\n`, "one with a line end"],
		["x".repeat(1_000_000), "a very long one"],
	])("is not %#: %s", async (secret) => {
		const scene = await world();
		await made(scene);
		expect(await scene.supervisor.tokenOf(secret)).toBeNull();
	});

	it("costs the journal no question once it is known", async () => {
		let asked = 0;
		const scene = createScene({
			adapt: ({ journal }) => ({
				journal: {
					...journal,
					tokens: () => {
						asked += 1;
						return journal.tokens();
					},
				},
			}),
		});
		await scene.begin();
		const { secret } = await made(scene);
		asked = 0;
		for (let turn = 0; turn < 5; turn += 1) expect(await scene.supervisor.tokenOf(secret)).not.toBeNull();
		expect(await scene.supervisor.tokenOf(`dm_${"y".repeat(43)}`)).toBeNull();
		expect(asked).toBe(1);
	});

	it("is asked for again after the journal could not be read", async () => {
		let fails = false;
		const scene = createScene({
			adapt: ({ journal }) => ({
				journal: { ...journal, tokens: () => (fails ? Promise.reject(new Error("no disk")) : journal.tokens()) },
			}),
		});
		await scene.begin();
		const { secret } = await made(scene);
		fails = true;
		await expect(scene.supervisor.tokenOf(secret)).rejects.toThrow("no disk");
		fails = false;
		expect(await scene.supervisor.tokenOf(secret)).not.toBeNull();
	});
});

describe("making one is refused", () => {
	it.each<[string, Wish, string]>([
		["without a name", { name: "" }, "input_invalid"],
		["with a name that holds a surface", { name: "cli:1000" }, "input_invalid"],
		["with a name of two words", { name: "a b" }, "input_invalid"],
		["with a very long name", { name: "x".repeat(57) }, "input_invalid"],
		["for a target that does not exist", { target: "nobody" }, "target_unknown"],
		["for an operator of one target", { target: "alice", role: "operator" }, "input_invalid"],
	])("%s", async (_, wish, code) => {
		const scene = await world();
		expectRefusal(await create(scene, wish), code as never);
		expect(scene.disk.tokens).toEqual([]);
		expect(await audits(scene)).toMatchObject([{ verb: "token create", code, by: operator }]);
	});

	it("while another of that name is in force, and not once it is revoked", async () => {
		const scene = await world();
		const { token } = await made(scene);
		expectRefusal(await create(scene), "token_exists");
		await made(scene, { role: "viewer" });
		expectRefusal(await create(scene, { role: "operator" }), "token_exists");
		accepted(await scene.supervisor.revokeToken({ id: token.id, by: operator }));
		expect((await made(scene)).token.id).not.toBe(token.id);
	});

	it("for the second of two at the same moment", async () => {
		const scene = await world();
		const answers = await Promise.all([create(scene), create(scene)]);
		expect(answers.filter((answer) => "secret" in answer)).toHaveLength(1);
		expectRefusal(answers[1], "token_exists");
	});

	it("beyond the limit", async () => {
		const scene = await world();
		for (let nth = 0; nth < limits.tokens; nth += 1) await made(scene, { name: `b${nth}` });
		expectRefusal(await create(scene, { name: "late" }), "token_limit");
	});

	it("where it cannot be put on record", async () => {
		const scene = createScene({
			adapt: ({ journal }) => ({ journal: { ...journal, audit: () => Promise.reject(new Error("disk full")) } }),
		});
		await scene.begin();
		await expect(create(scene)).rejects.toThrow("disk full");
		expect(scene.disk.tokens).toEqual([]);
	});
});

describe("who may", () => {
	const mayNot = surfaces.filter((surface) => !["cli", "api", "supervisor"].includes(surface));

	it.each(mayNot)("not %s, whoever is behind it", async (surface) => {
		const scene = await world();
		const by: Actor = { surface, id: "1000" };
		const { token } = await made(scene);
		expectRefusal(await create(scene, { by, name: "mine" }), "token_forbidden");
		expectRefusal(await scene.supervisor.tokens(by), "token_forbidden");
		expectRefusal(await scene.supervisor.revokeToken({ id: token.id, by }), "token_forbidden");
		expect(scene.disk.tokens).toHaveLength(1);
		const seen = (await audits(scene)).filter(({ code }) => code === "token_forbidden");
		expect(seen.map(({ verb }) => verb)).toEqual(["token revoke", "token list", "token create"]);
		expect(seen.every(({ by: who }) => who.surface === surface)).toBe(true);
	});

	it.each<[string, Actor, boolean]>([
		["an owner", { surface: "cli", id: "1000" }, true],
		["an owner by token", { surface: "api", id: "olga" }, true],
		["an admin", { surface: "cli", id: "1001" }, false],
		["an owner of one agent", { surface: "cli", id: "1002" }, false],
		["a stranger", { surface: "cli", id: "7" }, false],
		["a token of no person", { surface: "api", id: "ci" }, false],
		["an owner's chat", { surface: "slack", id: "OLGA" }, false],
		["a builder of the owner's name", { surface: "builder", id: "1000" }, false],
	])("among people: %s", async (_, by, may) => {
		const scene = await world({ authority: people });
		const answer = await create(scene, { by });
		if (may) expect(accepted(answer).token.name).toBe("builder:claude");
		else expect(expectRefusal(answer, "token_forbidden").next).toContain("olga");
	});
});

describe("revoking", () => {
	it.each([
		["by its id", "tk_000001"],
		["by its whole name", "builder:claude"],
		["by its name alone", "claude"],
	])("%s ends it at once", async (_, id) => {
		const scene = await world();
		const { token, secret } = await made(scene);
		expect(await scene.supervisor.tokenOf(secret)).not.toBeNull();
		const revoked = accepted(await scene.supervisor.revokeToken({ id, by: operator }));
		expect(revoked).toEqual({ ...token, revokedAtMs: scene.clock.now().wallMs });
		expect(await scene.supervisor.tokenOf(secret)).toBeNull();
		expectRefusal(await scene.supervisor.revokeToken({ id, by: operator }), "token_unknown");
		await scene.restart();
		expect(await scene.supervisor.tokenOf(secret)).toBeNull();
	});

	it("wants the whole name where two bear the short one", async () => {
		const scene = await world();
		await made(scene);
		await made(scene, { role: "viewer" });
		expectRefusal(await scene.supervisor.revokeToken({ id: "claude", by: operator }), "token_unknown");
		expect(accepted(await scene.supervisor.revokeToken({ id: "api:claude", by: operator })).role).toBe("viewer");
	});

	it("leaves it in the list", async () => {
		const scene = await world();
		await made(scene, { target: "alice" });
		await scene.supervisor.revokeToken({ id: "claude", by: operator });
		expect(await scene.supervisor.tokens(operator)).toMatchObject([
			{ name: "builder:claude", target: "alice", revokedAtMs: expect.any(Number) },
		]);
	});
});

it("keeps a record of what was allowed, before it is done", async () => {
	const scene = await world();
	const { token } = await made(scene, { target: "alice" });
	for (let turn = 0; turn < 3; turn += 1) await scene.supervisor.tokens(operator);
	await scene.supervisor.revokeToken({ id: token.id, by: operator });
	const allowed = (await audits(scene)).map(({ verb, code, by, message }) => [verb, code, by.id, message]);
	expect(allowed.reverse()).toEqual([
		["token create", "allowed", "1000", "tk_000001 for builder:claude, builder, bound to alice"],
		["token list", "allowed", "1000", "all of them"],
		["token revoke", "allowed", "1000", "tk_000001 of builder:claude"],
	]);
	await scene.clock.advance(60_000);
	await scene.supervisor.tokens(operator);
	expect((await audits(scene)).filter(({ verb }) => verb === "token list")).toHaveLength(2);
});

it("keeps what a surface refused", async () => {
	const scene = await world();
	const refusal = expectRefusal(await create(scene, { name: "" }), "input_invalid");
	const by: Actor = { surface: "builder", id: "claude" };
	await scene.supervisor.noteRefused({ by, verb: "POST /v1/swaps/{id}/approve", swapId: "sw_000001", refusal });
	expect(await scene.supervisor.audits("sw_000001")).toMatchObject([{ by, verb: "POST /v1/swaps/{id}/approve" }]);
});
