// One row of the HTTP interface: its path, who may call it, what goes in and what comes out. The app, the OpenAPI document and the test
// that walks every row with a builder's token are all made from the same rows.
import type { Context } from "hono";
import type { z } from "zod";
import type { Refusal } from "../../../core/refusals.js";
import type { Actor } from "../../../core/swap.js";
import type { AgentCaller } from "../../../engine/verbs/agents.js";
import type { ErrorShape } from "./error-shape.js";

/** `operator` decides, `builder` proposes and sees its own, `viewer` reads, `agent` speaks through the gateway and nowhere else. */
export const roles = ["operator", "builder", "viewer", "agent"] as const;

export type Role = (typeof roles)[number];

/** Who calls, as the door found out: by the socket's permissions or by a token. */
export interface Caller {
	readonly actor: Actor;
	readonly role: Role;
	/** The one target that a token is bound to; null: any. */
	readonly target: string | null;
	/** By a token: then rows are closed to other roles, and a builder sees its own only. Who may open the socket's file reads everything. */
	readonly confined: boolean;
	/** Who speaks through the gateway; left out elsewhere. */
	readonly agent?: AgentCaller;
}

export interface Call<P = unknown, Q = unknown, B = unknown> {
	readonly caller: Caller;
	readonly params: P;
	readonly query: Q;
	readonly body: B;
	/** Of the request's header, where it has one. */
	readonly idempotencyKey?: string;
	/** Aborts when the caller hangs up. */
	readonly signal: AbortSignal;
}

export interface Route {
	readonly method: "get" | "post" | "delete";
	/** Parameters in braces: `/v1/swaps/{id}`. */
	readonly path: string;
	readonly tag: string;
	/** One sentence, for the document. */
	readonly summary: string;
	/** `anyone`: without a token too. */
	readonly allow: readonly Role[] | "anyone";
	readonly query?: z.ZodType;
	readonly body?: z.ZodType;
	/** Of the JSON beside `schemaVersion`; a media type where the answer is no JSON object of ours. */
	readonly answer: z.ZodType | string;
	/** Of the answer; 200 where it is left out. */
	readonly status?: 200 | 201 | 202 | 204;
	/** Of another system, whose programs speak to this row: its errors have this shape, and its answers stand alone, without our `schemaVersion`. */
	readonly errors?: ErrorShape;
	/** Says when the same kind of answer comes as 503. */
	readonly unready?: string;
	/** Resolves with what stands beside `schemaVersion`, or with a response of its own. */
	readonly run: (call: Call<never, never, never>, c: Context) => Promise<object | Refusal | Response>;
}

interface Typed<P extends string, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>
	extends Omit<Route, "path" | "query" | "body" | "answer" | "run"> {
	readonly path: P;
	readonly query?: Q;
	readonly body?: B;
	readonly answer: A | string;
	readonly run: (
		call: Call<ParamsOf<P>, z.output<Q>, z.output<B>>,
		c: Context,
	) => Promise<z.input<A> | Refusal | Response>;
}

/** `/v1/swaps/{id}` has the parameter `id`. */
export type ParamsOf<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
	? { readonly [K in Name]: string } & ParamsOf<Rest>
	: unknown;

/** A row whose parts fit each other. */
export function route<
	const P extends string,
	A extends z.ZodType,
	Q extends z.ZodType = z.ZodType<unknown>,
	B extends z.ZodType = z.ZodType<unknown>,
>(row: Typed<P, Q, B, A>): Route {
	return row as unknown as Route;
}

export const everyone: readonly Role[] = ["operator", "builder", "viewer"];
export const operators: readonly Role[] = ["operator"];
export const readers: readonly Role[] = ["operator", "viewer"];
export const makers: readonly Role[] = ["operator", "builder"];
