// The figures for Prometheus, read as Prometheus reads them and held against a real journal whose swaps are known.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arm } from "../../../../src/core/deadman.js";
import type { Fact, FactBody } from "../../../../src/core/facts.js";
import { evolveAll } from "../../../../src/core/machine/evolve.js";
import type { StepName } from "../../../../src/core/swap.js";
import { packageVersion } from "../../../../src/surfaces/version.js";
import { broken, evidence, journeys, proposal, stamped, statuses } from "../../../core/journeys.js";
import { createFakeSupervisor } from "../../../support/memory/supervisor.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { call } from "../../doorway.js";
import { ann, builder, openFeedDoor, operator } from "../streams/feed-door.js";

let folder: string;
let door: Awaited<ReturnType<typeof openFeedDoor>>;

beforeEach(async () => {
	folder = await makeTemporaryFolder();
	door = await openFeedDoor(folder);
});
afterEach(async () => {
	await door.close();
	await removeTemporaryFolder(folder);
});

const ask = () => call({ socketPath: door.path, path: "/metrics" });

interface Exposition {
	/** By name and labels as they are written: `name{label="value"}`. */
	readonly samples: ReadonlyMap<string, number>;
	readonly types: ReadonlyMap<string, string>;
}

/** Throws at a line that the format does not know, a sample without its type, and one that comes twice. */
function parse(text: string): Exposition {
	const samples = new Map<string, number>();
	const types = new Map<string, string>();
	expect(text.endsWith("\n")).toBe(true);
	for (const line of text.split("\n").filter((one) => one !== "")) {
		const [, kind, about, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
		if (kind === "TYPE") types.set(about ?? "", rest ?? "");
		if (kind !== undefined) continue;
		const [, name = "", labels = "", value] =
			/^([a-zA-Z_:]\w*)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})? (\S+)$/.exec(line) ?? [];
		if (value === undefined || samples.has(name + labels)) throw new Error(`No sample, or one again: ${line}`);
		if (!types.has(name.replace(/_(bucket|sum|count)$/, "")) && !types.has(name)) throw new Error(`No type: ${line}`);
		samples.set(name + labels, Number(value));
	}
	return { samples, types };
}

const figures = async () => parse((await ask()).text);
const beginMs = Date.UTC(2026, 0, 1);

/** Facts with the second in which each happened. */
const timed = (...facts: readonly (readonly [number, FactBody])[]): Fact[] =>
	facts.map(([second, body]) => ({ ...body, atMs: beginMs + second * 1_000 }) as Fact);
const begins = (step: StepName, life = "life-1"): FactBody => ({ type: "stepStarted", step, life });

const drafted: FactBody = { type: "drafted", target: "host", workspace: null, proposer: ann };
const approvedFacts = [
	[0, drafted],
	[1, { type: "submitted", proposal }],
	[2, { type: "approved", by: { surface: "cli", id: "1000" } }],
] as const satisfies readonly (readonly [number, FactBody])[];

/** The status names the swap that matters now. */
function nowAt(id: string, restarts = 0): void {
	door.supervisor.answers.status = async () => {
		const status = await createFakeSupervisor().status();
		const [alice, ...others] = status.targets;
		if (alice === undefined) throw new Error("The fake has no target.");
		const targets = [{ ...alice, program: { ...alice.program, restarts: 2 } }, ...others];
		return { ...status, program: { ...status.program, restarts }, targets, swap: await door.journal.swap(id) };
	};
}

it("is text of the format that Prometheus reads", async () => {
	const { status, headers, text } = await ask();
	expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
	const { types } = parse(text);
	expect(types.get("deadman_step_duration_seconds")).toBe("histogram");
	expect(types.get("deadman_program_restarts_total")).toBe("counter");
	expect(parse(text).samples.get('deadman_step_duration_seconds_count{step="template"}')).toBe(0);
	expect(parse(text).samples.get(`deadman_info{version="${await packageVersion()}"}`)).toBe(1);
});

it("counts swaps by status, every status always, and unknown ones as one", async () => {
	for (const status of statuses) await door.add(`sw_${status}`, stamped(journeys[status]));
	await door.add("sw_again", stamped(journeys.finalized));
	const facts = [{ type: "teleported", atMs: 5 }] as unknown as Fact[];
	const next = { ...evolveAll("sw_new", []), version: 1, status: "levitating" as never };
	await door.journal.append({ swapId: "sw_new", expectedVersion: 0, facts, next, messages: [] });
	const { samples } = await figures();
	for (const status of statuses) {
		expect([status, samples.get(`deadman_swaps_total{status="${status}"}`)]).toEqual([
			status,
			status === "finalized" ? 2 : 1,
		]);
	}
	expect(samples.get('deadman_swaps_total{status="other"}')).toBe(1);
});

describe("durations of steps", () => {
	const sum = (samples: ReadonlyMap<string, number>, step: StepName) => [
		samples.get(`deadman_step_duration_seconds_count{step="${step}"}`) ?? 0,
		samples.get(`deadman_step_duration_seconds_sum{step="${step}"}`) ?? 0,
	];

	it("are those between intent and outcome, of what was there before and of what happens later", async () => {
		await door.add(
			"sw_a",
			timed(
				...approvedFacts,
				[10, begins("stage")],
				[14, { type: "staged", release: "sw_a-1" }],
				[14, begins("cutOver")],
				[15, { type: "bootStarted", boots: 1 }],
				[22, { type: "ready", evidence }],
				[22, begins("probation")],
			),
		);
		const before = (await figures()).samples;
		expect(sum(before, "stage")).toEqual([1, 4]);
		expect(sum(before, "cutOver")).toEqual([1, 8]);
		expect(sum(before, "probation")).toEqual([0, 0]);
		expect(before.get('deadman_step_duration_seconds_bucket{le="2.5",step="stage"}')).toBe(0);
		expect(before.get('deadman_step_duration_seconds_bucket{le="5",step="stage"}')).toBe(1);
		await door.add(
			"sw_a",
			timed(
				[52, { type: "candidateDied", cause: broken }],
				[52, begins("rollBack")],
				[53, { type: "attemptFailed", step: "rollBack", cause: broken }],
				[54, begins("rollBack")],
				[57, { type: "restored", evidence, discarded: [] }],
			),
		);
		const { samples } = await figures();
		expect(sum(samples, "probation")).toEqual([1, 30]);
		expect(sum(samples, "rollBack")).toEqual([2, 4]);
		expect(sum(samples, "stage")).toEqual([1, 4]);
	});

	it("of several swaps do not mix, and are the same after a restart of the supervisor", async () => {
		await door.add("sw_a", timed(...approvedFacts, [10, begins("stage")]));
		await door.add("sw_b", timed(...approvedFacts, [20, begins("stage")], [21, { type: "staged", release: "b" }]));
		await door.add("sw_a", timed([40, { type: "stepFailed", step: "stage", cause: broken }]));
		expect(sum((await figures()).samples, "stage")).toEqual([2, 31]);
		await door.close();
		door = await openFeedDoor(folder);
		expect(sum((await figures()).samples, "stage")).toEqual([2, 31]);
	});

	it("of a step that was killed count from its new beginning, of one that left on purpose from its first", async () => {
		await door.add(
			"sw_killed",
			timed(
				...approvedFacts,
				[10, begins("stage")],
				[90, begins("stage", "life-2")],
				[91, { type: "staged", release: "a" }],
			),
		);
		await door.add(
			"sw_left",
			timed(
				...approvedFacts,
				[0, begins("stage")],
				[1, { type: "staged", release: "b" }],
				[2, begins("cutOver")],
				[5, { type: "restartPlanned", life: "life-1", exitCode: 75 }],
				[9, begins("cutOver", "life-2")],
				[12, { type: "ready", evidence }],
			),
		);
		const { samples } = await figures();
		expect(sum(samples, "stage")).toEqual([2, 2]);
		expect(sum(samples, "cutOver")).toEqual([1, 10]);
	});

	it("are never below zero, and a step of another version has no name of its own", async () => {
		await door.add("sw_a", timed(...approvedFacts, [10, begins("stage")], [3, { type: "staged", release: "a" }]));
		await door.add("sw_b", timed(...approvedFacts, [10, begins("<sw_b>" as StepName)], [11, { type: "tidied" }]));
		const { samples } = await figures();
		expect(sum(samples, "stage")).toEqual([1, 0]);
		expect(sum(samples, "other" as StepName)).toEqual([1, 1]);
	});
});

it("tells of the current swap what its window has left, by the clock given, and its boots", async () => {
	const deadman = arm({ initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 600_000 }, door.clock.now());
	const boot: FactBody = { type: "bootStarted", boots: 2 };
	await door.add(
		"sw_a",
		timed(...approvedFacts, [3, { type: "staged", release: "a" }], [3, { type: "armed", deadman }], [4, boot]),
	);
	nowAt("sw_a", 3);
	await door.clock.advance(30_000);
	const { samples } = await figures();
	expect(samples.get("deadman_deadman_remaining_seconds")).toBe(90);
	expect(samples.get("deadman_boots")).toBe(2);
	expect(samples.get("deadman_program_restarts_total")).toBe(5);
	await door.add("sw_a", timed([40, { type: "candidateDied", cause: broken }]));
	expect((await figures()).samples.get("deadman_deadman_remaining_seconds")).toBe(0);
	nowAt("sw_none");
	const none = (await figures()).samples;
	expect([none.get("deadman_deadman_remaining_seconds"), none.get("deadman_boots")]).toEqual([0, 0]);
});

it("tells how many messages wait, and how old the oldest is", async () => {
	const { samples: empty } = await figures();
	const other = 'deadman_outbox_pending{channel="other"}';
	expect([empty.get(other), empty.get("deadman_outbox_oldest_age_seconds")]).toEqual([0, 0]);
	await door.close();
	door = await openFeedDoor(folder, undefined, () => beginMs + 5_000);
	const notice = { channel: "chat", epoch: 1, kind: "notice", text: "Hello" } as const;
	await door.add("sw_a", timed(...approvedFacts), [notice, notice]);
	await door.clock.advance(65_000);
	const { samples } = await figures();
	expect([samples.get(other), samples.get("deadman_outbox_oldest_age_seconds")]).toEqual([2, 60]);
});

it("tells of each channel what waits, whether it is open, and what it refused", async () => {
	door.supervisor.answers.status = async () => {
		const status = await createFakeSupervisor().status();
		const [one] = status.channels;
		if (one === undefined) throw new Error("The fake has no channel.");
		const oldestAtMs = beginMs - 30_000;
		const chat = { ...one, name: "chat", state: "failing", pending: 2, oldestAtMs, refused: 3 } as const;
		return { ...status, channels: [one, chat] };
	};
	await door.close();
	const { supervisor } = door;
	door = await openFeedDoor(folder, undefined, () => beginMs);
	door.supervisor.answers.status = supervisor.answers.status;
	const { samples, types } = await figures();
	const of = (channel: string) =>
		["outbox_pending", "outbox_oldest_seconds", "channel_open", "channel_refused_total"].map((name) =>
			samples.get(`deadman_${name}{channel="${channel}"}`),
		);
	expect(of("console")).toEqual([0, 0, 1, 0]);
	expect(of("chat").toSpliced(1, 1)).toEqual([2, 0, 3]);
	expect(of("chat")[1]).toBeGreaterThanOrEqual(30);
	expect(types.get("deadman_channel_refused_total")).toBe("counter");
});

it("tells of its process", async () => {
	await figures();
	const endsMs = performance.now() + 300;
	await new Promise((resolve) => setTimeout(resolve, 50));
	while (performance.now() < endsMs);
	await new Promise((resolve) => setTimeout(resolve, 50));
	const { samples } = await figures();
	const [typical, most] = ["0.5", "1"].map(
		(q) => samples.get(`deadman_event_loop_delay_seconds{quantile="${q}"}`) ?? -1,
	);
	expect(most).toBeGreaterThan(0.15);
	expect(typical).toBeLessThan(0.15);
	expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
	expect(samples.get("process_cpu_seconds_total")).toBeGreaterThan(0);
	expect(samples.get("process_start_time_seconds")).toBeGreaterThan(1_700_000_000);
});

it("has labels of ours only: no swap, no workspace, no person", async () => {
	for (const status of statuses) await door.add(`sw_${status}`, stamped(journeys[status]));
	const { text } = await ask();
	expect(text).not.toMatch(/sw_|greet|builder:|cli:/);
	const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
	expect([...labels].sort()).toEqual(["channel", "le", "quantile", "status", "step", "version"]);
});

it("gives those who ask at once the same answer, and reads the feed once", async () => {
	await figures();
	const reads = () => door.supervisor.calls.filter(({ verb }) => verb === "feed").length;
	const before = reads();
	const answers = await Promise.all([1, 2, 3].map(() => door.app.request("/metrics")));
	const [one, ...others] = await Promise.all(answers.map((answer) => answer.text()));
	expect(one).toContain("deadman_boots");
	expect(others).toEqual([one, one]);
	expect(reads() - before).toBe(1);
	expect(door.supervisor.listeners).toBe(0);
});

describe("who may", () => {
	it.each([
		["an operator on the socket", operator, 200],
		["a builder on the socket", { ...builder(ann), confined: false }, 200],
		["a builder with a token", builder(ann), 403],
		["a viewer with a token", { ...builder(ann), role: "viewer" as const }, 200],
		["an operator with a token", { ...operator, confined: true }, 200],
	])("%s", async (_, caller, status) => {
		door.asked.caller = caller;
		expect((await ask()).status).toBe(status);
	});
});

it("says so when the journal fails in the middle, and misses nothing afterwards", async () => {
	for (let swap = 0; swap < 30; swap += 1) {
		const life = timed(...approvedFacts, [10, begins("stage")], [11, { type: "staged", release: "a" }]);
		await door.add(`sw_${swap}`, [...life, ...timed(...Array(15).fill([12, { type: "noted", text: "More." }]))]);
	}
	let reads = 0;
	door.supervisor.answers.feed = async (request) => {
		reads += 1;
		if (reads === 2) throw new Error("The journal is closed.");
		return door.journal.feed(request);
	};
	expect((await ask()).status).toBe(500);
	expect((await figures()).samples.get('deadman_step_duration_seconds_count{step="stage"}')).toBe(30);
});
