// What the command line does with the supervisor's own code, which is scripted here: reading the journal, and the findings of doctor.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import type { AuditsRequest, Clock, Finding } from "../../../../src/ports/ports.js";
import { runCommand } from "../../../../src/surfaces/cli/run-command.js";
import type { Composition, Inspection } from "../../../../src/surfaces/composition.js";
import { audits as allAudits, aSwap, createFakeSupervisor } from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, now } from "../../doorway.js";

const parts = { inspect: vi.fn(), examine: vi.fn() };
const load = async () => parts as unknown as Composition;

let door: Doorway;
let printed: { stdout: string; stderr: string };
let sleptMs = 0;
const clock: Clock = {
	now: () => ({ ...now(), bootMs: sleptMs }),
	timer: () => () => {},
	sleep: async (delayMs) => {
		sleptMs += delayMs;
	},
	turn: async () => {},
};
const swaps = [aSwap({ id: "sw_cccccc", status: "finalized" }), aSwap({ status: "awaiting_confirmation" })];
const close = vi.fn();

function journal(): Inspection {
	const swap = (id: string) => swaps.find((one) => one.id === id) ?? null;
	const audits = (request: AuditsRequest) =>
		allAudits.filter(({ subject }) => request.subject === null || subject?.id === request.subject.id);
	return { swap, swaps: () => swaps, facts: () => [{ type: "tidied", atMs: 0 }], audits, close };
}

async function cli(...args: string[]): Promise<{ code: unknown; json: never }> {
	process.exitCode = undefined;
	printed = { stdout: "", stderr: "" };
	await runCommand([...args, "--json", "--dir", door.root], { clock, load });
	const code = process.exitCode ?? 0;
	process.exitCode = undefined;
	return { code, json: JSON.parse(printed.stdout) as never };
}

beforeEach(async () => {
	door = await createDoorway(createFakeSupervisor());
	await writeFile(join(door.stateDir, "state.db"), "");
	for (const stream of ["stdout", "stderr"] as const) {
		vi.spyOn(process[stream], "write").mockImplementation((text) => {
			printed[stream] += text;
			return true;
		});
	}
	parts.inspect.mockImplementation(() => journal());
	close.mockClear();
});
afterEach(async () => {
	vi.restoreAllMocks();
	await door.remove();
});

describe("status without a supervisor", () => {
	it("shows the swap that matters now, says where it is from, and closes the journal", async () => {
		const { code, json } = await cli("status");
		expect(code).toBe(0);
		expect(json).toMatchObject({ schemaVersion: 1, supervisor: null, swap: { id: "sw_aaaaaa" } });
		expect(printed.stderr).toContain("No supervisor answers");
		expect(parts.inspect).toHaveBeenCalledWith({ stateDir: door.stateDir });
		expect(close).toHaveBeenCalledOnce();
	});

	it("shows the swap that was asked for", async () => {
		expect((await cli("status", "sw_cccccc")).json).toMatchObject({ swap: { status: "finalized" } });
		expect(await cli("status", "sw_bbbbbb")).toMatchObject({ code: 3, json: { error: { code: "swap_unknown" } } });
		expect(close).toHaveBeenCalledTimes(2);
	});

	it("says why the journal cannot be read", async () => {
		parts.inspect.mockResolvedValue(refuse("schema_newer", { path: "state.db", found: 9, known: 1 }));
		expect(await cli("status")).toMatchObject({ code: 5, json: { error: { code: "schema_newer" } } });
	});

	it("does not hide a bug", async () => {
		parts.inspect.mockRejectedValue(new Error("a bug"));
		expect(await cli("status")).toMatchObject({ code: 1, json: { error: { code: "internal", message: "a bug" } } });
	});
});

it("log reads the journal too", async () => {
	expect(await cli("log")).toMatchObject({
		code: 0,
		json: { facts: [{ type: "tidied", at: "1970-01-01T00:00:00.000Z" }], audits: [{ code: "phrase_needed" }] },
	});
	expect(await cli("log", "--refused")).toMatchObject({
		code: 0,
		json: { audits: [{ code: "summary_missing" }, { code: "phrase_needed" }] },
	});
	expect((await cli("log", "--refused", "sw_cccccc")).json).toMatchObject({ audits: [] });
});

it("wait that met nobody shows the journal, and leaves with 1", async () => {
	expect(await cli("wait", "sw_aaaaaa", "--timeout", "1ms", "--until", "finalized")).toMatchObject({
		code: 1,
		json: { reached: false, swap: { status: "awaiting_confirmation" } },
	});
});

describe("doctor", () => {
	const finding = (level: Finding["level"]): Finding => ({
		name: "git",
		level,
		sentence: "It is old.",
		next: "Upgrade.",
	});
	it.each([
		["ok", 0],
		["warn", 0],
		["bad", 1],
	] as const)("with a finding that is %s leaves with %i", async (level, expected) => {
		parts.examine.mockResolvedValue([finding(level)]);
		const { code, json } = await cli("doctor");
		expect([code, json]).toEqual([
			expected,
			{ schemaVersion: 1, findings: [expect.objectContaining({ name: "configuration", level: "ok" }), finding(level)] },
		]);
	});
});
