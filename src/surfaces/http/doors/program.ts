// The supervised program's socket: it reports, in our words and in those of other systems, takes what it delivers through its own channel, and relays clicks, by the token it was started
// with. Nothing here can confirm, propose or read a swap.
import type { Context, Hono } from "hono";
import type { z } from "zod";
import { isRefusal, type Refusal } from "../../../core/refusals.js";
import { answer, createApp, readBody } from "../base/answers.js";
import type { RouteOptions } from "../base/caller.js";
import { headerOf } from "../base/headers.js";
import { gatewayRoutes, identifyAgent } from "../gateway/gateway.js";
import { shaping } from "../gateway/shapes.js";
import { heartbeat, mailAnswer, nothing, relayedClick } from "../schemas/bodies.js";
import { serveRoutes } from "./serve.js";

export type ProgramOptions = RouteOptions;

export function createProgramApp(options: ProgramOptions): Hono {
	const { supervisor, log, scrub } = options;
	const app = createApp({ log, scrub, before: [shaping] });

	/** One verb: its body, what it does with the token, and what it answers. */
	function serve<S extends z.ZodType, T>(
		what: string,
		body: S,
		run: (token: string, body: z.output<S>, c: Context) => Promise<T | Refusal>,
		wrap: (value: T) => object,
	): void {
		app.post(`/v1/program/${what}`, async (c) => {
			const read = await readBody(c, body);
			return answer(c, isRefusal(read) ? read : await run(tokenOf(c), read, c), wrap);
		});
	}

	serve("ready", nothing, (token) => supervisor.reportReady(token), acknowledge);
	serve("progress", nothing, (token) => supervisor.reportProgress(token), acknowledge);
	serve("heartbeat", heartbeat, (token, body) => supervisor.reportHeartbeat(token, body), acknowledge);
	serve(
		"mail/take",
		nothing,
		(token, _, c) => supervisor.takeMail(token, c.req.raw.signal),
		(message) => ({ message }),
	);
	serve(
		"mail/answer",
		mailAnswer,
		(token, { id, ...answered }) => supervisor.answerMail(token, { id, answer: answered }),
		acknowledge,
	);
	serve(
		"click",
		relayedClick,
		(token, click) => supervisor.relayClick(token, click),
		({ sentence, card }) => ({ sentence, card }),
	);
	serveRoutes(app, gatewayRoutes(options), (c) => identifyAgent(options, c), supervisor.noteRefused);
	return app;
}

function acknowledge(): object {
	return { acknowledged: true };
}

/** Empty when there is none: the supervisor gave no such token to anyone, so it refuses. */
function tokenOf(c: Context): string {
	return /^Bearer +(\S+)$/i.exec(headerOf(c, "authorization") ?? "")?.[1] ?? "";
}
