// The program's own channel as a program sees it: messages are handed to the handler one at a time, answered whatever it does, and asked for
// again through every restart of the supervisor.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Deliver, deliver, type Message, relay } from "../src/client.js";
import { temporaryFolder } from "./support/temporary.js";
import { until } from "./support/until.js";

interface Answer {
	readonly status?: number;
	readonly body?: unknown;
}

interface Call {
	readonly path: string;
	readonly authorization: string;
	// biome-ignore lint/suspicious/noExplicitAny: what the client sends is looked at, not typed
	readonly body: any;
}

/** Null: the connection is cut. */
type Script = (call: Call) => Answer | null | Promise<Answer | null>;

async function supervisor(script: Script, at?: string): Promise<{ calls: Call[]; server: Server; socket: string }> {
	const calls: Call[] = [];
	const socket = at ?? `${await temporaryFolder()}/program.sock`;
	const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
		let text = "";
		for await (const piece of request) text += piece;
		const call = {
			path: request.url ?? "",
			authorization: request.headers.authorization ?? "",
			body: JSON.parse(text),
		};
		calls.push(call);
		const answer = await script(call);
		if (answer === null) return request.socket.destroy();
		response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body ?? {}));
	}).listen(socket);
	await once(server, "listening");
	onTestFinished(() => shut(server));
	vi.stubEnv("DEADMAN_SOCKET", socket);
	vi.stubEnv("DEADMAN_TOKEN", "token-of-this-run");
	return { calls, server, socket };
}

function shut(server: Server): void {
	server.close();
	server.closeAllConnections();
}

const notice = (id: string, text = id): Message => ({ id, kind: "notice", card: null, text, receipt: null });

/** Hands these out one after the other, then holds. */
function handing(...messages: readonly Message[]): Script {
	const left = [...messages];
	return ({ path }) => {
		if (path !== "/v1/program/mail/take") return {};
		const message = left.shift();
		return message === undefined ? new Promise(() => {}) : { body: { message } };
	};
}

function delivering(handler: Deliver): void {
	const stop = deliver(handler);
	onTestFinished(stop);
}

const answersOf = (calls: readonly Call[]) =>
	calls.filter(({ path }) => path === "/v1/program/mail/answer").map(({ body }) => body);

const answered = (calls: readonly Call[], count: number) =>
	until(`${count} answers`, () => (answersOf(calls).length >= count ? answersOf(calls) : null));

describe("deliver", () => {
	it("hands messages over in their order, and their receipts back, with the run's token", async () => {
		const { calls } = await supervisor(handing(notice("a"), { ...notice("b"), receipt: "m1" }));
		const seen: Message[] = [];
		delivering(async (message) => {
			seen.push(message);
			return message.receipt ?? "m1";
		});
		expect(await answered(calls, 2)).toEqual([
			{ id: "a", receipt: "m1" },
			{ id: "b", receipt: "m1" },
		]);
		expect(seen).toEqual([notice("a"), { ...notice("b"), receipt: "m1" }]);
		expect(new Set(calls.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer token-of-this-run"]));
	});

	it.each([
		[new Error("The chat is down."), { error: "The chat is down.", retryAfterMs: null, gone: false }],
		[Object.assign(new Error("429"), { retryAfterMs: 1_500.4 }), { error: "429", retryAfterMs: 1_500, gone: false }],
		[Object.assign(new Error("deleted"), { gone: true }), { error: "deleted", retryAfterMs: null, gone: true }],
		["no error at all", { error: "no error at all", retryAfterMs: null, gone: false }],
		[null, { error: "null", retryAfterMs: null, gone: false }],
		[Object.assign(new Error("odd"), { retryAfterMs: -1 }), { error: "odd", retryAfterMs: null, gone: false }],
	])("tells what the handler threw: %s", async (thrown, told) => {
		const { calls } = await supervisor(handing(notice("a"), notice("b")));
		delivering(({ id }) => {
			if (id === "a") throw thrown;
			return "m1";
		});
		expect(await answered(calls, 2)).toEqual([
			{ id: "a", ...told },
			{ id: "b", receipt: "m1" },
		]);
	});

	it("shows a message once, also where its answer was lost", async () => {
		let lost = 0;
		const handed = handing(notice("a"), notice("a"), notice("b"));
		const { calls } = await supervisor((call) => {
			if (call.body.id !== "a" || lost === 3) return handed(call);
			lost += 1;
			return null;
		});
		const shown: string[] = [];
		delivering(({ id }) => `m${shown.push(id)}`);
		const answers = await answered(calls, 5);
		expect(answers.slice(-2)).toEqual([
			{ id: "a", receipt: "m1" },
			{ id: "b", receipt: "m2" },
		]);
		expect([shown, lost]).toEqual([["a", "b"], 3]);
	});

	it("edits what it has shown where the same message says something else by now", async () => {
		const { calls } = await supervisor(handing(notice("a", "first"), notice("a", "second")));
		const seen: Message[] = [];
		delivering((message) => {
			seen.push(message);
			return "m1";
		});
		await answered(calls, 2);
		expect(seen.map(({ text, receipt }) => [text, receipt])).toEqual([
			["first", null],
			["second", "m1"],
		]);
	});

	it("forgets what was deleted, so that it is shown anew", async () => {
		const edit = { ...notice("a2", "edited"), receipt: "m1" };
		const { calls } = await supervisor(handing(notice("a"), edit, notice("a")));
		const seen: (string | null)[] = [];
		delivering(({ id, receipt }) => {
			seen.push(receipt);
			if (id === "a2") throw Object.assign(new Error("deleted"), { gone: true });
			return "m1";
		});
		await answered(calls, 3);
		expect(seen).toEqual([null, "m1", null]);
	});

	it("goes on where the supervisor was not there, refuses, or is another one now", async () => {
		const first = await supervisor(({ path }) => (path.endsWith("take") ? { status: 409 } : {}));
		const seen: string[] = [];
		delivering(({ id }) => `m${seen.push(id)}`);
		await until("it asks", () => first.calls.length > 0);
		shut(first.server);
		const { calls } = await supervisor(handing(notice("a")), first.socket);
		expect(await answered(calls, 1)).toEqual([{ id: "a", receipt: "m1" }]);
	});

	it("asks for nothing in a hurry where it is given nothing", async () => {
		const { calls } = await supervisor(() => ({ body: { message: null } }));
		delivering(() => "m");
		await until("it asked twice", () => calls.length >= 2);
		const [begunMs, before] = [performance.now(), calls.length];
		await until("it asked twice more", () => calls.length >= before + 2);
		expect(performance.now() - begunMs).toBeGreaterThan(250);
	});

	it("is not asked any more when it is stopped", async () => {
		const { calls, server } = await supervisor(handing());
		const stop = deliver(() => "m");
		await until("it asks", () => calls.length === 1);
		stop();
		const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
		await until("it hung up", async () => (await open()) === 0);
		expect(calls).toHaveLength(1);
	});

	it("does nothing where nobody supervises", () => {
		vi.stubEnv("DEADMAN_SOCKET", undefined);
		const handler = vi.fn();
		deliver(handler)();
		expect(handler).not.toHaveBeenCalled();
	});
});

describe("relay", () => {
	const click = { swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actor: "U1" } as const;

	it("answers with what happened", async () => {
		const { calls } = await supervisor(() => ({ body: { sentence: "sw_aaaaaa is being rolled back.", card: null } }));
		expect(await relay({ ...click, eventId: "e1" })).toBe("sw_aaaaaa is being rolled back.");
		expect(calls).toMatchObject([{ path: "/v1/program/click", body: { ...click, eventId: "e1" } }]);
	});

	it("answers with why not, and where instead", async () => {
		const error = { code: "verdict_elsewhere", message: "Not here.", next: "There." };
		await supervisor(() => ({ status: 403, body: { error } }));
		expect(await relay({ ...click, verdict: "confirm" })).toBe("Not here. There.");
	});

	it("answers null where nobody answers", async () => {
		await supervisor(() => null);
		expect(await relay(click)).toBeNull();
		vi.stubEnv("DEADMAN_TOKEN", undefined);
		expect(await relay(click)).toBeNull();
	});
});
