// A channel's `receive` behind a plain HTTP server on 127.0.0.1, for tests that need no supervisor: platforms post here.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Delivery } from "../../../src/ports/ports.js";

export interface BotDoor {
	readonly url: string;
	close(): Promise<void>;
}

/** `delivery` may change: the channel of the next life is asked from then on. */
export async function openBotDoor(delivery: () => Pick<Delivery, "receive">): Promise<BotDoor> {
	const server = createServer(async (request, response) => {
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		const { method = "GET", url = "/" } = request;
		const headers = request.headers as Record<string, string>;
		const reply = await delivery().receive?.({ method, url, headers, body: Buffer.concat(pieces) });
		response.writeHead(reply?.status ?? 404, reply?.headers).end(reply?.body);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/delivery/test`,
		async close() {
			const closed = once(server, "close");
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}
