// When an outcome is left in the workspace, and when it is not: never beside a newer submission, whichever came first.
import { expect, it } from "vitest";
import { createOutcomeFile } from "../../../../src/adapters/channels/outcomes/outcome-file.js";
import type { Swap } from "../../../../src/core/swap.js";
import { outcomeReportOf } from "../../../../src/core/words/outcome-report.js";
import { swapIn } from "../../../core/journeys.js";

/** Tells of this swap; each look whether it is current gives the next answer. */
async function leftOf(swap: Swap, ...current: boolean[]): Promise<(string | null)[]> {
	const report = outcomeReportOf(swap);
	if (report === null) throw new Error("nothing to tell");
	const left: (string | null)[] = [];
	const workspaces = { leave: async (name: string, text: string | null) => void left.push(text && `${name}: ${text}`) };
	const isCurrent = async () => current.shift() ?? true;
	const signal = new AbortController().signal;
	await createOutcomeFile({ workspaces }).tell({ report, delivery: "1", signal, isCurrent });
	return left;
}

it("is JSON for people and programs, with the version of its form", async () => {
	const swap = swapIn("rolled_back");
	const [text = ""] = await leftOf(swap);
	expect(text?.startsWith('greet: {\n\t"schemaVersion": 1,\n')).toBe(true);
	expect(JSON.parse(text?.slice("greet: ".length) ?? "")).toEqual({ schemaVersion: 1, outcome: outcomeReportOf(swap) });
	expect(text?.endsWith("}\n")).toBe(true);
});

it("is not left where there is no workspace, or a stranded swap keeps it frozen", async () => {
	expect(await leftOf({ ...swapIn("rolled_back"), workspace: null })).toEqual([]);
	expect(await leftOf(swapIn("stranded"))).toEqual([]);
});

it("is not left once something newer is decided, and taken away where that came while it was written", async () => {
	expect(await leftOf(swapIn("rolled_back"), false)).toEqual([]);
	expect((await leftOf(swapIn("rolled_back"), true, false)).at(-1)).toBeNull();
});
