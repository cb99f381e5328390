// Slack's socket: one connection after the other, each envelope handed to the adapter and then acknowledged. Owns the reconnecting,
// because the client's own turns a revoked token into an unhandled rejection; interprets no envelope.
import type { SocketModeClient } from "@slack/socket-mode";
import { limits } from "../../../core/limits.js";
import type { Log } from "../../../ports/ports.js";
import { loadPackage } from "../chat/packages.js";
import { pause, within } from "../chat/time-limit.js";
import { clientOptions, silent, slackFailure } from "./slack-api.js";
import { type EventParts, take } from "./slack-events.js";

export interface SocketParts extends EventParts {
	readonly appToken: string;
	readonly apiUrl: string;
	readonly name: string;
	readonly log: Log;
	readonly signal: AbortSignal;
}

interface Envelope {
	ack(body?: unknown): Promise<void>;
	readonly type: string;
	readonly body: unknown;
}

/** Slack shows a warning to who clicked after 3 s without an acknowledgement. */
const acknowledgeMs = 2_000;
const shortestPauseMs = 500;
const longestPauseMs = 30_000;

/** Resolves with the first connection; rejects where it does not come about. Then goes on until the signal. */
export async function openSocket(parts: SocketParts): Promise<void> {
	const connection = await connect(parts);
	void keep(parts, connection);
}

interface Connection {
	/** Resolves when it has ended; never rejects. */
	readonly ended: Promise<void>;
}

async function keep(parts: SocketParts, first: Connection): Promise<void> {
	let connection: Connection | null = first;
	let failures = 0;
	while (!parts.signal.aborted) {
		if (connection !== null) await connection.ended;
		if (parts.signal.aborted) return;
		await pause(pauseMs(failures, parts), parts.signal);
		connection = await connect(parts).catch((error) => {
			failures += 1;
			const { code, message, retryAfterMs } = slackFailure(error);
			parts.log.warn("chat.socket", { channel: parts.name, code, error: message, failures });
			return retryAfterMs === null ? null : pause(retryAfterMs, parts.signal).then(() => null);
		});
		if (connection !== null) failures = 0;
	}
}

/** The first one at once: Slack recycles connections every few hours. */
function pauseMs(failures: number, { signal }: SocketParts): number {
	if (failures === 0 || signal.aborted) return 0;
	const full = Math.min(shortestPauseMs * 2 ** failures, longestPauseMs);
	return full / 2 + (Math.random() * full) / 2;
}

async function connect(parts: SocketParts): Promise<Connection> {
	const { appToken, apiUrl, signal } = parts;
	const client = await newClient({
		appToken,
		autoReconnectEnabled: false,
		logger: silent as never,
		clientOptions: { ...clientOptions(), slackApiUrl: apiUrl },
	});
	client.on("slack_event", (envelope) => void receive(parts, envelope));
	const ended = new Promise<void>((resolve) => client.on("disconnected", () => resolve()));
	const stop = once(() => void client.disconnect().catch(() => {}));
	signal.addEventListener("abort", stop, { once: true });
	void ended.then(() => signal.removeEventListener("abort", stop));
	try {
		await within(client.start(), { limitMs: limits.sendTimeoutMs, what: "Slack's socket", signal });
	} catch (error) {
		stop();
		throw slackFailure(error ?? new Error("The socket was closed."));
	}
	return { ended };
}

/** A second `disconnect` while the client connects takes its listeners away, and the error that follows ends the process. */
function once(work: () => void): () => void {
	let isDone = false;
	return () => {
		if (!isDone) work();
		isDone = true;
	};
}

/** Acknowledged once it is stored and judged, or when Slack would show a warning; what could not be stored is not, so that events come again. */
async function receive(parts: SocketParts, { ack, type, body }: Envelope): Promise<void> {
	const work: Promise<unknown>[] = [];
	try {
		const { status, response } = await take(parts, { type, body, wait: (task) => void work.push(task) });
		if (status >= 400) parts.log.warn("chat.socket_malformed", { channel: parts.name, type, status });
		await Promise.race([Promise.all(work), pause(acknowledgeMs, parts.signal)]);
		await ack(response);
	} catch (error) {
		for (const task of work) task.catch(() => {});
		parts.log.warn("chat.socket_unanswered", { channel: parts.name, type, error: String(error).slice(0, 300) });
	}
}

async function newClient(options: ConstructorParameters<typeof SocketModeClient>[0]): Promise<SocketModeClient> {
	const { SocketModeClient: Client } = await loadPackage("@slack/socket-mode", () => import("@slack/socket-mode"));
	return new Client(options);
}
