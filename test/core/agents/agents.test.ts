// The pure part of agents: one decision about how an agent stands, its tasks, who is there, and what is taken out of what it sends.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentStatuses, reportedStatuses, severities } from "../../../src/core/agents/agent.js";
import { isPresent, presenceMs } from "../../../src/core/agents/presence.js";
import {
	type Json,
	REDACTED_VALUE,
	redactedContext,
	redactionDepth,
	TOO_DEEP,
} from "../../../src/core/agents/redaction.js";
import { standingAfter } from "../../../src/core/agents/standing.js";
import { type AgentTask, activeStates, movedTask, taskRetries, taskStates } from "../../../src/core/agents/task.js";
import { createScrub } from "../../../src/core/rules/redact.js";

describe("3.4 the decision", () => {
	it.each([
		["online", null, "online", { kind: "noop" }],
		["busy", null, "online", { kind: "transition", from: "online", to: "busy", reason: "reported" }],
		["online", "warning", "online", { kind: "noop" }],
		["busy", "warning", "online", { kind: "transition", from: "online", to: "busy", reason: "reported" }],
		["online", "fatal", "online", { kind: "transition", from: "online", to: "error", reason: "fatal_error" }],
		["error", "fatal", "error", { kind: "noop" }],
		["benchmarked", null, "error", { kind: "transition", from: "error", to: "benchmarked", reason: "recovered" }],
		["online", "warning", "error", { kind: "transition", from: "error", to: "online", reason: "recovered" }],
		["error", null, "online", { kind: "transition", from: "online", to: "error", reason: "reported" }],
		["online", null, "registered", { kind: "transition", from: "registered", to: "online", reason: "reported" }],
		[null, "error", "busy", { kind: "noop" }],
		[null, "fatal", "busy", { kind: "transition", from: "busy", to: "error", reason: "fatal_error" }],
	] as const)("of %s with %s after %s", (reported, severity, prior, decided) => {
		expect(standingAfter({ reported, severity, prior })).toEqual(decided);
	});

	it("ends in error exactly where a fatal came or error was posted, and is a transition exactly where something changes", () => {
		for (const prior of agentStatuses)
			for (const reported of [null, ...reportedStatuses])
				for (const severity of [null, ...severities]) {
					const decided = standingAfter({ reported, severity, prior });
					const wanted = severity === "fatal" ? "error" : (reported ?? prior);
					if (decided.kind === "transition") expect([decided.from, decided.to]).toEqual([prior, wanted]);
					expect(decided.kind).toBe(wanted === prior ? "noop" : "transition");
				}
	});
});

describe("a task", () => {
	const task: AgentTask = {
		...{
			id: "t",
			agentId: "a",
			title: "T",
			priority: "normal",
			state: "running",
			retries: 0,
			progress: 3,
			message: null,
		},
		...{ createdAtMs: 1, updatedAtMs: 1 },
	};
	const fail = (one: AgentTask) => movedTask(one, "fail", { message: "no", atMs: 2 });
	const retry = (one: AgentTask) => movedTask(one, "retry", { message: null, atMs: 3 });

	it("3.3 that fails is taken up again three times, and then has failed", () => {
		let now: AgentTask | null = task;
		for (let tries = 1; tries <= taskRetries; tries += 1) {
			now = fail(now as AgentTask);
			expect(now).toMatchObject({ state: "pending", retries: tries, message: "no" });
			now = retry(now as AgentTask);
			expect(now).toMatchObject({ state: "assigned", progress: null });
		}
		expect(fail(now as AgentTask)).toMatchObject({ state: "failed", retries: taskRetries });
	});

	it("fails only while it is worked on", () => {
		const failing = taskStates.filter((state) => fail({ ...task, state }) !== null);
		expect(failing).toEqual(activeStates);
		expect(taskStates.filter((state) => retry({ ...task, state }) !== null)).toEqual(["pending"]);
	});
});

describe("presence", () => {
	it("5.4 ends 90 seconds after the last heartbeat, and a heartbeat from the future is none", () => {
		const now = 10_000_000;
		expect([0, presenceMs, presenceMs + 1].map((age) => isPresent(now - age, now))).toEqual([true, true, false]);
		expect(isPresent(now + presenceMs + 1, now)).toBe(false);
		expect(isPresent(null, now)).toBe(false);
	});
});

describe("3.8 redaction", () => {
	const plain = (text: string) => text;

	it("takes the values of secret-shaped keys, by whole words, and leaves every other key", () => {
		const secret = {
			authToken: "a",
			api_key: 1,
			Authorization: ["b"],
			password: null,
			nested: { refreshToken: { deep: "x" } },
		};
		const innocent = {
			...{
				tokenCount: 3,
				cookieDomain: "d",
				apiKeyName: "n",
				bearerHostname: "h",
				secretsManagerEnabled: true,
				passwordAge: 9,
			},
		};
		const clean = redactedContext({ ...secret, ...innocent }, plain);
		expect(clean).toEqual({
			...{
				authToken: REDACTED_VALUE,
				api_key: REDACTED_VALUE,
				Authorization: REDACTED_VALUE,
				password: REDACTED_VALUE,
			},
			nested: { refreshToken: REDACTED_VALUE },
			...innocent,
		});
		expect(REDACTED_VALUE).toBe("[REDACTED]");
	});

	it("reaches the cap and leaves out what lies deeper", () => {
		let deep: Json = { token: "canary" };
		for (let level = 2; level < redactionDepth; level += 1) deep = { a: deep };
		expect(JSON.stringify(redactedContext(deep, plain))).toContain(`{"token":"${REDACTED_VALUE}"}`);
		for (let level = 0; level < 3; level += 1) deep = [deep];
		const cut = JSON.stringify(redactedContext(deep, plain));
		expect([cut.includes("canary"), cut.includes(TOO_DEEP)]).toEqual([false, true]);
		let deepest: Json = "canary";
		for (let level = 0; level < 8_000; level += 1) deepest = [deepest];
		expect(JSON.stringify(redactedContext(deepest, plain))).not.toContain("canary");
	});

	const secretKeys = [
		"authToken",
		"api_key",
		"Authorization",
		"db_password",
		"clientSecret",
		"sessionCookie",
		"x-api-key",
	];
	const innocentKeys = [
		"tokenCount",
		"cookieDomain",
		"apiKeyName",
		"bearerHostname",
		"passwordAge",
		"name",
		"__proto__",
		"constructor",
	];
	const canary = "sk-ant-api03-canary0123456789canary0123456789";
	const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
		tree: fc.oneof(
			{ maxDepth: 6, withCrossShrink: true },
			fc.constantFrom<Json>(1, "plain text", true, null, `bearer ${canary}`),
			fc.array(tie("tree"), { maxLength: 3 }),
			fc
				.array(fc.tuple(fc.constantFrom(...secretKeys, ...innocentKeys), fc.oneof(tie("tree"), fc.constant(canary))), {
					maxLength: 5,
				})
				.map((entries) => Object.fromEntries(entries) as Json),
		),
	}));

	/** Every place of a key that no secret stands above. */
	function innocentPlaces(value: Json, path = ""): string[] {
		if (typeof value !== "object" || value === null) return [];
		return Object.entries(value).flatMap(([key, item]) => {
			const here = `${path}/${key}`;
			return [here, ...(secretKeys.includes(key) ? [] : innocentPlaces(item as Json, here))];
		});
	}

	it("lets no secret through, whatever it lies in, and loses no key", () => {
		const scrub = createScrub({ secrets: [] });
		fc.assert(
			fc.property(tree, (context) => {
				const clean = redactedContext(context, scrub);
				const text = JSON.stringify(clean);
				expect(text).not.toContain("canary");
				expect(innocentPlaces(clean)).toEqual(innocentPlaces(context));
			}),
		);
	});
});
