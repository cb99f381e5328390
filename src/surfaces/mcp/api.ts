// What MCP asks of the supervisor: the HTTP rows that a builder may use, typed. Knows no transport; there is no call here that decides anything.
import type { OutcomeReport } from "../../core/words/outcome-report.js";
import type { PolicyView } from "../../engine/verbs/builders.js";
import type { Workspace } from "../../ports/ports.js";
import type { ErrorView } from "../http/base/answers.js";
import type { SwapView } from "../view.js";

export interface ApiAsk {
	readonly method: "GET" | "POST";
	readonly path: string;
	readonly body?: object;
	readonly headers?: Readonly<Record<string, string>>;
	/** Aborts when the MCP client cancels. */
	readonly signal?: AbortSignal;
}

/** Resolves with the answer's object; throws `ApiRefused` where it was refused or nobody answers. */
export type Carry = (ask: ApiAsk) => Promise<object>;

/** A refusal on its way to an agent: its three parts are all that is told. */
export class ApiRefused extends Error {
	override readonly name = "ApiRefused";
	constructor(readonly view: ErrorView) {
		super(view.message);
	}
}

export interface RequestedChange {
	readonly summary: string;
	readonly fileSummaries: Readonly<Record<string, string>>;
	readonly target?: string | undefined;
	readonly conversation?: object;
}

export interface Wait {
	readonly id: string;
	readonly until: readonly string[];
	readonly timeoutMs: number;
	readonly signal: AbortSignal;
}

export type Api = ReturnType<typeof createApi>;

export function createApi(carry: Carry) {
	const get = async <T>(path: string, signal?: AbortSignal) =>
		(await carry(signal === undefined ? { method: "GET", path } : { method: "GET", path, signal })) as T;
	const post = async <T>(path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
		(await carry({ method: "POST", path, body, headers })) as T;
	const swapFrom = async (answer: Promise<{ swap: SwapView }>) => (await answer).swap;
	return {
		createWorkspace: async (body: object) => (await post<{ workspace: Workspace }>("/v1/workspaces", body)).workspace,
		submit: (body: RequestedChange & { readonly workspace: string }, key?: string) =>
			swapFrom(post("/v1/submissions", body, keyed(key))),
		propose: (body: RequestedChange & { readonly revision: string }, key?: string) =>
			swapFrom(post("/v1/swaps", body, keyed(key))),
		withdraw: (id: string) => swapFrom(post(`${swapPath(id)}/withdraw`, {})),
		swap: (id: string) => swapFrom(get(swapPath(id))),
		currentSwap: () => swapFrom(get("/v1/swaps/current")),
		swaps: async () => (await get<{ swaps: readonly SwapView[] }>("/v1/swaps")).swaps,
		wait: ({ id, until, timeoutMs, signal }: Wait) =>
			swapFrom(get(`${swapPath(id)}/wait?${waitQuery(until, timeoutMs)}`, signal)),
		outcome: async (id: string) => (await get<{ outcome: OutcomeReport | null }>(`${swapPath(id)}/outcome`)).outcome,
		outcomes: async (limit: number) =>
			(await get<{ outcomes: readonly OutcomeReport[] }>(`/v1/outcomes?limit=${limit}`)).outcomes,
		policy: async () => (await get<{ policy: PolicyView }>("/v1/policy")).policy,
		heartbeat: (body: object) => post<object>("/v1/heartbeats", body),
		milestone: (body: object) => post<object>("/v1/milestones", body),
	};
}

const swapPath = (id: string) => `/v1/swaps/${encodeURIComponent(id)}`;

const keyed = (key: string | undefined): Readonly<Record<string, string>> =>
	key === undefined ? {} : { "idempotency-key": key };

function waitQuery(until: readonly string[], timeoutMs: number): string {
	return [...until.map((status) => `until=${status}`), `timeoutMs=${timeoutMs}`].join("&");
}
