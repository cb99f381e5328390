// The verbs that decide a swap, as one table: each has its body and its call. Whether this person may is the supervisor's answer; that no builder may is the row's.
import type { z } from "zod";
import { isRefusal, type Refusal } from "../../../core/refusals.js";
import type { Swap } from "../../../core/swap.js";
import type { DecideRequest, Supervisor } from "../../../engine/verbs/supervisor.js";
import type { RouteOptions } from "../base/caller.js";
import { makers, operators, type Role, type Route, route } from "../base/route.js";
import { unseen } from "../base/scope.js";
import { approval, decision, extension, reasoned } from "../schemas/bodies.js";
import { swap as swapAnswer } from "../schemas/schemas.js";

interface Decision<S extends z.ZodType> {
	readonly summary: string;
	readonly allow: readonly Role[];
	readonly body: S;
	readonly call: (
		supervisor: Supervisor,
		request: Omit<DecideRequest, "epoch">,
		body: z.output<S>,
	) => Promise<Swap | Refusal>;
}

const verb = <S extends z.ZodType>(summary: string, body: S, call: Decision<S>["call"], allow = operators) =>
	({ summary, allow, body, call }) as unknown as Decision<z.ZodType>;

const decisions: Readonly<Record<string, Decision<z.ZodType>>> = {
	approve: verb("Let it go live on trial", approval, (it, request, { seen, ...body }) =>
		it.approve({ ...request, ...body, ...(seen == null ? {} : { seen: { kind: "read", sha256: seen } }) }),
	),
	reject: verb("Refuse a proposal", reasoned, (it, request, { epoch, reason }) =>
		it.reject({ ...request, epoch, reason }),
	),
	withdraw: verb(
		"Take a proposal back",
		decision,
		(it, request, { epoch }) => it.withdraw({ ...request, epoch }),
		makers,
	),
	confirm: verb("Keep the new version", decision, (it, request, { epoch }) => it.confirm({ ...request, epoch })),
	rollback: verb("Bring the previous version back", reasoned, (it, request, { epoch, reason }) =>
		it.rollback({ ...request, epoch, reason }),
	),
	extend: verb("Give the window more time, under its cap", extension, (it, request, { epoch, byMs }) =>
		it.extend({ ...request, epoch, byMs }),
	),
	promote: verb("Apply what was reviewed to the template", decision, (it, request, { epoch }) =>
		it.promote({ ...request, epoch }),
	),
	keep: verb("Leave the template as it is", decision, (it, request, { epoch }) => it.keep({ ...request, epoch })),
};

export function decisionRoutes({ supervisor, view }: RouteOptions): readonly Route[] {
	return Object.entries(decisions).map(([name, { summary, allow, body, call }]) =>
		route({
			method: "post",
			path: `/v1/swaps/{id}/${name}` as "/v1/swaps/{id}/verb",
			tag: "verdicts",
			summary,
			allow,
			body,
			answer: swapAnswer,
			async run({ caller, params, body: given }) {
				const hidden = await unseen(supervisor, caller, params.id);
				const swap = hidden ?? (await call(supervisor, { id: params.id, by: caller.actor }, given));
				return isRefusal(swap) ? swap : { swap: view(swap) };
			},
		}),
	);
}
