// The official inspector and the conformance suite judge the server, where their packages and a Node 22 are there; see run.js.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { judgeNode } from "./packages.js";
import { applicable, whyNot } from "./scenarios.js";

const node = await judgeNode();
const script = fileURLToPath(new URL("run.js", import.meta.url));

it("no scenario both applies and does not", () => {
	expect(applicable.filter((name) => whyNot(name) !== null)).toEqual([]);
});

if (node === null) {
	console.warn("Node 22 and the MCP judges are not here, so they were not asked: run `npm run conformance`.");
} else {
	it("the inspector and the conformance suite have no complaint", { timeout: 180_000 }, async () => {
		const { stdout } = await promisify(execFile)(process.execPath, [script]);
		expect(stdout).toMatch(/^14 passed, 0 failed, \d+ do not apply$/m);
	});
}
