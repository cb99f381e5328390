// The rows that propose and read swaps. What is decided of them is in decisions.ts.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import { hostTarget } from "../../../core/swap.js";
import { factViewOf } from "../../view.js";
import { outOfBounds, submitsOutOfBounds, unseenRevision } from "../base/bounds.js";
import type { RouteOptions } from "../base/caller.js";
import { type Call, everyone, makers, type Route, route } from "../base/route.js";
import { seenSwap, sees, uninsisted, unseen } from "../base/scope.js";
import { statusesOf } from "../base/statuses.js";
import { textInPieces } from "../base/text.js";
import { proposal, submission, waitQuery } from "../schemas/bodies.js";
import { readReview } from "../schemas/review.js";
import { facts, review, swap as swapAnswer, swaps as swapsAnswer } from "../schemas/schemas.js";

export function swapRoutes(options: RouteOptions): readonly Route[] {
	return [...proposing(options), ...listing(options), ...single(options), ...evidence(options)];
}

function proposing({ supervisor, view }: RouteOptions): readonly Route[] {
	const tag = "swaps";
	return [
		route({
			method: "post",
			path: "/v1/swaps",
			tag,
			summary: "Propose a commit",
			allow: makers,
			body: proposal,
			answer: swapAnswer,
			async run({ caller, body, ...keyed }) {
				const swap =
					(await uninsisted(supervisor, caller, body)) ??
					(await outOfBounds(supervisor, caller, { verb: "propose", target: body.target ?? hostTarget })) ??
					(await unseenRevision(supervisor, caller, body.revision)) ??
					(await supervisor.propose({ ...body, by: caller.actor, ...keyOf(keyed) }));
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
		route({
			method: "post",
			path: "/v1/submissions",
			tag,
			summary: "Propose what a workspace has committed",
			allow: makers,
			body: submission,
			answer: swapAnswer,
			async run({ caller, body, ...keyed }) {
				const swap =
					(await uninsisted(supervisor, caller, body)) ??
					(await submitsOutOfBounds(supervisor, caller, body)) ??
					(await supervisor.submit({ ...body, by: caller.actor, ...keyOf(keyed) }));
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
	];
}

function keyOf({ idempotencyKey }: Pick<Call, "idempotencyKey">) {
	return idempotencyKey === undefined ? {} : { idempotencyKey };
}

function listing({ supervisor, view }: RouteOptions): readonly Route[] {
	const tag = "swaps";
	return [
		route({
			method: "get",
			path: "/v1/swaps",
			tag,
			summary: "All swaps, newest first",
			allow: everyone,
			answer: swapsAnswer,
			async run({ caller }) {
				return { swaps: (await supervisor.swaps()).filter((swap) => sees(caller, swap)).map(view) };
			},
		}),
		route({
			method: "get",
			path: "/v1/swaps/current",
			tag,
			summary: "The swap that matters now",
			allow: everyone,
			answer: swapAnswer,
			async run({ caller }) {
				const swap = await supervisor.currentSwap(caller.confined && caller.role === "builder" ? caller.actor : null);
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
	];
}

function single({ supervisor, view }: RouteOptions): readonly Route[] {
	const tag = "swaps";
	return [
		route({
			method: "get",
			path: "/v1/swaps/{id}",
			tag,
			summary: "One swap",
			allow: everyone,
			answer: swapAnswer,
			async run({ caller, params }) {
				const swap = await seenSwap(supervisor, caller, params.id);
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
		route({
			method: "get",
			path: "/v1/swaps/{id}/wait",
			tag,
			summary: "Wait until a swap reaches a status",
			allow: everyone,
			query: waitQuery,
			answer: swapAnswer,
			async run({ caller, params, query, signal }) {
				const until = statusesOf(query.until);
				if (isRefusal(until)) return until;
				const hidden = await unseen(supervisor, caller, params.id);
				if (hidden !== null) return hidden;
				const swap = await supervisor.wait({ id: params.id, until, timeoutMs: query.timeoutMs, signal });
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
	];
}

function evidence({ supervisor, authority, clock }: RouteOptions): readonly Route[] {
	const tag = "swaps";
	return [
		route({
			method: "get",
			path: "/v1/swaps/{id}/diff",
			tag,
			summary: "What a swap changes, whole",
			allow: everyone,
			answer: "text/plain",
			async run({ caller, params }, c) {
				const diff = (await unseen(supervisor, caller, params.id)) ?? (await supervisor.diff(params.id));
				return isRefusal(diff) ? diff : textInPieces(c, diff);
			},
		}),
		route({
			method: "get",
			path: "/v1/swaps/{id}/review",
			tag,
			summary: "What approvers were given to read",
			allow: everyone,
			answer: z.object({ review }),
			async run({ caller, params }) {
				const read =
					(await unseen(supervisor, caller, params.id)) ??
					(await readReview({ supervisor, authority, clock }, params.id));
				return isRefusal(read) ? read : { review: read };
			},
		}),
		route({
			method: "get",
			path: "/v1/swaps/{id}/facts",
			tag,
			summary: "Everything that happened to a swap",
			allow: everyone,
			answer: z.object({ facts }),
			async run({ caller, params }) {
				const found = (await unseen(supervisor, caller, params.id)) ?? (await supervisor.facts(params.id));
				return isRefusal(found) ? found : { facts: found.map(factViewOf) };
			},
		}),
	];
}
