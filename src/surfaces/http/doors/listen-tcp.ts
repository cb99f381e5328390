// Opens the door over TCP: with a limit on everything that a stranger could hold on to, such as time, headers and connections.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { limits } from "../../../core/limits.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { bind, type Door, doorOf } from "./listen.js";

export interface TcpDoor extends Door {
	/** `http://127.0.0.1:4711`, with the port that was chosen where 0 was asked for. */
	readonly address: string;
}

/** What a stranger is given; durations in milliseconds. */
export interface Patience {
	readonly headersMs: number;
	readonly receiveMs: number;
	readonly idleMs: number;
	readonly stalledMs: number;
	/** How often it is looked whether a request is late. */
	readonly lookMs: number;
	readonly connections: number;
}

export const patience: Patience = {
	headersMs: limits.headersMs,
	receiveMs: limits.receiveMs,
	idleMs: limits.idleMs,
	stalledMs: limits.stalledMs,
	lookMs: 1_000,
	connections: limits.connections,
};

export interface TcpPlace {
	readonly app: Hono;
	readonly host: string;
	readonly port: number;
	readonly patience?: Patience;
}

/** Refuses where the address cannot be listened on: in use, not of this machine, not allowed. */
export async function listenTcp({ app, host, port, ...place }: TcpPlace): Promise<TcpDoor | Refusal> {
	const server = createPatientServer(app, place.patience ?? patience);
	try {
		await bind(server, { host, port, exclusive: true });
	} catch (error) {
		return refuse("address_unusable", { address: addressOf(host, port), why: whyOf(error as NodeJS.ErrnoException) });
	}
	const bound = (server.address() as AddressInfo).port;
	return { ...doorOf(server, async () => {}), address: addressOf(host, bound) };
}

function createPatientServer(app: Hono, { stalledMs, connections, ...times }: Patience): Server {
	const server = createAdaptorServer({
		fetch: app.fetch,
		serverOptions: {
			maxHeaderSize: limits.headerBytes,
			headersTimeout: times.headersMs,
			requestTimeout: times.receiveMs,
			keepAliveTimeout: times.idleMs,
			connectionsCheckingInterval: times.lookMs,
		},
	}) as Server;
	server.maxConnections = connections;
	server.maxRequestsPerSocket = limits.requestsPerConnection;
	endStalled(server, stalledMs);
	return server;
}

/** A connection on which nothing moves: unless a request is being worked on, it ends; also where an answer waits for a reader that takes none. */
function endStalled(server: Server, stalledMs: number): void {
	const working = new WeakSet<Socket>();
	server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
		working.add(socket);
		response.once("close", () => working.delete(socket));
	});
	server.timeout = stalledMs;
	server.on("timeout", (socket: Socket) => {
		if (!working.has(socket) || socket.writableLength > 0) socket.destroy();
	});
}

function addressOf(host: string, port: number): string {
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

const reasons: Readonly<Record<string, string>> = {
	EADDRINUSE: "another program listens there",
	EADDRNOTAVAIL: "this machine has no such address",
	EACCES: "the system does not allow it",
	ENOTFOUND: "the name is not known",
};

function whyOf({ code = "", message }: NodeJS.ErrnoException): string {
	return reasons[code] ?? message;
}
