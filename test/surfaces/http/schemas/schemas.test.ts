// The schemas of answers: tied to their types, with the keys of the view in its order.
import { expect, it } from "vitest";
import { z } from "zod";
import type { CheckResult } from "../../../../src/core/swap.js";
import { shaped } from "../../../../src/surfaces/http/schemas/names.js";
import { problem, swapView, workspace } from "../../../../src/surfaces/http/schemas/schemas.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { aSwap } from "../../../support/memory/supervisor.js";
import { now } from "../../doorway.js";

it("compile only while schema and type say the same", () => {
	const check = shaped<CheckResult>();
	const command = z.string();
	expect(check("One", z.object({ command, durationMs: z.number() })).safeParse({ command: "" }).success).toBe(false);
	// @ts-expect-error a key of the type is missing
	check("Two", z.object({ command }));
	// @ts-expect-error a key that the type does not have
	check("Three", z.object({ command, durationMs: z.number(), more: z.string() }));
	// @ts-expect-error a value that the type does not have
	check("Four", z.object({ command, durationMs: z.number().nullable() }));
});

it("show a swap with the keys of its view, in their order", () => {
	const shape = (swapView as unknown as z.ZodObject).shape;
	expect(Object.keys(shape)).toEqual(Object.keys(viewOf(aSwap(), now())));
	expect(swapView.parse(viewOf(aSwap(), now()))).toEqual(viewOf(aSwap(), now()));
});

it("refuse what is none", () => {
	expect(swapView.safeParse({ ...viewOf(aSwap(), now()), status: "sleeping" }).success).toBe(false);
	expect(workspace.safeParse({ name: "one" }).success).toBe(false);
	expect(problem.safeParse({ error: { code: "x", message: "y", next: "z" } }).success).toBe(false);
});
