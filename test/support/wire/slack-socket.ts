// Slack's socket mode on this machine: says hello, hands out envelopes and keeps their acknowledgements, asks for a reconnect, drops.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { until } from "../until.js";

const fixture = (name: string): Promise<string> =>
	readFile(new URL(`../../../fixtures/wire/slack/${name}.json`, import.meta.url), "utf8");

export interface SlackSocket {
	readonly url: string;
	/** Connections that said hello, ever. */
	readonly greeted: number;
	readonly open: number;
	/** Whether new connections are told hello. */
	silent: boolean;
	/** Resolves with the envelope's id once it was acknowledged. */
	push(type: "interactive" | "events_api" | "slash_commands", payload: unknown): Promise<string>;
	/** Anything, as it is. */
	raw(text: string): void;
	readonly acknowledged: ReadonlySet<string>;
	/** As Slack does before it recycles a connection. */
	refresh(): Promise<void>;
	/** Without a word. */
	drop(): void;
	close(): Promise<void>;
}

export async function serveSlackSocket(): Promise<SlackSocket> {
	const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
	await once(server, "listening");
	const acknowledged = new Set<string>();
	const hello = await fixture("hello");
	let greeted = 0;

	const socket: SlackSocket = {
		url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link/?ticket=${randomUUID()}`,
		get greeted() {
			return greeted;
		},
		get open() {
			return server.clients.size;
		},
		silent: false,
		acknowledged,
		async push(type, payload) {
			const envelope_id = randomUUID();
			const envelope = { type, envelope_id, payload, accepts_response_payload: false };
			newest(server).send(JSON.stringify(envelope));
			await until(`${type} is acknowledged`, () => acknowledged.has(envelope_id), 5_000);
			return envelope_id;
		},
		raw: (text) => newest(server).send(text),
		async refresh() {
			newest(server).send(await fixture("disconnect"));
		},
		drop() {
			for (const client of server.clients) client.terminate();
		},
		async close() {
			for (const client of server.clients) client.terminate();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	server.on("connection", (client) => {
		client.on("message", (data) => {
			const { envelope_id } = JSON.parse(String(data)) as { envelope_id: string };
			acknowledged.add(envelope_id);
		});
		if (socket.silent) return;
		client.send(hello);
		greeted += 1;
	});
	return socket;
}

function newest(server: WebSocketServer): WebSocket {
	const client = [...server.clients].at(-1);
	if (client === undefined) throw new Error("Nobody is connected.");
	return client;
}
