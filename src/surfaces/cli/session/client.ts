// HTTP over the operator's socket, with nothing but node: the client's start is as fast as node's own. Knows paths and errors, no verbs.
import { rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { basename } from "node:path";
import type { ErrorView } from "../../http/base/answers.js";
import { actorHeader } from "../../http/base/caller.js";
import { challengeHeader, proofHeader } from "../../http/base/proof-headers.js";
import { refuseSocketPath } from "../../socket-path.js";
import { refuseUnsafeSocket } from "../../socket-safety.js";
import { accepted, exitCodes, Failure, failureOfAnswer } from "./failure.js";

/** Nobody listens, or the listener went away before it answered. */
export class NotAnswered extends Error {
	override readonly name = "NotAnswered";
	constructor(
		readonly socket: string,
		/** Whether the request had reached a supervisor that then went away. */
		readonly interrupted: boolean,
	) {
		super(interrupted ? "The supervisor went away before it answered." : "No supervisor answers.");
	}
}

export interface Ask {
	readonly method?: "GET" | "POST" | "DELETE";
	readonly path: string;
	readonly body?: object;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
	/** Silence after which nobody is there, in milliseconds. */
	readonly timeoutMs?: number;
}

export interface Client {
	/** The answer's object; throws a Failure with the supervisor's error, or NotAnswered. */
	ask<T = Record<string, unknown>>(ask: Ask): Promise<T>;
	text(path: string): Promise<string>;
	/** Calls `onLine` for each line until the answer ends or `signal` aborts. */
	lines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/** Fetching a large commit, or counting a large database, takes its time. */
const patienceMs = 15 * 60_000;

export function createClient(options: { readonly socket: string; readonly actor: string }): Client {
	const { socket, actor } = options;
	const unusable = refuseSocketPath(socket);

	/** Looked at each time: a client may outlive a supervisor, and the next socket there may be somebody else's. */
	async function send(ask: Ask): Promise<IncomingMessage> {
		accepted(unusable ?? (await refuseUnsafeSocket(socket)) ?? true);
		return new Promise((resolve, reject) => {
			const { method = "GET", path, body, signal, timeoutMs = patienceMs } = ask;
			const headers = {
				...ask.headers,
				[actorHeader]: actor,
				host: "deadman",
				...(body && { "content-type": "application/json" }),
			};
			const sent = request({ socketPath: socket, path, method, headers, agent: false, signal, timeout: timeoutMs });
			sent.once("timeout", () => sent.destroy(new NotAnswered(socket, true)));
			sent.once("response", resolve);
			sent.once("error", (error) => reject(meaningOf(error, socket)));
			sent.end(body === undefined ? undefined : JSON.stringify(body));
		});
	}

	/** Once more with the proof that is asked for, where we are another user than the supervisor. */
	async function answered(ask: Ask): Promise<IncomingMessage> {
		const response = await send(ask);
		const path = response.headers[challengeHeader];
		if (response.statusCode !== 403 || typeof path !== "string") return response;
		response.resume();
		await writeFile(path, "", { flag: "wx", mode: 0o600 });
		try {
			return await send({ ...ask, headers: { ...ask.headers, [proofHeader]: basename(path) } });
		} finally {
			await rm(path, { force: true }).catch(() => {});
		}
	}

	async function textOf(ask: Ask): Promise<string> {
		const response = await answered(ask);
		const text = await collect(response, socket);
		if ((response.statusCode ?? 500) >= 300) throw failureOfAnswer(response.statusCode ?? 500, jsonOf(text));
		return text;
	}

	return {
		async ask<T>(ask: Ask) {
			return JSON.parse(await textOf(ask)) as T;
		},
		text: (path) => textOf({ path }),
		async lines(path, onLine, signal) {
			const response = await answered({ path, signal });
			let rest = "";
			response.setEncoding("utf8");
			for await (const insertion of response) {
				const lines = `${rest}${insertion}`.split("\n");
				rest = lines.pop() ?? "";
				for (const line of lines) onLine(line);
			}
		},
	};
}

async function collect(response: IncomingMessage, socket: string): Promise<string> {
	try {
		response.setEncoding("utf8");
		let text = "";
		for await (const insertion of response) text += insertion;
		return text;
	} catch (error) {
		throw meaningOf(error as Error, socket);
	}
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

function meaningOf(error: NodeJS.ErrnoException, socket: string): Error {
	if (error instanceof NotAnswered) return error;
	if (error.code === "ENOENT" || error.code === "ECONNREFUSED" || error.code === "ENOTSOCK") {
		return new NotAnswered(socket, false);
	}
	if (error.code === "ECONNRESET" || error.code === "EPIPE") return new NotAnswered(socket, true);
	if (error.code === "EACCES" || error.code === "EPERM") return new Failure(exitCodes.notAllowed, closed(socket));
	return error;
}

function closed(socket: string): ErrorView {
	const message = `You may not open ${socket}.`;
	return { code: "not_authorised", message, next: "Run it as the user that runs the supervisor." };
}
