// The supervised program's socket: it reports, by the token it was started with. Nothing here can decide, propose or read a swap.
import type { Context, Hono } from "hono";
import { isRefusal, type Refusal } from "../../core/refusals.js";
import type { Supervisor } from "../../engine/supervisor.js";
import type { Log, Scrub } from "../../ports.js";
import { answer, createApp, readBody } from "./answers.js";
import { heartbeat, nothing } from "./bodies.js";
import { headerOf } from "./headers.js";

export interface ProgramOptions {
	readonly supervisor: Supervisor;
	readonly log: Log;
	readonly scrub: Scrub;
}

export function createProgramApp({ supervisor, log, scrub }: ProgramOptions): Hono {
	const app = createApp({ log, scrub });
	app.post("/v1/program/ready", async (c) => {
		const body = await readBody(c, nothing);
		return acknowledge(c, isRefusal(body) ? body : await supervisor.reportReady(tokenOf(c)));
	});
	app.post("/v1/program/progress", async (c) => {
		const body = await readBody(c, nothing);
		return acknowledge(c, isRefusal(body) ? body : await supervisor.reportProgress(tokenOf(c)));
	});
	app.post("/v1/program/heartbeat", async (c) => {
		const body = await readBody(c, heartbeat);
		return acknowledge(c, isRefusal(body) ? body : await supervisor.reportHeartbeat(tokenOf(c), body));
	});
	return app;
}

function acknowledge(c: Context, refusal: Refusal | null): Response {
	return answer(c, refusal ?? "acknowledged", () => ({ acknowledged: true }));
}

/** Empty when there is none: the supervisor gave no such token to anyone, so it refuses. */
function tokenOf(c: Context): string {
	return /^Bearer +(\S+)$/i.exec(headerOf(c, "authorization") ?? "")?.[1] ?? "";
}
