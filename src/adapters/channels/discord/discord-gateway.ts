// Discord's gateway: one connection, kept open by @discordjs/ws. Owns when it is tried again, because the
// library would try twice a second for ever, and never after a token that does not hold. Interprets no event.
import type { SessionInfo, WebSocketManager } from "@discordjs/ws";
import { limits } from "../../../core/limits.js";
import { DeliveryFailed, type Log } from "../../../ports/ports.js";
import { loadPackage } from "../chat/packages.js";
import { pause, within } from "../chat/time-limit.js";
import type { DiscordApi } from "./discord-api.js";

export interface GatewayParts {
	readonly api: DiscordApi;
	readonly token: string;
	readonly name: string;
	readonly log: Log;
	readonly signal: AbortSignal;
	/** Called for each event, in order. Never rejects. */
	readonly take: (type: string, data: unknown) => void;
}

/** GUILD_MESSAGES and DIRECT_MESSAGES; what mentions the bot can be read without the privileged intent. Interactions need none. */
const intents = (1 << 9) | (1 << 12);
/** Discord ends a connection for good with these: the token, the shard, the version, the intents. */
const forGood: Readonly<Record<number, string>> = {
	4004: "the token does not hold",
	4010: "the shard is invalid",
	4011: "sharding is required",
	4012: "the API's version is invalid",
	4013: "the intents are invalid",
	4014: "the intents are not allowed",
};
const shortestPauseMs = 500;
const longestPauseMs = 30_000;
const forGoodPauseMs = 60_000;

/** Resolves with the first READY; rejects where it does not come about. Then goes on until the signal. */
export async function openGateway(parts: GatewayParts): Promise<void> {
	const { ready, lost } = await connect(parts);
	await within(ready, { limitMs: limits.sendTimeoutMs, what: "Discord's gateway", signal: parts.signal });
	void keep(parts, lost);
}

/** After an end for good: a new token, or a bot that is let in again, needs no restart of ours. */
async function keep(parts: GatewayParts, first: Promise<string>): Promise<void> {
	let lost = first;
	while (!parts.signal.aborted) {
		const why = await lost;
		if (parts.signal.aborted) return;
		parts.log.warn("chat.gateway", { channel: parts.name, error: why });
		await pause(forGoodPauseMs, parts.signal);
		if (parts.signal.aborted) return;
		const next = await connect(parts);
		next.ready.catch(() => {});
		lost = next.lost;
	}
}

interface Connection {
	/** Rejects where Discord ends it for good before. */
	readonly ready: Promise<void>;
	/** Resolves with the reason when it is over for good. */
	readonly lost: Promise<string>;
}

async function connect(parts: GatewayParts): Promise<Connection> {
	const session = createSession(parts.signal);
	const manager = await newManager({
		token: parts.token,
		intents,
		shardCount: 1,
		// All that it asks of one.
		rest: { get: (path: string) => parts.api.call<GatewayInformation>("GET", path).then(checked) } as never,
		handshakeTimeout: limits.sendTimeoutMs,
		helloTimeout: limits.sendTimeoutMs,
		readyTimeout: limits.sendTimeoutMs,
		retrieveSessionInfo: session.read,
		updateSessionInfo: session.write,
	});
	let end = (_why: string): void => {};
	const lost = new Promise<string>((resolve) => {
		end = resolve;
	});
	manager.on("hello", session.open);
	manager.on("error", () => {});
	manager.on("dispatch", ({ data }) => parts.take(data?.t ?? "", data?.d));
	manager.on("closed", ({ code = 0 }) => {
		session.closed();
		if (forGood[code] !== undefined) end(`${forGood[code]} (${code})`);
	});
	const failed = lost.then((why): never => {
		const code = why.includes("token") ? "revoked" : "refused";
		throw new DeliveryFailed({ code, message: `Discord's gateway: ${why}.` });
	});
	const connecting = manager.connect();
	connecting.catch((error: Error) => end(error.message));
	const stop = () => {
		session.stop();
		end("stopped");
		void Promise.resolve(manager.destroy({ reason: "stopped" })).catch(() => {});
	};
	if (parts.signal.aborted) stop();
	parts.signal.addEventListener("abort", stop, { once: true });
	void lost.then(() => parts.signal.removeEventListener("abort", stop));
	return { ready: Promise.race([connecting, failed]), lost };
}

interface GatewayInformation {
	readonly url?: string;
	readonly session_start_limit?: { readonly remaining?: number };
}

/** The library makes an unhandled rejection of an address that is none. */
function checked(information: GatewayInformation | null): GatewayInformation {
	if (isSocket(information?.url) && information?.session_start_limit !== undefined) return information;
	throw new DeliveryFailed({ code: "unreachable", message: "Discord names no gateway." });
}

function isSocket(url: string | undefined): boolean {
	return url !== undefined && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol);
}

/** Where the library asks for the session before each connection, it also waits: longer with each failure, and for ever once it is over. */
function createSession(signal: AbortSignal) {
	let info: SessionInfo | null = null;
	let failures = 0;
	let over = false;
	return {
		open: () => {
			failures = 0;
		},
		closed: () => {
			failures += 1;
		},
		stop: () => {
			over = true;
		},
		write: (_shard: number, next: SessionInfo | null) => {
			info = next === null || isSocket(next.resumeURL) ? next : { ...next, resumeURL: undefined as never };
		},
		async read(): Promise<SessionInfo | null> {
			if (failures > 1) {
				const full = Math.min(shortestPauseMs * 2 ** Math.min(failures, 10), longestPauseMs);
				await pause(full / 2 + (Math.random() * full) / 2, signal);
			}
			return over || signal.aborted ? new Promise(() => {}) : info;
		},
	};
}

type ManagerOptions = ConstructorParameters<typeof WebSocketManager>[0];

async function newManager(options: ManagerOptions): Promise<WebSocketManager> {
	const { WebSocketManager: Manager } = await loadPackage("@discordjs/ws", () => import("@discordjs/ws"));
	return new Manager(options);
}
