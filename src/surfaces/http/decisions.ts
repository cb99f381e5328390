// The verbs that decide a swap, as one table: each row has its body and its call. Whether the caller may is the supervisor's answer.
import type { Hono } from "hono";
import type { z } from "zod";
import { isRefusal, type Refusal } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import type { DecideRequest, Supervisor } from "../../engine/supervisor.js";
import { answer, readBody } from "./answers.js";
import { approval, decision, extension, reasoned } from "./bodies.js";
import { actorOf, type OperatorOptions } from "./caller.js";

interface Decision<S extends z.ZodType> {
	readonly body: S;
	readonly call: (
		supervisor: Supervisor,
		request: Omit<DecideRequest, "epoch">,
		body: z.output<S>,
	) => Promise<Swap | Refusal>;
}

const verb = <S extends z.ZodType>(body: S, call: Decision<S>["call"]) => ({ body, call }) as Decision<z.ZodType>;

const decisions: Readonly<Record<string, Decision<z.ZodType>>> = {
	approve: verb(approval, (it, request, body) => it.approve({ ...request, ...body })),
	reject: verb(reasoned, (it, request, { epoch, reason }) => it.reject({ ...request, epoch, reason })),
	withdraw: verb(decision, (it, request, { epoch }) => it.withdraw({ ...request, epoch })),
	confirm: verb(decision, (it, request, { epoch }) => it.confirm({ ...request, epoch })),
	rollback: verb(reasoned, (it, request, { epoch, reason }) => it.rollback({ ...request, epoch, reason })),
	extend: verb(extension, (it, request, { epoch, byMs }) => it.extend({ ...request, epoch, byMs })),
	promote: verb(decision, (it, request, { epoch }) => it.promote({ ...request, epoch })),
	keep: verb(decision, (it, request, { epoch }) => it.keep({ ...request, epoch })),
};

export function serveDecisions(app: Hono, { supervisor, view }: OperatorOptions): void {
	for (const [name, { body, call }] of Object.entries(decisions)) {
		app.post(`/v1/swaps/:id/${name}`, async (c) => {
			const read = await readBody(c, body);
			const request = { id: c.req.param("id"), by: actorOf(c) };
			const result = isRefusal(read) ? read : await call(supervisor, request, read);
			return answer(c, result, (swap) => ({ swap: view(swap) }));
		});
	}
}
