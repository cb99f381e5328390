// The ways of asking from outside: HTTP, TCP, a command. Each ties the answer to the run, or says why it cannot.
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { connect, type Socket } from "node:net";
import { limits } from "../../../core/limits.js";
import { CommandFailed, type Commands, type NodeChoice, type ProbeAnswer, type Run } from "../../../ports/ports.js";
import type { Family } from "./family.js";
import { environmentUnder } from "./launch.js";
import { type Owner, ownerOf } from "./listeners.js";

const RELEASE_HEADER = "x-deadman-release";
const COMMAND_OUTPUT_BYTES = 64 * 1024;

export type Ask = (run: Run, folder: string, signal: AbortSignal) => Promise<ProbeAnswer>;

export async function askHttp(url: string, run: Run, signal: AbortSignal): Promise<ProbeAnswer> {
	const target = new URL(url);
	const limit = limitOf(signal);
	const port = portOf(target);
	const agent = target.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
	try {
		const answer = await get(target, agent, limit.signal);
		return await judge(answer, run, port);
	} catch (error) {
		return await whyNot({
			run,
			port,
			host: target.hostname,
			error: error as Error,
			detail: limit.explain(error as Error),
		});
	} finally {
		agent.destroy();
	}
}

interface Answer {
	readonly status: number;
	readonly release: string | string[] | undefined;
	readonly socket: Socket;
}

/** The agent keeps the connection open, because its two ends name the process that answered. */
function get(target: URL, agent: HttpAgent | HttpsAgent, signal: AbortSignal): Promise<Answer> {
	const options = { agent, signal, headers: { "user-agent": "deadman" } };
	return new Promise((resolve, reject) => {
		const onAnswer = (answer: IncomingMessage) => {
			answer.on("error", () => {});
			const { statusCode: status = 0, headers, socket } = answer;
			resolve({ status, release: headers[RELEASE_HEADER], socket });
			answer.resume();
		};
		const call =
			target.protocol === "https:"
				? requestHttps(target, { ...options, rejectUnauthorized: !isLoopback(target.hostname) }, onAnswer)
				: requestHttp(target, options, onAnswer);
		call.on("error", reject);
		call.end();
	});
}

function portOf({ port, protocol }: URL): number {
	return Number(port) || (protocol === "https:" ? 443 : 80);
}

/** What a gateway says when nobody is behind it: it may hold the port for good. */
const gatewayStatuses = new Set([502, 503, 504]);

async function judge({ status, release, socket }: Answer, run: Run, port: number): Promise<ProbeAnswer> {
	const good = status >= 200 && status < 400;
	if (good && release === run.release) {
		return { healthy: true, detail: `${status} from ${run.release}`, tiedBy: "header" };
	}
	const detail = !good ? `It answered ${status}.` : `${release} answered instead of ${run.release}.`;
	if (good && release === undefined) return tieByPort({ run, socket, port, detail: String(status) });
	if (gatewayStatuses.has(status) || release === run.release || run.pid === 0) return unhealthy(detail);
	return unlessForeign(await ownerOf(endOf(socket, port), familyOf(run)), { run, port, detail });
}

export async function askTcp(address: string, run: Run, signal: AbortSignal): Promise<ProbeAnswer> {
	const at = address.lastIndexOf(":");
	const port = Number(address.slice(at + 1));
	const limit = limitOf(signal);
	const socket = connect({ host: address.slice(0, at), port, signal: limit.signal });
	const failure = await new Promise<Error | null>((resolve) => {
		socket.on("connect", () => resolve(null));
		socket.on("error", resolve);
	});
	try {
		if (failure !== null) return unhealthy(limit.explain(failure));
		return await tieByPort({ run, socket, port, detail: "connected" });
	} finally {
		socket.destroy();
	}
}

interface Tie {
	readonly run: Run;
	readonly socket: Socket;
	readonly port: number;
	readonly detail: string;
}

async function tieByPort({ run, socket, port, detail }: Tie): Promise<ProbeAnswer> {
	if (run.pid === 0)
		return unhealthy(`It answers, but only the header ${RELEASE_HEADER} can tell which release it is.`);
	const owner = await ownerOf(endOf(socket, port), familyOf(run));
	if (owner.kind === "ours") return { healthy: true, detail: `${detail}, port ${port} is its own`, tiedBy: "port" };
	if (owner.kind === "other") return foreign(owner, run, port);
	const nobodys = `Nobody on this machine holds port ${port}, so the answer may be anybody's; send the header ${RELEASE_HEADER}.`;
	return unhealthy(nobodys);
}

function familyOf(run: Run): Family {
	return { marker: { name: "DEADMAN_RUN", value: run.runId }, groups: [run.pid] };
}

function endOf(socket: Socket, port: number) {
	return { port, peerPort: socket.localPort ?? 0, loopback: isLoopback(socket.remoteAddress ?? "127.0.0.1") };
}

interface Silence {
	readonly run: Run;
	readonly port: number;
	readonly host: string;
	readonly error: Error;
	readonly detail: string;
}

/** Who takes connections and gives no answer may be another program too. Of another machine's ports nobody here knows anything. */
async function whyNot({ run, port, host, error, detail }: Silence): Promise<ProbeAnswer> {
	const refused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
	if (refused || run.pid === 0 || !isLoopback(host)) return unhealthy(detail);
	return unlessForeign(await ownerOf({ port, peerPort: 0, loopback: true }, familyOf(run)), { run, port, detail });
}

function unlessForeign(owner: Owner, { run, port, detail }: Omit<Silence, "host" | "error">): ProbeAnswer {
	return owner.kind === "other" ? foreign(owner, run, port, detail) : unhealthy(detail);
}

function foreign({ who, pid }: Stranger, run: Run, port: number, detail = ""): ProbeAnswer {
	const sentence = `Port ${port} belongs to ${who}, not to ${run.release}. ${detail}`;
	return { ...unhealthy(sentence.trim()), foreign: true, holder: pid };
}

export function askCommand(
	{ commands, node }: { readonly commands: Commands; readonly node: NodeChoice | undefined },
	command: string | readonly string[],
): Ask {
	return async (run, folder, signal) => {
		const env = { ...(await environmentUnder(node)), DEADMAN_RELEASE: run.release };
		const request = {
			command,
			cwd: folder,
			env,
			timeoutMs: limits.probeTimeoutMs,
			maxOutputBytes: COMMAND_OUTPUT_BYTES,
			signal,
		};
		try {
			await commands.run(request);
			return { healthy: true, detail: "exit code 0", tiedBy: "command" };
		} catch (error) {
			if (error instanceof CommandFailed) return unhealthy(error.message);
			throw error;
		}
	};
}

function limitOf(signal: AbortSignal) {
	const timeout = AbortSignal.timeout(limits.probeTimeoutMs);
	return {
		signal: AbortSignal.any([signal, timeout]),
		explain: (error: Error) =>
			timeout.aborted
				? `No answer within ${limits.probeTimeoutMs} ms.`
				: signal.aborted
					? "Asking was given up."
					: reasonOf(error),
	};
}

/** A connection tried over several addresses fails with several errors and no message of its own. */
function reasonOf(error: Error): string {
	const errors = error instanceof AggregateError ? error.errors.map(String) : [];
	return error.message || errors.join(", ") || error.name;
}

function isLoopback(host: string): boolean {
	return /^(?:localhost|127\.[\d.]+|::ffff:127\.[\d.]+|\[?::1\]?)$/.test(host);
}

export function unhealthy(detail: string): ProbeAnswer {
	return { healthy: false, detail, tiedBy: null };
}

type Stranger = Extract<Owner, { readonly kind: "other" }>;
