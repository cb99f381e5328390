// The command line as real processes against a scripted supervisor: what it asks, what it prints, and the code it leaves with.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arm } from "../../../src/core/deadman.js";
import { type RefusalCode, refuse } from "../../../src/core/refusals.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor, tables } from "../../support/memory/supervisor.js";
import { createDoorway, type Doorway, now } from "../doorway.js";
import { deadman, start } from "./command.js";

let supervisor: FakeSupervisor;
let door: Doorway;
const deadmanClock = arm({ initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 600_000 }, now());

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "awaiting_confirmation", deadman: deadmanClock }));
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const cli = (...args: string[]) => deadman(door.root, ...args);
const uid = String(process.getuid?.());
const by = { surface: "cli", id: uid };
const maker = { surface: "builder", id: uid };
const lastOf = (verb: string) => supervisor.calls.filter((call) => call.verb === verb).at(-1)?.request;

describe("--json", () => {
	it.each([
		[["status"], ["schemaVersion", "supervisor", "swap"]],
		[
			["status", "sw_aaaaaa"],
			["schemaVersion", "supervisor", "swap"],
		],
		[["ls"], ["schemaVersion", "swaps"]],
		[["log"], ["schemaVersion", "facts", "audits"]],
		[
			["log", "sw_aaaaaa"],
			["schemaVersion", "facts", "audits"],
		],
		[
			["log", "--refused"],
			["schemaVersion", "audits"],
		],
		[
			["log", "sw_aaaaaa", "--refused"],
			["schemaVersion", "audits"],
		],
		[
			["review", "sw_aaaaaa"],
			["schemaVersion", "review"],
		],
		[
			["promote", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["keep", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["diff", "sw_aaaaaa"],
			["schemaVersion", "diff"],
		],
		[
			["data", "show", "sw_aaaaaa"],
			["schemaVersion", "data"],
		],
		[
			["data", "replay", "sw_aaaaaa"],
			["schemaVersion", "data"],
		],
		[
			["data", "drop", "sw_aaaaaa"],
			["schemaVersion", "data"],
		],
		[
			["workspace", "list"],
			["schemaVersion", "workspaces"],
		],
		[
			["workspace", "create", "w1"],
			["schemaVersion", "workspace"],
		],
		[
			["propose", "--commit", "HEAD", "--summary", "S"],
			["schemaVersion", "swap"],
		],
		[
			["submit", "w1", "--summary", "S"],
			["schemaVersion", "swap"],
		],
		[
			["approve", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["reject", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["withdraw", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["confirm", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["rollback", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
		[
			["extend", "sw_aaaaaa"],
			["schemaVersion", "swap"],
		],
	])("%j prints one object", async (args, keys) => {
		const { code, stdout, stderr, json } = await cli(...args, "--json");
		expect([code, stderr, Object.keys(json)]).toEqual([0, "", keys]);
		expect([json.schemaVersion, stdout.trimEnd().split("\n").length]).toEqual([1, 1]);
	});

	it("may stand before the command", async () => expect((await cli("--json", "ls")).json.swaps).toHaveLength(1));

	it("prints the one view of a swap", async () => {
		const { swap } = (await cli("status", "--json")).json;
		expect(Object.keys(swap)[0]).toBe("id");
		expect(swap).toMatchObject({ id: "sw_aaaaaa", handshake: "none", deadman: { remainingMs: 120_000 } });
	});
});

describe("asks", () => {
	it("propose with its sentences", async () => {
		await cli(
			"propose",
			"--json",
			"--commit",
			"main~1",
			"--summary",
			"S",
			"--file-summary",
			"a.js=x=y",
			"--file-summary",
			"b=",
		);
		const fileSummaries = { "a.js": "x=y", b: "" };
		expect(lastOf("propose")).toEqual({ revision: "main~1", summary: "S", fileSummaries, by: maker });
	});

	it("submit with the workspace", async () => {
		await cli("submit", "w1", "--json", "--summary", "S");
		expect(lastOf("submit")).toEqual({ workspace: "w1", summary: "S", fileSummaries: {}, by: maker });
	});

	it.each([
		["slack", { channel: "slack", conversation: null, thread: null }],
		["slack:C2", { channel: "slack", conversation: "C2", thread: null }],
		["slack:C2:17.5", { channel: "slack", conversation: "C2", thread: "17.5" }],
		["teams:19%3Aab%40thread.v2:1:2", { channel: "teams", conversation: "19:ab@thread.v2", thread: "1:2" }],
		["slack:100%", { channel: "slack", conversation: "100%", thread: null }],
	])("with the conversation it was asked for in: %s", async (typed, conversation) => {
		await cli("submit", "w1", "--json", "--summary", "S", "--conversation", typed);
		expect(lastOf("submit")).toMatchObject({ workspace: "w1", conversation });
		await cli("propose", "--json", "--commit", "HEAD", "--summary", "S", "--conversation", typed);
		expect(lastOf("propose")).toMatchObject({ conversation });
	});

	it("insisting on a tree that ended badly", async () => {
		await cli("submit", "w1", "--json", "--summary", "S", "--insist");
		expect(lastOf("submit")).toMatchObject({ workspace: "w1", insist: true, by: maker });
		await cli("propose", "--json", "--commit", "HEAD", "--summary", "S", "--insist");
		expect(lastOf("propose")).toMatchObject({ insist: true, by: maker });
	});

	it("withdraw as the builder that proposed", async () => {
		await cli("withdraw", "sw_aaaaaa", "--json");
		expect(lastOf("withdraw")).toMatchObject({ id: "sw_aaaaaa", by: maker });
	});

	it("for an agent", async () => {
		await cli("propose", "--json", "--commit", "HEAD", "--summary", "S", "--target", "alice");
		expect(lastOf("propose")).toMatchObject({ target: "alice" });
		await cli("workspace", "create", "w1", "--json", "--target", "alice", "--clone");
		expect(lastOf("createWorkspace")).toMatchObject({ name: "w1", target: "alice", kind: "clone" });
		await cli("workspace", "create", "w2", "--json");
		expect(lastOf("createWorkspace")).toMatchObject({ name: "w2", target: "host", kind: "worktree" });
	});

	it("as the builder that DEADMAN_ACTOR names, and refuses to be anybody else", async () => {
		const as = (actor: string, ...args: string[]) =>
			start(door.root, [...args, "--json"], { DEADMAN_ACTOR: actor }).ended;
		await as("builder:claude", "submit", "w1", "--summary", "S");
		expect(lastOf("submit")).toMatchObject({ by: { surface: "builder", id: "claude" } });
		await as("builder:claude", "confirm", "sw_aaaaaa");
		expect(lastOf("confirm")).toMatchObject({ by: { surface: "builder", id: "claude" } });
		const { code, json } = await as("slack:U1", "withdraw", "sw_aaaaaa");
		expect([code, json.error.code]).toEqual([2, "input_invalid"]);
		expect(json.error.message).toContain("DEADMAN_ACTOR");
		expect(lastOf("withdraw")).toBeUndefined();
	});

	it.each([
		["approve", ["--insist", "--type", "yes, really"], { insist: true, epoch: null, typed: "yes, really" }],
		["approve", [], { insist: false, typed: null }],
		["promote", [], { epoch: null }],
		["keep", [], { epoch: null }],
		["reject", ["--reason", "too loud"], { reason: "too loud" }],
		["rollback", ["--reason", "too loud"], { reason: "too loud" }],
		["extend", ["--by", "90s"], { byMs: 90_000 }],
		["extend", [], { byMs: 120_000 }],
		["confirm", [], {}],
	])("%s %j", async (verb, options, request) => {
		await cli(verb, "sw_aaaaaa", ...options, "--json");
		expect(lastOf(verb)).toMatchObject({ id: "sw_aaaaaa", by, ...request });
	});

	it("as a builder where it runs inside a supervised program", async () => {
		await start(door.root, ["confirm", "sw_aaaaaa", "--json"], { DEADMAN_TOKEN: "t" }).ended;
		expect(lastOf("confirm")).toMatchObject({ by: { surface: "builder", id: uid } });
	});

	it("removes a workspace whose name needs quoting, and speaks as the operator", async () => {
		expect((await cli("workspace", "remove", "a/b ?", "--json")).json.error.code).toBe("workspace_unknown");
		expect(lastOf("removeWorkspace")).toEqual(["a/b ?", { surface: "cli", id: uid }]);
	});
});

describe("leaves with", () => {
	it.each([
		[2, "summary_missing"],
		[3, "swap_unknown"],
		[4, "not_authorised"],
		[5, "already_decided"],
	] as const)("%i for %s", async (expected, refusal: RefusalCode) => {
		supervisor.answers.confirm = async () => refuse(refusal);
		const { code, json } = await cli("confirm", "sw_aaaaaa", "--json");
		expect([code, json.schemaVersion, Object.keys(json.error)]).toEqual([expected, 1, ["code", "message", "next"]]);
		expect(json.error.code).toBe(refusal);
	});

	it("1 for a failure inside the supervisor", async () => {
		supervisor.answers.swaps = async () => Promise.reject(new Error("disk"));
		expect(await cli("ls", "--json")).toMatchObject({ code: 1, json: { error: { code: "internal" } } });
	});

	it.each([
		[["fly"], "unknown command 'fly'"],
		[["confirm"], "missing required argument 'swap'"],
		[["propose", "--summary", "S"], "required option '--commit <revision>' not specified"],
		[["confirm", "sw_aaaaaa", "--force"], "unknown option '--force'"],
		[["extend", "sw_aaaaaa", "--by", "2"], "is no duration"],
		[["extend", "sw_aaaaaa", "--by", "0s"], "zero or absurd"],
		[["wait", "sw_aaaaaa", "--until", "done"], "no status"],
		[["wait", "sw_aaaaaa", "--timeout", "-1s"], "is no duration"],
	])("2 for %j", async (args, problem) => {
		const { code, json, stderr } = await cli(...args, "--json");
		expect([code, stderr]).toEqual([2, ""]);
		expect(json.error.message).toContain(problem);
	});

	it("2 without a command, and 0 for help and version", async () => {
		expect((await cli()).code).toBe(2);
		const help = await cli("--help");
		expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("approve [options] <swap>")]);
		expect((await cli("--version")).stdout).toMatch(/^\d+\.\d+\.\d+/);
	});

	it("the error on stderr for people, with the next step", async () => {
		const { code, stdout, stderr } = await cli("status", "sw_bbbbbb");
		expect([code, stdout]).toEqual([3, ""]);
		expect(stderr).toBe("deadman: There is no swap sw_bbbbbb.\n  `deadman ls` shows them all.\n");
	});
});

describe("text", () => {
	it("shows the supervisor and the swap", async () => {
		const { stdout } = await cli("status");
		expect(stdout).toContain("live        r-previous");
		expect(stdout).toContain("target      alice: a-previous, no program, proven");
		expect(stdout).toContain("sw_aaaaaa  awaiting_confirmation");
	});

	it("makes control characters of a diff visible through a pipe too, and passes it through for who applies it", async () => {
		const diff = "--- a/x\n+++ b/x\n+\u001b[31mred\n";
		supervisor.answers.diff = async () => diff;
		expect((await cli("diff", "sw_aaaaaa")).stdout).toBe("--- a/x\n+++ b/x\n+\\x1b[31mred\n");
		expect((await cli("diff", "sw_aaaaaa", "--raw")).stdout).toBe(diff);
	});

	it("shows what approvers were given to read", async () => {
		const { code, stdout } = await cli("review", "sw_aaaaaa");
		expect(code).toBe(0);
		expect(stdout).toContain("+\ttwo");
		expect(stdout).toContain("The whole: deadman diff sw_aaaaaa");
	});

	it("has what was refused in the log, and alone where it is asked for", async () => {
		expect((await cli("log", "sw_aaaaaa")).stdout).toMatch(
			/refused +by page:local {2}approve .*\n.* approved +by cli:1000/,
		);
		const { stdout } = await cli("log", "--refused");
		expect(stdout).toMatch(/refused +sw_aaaaaa .*\n.*refused +- {2}by builder:claude/);
		expect((await cli("log", "sw_aaaaaa", "--refused")).stdout).not.toContain("claude");
	});

	it("leaves with 4 where a phrase is asked for and nobody can be asked", async () => {
		const details = { id: "sw_aaaaaa", why: "a host change asks for it", phrase: "host sw_aaaaaa" };
		supervisor.answers.approve = async () => refuse("phrase_needed", details);
		const { code, stderr } = await cli("approve", "sw_aaaaaa");
		expect([code, stderr]).toEqual([4, expect.stringContaining('type "host sw_aaaaaa": --type')]);
		expect(supervisor.calls.map(({ verb }) => verb)).toEqual(["approve"]);
	});

	it("counts what was set aside", async () => {
		const { database, table } = tables[0] as (typeof tables)[number];
		expect((await cli("data", "show", "sw_aaaaaa")).stdout).toContain(`${database} ${table}: 3 inserted`);
	});
});

describe("the folder", () => {
	it("is found from below", async () => {
		const below = join(door.root, "src", "deep");
		await mkdir(below, { recursive: true });
		expect((await deadman(below, "ls", "--json")).json.swaps).toHaveLength(1);
	});

	it("is named by --dir, exactly", async () => {
		expect((await deadman("/", "ls", "--json", "--dir", door.root)).json.swaps).toHaveLength(1);
		const below = await deadman("/", "ls", "--json", "--dir", door.stateDir);
		expect([below.code, below.json.error.code]).toEqual([2, "config_missing"]);
	});

	it("must have a configuration", async () => {
		expect(await deadman("/", "ls", "--json")).toMatchObject({ code: 2, json: { error: { code: "config_missing" } } });
	});
});
