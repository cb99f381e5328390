// A client of server-sent events, as small as the standard allows: keeps the last id, dispatches whole events, forgets a half one.
import { type ClientRequest, type IncomingMessage, request } from "node:http";

export interface ClientEvent {
	readonly id: string;
	readonly type: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into events as they come
	readonly data: any;
}

export interface Parser {
	readonly events: readonly ClientEvent[];
	readonly comments: readonly string[];
	/** What a client sends when it comes back; null before the first id. */
	readonly lastId: string | null;
	readonly retryMs: number | null;
	take(text: string): void;
	/** The connection has gone: what was not ended by an empty line never was. */
	cut(): void;
}

export function createParser(): Parser {
	const events: ClientEvent[] = [];
	const comments: string[] = [];
	let lastId: string | null = null;
	let retryMs: number | null = null;
	let rest = "";
	let fields = new Map<string, string>();

	function line(text: string): void {
		if (text === "") {
			dispatch();
			return;
		}
		const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(text) ?? [];
		if (name === "") comments.push(value);
		else if (name === "retry") retryMs = Number(value);
		else fields.set(name, fields.has(name) && name === "data" ? `${fields.get(name)}\n${value}` : value);
	}

	function dispatch(): void {
		lastId = fields.get("id") ?? lastId;
		const data = fields.get("data");
		if (data !== undefined) {
			events.push({ id: lastId ?? "", type: fields.get("event") ?? "message", data: JSON.parse(data) });
		}
		fields = new Map();
	}

	return {
		events,
		comments,
		get lastId() {
			return lastId;
		},
		get retryMs() {
			return retryMs;
		},
		take(text) {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const one of lines) line(one);
		},
		cut() {
			rest = "";
			fields = new Map();
		},
	};
}

export interface Stream {
	readonly parser: Parser;
	readonly response: IncomingMessage;
	readonly facts: () => readonly ClientEvent[];
	/** Resolves when the other side ended it, or when it broke. */
	readonly ended: Promise<void>;
	readonly isEnded: () => boolean;
	stop(): void;
}

export interface Asked {
	readonly socketPath: string;
	readonly path?: string;
	readonly lastId?: string | null;
	readonly parser?: Parser;
}

/** Rejects where the answer is no stream of events. */
export function openStream({ socketPath, path = "/v1/events", lastId = null, parser = createParser() }: Asked) {
	const headers = { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) };
	return new Promise<Stream>((resolve, reject) => {
		const sent: ClientRequest = request({ socketPath, path, headers, agent: false }, (response) => {
			if (response.statusCode !== 200) {
				response.resume();
				return reject(new Error(`It answered ${response.statusCode}.`));
			}
			let over = false;
			response.setEncoding("utf8");
			response.on("data", (text: string) => parser.take(text));
			response.on("error", () => {});
			const ended = new Promise<void>((done) => {
				response.on("close", () => {
					over = true;
					parser.cut();
					done();
				});
			});
			const facts = () => parser.events.filter(({ type }) => type === "fact");
			resolve({ parser, response, facts, ended, isEnded: () => over, stop: () => sent.destroy() });
		});
		sent.on("error", reject);
		sent.end();
	});
}
