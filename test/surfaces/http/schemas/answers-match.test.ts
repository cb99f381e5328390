// Answers, as they come over the real socket, held against the document's own schemas, which allow no key that they do not name.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { limits } from "../../../../src/core/limits.js";
import { refuse } from "../../../../src/core/refusals.js";
import type { Document } from "../../../../src/surfaces/http/document/openapi.js";
import { accepted, createScene, first } from "../../../engine/scene.js";
import {
	aSwap,
	createFakeSupervisor,
	type FakeSupervisor,
	offered,
	tables,
} from "../../../support/memory/supervisor.js";
import { type Answer, call, createDoorway, type Doorway } from "../../doorway.js";

const swap = aSwap({
	status: "awaiting_confirmation",
	candidateRelease: "r-next",
	deadman: {
		startedWallMs: Date.UTC(2026, 10, 21, 11, 59),
		anchor: { wallMs: 0, bootMs: 0, bootId: "boot-1" },
		spentMs: 0,
		lengthMs: 60_000,
		capMs: 600_000,
	},
	cause: { code: "not_ready", message: "It did not answer.", site: null, log: ["a line"] },
	checks: [{ command: "npm test", durationMs: 12 }],
	promotion: offered,
	discarded: tables,
});

let supervisor: FakeSupervisor;
let door: Doorway;
let document: Document;

beforeEach(async () => {
	supervisor = createFakeSupervisor(swap);
	door = await createDoorway(supervisor);
	await door.open();
	document = (await ask("get", "/openapi.json")).json;
});
afterEach(() => door.remove());

const ask = (method: string, path: string, body?: object | string): Promise<Answer> =>
	call({ socketPath: door.operator, method: method.toUpperCase(), path, ...(body !== undefined && { body }) });

/** An object with keys of its own takes no others, but for those that are loose. */
function closed(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(closed);
	if (typeof value !== "object" || value === null) return value;
	const parts = Object.fromEntries(
		Object.entries(value).map(([key, part]) => [
			key,
			key === "$ref" ? String(part).replace("#/components/schemas/", "#/$defs/") : closed(part),
		]),
	);
	return "properties" in parts && !("additionalProperties" in parts)
		? { ...parts, additionalProperties: false }
		: parts;
}

// biome-ignore lint/suspicious/noExplicitAny: the document is walked as it came
function problemsOf(method: string, path: string, { status, headers, json }: Answer, from: any = document): string[] {
	const named = from.paths[path]?.[method]?.responses[status];
	const response = named?.$ref ? from.components.responses[named.$ref.split("/").at(-1)] : named;
	const type = String(headers["content-type"]).split(";")[0] ?? "";
	const schema = response?.content[type]?.schema;
	if (schema === undefined) return [`${method} ${path} has no ${status} of ${type}`];
	if (json === null) return schema.type === "string" ? [] : ["no JSON"];
	const whole = closed({ ...schema, $defs: from.components.schemas }) as Parameters<typeof z.fromJSONSchema>[0];
	const found = z.fromJSONSchema(whole).safeParse(json);
	return found.success ? [] : [z.prettifyError(found.error)];
}

const bodies: Record<string, object> = {
	"/v1/swaps": { revision: "dev/one", summary: "Greets" },
	"/v1/submissions": { workspace: "one" },
	"/v1/workspaces": { name: "one" },
	"/v1/tokens": { name: "ana", role: "operator" },
	"/v1/heartbeats": { status: "online" },
	"/v1/milestones": { name: "built" },
	"/v1/swaps/{id}/extend": { byMs: 1_000 },
};

const filled = (path: string, id: string) =>
	path.replace("{id}", id).replace("{name}", "nobody").replace("/wait", "/wait?timeoutMs=0");

async function walk(id: string): Promise<{ seen: string[]; problems: string[] }> {
	const seen: string[] = [];
	const problems: string[] = [];
	for (const [path, methods] of Object.entries(document.paths)) {
		for (const method of Object.keys(methods)) {
			if (path === "/v1/events") continue;
			const answer = await ask(method, filled(path, id), method === "post" ? (bodies[path] ?? {}) : undefined);
			seen.push(`${answer.status} ${method} ${path}`);
			problems.push(...problemsOf(method, path, answer).map((problem) => `${method} ${path}: ${problem}`));
		}
	}
	return { seen, problems };
}

describe("every answer is as the document says", () => {
	it("of every row, of a swap that is there", async () => {
		const { seen, problems } = await walk(swap.id);
		expect(problems).toEqual([]);
		expect(seen.filter((line) => /^20[012] /.test(line)).length).toBeGreaterThan(25);
		expect(seen.filter((line) => line.startsWith("5"))).toEqual([]);
	});

	it("of every row, of a swap that is not", async () => {
		const { seen, problems } = await walk("sw_zzzzzz");
		expect(problems).toEqual([]);
		expect(seen.filter((line) => line.startsWith("404 ")).length).toBeGreaterThan(10);
	});

	it("of a real swap that was rolled back", async () => {
		const scene = createScene();
		await scene.trial();
		accepted(await scene.rollback(first));
		await scene.clock.advance(10_000);
		for (const verb of ["swap", "swaps", "facts", "status", "audits", "outcomes"] as const) {
			supervisor.answers[verb] = scene.supervisor[verb] as never;
		}
		const paths = ["/v1/swaps/{id}", "/v1/swaps", "/v1/swaps/{id}/facts", "/v1/status", "/v1/audits", "/v1/outcomes"];
		for (const path of [...paths, "/v1/swaps/{id}/outcome"]) {
			const answer = await ask("get", filled(path, first));
			expect([path, answer.status, problemsOf("get", path, answer)]).toEqual([path, 200, []]);
		}
		expect((await ask("get", `/v1/swaps/${first}`)).json.swap.status).toBe("rolled_back");
	});

	it("and one that is not is found", async () => {
		const answer = await ask("get", `/v1/swaps/${swap.id}`);
		const { swap: shown } = answer.json;
		for (const wrong of [
			{ ...shown, more: 1 },
			{ ...shown, boots: "0" },
			{ ...shown, tree: undefined },
		]) {
			const json = JSON.parse(JSON.stringify({ ...answer.json, swap: wrong }));
			expect(problemsOf("get", "/v1/swaps/{id}", { ...answer, json })).toHaveLength(1);
		}
	});
});

describe("errors are problems", () => {
	it.each([
		["get", "/v1/swaps/none", undefined, 404, "swap_unknown"],
		["get", "/nowhere", undefined, 404, "input_invalid"],
		["post", "/v1/swaps", "{", 400, "input_invalid"],
		["post", "/v1/swaps", " ".repeat(limits.requestBytes + 1), 413, "input_invalid"],
		["delete", "/v1/swaps", undefined, 405, "input_invalid"],
	])("%s %s", async (method, path, body, status, code) => {
		const { headers, json, status: found } = await ask(method, path, body);
		expect([found, headers["content-type"]]).toEqual([status, "application/problem+json"]);
		expect(json).toMatchObject({ type: `urn:deadman:${code}`, status, schemaVersion: 1, error: { code } });
		expect(json.detail).toBe(json.error.message);
		expect(json.title).not.toBe("");
	});

	it("names the methods that a path has", async () => {
		expect((await ask("delete", "/v1/swaps")).headers.allow).toBe("POST, GET, HEAD");
	});

	it("of what fails inside too, as the document says", async () => {
		supervisor.answers.swaps = async () => Promise.reject(new Error("the disk is full"));
		const answer = await ask("get", "/v1/swaps");
		expect([answer.status, answer.json.error.code]).toEqual([500, "internal"]);
		expect(problemsOf("get", "/v1/swaps", answer)).toEqual([]);
	});

	it("of a conflict too", async () => {
		supervisor.answers.confirm = async () => refuse("nothing_current");
		const answer = await ask("post", `/v1/swaps/${swap.id}/confirm`, {});
		expect(problemsOf("post", "/v1/swaps/{id}/confirm", answer)).toEqual([]);
		expect(answer.headers["content-type"]).toBe("application/problem+json");
	});
});

describe("health", () => {
	it("is ok while it serves, and ready while what is live is proven", async () => {
		expect((await ask("get", "/healthz")).json).toEqual({ schemaVersion: 1, status: "ok" });
		const { status, json } = await ask("get", "/readyz");
		expect([status, json]).toEqual([200, { schemaVersion: 1, status: "ready", reason: null }]);
	});

	it("is unready before a version is live, as the document says", async () => {
		const status = await supervisor.status();
		supervisor.answers.status = async () => ({ ...status, live: null });
		const answer = await ask("get", "/readyz");
		expect([answer.status, answer.json.reason]).toEqual([503, "no version is live yet"]);
		expect(problemsOf("get", "/readyz", answer)).toEqual([]);
		expect((await ask("get", "/healthz")).status).toBe(200);
	});

	it("is unready while the program is unproven, and says nothing of it", async () => {
		const status = await supervisor.status();
		const program = { ...status.program, proven: false, detail: "secret" };
		supervisor.answers.status = async () => ({ ...status, program });
		const answer = await ask("get", "/readyz");
		expect([answer.status, answer.text.includes("secret")]).toEqual([503, false]);
	});
});
