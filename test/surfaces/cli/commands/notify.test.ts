// `deadman notify test` and what `status` and `doctor` tell of channels, against a scripted supervisor: a real process of the command line.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import type { ChannelStatus, ChannelTest } from "../../../../src/engine/verbs/channels.js";
import { findingsOf } from "../../../../src/surfaces/cli/commands/channel-findings.js";
import { createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, wallMs } from "../../doorway.js";
import { deadman, start } from "../command.js";

const can = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	lookup: false,
	cardCharacters: 3_000,
	refreshMs: 30_000,
};
const well: ChannelTest = {
	name: "slack",
	address: "https://slack.example/C1",
	failure: null,
	edited: true,
	tookMs: 412,
	can,
};
const bad: ChannelTest = {
	name: "telegram",
	address: null,
	failure: { code: "revoked", message: "401\u001b[2J Unauthorized", next: "Make a new token." },
	edited: false,
	tookMs: 90,
	can: { ...can, refreshMs: null },
};
const standing: ChannelStatus = {
	...{ name: "telegram", surface: "telegram", address: "https://t.me/c/1", state: "failing", can },
	...{ error: "The service does not answer.", pending: 3, oldestAtMs: wallMs - 6 * 60_000 },
	...{ refused: 2, lastRefusal: "bad_signature: from 10.0.0.1" },
};

let supervisor: FakeSupervisor;
let door: Doorway;
beforeEach(async () => {
	supervisor = createFakeSupervisor();
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const notify = (...args: string[]) => deadman(door.root, "notify", "test", ...args);

describe("notify test", () => {
	it("tells of each channel how long it took and what it can do", async () => {
		supervisor.answers.testChannels = async () => [well];
		const { code, stdout } = await notify();
		expect(code).toBe(0);
		expect(stdout).toBe(
			"ok    slack: sent and edited in 412 ms, https://slack.example/C1 (edits, buttons, direct messages, threads, 3000 characters, counts down every 30s)\n",
		);
		expect(supervisor.calls).toEqual([
			{ verb: "testChannels", request: { by: expect.objectContaining({ surface: "cli" }), channel: null } },
		]);
	});

	it("leaves with 1 when one failed, and says what to do", async () => {
		supervisor.answers.testChannels = async () => [well, bad];
		const { code, stdout } = await notify();
		expect(code).toBe(1);
		expect(stdout).toContain("FAIL  telegram: revoked: 401");
		expect(stdout).toContain("Make a new token.");
		expect(stdout).not.toContain("\u001b");
	});

	it("answers programs with data", async () => {
		supervisor.answers.testChannels = async () => [bad];
		const { code, json } = await notify("telegram", "--json");
		expect([code, json]).toEqual([1, { schemaVersion: 1, data: [bad] }]);
		expect(supervisor.calls.at(-1)?.request).toMatchObject({ channel: "telegram" });
	});

	it("says where there is nothing to test, and which names there are", async () => {
		supervisor.answers.testChannels = async () => [];
		expect((await notify()).stdout).toContain("No channels");
		supervisor.answers.testChannels = async () => refuse("channel_unknown", { name: '"x"', known: "slack" });
		const { code, stderr } = await notify("x");
		expect([code, stderr]).toEqual([3, expect.stringContaining("slack")]);
	});

	it("speaks for a builder where one is named, and is refused by the supervisor", async () => {
		supervisor.answers.testChannels = async ({ by }) =>
			refuse("not_authorised", { actor: `${by.surface}:${by.id}`, verb: "test" });
		const { code, stderr } = await start(door.root, ["notify", "test"], { DEADMAN_ACTOR: "builder:claude" }).ended;
		expect([code, stderr]).toEqual([4, expect.stringContaining("builder:claude may not")]);
	});

	it("without a supervisor says so", async () => {
		await door.shut();
		expect((await notify()).code).toBe(6);
	});
});

describe("status", () => {
	beforeEach(() => {
		supervisor.answers.status = async () => ({ ...(await createFakeSupervisor().status()), channels: [standing] });
	});

	it("tells what fails, what waits and what was refused", async () => {
		const { stdout } = await deadman(door.root, "status");
		expect(stdout).toContain("telegram    https://t.me/c/1, failing, 3 waiting since 2026-11-21T11:54:00.000Z (edits");
		expect(stdout).toContain("fails: The service does not answer.");
		expect(stdout).toContain("refused 2 times what came in, last: bad_signature: from 10.0.0.1");
	});

	it("tells programs the same", async () => {
		const { json } = await deadman(door.root, "status", "--json");
		const { oldestAtMs: _, ...rest } = standing;
		expect(json.supervisor.channels).toEqual([{ ...rest, oldestPendingAt: "2026-11-21T11:54:00.000Z" }]);
	});
});

describe("doctor, of a supervisor that runs", () => {
	const { oldestAtMs: _, ...rest } = standing;
	const view = { ...rest, oldestPendingAt: new Date(wallMs - 6 * 60_000).toISOString() };
	const quiet = { ...view, state: "open", error: null, pending: 0, oldestPendingAt: null, refused: 0 } as const;

	it("warns of what fails, what waits for long, and what was refused", () => {
		const found = findingsOf(view, wallMs);
		expect(found.map(({ level }) => level)).toEqual(["warn", "warn", "warn"]);
		expect(found.map(({ sentence }) => sentence).join(" ")).toMatch(
			/fails: .*3 messages wait, the oldest for 6m.*2 times/,
		);
		expect(found[0]?.next).toContain("deadman notify test telegram");
	});

	it("is silent of one that is well, and of a message that waits for a moment", () => {
		expect(findingsOf(quiet, wallMs)).toEqual([]);
		expect(findingsOf({ ...quiet, pending: 1, oldestPendingAt: view.oldestPendingAt }, wallMs - 120_000)).toEqual([]);
	});
});
