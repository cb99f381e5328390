// The log, with canary secrets in every place where one might stand.
import { describe, expect, it } from "vitest";
import { createLog } from "../../../src/adapters/system/log.js";
import { createScrub } from "../../../src/core/rules/redact.js";

const CANARY = "canary-value-0001";

function capture(level = "info") {
	const lines: string[] = [];
	const scrub = createScrub({ secrets: [CANARY] });
	const log = createLog({ level, scrub, destination: { write: (line) => void lines.push(line) } });
	return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "null") };
}

describe("the log", () => {
	it("writes one JSON object a line, with level, time, event and details", () => {
		const { log, lines, last } = capture();
		log.warn("program.exited", { release: "r_one", code: 1, pid: 7 });
		expect(lines).toHaveLength(1);
		expect(lines[0]?.endsWith("}\n")).toBe(true);
		expect(last()).toMatchObject({ level: "warn", event: "program.exited", release: "r_one", code: 1, pid: 7 });
		expect(Date.parse(last().time)).toBeGreaterThan(0);
	});

	it("keeps to its level", () => {
		const { log, lines } = capture("error");
		log.info("a");
		log.warn("b");
		log.error("c");
		expect(lines).toHaveLength(1);
		const silent = capture("silent");
		silent.log.error("c");
		expect(silent.lines).toEqual([]);
		const unknown = capture("chatty");
		unknown.log.info("a");
		expect(unknown.lines).toHaveLength(1);
	});

	it.each([
		["a known value in the event", [`started with ${CANARY}`]],
		["a known value in a detail", ["x", { said: `it said ${CANARY}!` }]],
		["a key", ["x", { token: "canary-2" }]],
		["a deeper key", ["x", { a: { b: [{ c: { apiKey: "canary-2" } }] } }]],
		["another case", ["x", { AUTHORIZATION: "canary-2" }]],
		["an error's message", ["x", { error: new Error(`failed: password=canary-2`) }]],
		["a URL", ["x", { url: "postgres://u:canary-2@h/d" }]],
		["JSON in a string", ["x", { body: JSON.stringify({ secret: "canary-2" }) }]],
		["an array's element", ["x", { argv: ["--token", "canary-2"] }]],
		["a message", ["Authorization: Bearer canary-2-000000"]],
	] as const)("shows no secret: %s", (_, given) => {
		const { log, lines, last } = capture();
		log.error(given[0], given[1]);
		expect(lines.join("")).not.toContain("canary");
		expect(last().level).toBe("error");
	});
});
