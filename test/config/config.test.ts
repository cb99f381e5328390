// The configuration at the door: the documented example word for word, every default, and every refusal with the key it is about.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engineSettings } from "../../src/app/settings.js";
import { type Config, configJsonSchema, parseConfig, type Settings } from "../../src/config/config.js";
import { emptySwap } from "../../src/core/machine/evolve.js";
import { nobodyToAsk, whoMay } from "../../src/core/people/authority.js";
import { isRefusal, type Refusal } from "../../src/core/refusals.js";
import { atOnce } from "../../src/core/rules/at-once.js";
import { classify } from "../../src/core/rules/classify.js";
import type { Swap } from "../../src/core/swap.js";

const example = `
{ "branch": "main", "approval": "required", "shared": ["data/", ".env"],
  "deadman": { "initial": "2m", "afterDelivery": "2m", "cap": "10m" },
  "databases": [{ "path": "data/app.db", "policy": "restore" }], "files": [{ "path": "data" }],
  "install": "npm ci", "build": "npm run build", "checks": ["npm test"],
  "program": { "command": "node server.js", "env": {}, "stopGrace": "5s", "stopSignal": "SIGTERM", "restart": "program",
               "readiness": { "http": "http://127.0.0.1:3000/healthz", "timeout": "30s", "minUptime": "1s" } },
  "delivery": [{ "kind": "console" }, { "kind": "page", "port": 0 }] }
`;

const smallest = { program: { command: "node server.js" } };

function parsed(value: unknown): Settings {
	const result = parseConfig(value, "config.json");
	if (isRefusal(result)) throw new Error(result.message);
	return result;
}

function refused(value: unknown): Refusal {
	const result = parseConfig(value, "config.json");
	if (!isRefusal(result)) throw new Error("It was accepted.");
	return result;
}

/** The smallest configuration with changes; `program.x` reaches inside. */
function changed(path: string, value: unknown): unknown {
	const config: Record<string, unknown> = structuredClone(smallest);
	const keys = path.split(".");
	const last = keys.pop() ?? "";
	let place = config;
	for (const key of keys) {
		place[key] ??= {};
		place = place[key] as Record<string, unknown>;
	}
	place[last] = value;
	return config;
}

describe("the example of the documents", () => {
	it("is accepted as it is", () => {
		expect(parsed(JSON.parse(example))).toMatchObject({
			branch: "main",
			approval: "required",
			shared: [
				{ path: "data", kind: "folder" },
				{ path: ".env", kind: null },
			],
			deadman: { initial: 120_000, afterDelivery: 120_000, cap: 600_000 },
			databases: [{ path: "data/app.db", policy: "restore" }],
			files: [{ path: "data", policy: "restore", exclude: [] }],
			install: "npm ci",
			build: "npm run build",
			checks: ["npm test"],
			program: {
				command: "node server.js",
				env: {},
				stopGrace: 5_000,
				restart: "program",
				readiness: { http: "http://127.0.0.1:3000/healthz", timeout: 30_000, minUptime: 1_000 },
			},
			delivery: [{ kind: "console" }, { kind: "page", port: 0 }],
		});
	});

	it("stands in the documents, and what stands there is accepted", async () => {
		const folder = join(import.meta.dirname, "../../docs");
		const pages = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
		const texts = pages.flatMap((page) => [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)]);
		const blocks = texts.map(([, json]) => JSON.parse(String(json)));
		expect(blocks.length).toBeGreaterThan(2);
		expect(blocks).toContainEqual(JSON.parse(example));
		for (const block of blocks) expect(isRefusal(parseConfig(block, "docs"))).toBe(false);
	});
});

const owner = ["owner"];

describe("defaults", () => {
	it("need only a program", () => {
		expect(parsed(smallest)).toEqual({
			branch: "main",
			approval: "required",
			shared: [],
			deadman: { initial: 120_000, afterDelivery: 120_000, cap: 600_000 },
			databases: [],
			files: [],
			build: null,
			checks: [],
			limits: { timeout: 900_000, output: 10_485_760, processes: 512, memory: 4_294_967_296 },
			summaries: "per_file",
			approvalExpiry: 86_400_000,
			activation: "release",
			outputs: [],
			neverWrite: [".env*", "**/.env*", "!**/.env.example", "!**/.env.sample", "!**/.env.template"],
			migrations: ["**/migrations/**", "**/migrate/**", "**/*.migration.*"],
			supervisor: [".deadman/**", "deadman.config.*"],
			reach: expect.arrayContaining(["**/.mcp.json", "**/package.json"]),
			sandbox: "auto",
			targets: {},
			people: {},
			policy: {
				group: { approve: ["admin", "owner"], confirm: ["admin", "owner"], promote: owner, approvals: 1, typed: false },
				host: { approve: owner, confirm: owner, promote: owner, approvals: 1, typed: true },
				combined: { approve: owner, confirm: owner, promote: owner, approvals: 1, typed: true },
			},
			retain: {
				...{ releases: 3, snapshots: 3, swaps: 100 },
				...{ discarded: { days: 30, rollbacks: 20 }, agents: { days: 30, errors: 200 } },
			},
			program: {
				command: "node server.js",
				env: {},
				passEnv: [],
				stopGrace: 5_000,
				stopSignal: "SIGTERM",
				stopOrder: "group",
				restart: "program",
				stop: null,
				readiness: { timeout: 30_000, minUptime: 1_000, interval: 1_000 },
				heartbeat: null,
			},
			http: null,
			builders: { webhook: null, command: null },
			delivery: [{ kind: "console" }],
			routing: { fallbackAfter: 120_000, escalateAfter: null, escalateTo: owner },
			introduction: null,
		});
	});

	it("tell a left-out install (detect it) from null (none)", () => {
		expect(parsed(smallest).install).toBeUndefined();
		expect(parsed(changed("install", null)).install).toBeNull();
	});
});

describe("what is accepted", () => {
	it.each([
		["program.command", null],
		["program.command", ["node", "server.js", "--port", "3000"]],
		["build", ["make", "-j2"]],
		["checks", ["npm test", ["node", "check.js"], null]],
		["program.readiness", { tcp: "127.0.0.1:3000" }],
		["program.readiness", { command: "curl -f localhost" }],
		["program.readiness", { logLine: "listening on \\d+" }],
		["program.readiness", { report: true, progressLine: "migrated" }],
		["program.heartbeat", "10s"],
		["builders.webhook", { url: "https://builders.example/hook?key=1", secretFile: "/etc/hook.secret" }],
		["builders.webhook", { url: "http://127.0.0.1:8080/hook", secretEnv: "HOOK_SECRET" }],
		["builders.webhook", { url: "http://[::1]:8080/", secretEnv: "HOOK_SECRET" }],
		["builders.command", ["node", "tell.js"]],
		["program.passEnv", ["NODE_ENV"]],
		["program.env", { PORT: "3000", _x: "" }],
		["program.restart", "exit"],
		["databases", [{ path: "a.db", policy: "replay" }, { path: "b.db", policy: "keep" }, { path: "c.db" }]],
		["databases", [{ name: "pg", snapshot: "pg_dump", restore: ["pg_restore", "x"], policy: "keep" }]],
		["deadman", { initial: "1s", cap: "1s" }],
		["deadman", { initial: "24h", cap: "24h" }],
		["delivery", []],
		["stateDir", "../state"],
		["workspaceDir", "/srv/workspaces"],
		["$schema", "./config.schema.json"],
	])("%s: %j", (path, value) => expect(isRefusal(parseConfig(changed(path, value), "config.json"))).toBe(false));
});

describe("what is refused, by name", () => {
	it.each([
		["surprise", 1],
		["program.comand", "x"],
		["program.readiness.https", "x"],
		["deadman.first", "2m"],
		["databases", [{ path: "a.db", mode: "x" }]],
		["delivery", [{ kind: "console", port: 1 }]],
		["delivery", [{ kind: "pigeon" }]],
		["delivery", [{ kind: "page", port: 70_000 }]],
		["delivery", [{ kind: "console" }, { kind: "console" }]],
		["approval", "maybe"],
		["branch", ""],
		["shared", ["/etc"]],
		["shared", ["../up"]],
		["shared", ["a/../../up"]],
		["shared", [""]],
		["shared", ["/"]],
		["shared", ["data//"]],
		["shared", ["../"]],
		["shared", [{ path: "data/", kind: "folder" }]],
		["shared", [{ path: "data" }]],
		["shared", [{ path: "data", kind: "link" }]],
		["databases", [{}]],
		["databases", [{ path: "/var/app.db" }]],
		["databases", [{ path: "a.db", name: "pg", snapshot: "x", restore: "y" }]],
		["databases", [{ name: "pg", snapshot: "x" }]],
		["databases", [{ name: "pg", snapshot: "x", restore: "y", policy: "replay" }]],
		["databases", [{ path: "a.db", policy: "discard" }]],
		["program.command", ""],
		["program.command", []],
		["program.command", "a\0b"],
		["program.env", { "BAD-NAME": "x" }],
		["program.env", { A: 1 }],
		["program.restart", "never"],
		["program.readiness", { http: "http://127.0.0.1:1", tcp: "127.0.0.1:1" }],
		["program.readiness", { http: "file:///etc/passwd" }],
		["program.readiness", { http: "not a url" }],
		["program.readiness", { tcp: "3000" }],
		["program.readiness", { logLine: "(" }],
		["program.readiness", { report: false }],
		["program", { command: null, readiness: { logLine: "up" } }],
		["retain", { releases: 0 }],
		["retain", { swaps: 0 }],
		["retain", { discarded: { days: 30, rollbacks: 0 } }],
		["retain", { discarded: { days: -1 } }],
		["limits", { output: 1 }],
	])("%s: %j", (path, value) => {
		const refusal = refused(changed(path, value));
		expect(refusal).toMatchObject({ kind: "usage", code: "config_invalid" });
		expect(refusal.message).toContain("config.json");
		expect(refusal.message).toContain(path.split(".").at(-1));
	});

	it.each([null, undefined, 1, "x", [], {}])("%j as a whole", (value) => {
		expect(refused(value).code).toBe("config_invalid");
	});

	it("names every problem at once", () => {
		const { message } = refused({ ...smallest, branch: "", approval: "maybe" });
		expect(message).toMatch(/branch: .*approval: /s);
	});
});

describe("durations (F29)", () => {
	const places = [
		"deadman.initial",
		"deadman.afterDelivery",
		"deadman.cap",
		"limits.timeout",
		"program.stopGrace",
		"program.heartbeat",
		"program.readiness.timeout",
		"program.readiness.minUptime",
		"program.readiness.interval",
	];
	const wrong = ["0s", "-2m", "2", "", "2 minutes", "31d", "999999999d", "1e9s", "NaNs", "Infinitys", 120, -1, true];

	it.each(places)("%s takes none that is zero, negative, absurd or without a unit", (path) => {
		for (const value of wrong) expect(refused(changed(path, value)).code).toBe("config_invalid");
	});

	it.each(["deadman.initial", "deadman.afterDelivery"])(
		"%s lies between 1s and 24h, under the cap where it must",
		(path) => {
			for (const value of ["999ms", "1ms", "25h"]) {
				expect(refused(changed(path, value)).message).toContain("A deadman window lies between 1s and 24h.");
			}
		},
	);

	it("the cap is not below the first window", () => {
		expect(refused(changed("deadman", { initial: "3m", cap: "2m" })).message).toContain("cap is below");
		expect(refused(changed("deadman", { initial: "11m" })).message).toContain("cap is below");
	});

	it("gives whole milliseconds within the limits, or refuses", () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const result = parseConfig(changed("deadman.initial", text), "config.json");
				if (isRefusal(result)) return;
				expect(Number.isSafeInteger(result.deadman.initial)).toBe(true);
				expect(result.deadman.initial).toBeGreaterThanOrEqual(1_000);
			}),
		);
	});
});

describe("the JSON Schema for editors", () => {
	it("describes what an operator writes, keys and defaults included", () => {
		const schema = configJsonSchema() as { properties: Record<string, { default?: unknown }>; required: string[] };
		const written = Object.keys(JSON.parse(example) as Config);
		expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(written));
		expect(schema.required).toEqual(["program"]);
		expect(schema.properties.branch?.default).toBe("main");
		expect(schema).toMatchObject({ type: "object", additionalProperties: false });
		expect(() => JSON.stringify(schema)).not.toThrow();
	});
});

describe("the reference layout of S1", async () => {
	const text = await readFile(join(import.meta.dirname, "../../fixtures/configs/reference-layout.jsonc"), "utf8");
	const lines = text.split("\n").filter((line) => !/^\s*\/\//.test(line));
	const settings = parsed(JSON.parse(lines.join("\n")));
	const { rules, authority } = engineSettings(settings);
	const agents = ["alice", "bob", "carol"];

	it("is a host from its own checkout and three agents, each with its own folder and two private copies", () => {
		expect(settings).toMatchObject({ activation: "in_place", outputs: ["dist", "node_modules"] });
		expect(Object.keys(settings.targets)).toEqual(agents);
		for (const name of agents) {
			expect(settings.targets[name]).toMatchObject({
				own: `groups/${name}`,
				mappings: [
					{ template: "container/agent-runner/src", folder: `data/sessions/${name}/agent-runner-src` },
					{ template: "container/skills", folder: `data/sessions/${name}/skills` },
				],
				program: { command: null, restart: `docker restart agent-${name}`, stop: `docker stop agent-${name}` },
			});
		}
	});

	const classOf = (agent: string | null, ...paths: readonly string[]) => {
		const files = paths.map((path) => ({ path, change: "modified", from: null, summary: "s" }) as const);
		const classified = atOnce(classify(files, { rules, agent }));
		return isRefusal(classified) ? classified.code : classified.classification;
	};

	it.each([
		["alice", ["container/skills/greet/SKILL.md"], "group"],
		["bob", ["container/agent-runner/src/index.ts"], "group"],
		["carol", ["groups/carol/CLAUDE.md"], "group"],
		["alice", ["container/skills/greet/SKILL.md", "src/index.ts"], "combined"],
		["alice", ["container/agent-runner/src/package.json"], "combined"],
		["alice", ["container/Dockerfile"], "host"],
		[null, ["src/index.ts"], "host"],
		[null, ["container/skills/greet/SKILL.md"], "host"],
		["alice", ["groups/bob/CLAUDE.md"], "never_writable"],
		["alice", ["data/sessions/alice/skills/greet/SKILL.md"], "never_writable"],
		["alice", [".env"], "never_writable"],
		[null, ["store/messages.db"], "never_writable"],
		[null, [".deadman/config.json"], "never_writable"],
	])("%s changes %j: %s", (agent, paths, expected) => expect(classOf(agent, ...paths)).toBe(expected));

	it.each([
		["alice", "group", ["olga", "anton"]],
		["bob", "group", ["olga", "berta"]],
		["carol", "group", ["olga", "berta"]],
		["alice", "combined", ["olga"]],
		["host", "host", ["olga"]],
	] as const)("asks for a change of %s that is %s: %j", (target, classification, people) => {
		const swap = { ...emptySwap("sw_a"), target, proposal: { classification } } as Swap;
		expect(whoMay(authority, "approve", swap)).toEqual(people);
		expect(nobodyToAsk(authority, swap)).toBeNull();
		expect(whoMay(authority, "promote", swap)).toEqual(["olga"]);
	});
});
