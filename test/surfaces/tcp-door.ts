// A door over TCP on a free port, over whichever supervisor a test plays with, and ways to knock: with a token, and byte by byte.
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createClock } from "../../src/adapters/system/clock.js";
import { http as httpKey } from "../../src/config/http.js";
import { type Authority, openAuthority } from "../../src/core/people/authority.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { Supervisor } from "../../src/engine/verbs/supervisor.js";
import type { Clock } from "../../src/ports/ports.js";
import { listenTcp, type Patience, patience } from "../../src/surfaces/http/doors/listen-tcp.js";
import { createSessions } from "../../src/surfaces/http/doors/sessions.js";
import { createTcpApp, type TcpOptions } from "../../src/surfaces/http/doors/tcp.js";
import type { mountMcp } from "../../src/surfaces/mcp/mount.js";
import { viewOf } from "../../src/surfaces/view.js";
import { type Answer, createLines, type Line, now } from "./doorway.js";

interface Wanted {
	readonly supervisor: Supervisor;
	readonly http?: object;
	readonly authority?: Authority;
	readonly clock?: Clock;
	readonly patience?: Partial<Patience>;
	/** As the doors mount what is no row. */
	readonly mount?: typeof mountMcp;
}

export interface Knock {
	readonly method?: string;
	readonly token?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | object;
	readonly signal?: AbortSignal;
}

export interface TcpKnocker {
	readonly port: number;
	readonly address: string;
	readonly lines: readonly Line[];
	ask(path: string, knock?: Knock): Promise<Answer>;
	/** A connection on which the test writes what it likes. */
	dial(): Promise<Wire>;
	close(): Promise<void>;
}

export interface Wire {
	readonly socket: Socket;
	/** What came so far. */
	readonly heard: () => string;
	/** Resolves with all that came once the other side has hung up. */
	readonly over: Promise<string>;
}

/** The rows and the guard as `deadman run` puts them together; closed after the test. */
export async function openTcpDoor(wanted: Wanted): Promise<TcpKnocker> {
	const { lines, log } = createLines();
	const authority = wanted.authority ?? openAuthority;
	const clock: Clock = wanted.clock ?? { ...createClock(), now };
	const sessions = createSessions();
	const settings = httpKey.parse({ port: 0, ...wanted.http });
	if (settings === null) throw new Error("There is no such door.");
	const options: TcpOptions = {
		supervisor: sessions.heed(wanted.supervisor),
		view: (swap) => viewOf(swap, clock.now(), authority),
		authority,
		log,
		scrub: (text) => text,
		clock,
		http: settings,
		sessions,
	};
	const door = await listenTcp({
		app: createTcpApp(options, (app, { callerOf }) => wanted.mount?.(app, { ...options, callerOf })),
		host: settings.host,
		port: 0,
		patience: { ...patience, ...wanted.patience },
	});
	if (isRefusal(door)) throw new Error(door.message);
	onTestFinished(() => door.close());
	const port = Number(new URL(door.address).port);
	return {
		port,
		address: door.address,
		lines,
		ask: (path, knock = {}) => ask(port, path, knock),
		dial: () => dial(port),
		close: () => door.close(),
	};
}

function ask(
	port: number,
	path: string,
	{ method = "GET", token, headers = {}, body, signal }: Knock,
): Promise<Answer> {
	const carried = token === undefined ? headers : { authorization: `Bearer ${token}`, ...headers };
	return new Promise((resolve, reject) => {
		const options = { host: "127.0.0.1", port, method, path, headers: carried, agent: false, signal };
		const sent = request(options, async (response) => {
			response.setEncoding("utf8");
			let text = "";
			try {
				for await (const piece of response) text += piece;
			} catch (error) {
				return reject(error);
			}
			const isJson = text !== "" && /json/.test(response.headers["content-type"] ?? "");
			const json = isJson ? JSON.parse(text) : null;
			resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
		});
		sent.on("error", reject);
		sent.end(typeof body === "object" ? JSON.stringify(body) : body);
	});
}

function dial(port: number): Promise<Wire> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: "127.0.0.1", port });
		let text = "";
		const over = new Promise<string>((ended) => socket.once("close", () => ended(text)));
		socket.setEncoding("utf8").on("data", (piece) => (text += piece));
		socket.once("error", reject);
		socket.once("connect", () => {
			socket.on("error", () => {});
			resolve({ socket, heard: () => text, over });
		});
		onTestFinished(() => void socket.destroy());
	});
}

/** The head of a request as one writes it by hand. */
export function head(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
	const all = { host: "127.0.0.1", connection: "close", ...headers };
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
	return `${[`${line} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}
