// A local HTTP server for the wire tests, with the ways in which a platform's API fails: refusals, dropped connections, silence, slowness,
// pages in place of JSON, and being down altogether. Knows no platform.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What came in, and when by the monotonic clock. */
export interface Arrived {
	readonly method: string;
	readonly path: string;
	readonly headers: IncomingMessage["headers"];
	readonly text: string;
	readonly atMs: number;
}

export interface Answered {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** Sent as JSON where it is no string. */
	readonly body: unknown;
}

/** `drop`: the connection ends without an answer. `hang`: no answer ever. `page`: a proxy's page in HTML. `lost`: done, and the answer is lost. */
export type How = Answered | "drop" | "hang" | "page" | "lost" | { readonly delayMs: number };

export interface FaultyServer {
	readonly url: string;
	readonly port: number;
	readonly arrived: readonly Arrived[];
	/** The next `times` requests whose path contains `what` fail so; the returned function tells how many did. */
	fail(what: string, how: How, times?: number): () => number;
	mend(): void;
	/** Nobody listens any more, on the same port until `raise`. */
	fall(): Promise<void>;
	raise(): Promise<void>;
	close(): Promise<void>;
}

interface Fault {
	readonly what: string;
	readonly how: How;
	left: number;
	fired: number;
}

export async function serveFaulty(answer: (request: Arrived) => Promise<Answered>): Promise<FaultyServer> {
	const arrived: Arrived[] = [];
	const faults: Fault[] = [];
	const server = createServer((request, response) => {
		respond(request, response).catch(() => response.destroy());
	});

	async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		const { method = "GET", url: path = "/", headers } = request;
		const one: Arrived = { method, path, headers, text: Buffer.concat(pieces).toString(), atMs: performance.now() };
		arrived.push(one);
		const fault = faults.find(({ what, left }) => left > 0 && path.includes(what));
		if (fault !== undefined) {
			fault.left -= 1;
			fault.fired += 1;
			if (await failed(fault.how, response, () => answer(one))) return;
		}
		write(response, await answer(one));
	}

	async function listen(port: number): Promise<void> {
		server.listen(port, "127.0.0.1");
		await once(server, "listening");
	}

	async function fall(): Promise<void> {
		if (!server.listening) return;
		const closed = once(server, "close");
		server.close();
		server.closeAllConnections();
		await closed;
	}

	await listen(0);
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		arrived,
		fail(what, how, times = 1) {
			const fault: Fault = { what, how, left: times, fired: 0 };
			faults.push(fault);
			return () => fault.fired;
		},
		mend: () => void faults.splice(0),
		fall,
		raise: () => listen(port),
		close: fall,
	};
}

/** True where nothing more is to be answered. */
async function failed(how: How, response: ServerResponse, act: () => Promise<Answered>): Promise<boolean> {
	if (how === "hang") return true;
	if (how === "lost") await act();
	if (how === "lost" || how === "drop") {
		response.destroy();
		return true;
	}
	if (how === "page") {
		write(response, { status: 502, headers: { "content-type": "text/html" }, body: "<html>Bad gateway</html>" });
		return true;
	}
	if ("delayMs" in how) {
		await new Promise((resolve) => {
			setTimeout(resolve, how.delayMs).unref();
		});
		return response.destroyed;
	}
	write(response, how);
	return true;
}

function write(response: ServerResponse, { status = 200, headers = {}, body }: Answered): void {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
}
