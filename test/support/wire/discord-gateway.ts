// Discord's gateway on this machine: hello, identify or resume, heartbeats, events with their numbers and their replay, and the ways in
// which a connection ends. After https://discord.com/developers/docs/events/gateway.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface DiscordGateway {
	readonly url: string;
	/** What was sent with each identify. */
	readonly identified: readonly Json[];
	readonly resumed: number;
	readonly connections: number;
	heartbeats: number;
	/** A token that does not hold is told so with 4004. */
	isRight: (token: string) => boolean;
	/** Whatever the token is. */
	refuse(yes: boolean): void;
	/** Kept for who resumes. */
	push(type: string, data: Json): void;
	raw(text: string): void;
	/** Opcode 7: reconnect and resume. */
	ask(): void;
	/** Opcode 9: the session is over. */
	invalidate(): void;
	drop(): void;
	closeWith(code: number): void;
	/** Nobody listens until `raise`. */
	fall(): Promise<void>;
	raise(): Promise<void>;
	close(): Promise<void>;
}

export async function serveDiscordGateway({ heartbeatMs = 41_250 } = {}): Promise<DiscordGateway> {
	const ready = JSON.parse(
		await readFile(new URL("../../../fixtures/wire/discord/ready.json", import.meta.url), "utf8"),
	);
	let server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const url = `ws://127.0.0.1:${port}`;
	const identified: Json[] = [];
	const events: Json[] = [];
	const sessions = new Set<WebSocket>();
	let resumed = 0;
	let connections = 0;
	let sequence = 0;
	let refusing = false;

	const send = (client: WebSocket, message: Json) => client.send(JSON.stringify(message));

	function take(client: WebSocket, { op, d }: Json): void {
		if (op === 1) {
			gateway.heartbeats += 1;
			send(client, { op: 11 });
		}
		if ((op === 2 || op === 6) && (refusing || !gateway.isRight(d.token))) {
			client.close(4004);
			return;
		}
		if (op === 2) {
			identified.push(d);
			sessions.add(client);
			sequence += 1;
			send(client, { op: 0, t: "READY", s: sequence, d: { ...ready, resume_gateway_url: url } });
		}
		if (op === 6) {
			resumed += 1;
			sessions.add(client);
			for (const event of events.filter(({ s }) => s > d.seq)) send(client, event);
			sequence += 1;
			send(client, { op: 0, t: "RESUMED", s: sequence, d: {} });
		}
	}

	function listen(): void {
		server.on("connection", (client) => {
			connections += 1;
			client.on("error", () => {});
			client.on("message", (data) => take(client, JSON.parse(String(data))));
			client.on("close", () => void sessions.delete(client));
			send(client, { op: 10, d: { heartbeat_interval: heartbeatMs } });
		});
	}
	listen();

	function newest(): WebSocket {
		const client = [...sessions].at(-1);
		if (client === undefined) throw new Error("Nobody has identified.");
		return client;
	}

	async function fall(): Promise<void> {
		for (const client of server.clients) client.terminate();
		await new Promise((resolve) => server.close(resolve));
	}

	const gateway: DiscordGateway = {
		url,
		identified,
		get resumed() {
			return resumed;
		},
		get connections() {
			return connections;
		},
		heartbeats: 0,
		isRight: () => true,
		refuse: (yes) => {
			refusing = yes;
		},
		push(type, data) {
			sequence += 1;
			const event = { op: 0, t: type, s: sequence, d: data };
			events.push(event);
			for (const client of sessions) send(client, event);
		},
		raw: (text) => newest().send(text),
		ask: () => send(newest(), { op: 7, d: null }),
		invalidate: () => send(newest(), { op: 9, d: false }),
		drop() {
			for (const client of server.clients) client.terminate();
		},
		closeWith: (code) => newest().close(code),
		fall,
		async raise() {
			server = new WebSocketServer({ host: "127.0.0.1", port });
			await once(server, "listening");
			listen();
		},
		close: fall,
	};
	return gateway;
}
