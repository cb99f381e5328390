// The document: made of the rows, whole, every pointer leads somewhere; and the page of it, which loads and runs nothing.
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { openAuthority } from "../../../../src/core/people/authority.js";
import { type Route, route } from "../../../../src/surfaces/http/base/route.js";
import { documentOf } from "../../../../src/surfaces/http/document/openapi.js";
import { routesOf } from "../../../../src/surfaces/http/routes/routes.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { aSwap, createFakeSupervisor } from "../../../support/memory/supervisor.js";
import { call, clock, createDoorway, createLines, type Doorway, now } from "../../doorway.js";

let door: Doorway;
beforeEach(async () => {
	door = await createDoorway(createFakeSupervisor(aSwap()));
	await door.open();
});
afterEach(() => door.remove());

const rows: readonly Route[] = routesOf({
	supervisor: createFakeSupervisor(),
	view: (swap) => viewOf(swap, now()),
	authority: openAuthority,
	log: createLines().log,
	scrub: String,
	clock,
});

function pointersIn(value: unknown): string[] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, part]) =>
		key === "$ref" && typeof part === "string" ? [part] : pointersIn(part),
	);
}

const at = (document: unknown, pointer: string) =>
	pointer
		.slice(2)
		.split("/")
		.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], document);

it("is OpenAPI 3.1, has every row and nothing else, and its pointers lead somewhere", async () => {
	const { status, json } = await call({ socketPath: door.operator, path: "/openapi.json" });
	expect([status, json.openapi]).toEqual([200, "3.1.0"]);
	const shown = Object.entries<object>(json.paths).flatMap(([path, methods]) =>
		Object.keys(methods).map((method) => `${method} ${path}`),
	);
	expect(shown.sort()).toEqual(rows.map(({ method, path }) => `${method} ${path}`).sort());
	const pointers = [...new Set(pointersIn(json))];
	expect(pointers).toContain("#/components/schemas/Swap");
	expect(pointers.filter((pointer) => at(json, pointer) === undefined)).toEqual([]);
	expect(JSON.stringify(json)).not.toContain("$defs");
});

it("says of each row who may call it, what its path takes, and how it fails", () => {
	const { paths } = documentOf(rows, "0");
	const ids = rows.map(({ method, path }) => paths[path]?.[method]?.operationId);
	expect(new Set(ids).size).toBe(rows.length);
	for (const { method, path, allow, body } of rows) {
		const found = paths[path]?.[method];
		expect([path, found?.["x-roles"], found?.security.length]).toEqual([path, allow, allow === "anyone" ? 0 : 1]);
		const inPath = found?.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
		expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
		expect(Object.keys(found?.responses ?? {})).toEqual(expect.arrayContaining(["500"]));
		expect(found?.requestBody !== undefined).toBe(body !== undefined);
	}
});

it("refuses two schemas of one name", () => {
	const row = (path: "/a" | "/b", part: z.ZodType) =>
		route({
			method: "get",
			path,
			tag: "t",
			summary: "s",
			allow: "anyone",
			answer: z.object({ part }),
			run: async () => ({ part: "" }),
		});
	const twice = [row("/a", z.string().meta({ id: "Twice" })), row("/b", z.number().meta({ id: "Twice" }))];
	expect(() => documentOf(twice, "0")).toThrow("Two schemas are named Twice.");
});

it("is a page too: every path, no script, and a policy that lets nothing in", async () => {
	const { status, text, headers } = await call({ socketPath: door.operator, path: "/docs" });
	expect(status).toBe(200);
	expect(headers["content-type"]).toContain("text/html");
	expect(headers["content-security-policy"]).toContain("default-src 'none'");
	expect(headers["content-security-policy"]).not.toContain("script-src");
	for (const { path } of rows) expect(text).toContain(`<code>${path}</code>`);
	expect(text).not.toMatch(/<script|<img|<link|https?:\/\/|\son\w+=/i);
});
