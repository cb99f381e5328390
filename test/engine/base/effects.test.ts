// Effects: one label each, every error a failure with a stable code, scrubbed, and the first one kept as it was.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { RefusedError, refuse } from "../../../src/core/refusals.js";
import { causeFrom, demand, effect, Interrupted, lastLines, StepFailure } from "../../../src/engine/base/effects.js";
import { CommandFailed } from "../../../src/ports/ports.js";

const scrub = (text: string) => text.replaceAll("hunter2", "[gone]");
const gate = { around: <T>(_: string, run: () => Promise<T>) => run() };
const surroundings = { gate, scrub };

const failing = (error: unknown) => effect(surroundings, "cutOver.flip", () => Promise.reject(error));

describe("an effect", () => {
	it("passes its site to the gate and its result through", async () => {
		const sites: string[] = [];
		const watching = {
			scrub,
			gate: {
				around: <T>(site: string, run: () => Promise<T>) => {
					sites.push(site);
					return run();
				},
			},
		};
		expect(await effect(watching, "cutOver.flip", async () => 7)).toBe(7);
		expect(sites).toEqual(["cutOver.flip"]);
	});

	it("that fails is a StepFailure with the site, the system's code and a scrubbed sentence", async () => {
		const failure = await failing(Object.assign(new Error("EIO at hunter2"), { code: "EIO" })).catch((error) => error);
		expect(failure).toBeInstanceOf(StepFailure);
		expect(failure).toMatchObject({
			site: "cutOver.flip",
			failure: { code: "eio", message: "EIO at [gone]", site: "cutOver.flip", log: [] },
		});
	});

	it("keeps the first failure and an interruption as they are", async () => {
		const first = new StepFailure("cutOver.stop", { code: "x", message: "first", site: "cutOver.stop", log: [] });
		await expect(failing(first)).rejects.toBe(first);
		const interrupted = new Interrupted();
		await expect(failing(interrupted)).rejects.toBe(interrupted);
	});
});

describe("a cause", () => {
	it("of a refusal that had to be thrown keeps its code and its next step", () => {
		const error = new RefusedError(refuse("sandbox_missing", { why: "there is no hunter2" }));
		expect(causeFrom(error, "stage.build", scrub)).toMatchObject({
			code: "sandbox_missing",
			message: expect.stringContaining("there is no [gone]. Install bubblewrap"),
			site: "stage.build",
		});
	});

	it.each([
		["exit", 3, "npm test [gone] ended with code 3."],
		["timeout", null, "npm test [gone] did not end within its time limit."],
		["output", null, "npm test [gone] printed more than its output limit."],
		["processes", null, "npm test [gone] started more processes than its limit."],
		["memory", null, "npm test [gone] took more memory than its limit."],
		["spawn", null, "npm test [gone] could not be started."],
		["aborted", null, "npm test [gone] was stopped."],
	] as const)("of a command that failed by %s says so", (reason, code, message) => {
		const error = new CommandFailed("npm test hunter2", reason, code, ["at hunter2"]);
		expect(causeFrom(error, "stage.check", scrub)).toEqual({
			code: `command_${reason}`,
			message,
			site: "stage.check",
			log: ["at [gone]"],
		});
	});

	it("of anything thrown is a sentence of bounded length", () => {
		expect(causeFrom("just text", null, scrub)).toMatchObject({ code: "failed", message: "just text", site: null });
		expect(causeFrom(null, null, scrub).message).toBe("null");
		expect(causeFrom(new Error("x".repeat(100_000)), null, scrub).message).toHaveLength(limits.causeLogCharacters);
	});

	it("shows only the last lines of a log, each cut", () => {
		const lines = Array.from({ length: 100 }, (_, index) => `${index}${"y".repeat(10_000)}`);
		expect(lastLines(lines)).toHaveLength(limits.causeLogLines);
		expect(lastLines(lines).at(-1)).toMatch(/^99y/);
		expect(lastLines(lines).every((line) => line.length === limits.causeLogCharacters)).toBe(true);
	});
});

describe("a refusal inside a step", () => {
	it("is a failure with its code; a value passes", () => {
		expect(demand("cutOver.fence", null)).toBeNull();
		const no = refuse("database_held", { pid: 7, command: "vi", database: "app.db" });
		expect(() => demand("cutOver.fence", no)).toThrow(
			expect.objectContaining({ failure: expect.objectContaining({ code: "database_held", site: "cutOver.fence" }) }),
		);
	});
});
