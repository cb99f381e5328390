// Where words go: one result on stdout, progress that replaces itself on a terminal only, and nothing that moves the cursor.
import { describe, expect, it } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import { failureOf } from "../../../../src/surfaces/cli/session/failure.js";
import { createOutput } from "../../../../src/surfaces/cli/session/output.js";

function terminal(options: { json?: boolean; columns?: number } = {}) {
	const texts = { stdout: "", stderr: "" };
	const stream = (name: "stdout" | "stderr") => ({
		isTTY: options.columns !== undefined,
		columns: options.columns,
		write: (text: string) => {
			texts[name] += text;
			return true;
		},
	});
	const streams = { stdout: stream("stdout"), stderr: stream("stderr") } as never as { stdout: never; stderr: never };
	return { texts, output: createOutput({ ...streams, json: options.json ?? false }) };
}

describe("progress", () => {
	it("is one line that replaces itself on a terminal, and is gone before the result", () => {
		const { texts, output } = terminal({ columns: 20 });
		output.progress(`install: ${"x".repeat(40)}`);
		output.progress("build");
		output.result({}, () => "done");
		expect(texts.stderr).toBe("install: xxxxxxxxxx\r\u001b[2Kbuild\r\u001b[2K");
		expect(texts.stdout).toBe("done\n");
	});

	it("is plain lines elsewhere", () => {
		const { texts, output } = terminal();
		output.progress("install");
		output.progress("build\u001b[2J");
		expect(texts).toEqual({ stdout: "", stderr: "install\nbuild\\x1b[2J\n" });
	});

	it("is silent with --json", () => {
		const { texts, output } = terminal({ json: true, columns: 80 });
		output.progress("install");
		expect(texts).toEqual({ stdout: "", stderr: "" });
	});
});

it("prints one result, as text or as an object with its schema", () => {
	const [text, json] = [terminal(), terminal({ json: true })];
	for (const { output } of [text, json]) output.result({ swap: 1 }, () => "a swap\n");
	expect(text.texts).toEqual({ stdout: "a swap\n", stderr: "" });
	expect(json.texts).toEqual({ stdout: '{"schemaVersion":1,"swap":1}\n', stderr: "" });
});

it("prints a failure where its reader looks", () => {
	const failure = failureOf(refuse("swap_unknown", { id: "sw_\u001b[2J" }));
	const [text, json] = [terminal(), terminal({ json: true })];
	for (const { output } of [text, json]) output.failure(failure);
	expect(text.texts).toEqual({
		stdout: "",
		stderr: "deadman: There is no swap sw_\\x1b[2J.\n  `deadman ls` shows them all.\n",
	});
	expect(json.texts.stderr).toBe("");
	expect(JSON.parse(json.texts.stdout)).toEqual({ schemaVersion: 1, error: failure.view });
});
