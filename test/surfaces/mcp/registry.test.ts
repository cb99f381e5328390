// The registry of tools, walked: in a stable order, each complete and strict, and none that could decide anything.
import { expect, it } from "vitest";
import { z } from "zod";
import { createApi } from "../../../src/surfaces/mcp/api.js";
import { tools } from "../../../src/surfaces/mcp/server.js";

it("has these tools in this order", () => {
	expect(tools.map(({ name }) => name)).toEqual([
		"create_workspace",
		"request_swap",
		"withdraw_swap",
		"get_swap",
		"list_swaps",
		"wait_for_swap",
		"explain_last_rollback",
		"post_heartbeat",
		"report_milestone",
	]);
});

it.each(tools.map((one) => [one.name, one] as const))("%s is complete, strict and told to the agent", (_, one) => {
	expect(one.title.length).toBeGreaterThan(3);
	expect(one.description.length).toBeGreaterThan(40);
	const input = z.toJSONSchema(one.input, { io: "input" });
	expect(input).toMatchObject({ type: "object", additionalProperties: false });
	expect(z.toJSONSchema(one.output)).toMatchObject({ type: "object" });
	expect(Object.keys(one.output.shape)).toContain("outcomes_since_last_call");
	expect(Object.keys(one.annotations).sort()).toEqual([
		"destructiveHint",
		"idempotentHint",
		"openWorldHint",
		"readOnlyHint",
	]);
});

const deciding = /approve|confirm|roll.?back|extend|disarm|reject|promote|keep|insist|token|replay/;

it("no tool takes a word that decides, and no call reaches a row that does", async () => {
	for (const { name, input } of tools) {
		if (name !== "explain_last_rollback") expect(name).not.toMatch(deciding);
		expect(Object.keys(input.shape).filter((key) => deciding.test(key))).toEqual([]);
	}
	const paths: string[] = [];
	const api = createApi(async ({ path }) => {
		paths.push(path);
		return {};
	});
	for (const call of Object.values(api))
		await (call as (given: unknown) => Promise<unknown>)({ id: "sw_x", until: [] });
	expect(paths).toHaveLength(Object.keys(api).length);
	expect(paths.filter((path) => deciding.test(path))).toEqual([]);
});
