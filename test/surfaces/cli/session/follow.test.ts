// What takes time: waiting over restarts, seeing a verb through, progress, and a supervisor that is not there.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import type { Status } from "../../../../src/core/swap.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, until } from "../../doorway.js";
import { deadman, type Running, start } from "../command.js";

let supervisor: FakeSupervisor;
let door: Doorway;
const running: Running[] = [];

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "pending_approval" }));
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(async () => {
	for (const it of running.splice(0)) it.kill();
	await door.remove();
});

const cli = (...args: string[]) => deadman(door.root, ...args);
function launch(...args: string[]): Running {
	const it = start(door.root, args);
	running.push(it);
	return it;
}
const waits = () => supervisor.calls.filter(({ verb }) => verb === "wait").length;

describe("wait", () => {
	it.each<[Status, string[], number]>([
		["finalized", [], 0],
		["rolled_back", [], 1],
		["rejected", [], 1],
		["stranded", [], 1],
		["drafting", [], 1],
		["rolled_back", ["--until", "rolled_back"], 0],
		["staging", ["--until", "awaiting_confirmation", "--until", "staging"], 0],
		["finalized", ["--until", "awaiting_confirmation"], 1],
	])("on a swap that is %s, with %j, leaves with %i", async (status, options, expected) => {
		supervisor.move("sw_aaaaaa", status);
		const { code, json } = await cli("wait", "sw_aaaaaa", ...options, "--json");
		expect([code, json.swap.status, json.reached]).toEqual([expected, status, expected === 0]);
	});

	it("leaves when the status is reached", async () => {
		const wait = launch("wait", "sw_aaaaaa", "--json");
		await until(() => waits() > 0);
		supervisor.move("sw_aaaaaa", "finalized");
		expect(await wait.ended).toMatchObject({ code: 0, json: { swap: { status: "finalized" } } });
	});

	it("leaves with 1 when the time is over", async () => {
		const { code, json, stderr } = await cli("wait", "sw_aaaaaa", "--timeout", "50ms", "--json");
		expect([code, json.reached, json.swap.status]).toEqual([1, false, "pending_approval"]);
		expect(stderr).toContain("still pending_approval after 50ms");
	});

	it("goes on over a restart of the supervisor", async () => {
		const wait = launch("wait", "sw_aaaaaa", "--json");
		await until(() => waits() > 0);
		await door.shut();
		supervisor.move("sw_aaaaaa", "finalized");
		await door.open();
		expect((await wait.ended).code).toBe(0);
	});

	it("begins before there is a supervisor", async () => {
		await door.shut();
		const wait = launch("wait", "sw_aaaaaa", "--until", "pending_approval");
		await until(() => wait.stderr().includes("waiting for it"));
		await door.open();
		expect((await wait.ended).code).toBe(0);
	});

	it("leaves at once where there is no such swap", async () => {
		expect((await cli("wait", "sw_bbbbbb", "--json")).code).toBe(3);
	});
});

describe("verbs see a swap through", () => {
	const later = (verb: "approve" | "confirm" | "rollback", ...statuses: Status[]) =>
		until(() => supervisor.calls.some((call) => call.verb === verb) && waits() > 0).then(() => {
			for (const status of statuses) supervisor.move("sw_aaaaaa", status);
		});

	it.each<["approve" | "confirm" | "rollback", Status, number]>([
		["approve", "awaiting_confirmation", 0],
		["approve", "drafting", 1],
		["approve", "rolled_back", 1],
		["confirm", "finalized", 0],
		["rollback", "rolled_back", 0],
		["rollback", "stranded", 1],
	])("%s that ends %s leaves with %i", async (verb, status, expected) => {
		const it = launch(verb, "sw_aaaaaa");
		await later(verb, status);
		const { code, stdout } = await it.ended;
		expect([code, stdout.split("\n")[0]]).toEqual([expected, `sw_aaaaaa  ${status}  (host)`]);
	});

	it("shows progress as plain lines where no terminal is, on stderr", async () => {
		const it = launch("approve", "sw_aaaaaa");
		await until(() => supervisor.listeners > 1);
		supervisor.emit({ type: "step:progress", swapId: "sw_aaaaaa", step: "install", line: "added \u001b[1m3\u001b[0m" });
		await until(() => it.stderr().includes("install"));
		supervisor.move("sw_aaaaaa", "awaiting_confirmation");
		const { stdout, stderr } = await it.ended;
		expect(stderr).toContain("sw_aaaaaa install: added \\x1b[1m3\\x1b[0m\n");
		expect(stdout).not.toContain("install");
	});

	it.each(["--json", "--no-follow"])("but not with %s", async (option) => {
		const { code, stdout } = await cli("approve", "sw_aaaaaa", option);
		expect([code, stdout]).toEqual([0, expect.stringContaining("staging")]);
		expect(waits()).toBe(0);
	});

	it("goes on over a restart", async () => {
		const it = launch("approve", "sw_aaaaaa");
		await until(() => waits() > 0);
		await door.shut();
		supervisor.move("sw_aaaaaa", "awaiting_confirmation");
		await door.open();
		expect((await it.ended).code).toBe(0);
	});

	it("with automatic approval, a proposal too", async () => {
		supervisor.answers.propose = async () => {
			supervisor.move("sw_aaaaaa", "staging");
			return aSwap({ status: "staging" });
		};
		const it = launch("propose", "--commit", "HEAD", "--summary", "S");
		await until(() => waits() > 0);
		supervisor.move("sw_aaaaaa", "awaiting_confirmation");
		expect((await it.ended).code).toBe(0);
	});
});

describe("without a supervisor", () => {
	beforeEach(() => door.shut());

	it.each([
		["ls"],
		["approve", "sw_aaaaaa"],
		["confirm", "sw_aaaaaa"],
		["propose", "--commit", "HEAD", "--summary", "S"],
		["diff", "sw_aaaaaa"],
		["workspace", "list"],
	])("%s leaves with 6 and says what to start", async (...args) => {
		const { code, json } = await cli(...args, "--json");
		expect([code, json.error.code, json.error.next]).toEqual([6, "no_supervisor", "Start one: `deadman run`."]);
	});

	it.each([["status"], ["log"], ["wait", "sw_aaaaaa", "--timeout", "1ms"]])(
		"%s too, where there is no journal",
		async (...args) => {
			const { code, json } = await cli(...args, "--json");
			expect([code, json.error.code]).toEqual([6, "no_supervisor"]);
		},
	);
});

it("a supervisor that goes away in the middle of a verb is no success", async () => {
	supervisor.answers.confirm = () => new Promise(() => {});
	const it = launch("confirm", "sw_aaaaaa", "--json");
	await until(() => supervisor.calls.some(({ verb }) => verb === "confirm"));
	await door.shut();
	const { code, json } = await it.ended;
	expect([code, json.error.code]).toEqual([6, "no_supervisor"]);
	expect(json.error.next).toContain("deadman status");
});

it("a refusal while following is told as it is", async () => {
	supervisor.answers.wait = async () => refuse("swap_unknown", { id: "sw_aaaaaa" });
	expect((await cli("approve", "sw_aaaaaa")).code).toBe(3);
});
