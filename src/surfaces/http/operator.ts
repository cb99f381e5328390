// The operator's socket: every verb of deadman over HTTP. Whoever may open the socket file is an operator; the header only says who it was.
import type { Hono } from "hono";
import { isRefusal } from "../../core/refusals.js";
import { auditViewOf, factViewOf } from "../view.js";
import { answer, createApp, readBody } from "./answers.js";
import { nothing, proposal, submission, workspace } from "./bodies.js";
import { actorOf, type OperatorOptions } from "./caller.js";
import { serveDecisions } from "./decisions.js";
import { streamEvents } from "./events.js";
import { readReview } from "./review.js";
import { statusViewOf } from "./status.js";
import { textInPieces } from "./text.js";
import { waitFor } from "./waiting.js";

export function createOperatorApp(options: OperatorOptions): Hono {
	const app = createApp(options);
	serveSwaps(app, options);
	serveDecisions(app, options);
	serveData(app, options);
	serveWorkspaces(app, options);
	app.get("/v1/status", async (c) => c.json(statusViewOf(await options.supervisor.status(), options.view)));
	app.get("/v1/audits", async (c) => {
		const audits = await options.supervisor.audits(c.req.query("swap") ?? null);
		return answer(c, audits, (entries) => ({ audits: entries.map(auditViewOf) }));
	});
	app.get("/v1/events", (c) => streamEvents(c, options));
	return app;
}

function serveSwaps(app: Hono, { supervisor, view, authority }: OperatorOptions): void {
	app.get("/v1/swaps", async (c) => {
		return answer(c, await supervisor.swaps(), (swaps) => ({ swaps: swaps.map(view) }));
	});
	app.post("/v1/swaps", async (c) => {
		const body = await readBody(c, proposal);
		const result = isRefusal(body) ? body : await supervisor.propose({ ...body, by: actorOf(c) });
		return answer(c, result, (swap) => ({ swap: view(swap) }));
	});
	app.post("/v1/submissions", async (c) => {
		const body = await readBody(c, submission);
		const result = isRefusal(body) ? body : await supervisor.submit({ ...body, by: actorOf(c) });
		return answer(c, result, (swap) => ({ swap: view(swap) }));
	});
	app.get("/v1/swaps/current", async (c) => {
		return answer(c, await supervisor.currentSwap(), (swap) => ({ swap: view(swap) }));
	});
	app.get("/v1/swaps/:id", async (c) => {
		return answer(c, await supervisor.swap(c.req.param("id")), (swap) => ({ swap: view(swap) }));
	});
	app.get("/v1/swaps/:id/wait", (c) => waitFor(c, { supervisor, view, id: c.req.param("id") }));
	app.get("/v1/swaps/:id/diff", async (c) => {
		const diff = await supervisor.diff(c.req.param("id"));
		return isRefusal(diff) ? answer(c, diff, () => ({})) : textInPieces(c, diff);
	});
	app.get("/v1/swaps/:id/review", async (c) => {
		return answer(c, await readReview(supervisor, c.req.param("id"), authority), (review) => ({ review }));
	});
	app.get("/v1/swaps/:id/facts", async (c) => {
		return answer(c, await supervisor.facts(c.req.param("id")), (facts) => ({ facts: facts.map(factViewOf) }));
	});
}

function serveData(app: Hono, { supervisor }: OperatorOptions): void {
	app.get("/v1/swaps/:id/data", async (c) => {
		return answer(c, await supervisor.dataShow(c.req.param("id")), (data) => ({ data }));
	});
	app.post("/v1/swaps/:id/data/replay", async (c) => {
		const body = await readBody(c, nothing);
		const request = { id: c.req.param("id"), by: actorOf(c) };
		return answer(c, isRefusal(body) ? body : await supervisor.dataReplay(request), (data) => ({ data }));
	});
}

function serveWorkspaces(app: Hono, { supervisor }: OperatorOptions): void {
	app.get("/v1/workspaces", async (c) =>
		answer(c, await supervisor.listWorkspaces(), (workspaces) => ({ workspaces })),
	);
	app.post("/v1/workspaces", async (c) => {
		const body = await readBody(c, workspace);
		const made = isRefusal(body) ? body : await supervisor.createWorkspace(body);
		return answer(c, made, (it) => ({ workspace: it }));
	});
	app.delete("/v1/workspaces/:name", async (c) => {
		const name = c.req.param("name");
		return answer(c, (await supervisor.removeWorkspace(name)) ?? name, (removed) => ({ removed }));
	});
}
