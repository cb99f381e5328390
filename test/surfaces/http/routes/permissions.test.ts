// Guarantee 7 over HTTP: every row is walked, over TCP with tokens and on the socket as a builder, against the real engine. No builder decides
// anything, gives out access or touches data, not even of its own swap; a viewer changes nothing; what is barred stays on record.
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../../../src/adapters/system/clock.js";
import { limits } from "../../../../src/core/limits.js";
import { openAuthority } from "../../../../src/core/people/authority.js";
import type { Actor } from "../../../../src/core/swap.js";
import type { TokenRole } from "../../../../src/ports/ports.js";
import type { RouteOptions } from "../../../../src/surfaces/http/base/caller.js";
import { type Role, type Route, roles } from "../../../../src/surfaces/http/base/route.js";
import { listen } from "../../../../src/surfaces/http/doors/listen.js";
import { createOperatorApp } from "../../../../src/surfaces/http/doors/operator.js";
import { routesOf } from "../../../../src/surfaces/http/routes/routes.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { accepted, createScene, first, person, type Scene } from "../../../engine/scene.js";
import { builder } from "../../../simulation/world.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { call, createLines, now } from "../../doorway.js";
import { openTcpDoor } from "../../tcp-door.js";

const operator: Actor = { surface: "cli", id: "1000" };

/** What a builder is for. A row that is added here was thought about. */
const buildersChange = [
	"POST /v1/swaps",
	"POST /v1/submissions",
	"POST /v1/swaps/{id}/withdraw",
	"POST /v1/workspaces",
	"DELETE /v1/workspaces/{name}",
	"POST /v1/heartbeats",
	"POST /v1/milestones",
];

/** A platform has no token: its channel verifies what it signed, and a click in it is a person's. Thought about too. */
const platforms = ["POST /v1/delivery/{channel}", "GET /v1/delivery/{channel}"];

/** What a builder must never reach, by name: a row that is gone or renamed is looked for here. */
const verdicts = ["approve", "reject", "confirm", "rollback", "extend", "promote", "keep", "data/replay"];
const operatorsOnly = [
	...verdicts.map((verb) => `POST /v1/swaps/{id}/${verb}`),
	"POST /v1/tokens",
	"GET /v1/tokens",
	"DELETE /v1/tokens/{id}",
	"POST /v1/notify/test",
	"POST /v1/agents/{name}/tasks",
	"POST /v1/prune",
	"POST /v1/prune/look",
];

/** What an agent is for: it says how it is and what became of its tasks, to the gateway alone. */
const agentsSay = [
	"POST /api/v1/agent/heartbeat",
	"POST /api/v1/agent/errors",
	"GET /api/v1/agent/tasks",
	...["start", "complete", "fail", "retry"].map((move) => `POST /api/v1/agent/tasks/{id}/${move}`),
	"POST /v1/tenant_status/agent_ready",
	"POST /v1/tenant_status/first_dm_sent",
	"POST /registry/register",
	"POST /registry/heartbeat",
	"GET /workspaces/{id}/activity",
];

const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;
const isFor = ({ allow }: Route, role: Role) => allow === "anyone" || allow.includes(role);

/** Valid ones: who is refused is refused for who they are. */
function bodyOf({ method, path }: Route): object | undefined {
	if (method !== "post") return undefined;
	if (path === "/v1/agents/{name}/tasks") return { id: "t-1", title: "mine" };
	if (path.endsWith("/extend")) return { byMs: 60_000 };
	if (path.endsWith("/approve")) return { insist: true, typed: `host ${first}` };
	return path === "/v1/tokens" ? { name: "mine", role: "operator" } : {};
}

const asked = ({ path }: Route) => path.replace("/tokens/{id}", "/tokens/tk_000001").replace("{id}", first);

function optionsOf(scene: Scene): RouteOptions {
	const { log } = createLines();
	const authority = openAuthority;
	const view: RouteOptions["view"] = (swap) => viewOf(swap, now(), authority);
	const clock = { ...createClock(), now };
	return { supervisor: scene.supervisor, view, authority, log, scrub: String, clock };
}

let rows: readonly Route[];
beforeAll(async () => {
	rows = routesOf(optionsOf(await at.pending()));
});

const at = {
	async pending(): Promise<Scene> {
		const scene = createScene({ settings: { approval: "required" } });
		await scene.begin();
		await scene.propose("version 2");
		expect((await scene.swap()).status).toBe("pending_approval");
		return scene;
	},
	async trial(): Promise<Scene> {
		const scene = createScene();
		expect((await scene.trial()).status).toBe("awaiting_confirmation");
		return scene;
	},
	async "rolled back"(): Promise<Scene> {
		const scene = await at.trial();
		accepted(await scene.rollback(first));
		await scene.clock.advance(10_000);
		expect((await scene.swap()).status).toBe("rolled_back");
		return scene;
	},
};
const surfaceOf: Readonly<Record<TokenRole, string>> = {
	builder: "builder",
	viewer: "api",
	operator: "api",
	agent: "program",
};

const moments = Object.keys(at) as (keyof typeof at)[];

/** What must not change: swaps, facts and tokens; audits are the record of the trying. */
const stateOf = ({ disk }: Scene) => JSON.stringify([[...disk.swaps], [...disk.facts], disk.tokens]);

async function tokenFor(scene: Scene, role: TokenRole): Promise<string> {
	const name = role === "builder" ? builder.id : role;
	return accepted(await scene.supervisor.createToken({ name, role, target: null, by: operator })).secret;
}

describe("the rows", () => {
	it("each say who may, in words that are known", () => {
		for (const row of rows) {
			const { allow } = row;
			const known = allow === "anyone" || (allow.length > 0 && allow.every((role) => roles.includes(role)));
			expect([nameOf(row), known]).toEqual([nameOf(row), true]);
		}
		expect(new Set(rows.map(nameOf)).size).toBe(rows.length);
	});

	it("let anyone only read, and nothing of swaps", () => {
		const open = rows.filter((row) => row.allow === "anyone" && !platforms.includes(nameOf(row)));
		expect(open.filter(({ method, path }) => method !== "get" || path.startsWith("/v1")).map(nameOf)).toEqual([]);
	});

	it("let builders change what they are for and nothing else", () => {
		const changing = rows.filter((row) => row.method !== "get" && isFor(row, "builder"));
		expect(
			changing
				.map(nameOf)
				.filter((name) => !platforms.includes(name))
				.sort(),
		).toEqual([...buildersChange].sort());
	});

	it("let viewers change nothing", () => {
		const changing = rows.filter((row) => row.method !== "get" && isFor(row, "viewer"));
		expect(changing.map(nameOf).filter((name) => !platforms.includes(name))).toEqual([]);
	});

	it("let agents speak through the gateway and reach nothing else, and nobody else speaks there", () => {
		expect(
			rows
				.filter((row) => row.allow !== "anyone" && isFor(row, "agent"))
				.map(nameOf)
				.sort(),
		).toEqual([...agentsSay].sort());
		const gateway = rows.filter((row) => row.errors !== undefined);
		expect(gateway.map(nameOf).sort()).toEqual([...agentsSay].sort());
		expect(gateway.filter(({ allow }) => String(allow) !== "agent").map(nameOf)).toEqual([]);
	});

	it("that decide are operators' alone", () => {
		const found = rows.filter((row) => operatorsOnly.includes(nameOf(row)));
		expect(found.map(nameOf).sort()).toEqual([...operatorsOnly].sort());
		expect(found.filter(({ allow }) => String(allow) !== "operator").map(nameOf)).toEqual([]);
	});

	it("are everything that is served", async () => {
		const served = createOperatorApp(optionsOf(await at.pending())).routes.filter(({ path }) => path !== "/*");
		const named = rows.map((row) => nameOf(row).replace(/\{(\w+)\}/g, ":$1"));
		expect(served.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(named.sort());
	});
});

describe.each(moments)("over TCP, while the swap is %s", (moment) => {
	it.each<TokenRole>(["builder", "viewer", "agent"])("a %s reaches no row that is not for it", async (role) => {
		const scene = await at[moment]();
		const door = await openTcpDoor({ supervisor: scene.supervisor });
		const token = await tokenFor(scene, role);
		const before = stateOf(scene);
		const barred = rows.filter((row) => !isFor(row, role));
		expect(barred.map(nameOf)).toEqual(expect.arrayContaining(operatorsOnly));
		for (const row of barred) {
			const { status, json } = await door.ask(asked(row), {
				method: row.method.toUpperCase(),
				token,
				body: bodyOf(row),
			});
			const refused = row.errors === undefined ? json.error.code : row.errors.schema.safeParse(json).success;
			expect([nameOf(row), status, refused]).toEqual([
				nameOf(row),
				403,
				row.errors === undefined ? "not_authorised" : true,
			]);
		}
		expect(stateOf(scene)).toBe(before);
		const kept = (await scene.supervisor.audits(null)).filter(({ code }) => code === "not_authorised");
		// A flood of one actor is only counted.
		const verbs = kept.map(({ verb }) => verb).reverse();
		expect(verbs.length).toBeGreaterThanOrEqual(Math.min(barred.length, limits.auditsPerMinute));
		expect(barred.map(nameOf).slice(0, limits.auditsPerMinute)).toEqual(verbs.slice(0, limits.auditsPerMinute));
		expect(new Set(kept.map(({ by }) => by.surface))).toEqual(new Set([surfaceOf[role]]));
	});
});

it("over TCP, a stranger reaches nothing", async () => {
	const scene = await at.trial();
	const before = stateOf(scene);
	for (const part of [rows.slice(0, rows.length / 2), rows.slice(rows.length / 2)]) {
		const door = await openTcpDoor({ supervisor: scene.supervisor });
		for (const row of part.filter(({ allow }) => allow !== "anyone")) {
			const { status } = await door.ask(asked(row), { method: row.method.toUpperCase(), body: bodyOf(row) });
			expect([nameOf(row), [401, 429].includes(status)]).toEqual([nameOf(row), true]);
		}
	}
	expect(stateOf(scene)).toBe(before);
});

describe.each(moments)("on the socket, while the swap is %s", (moment) => {
	it("a builder is refused by the engine's own authority, and that is kept", async () => {
		const scene = await at[moment]();
		await tokenFor(scene, "viewer");
		const folder = await makeTemporaryFolder();
		onTestFinished(() => removeTemporaryFolder(folder));
		const socketPath = join(folder, "deadman.sock");
		const door = await listen({ app: createOperatorApp(optionsOf(scene)), path: socketPath });
		onTestFinished(() => door.close());
		const before = stateOf(scene);
		const headers = { "deadman-actor": `builder:${builder.id}` };
		// By what the rows say, not by name: a new one is walked before anybody thinks of it.
		const deciding = rows.filter(({ allow }) => String(allow) === "operator");
		expect(deciding.map(nameOf)).toEqual(expect.arrayContaining(operatorsOnly));
		for (const row of deciding) {
			const body = bodyOf(row) ?? "";
			const { status, json } = await call({
				socketPath,
				path: asked(row),
				method: row.method.toUpperCase(),
				headers,
				body,
			});
			expect([nameOf(row), status]).toEqual([nameOf(row), 403]);
			expect(["not_authorised", "prune_forbidden", "token_forbidden"]).toContain(json.error.code);
		}
		expect(stateOf(scene)).toBe(before);
		const kept = (await scene.supervisor.audits(null)).filter(({ by }) => by.surface === "builder");
		expect(kept).toHaveLength(deciding.length);
	});
});

describe("over TCP, a builder", () => {
	it("reads and takes back its own swap", async () => {
		const scene = await at.pending();
		const door = await openTcpDoor({ supervisor: scene.supervisor });
		const token = await tokenFor(scene, "builder");
		for (const row of rows.filter((one) => one.path.startsWith("/v1/swaps/{id}") && one.method === "get")) {
			if (!isFor(row, "builder") || row.path.endsWith("/wait")) continue;
			expect([nameOf(row), (await door.ask(asked(row), { token })).status]).toEqual([nameOf(row), 200]);
		}
		const taken = await door.ask(`/v1/swaps/${first}/withdraw`, { method: "POST", token });
		expect([taken.status, taken.json.swap.status]).toEqual([200, "rejected"]);
	});

	it("learns nothing of another's: every row answers as for one that does not exist", async () => {
		const scene = await at.pending();
		const door = await openTcpDoor({ supervisor: scene.supervisor });
		const request = { name: "stranger", role: "builder", target: null, by: operator } as const;
		const { secret: token } = accepted(await scene.supervisor.createToken(request));
		const before = stateOf(scene);
		for (const row of rows.filter((one) => one.path.startsWith("/v1/swaps/{id}") && isFor(one, "builder"))) {
			const knock = { method: row.method.toUpperCase(), token, body: bodyOf(row) };
			const [there, nowhere] = await Promise.all(
				[first, "sw_nowher"].map((id) => door.ask(row.path.replace("{id}", id), knock)),
			);
			expect([nameOf(row), there?.status]).toEqual([nameOf(row), 404]);
			expect(there?.text.replaceAll(first, "sw_nowher")).toBe(nowhere?.text);
		}
		expect((await door.ask("/v1/swaps", { token })).json.swaps).toEqual([]);
		expect((await door.ask("/v1/swaps/current", { token })).status).toBe(404);
		expect((await door.ask("/v1/status", { token })).json.swap).toBeNull();
		expect(stateOf(scene)).toBe(before);
	});
});

it("over TCP, an operator's token decides in its own name", async () => {
	const scene = await at.trial();
	const door = await openTcpDoor({ supervisor: scene.supervisor });
	const token = await tokenFor(scene, "operator");
	expect((await door.ask(`/v1/swaps/${first}/confirm`, { method: "POST", token })).status).toBe(200);
	await scene.clock.advance(10_000);
	expect((await scene.swap()).status).toBe("finalized");
	expect(await scene.facts()).toContainEqual(expect.objectContaining({ by: { surface: "api", id: "operator" } }));
	expect(person.surface).not.toBe("api");
});

describe("a token that is bound to alice", () => {
	async function bound() {
		const scene = createScene({ agents: ["alice", "bob"], settings: { approval: "required" } });
		await scene.begin();
		const door = await openTcpDoor({ supervisor: scene.supervisor });
		const request = { name: "claude", role: "builder", target: "alice", by: operator } as const;
		const { secret: token } = accepted(await scene.supervisor.createToken(request));
		const post = (path: string, body: object) => door.ask(path, { method: "POST", token, body });
		return { scene, post };
	}

	it("makes workspaces for her alone", async () => {
		const { scene, post } = await bound();
		for (const target of ["bob", "host", undefined]) {
			const { status, json } = await post("/v1/workspaces", { name: "w", target });
			expect([status, json.error.code]).toEqual([403, "token_bound"]);
		}
		expect((await post("/v1/workspaces", { name: "w", target: "alice" })).json.workspace.target).toBe("alice");
		expect(await scene.supervisor.audits(null)).toContainEqual(expect.objectContaining({ code: "token_bound" }));
	});

	it("proposes for her alone", async () => {
		const { post } = await bound();
		for (const target of ["bob", "host", undefined]) {
			const { status, json } = await post("/v1/swaps", { revision: "main", summary: "s", target });
			expect([status, json.error.code]).toEqual([403, "token_bound"]);
		}
		const own = await post("/v1/swaps", { revision: "main", summary: "s", target: "alice" });
		expect(own.json.error?.code).not.toBe("token_bound");
	});

	it("submits from workspaces of hers alone, whatever the request says", async () => {
		const { scene, post } = await bound();
		const by: Actor = { surface: "builder", id: "claude" };
		accepted(await scene.supervisor.createWorkspace({ name: "theirs", target: "bob", kind: "worktree", by }));
		for (const target of ["alice", "bob", undefined]) {
			const { status, json } = await post("/v1/submissions", { workspace: "theirs", summary: "s", target });
			expect([status, json.error.code]).toEqual([403, "token_bound"]);
		}
	});
});
