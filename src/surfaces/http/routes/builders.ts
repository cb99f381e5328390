// The rows by which builders learn how their swaps ended and what judges their paths, and say that they live and how far they are.
// None of them decides anything.

import { isRefusal } from "../../../core/refusals.js";
import { outcomeReportOf } from "../../../core/words/outcome-report.js";
import type { PolicyView } from "../../../engine/verbs/builders.js";
import type { RouteOptions } from "../base/caller.js";
import { type Caller, everyone, makers, type Route, route } from "../base/route.js";
import { seenSwap } from "../base/scope.js";
import {
	acknowledged,
	builderHeartbeat,
	milestone,
	outcome,
	outcomes,
	outcomesQuery,
	policy,
} from "../schemas/builders.js";
import type { Mutable } from "../schemas/names.js";

export function builderRoutes(options: RouteOptions): readonly Route[] {
	return [...hearing(options), ...saying(options)];
}

const tag = "builders";

function hearing({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/v1/outcomes",
			tag,
			summary: "How swaps ended, newest first: a builder's own, everybody's for people",
			allow: everyone,
			query: outcomesQuery,
			answer: outcomes,
			async run({ caller, query }) {
				return { outcomes: (await supervisor.outcomes({ by: caller.actor, limit: query.limit })).map(shown) };
			},
		}),
		route({
			method: "get",
			path: "/v1/swaps/{id}/outcome",
			tag,
			summary: "How a swap ended, with the evidence and what to do; null while nothing has ended or failed",
			allow: everyone,
			answer: outcome,
			async run({ caller, params }) {
				const swap = await seenSwap(supervisor, caller, params.id);
				if (isRefusal(swap)) return swap;
				const report = outcomeReportOf(swap);
				return { outcome: report === null ? null : shown(report) };
			},
		}),
		route({
			method: "get",
			path: "/v1/policy",
			tag,
			summary: "What will judge the paths of a change",
			allow: everyone,
			answer: policy,
			async run({ caller }) {
				return { policy: shown(policyFor(caller, supervisor.policy())) };
			},
		}),
	];
}

/** A builder that is bound to a target is not told what others there are. */
function policyFor({ confined, role, target }: Caller, policy: PolicyView): PolicyView {
	if (!confined || role !== "builder" || target === null) return policy;
	return { ...policy, targets: policy.targets.filter(({ name }) => name === target) };
}

const received = { acknowledged: true } as const;

function saying({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path: "/v1/heartbeats",
			tag,
			summary: "A builder's sign of life; it decides nothing",
			allow: makers,
			body: builderHeartbeat,
			answer: acknowledged,
			status: 202,
			async run({ caller, body }) {
				const refusal = await supervisor.reportPresence({ by: caller.actor, heartbeat: body });
				return refusal ?? received;
			},
		}),
		route({
			method: "post",
			path: "/v1/milestones",
			tag,
			summary: "How far a builder is, as a note of its own swap where one is named; it decides nothing",
			allow: makers,
			body: milestone,
			answer: acknowledged,
			status: 202,
			async run({ caller, body: { name, detail, swap: swapId } }) {
				const said = { name, detail, swapId };
				const refusal = await supervisor.reportMilestone({ by: caller.actor, milestone: said });
				return refusal ?? received;
			},
		}),
	];
}

/** The same value, as zod writes its type. */
function shown<T>(value: T): Mutable<T> {
	return value as Mutable<T>;
}
