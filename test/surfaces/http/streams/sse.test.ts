// Server-sent events over real sockets and a real journal: resume, filter, scope, slow readers, places, and the ids that are none.
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import { evolve } from "../../../../src/core/machine/evolve.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { call, until } from "../../doorway.js";
import { createParser, openStream, type Stream } from "./event-client.js";
import { ann, bob, builder, openFeedDoor, operator } from "./feed-door.js";

type Door = Awaited<ReturnType<typeof openFeedDoor>>;

let folder: string;
let door: Door;
let streams: Stream[];

beforeEach(async () => {
	folder = await makeTemporaryFolder();
	door = await openFeedDoor(folder);
	streams = [];
	await door.draft("sw_ann", ann);
	await door.draft("sw_bob", bob);
});
afterEach(async () => {
	for (const stream of streams) stream.stop();
	await door.close();
	await removeTemporaryFolder(folder);
});

async function open(more: Partial<Parameters<typeof openStream>[0]> = {}): Promise<Stream> {
	const stream = await openStream({ socketPath: door.path, ...more });
	streams.push(stream);
	await until(() => stream.parser.events.length > 0);
	return stream;
}

const texts = (stream: Pick<Stream, "facts">) => stream.facts().map(({ data }) => data.fact.text ?? data.fact.type);
const seen = (stream: Stream, count: number) => until(() => stream.facts().length >= count);
/** Moves the clock until one more sign of life has come. */
async function pulse(stream: Stream): Promise<void> {
	const before = stream.parser.comments.length;
	await until(async () => {
		await door.clock.advance(limits.streamPulseMs);
		return stream.parser.comments.length > before;
	});
}

const ask = (path: string, headers: Record<string, string> = {}) =>
	call({ socketPath: door.path, path, headers: { accept: "text/event-stream", ...headers } });

describe("a stream", () => {
	it("greets with where it begins, and then tells what happens from now on", async () => {
		const stream = await open();
		expect(stream.response.headers).toMatchObject({
			"content-type": "text/event-stream; charset=utf-8",
			"cache-control": "no-store, no-transform",
		});
		expect(stream.parser.retryMs).toBe(limits.streamRetryMs);
		expect(stream.parser.events).toEqual([{ id: "2", type: "hello", data: { schemaVersion: 1, after: 2, end: 2 } }]);
		await door.note("sw_ann", "one");
		await seen(stream, 1);
		expect(stream.facts()[0]).toMatchObject({
			id: "3",
			data: {
				schemaVersion: 1,
				swapId: "sw_ann",
				fact: { type: "noted", text: "one", at: "2026-01-01T00:00:00.000Z" },
			},
		});
	});

	it("tells the swap as it is now, with the last of its facts that were read together", async () => {
		const stream = await open({ lastId: "0" });
		await seen(stream, 2);
		await door.note("sw_ann", "one", "two", "three");
		await seen(stream, 5);
		const [drafted, , ...noted] = stream.facts().map(({ data }) => data.swap);
		expect(drafted).toMatchObject({ id: "sw_ann", status: "drafting", proposer: "builder:ann" });
		expect(noted.map((swap) => swap?.id ?? null)).toEqual([null, null, "sw_ann"]);
	});

	it("shows signs of life, and moves the place of a reader of one swap past the facts of others", async () => {
		const stream = await open({ path: "/v1/events?swap=sw_ann" });
		await pulse(stream);
		expect(stream.parser.lastId).toBe("2");
		await door.note("sw_bob", "not for this one");
		await until(async () => {
			await door.clock.advance(limits.streamPulseMs);
			return stream.parser.lastId === "3";
		});
		expect(stream.facts()).toEqual([]);
	});

	it("finds with its next sign of life what was written without a word", async () => {
		const stream = await open();
		const swap = await door.journal.swap("sw_ann");
		if (swap === null) throw new Error("There is no sw_ann.");
		const fact = { type: "noted", text: "caught up", atMs: 5 } as const;
		const change = { swapId: swap.id, expectedVersion: swap.version, facts: [fact], messages: [] };
		await door.journal.append({ ...change, next: evolve(swap, fact) });
		await until(async () => {
			await door.clock.advance(limits.streamPulseMs);
			return stream.facts().length > 0;
		});
		expect(texts(stream)).toEqual(["caught up"]);
	});

	it("is told apart from the lines of the command line by what the client accepts", async () => {
		for (const accept of [undefined, "*/*", "application/x-ndjson"]) {
			const stop = new AbortController();
			const headers = accept === undefined ? {} : { accept };
			const { request } = await import("node:http");
			const type = await new Promise<string | undefined>((resolve) => {
				const sent = request(
					{ socketPath: door.path, path: "/v1/events", headers, signal: stop.signal },
					(response) => {
						response.on("error", () => {});
						resolve(response.headers["content-type"]);
					},
				);
				sent.on("error", () => {});
				sent.end();
			});
			expect(type).toBe("application/x-ndjson");
			stop.abort();
		}
		await until(() => door.supervisor.listeners === 0);
	});

	it("lets go of everything when the client hangs up", async () => {
		const stream = await open();
		expect(door.supervisor.listeners).toBe(1);
		stream.stop();
		await until(() => door.supervisor.listeners === 0);
		expect(door.clock.pending).toBe(0);
	});

	it("ends when the journal is closed, at the latest at the next sign of life", async () => {
		const stream = await open();
		await door.journal.close();
		await until(async () => {
			await door.clock.advance(limits.streamPulseMs);
			return stream.isEnded();
		});
		expect(door.supervisor.listeners).toBe(0);
		expect(door.lines).toContainEqual(expect.objectContaining({ event: "stream_ended" }));
	});

	it("ends with the door", async () => {
		const stream = await open();
		await door.close();
		await stream.ended;
		await until(() => door.supervisor.listeners === 0);
		door = await openFeedDoor(folder);
	});
});

describe("resuming", () => {
	it("goes on exactly behind the last id, over reconnects", async () => {
		const first = await open();
		await door.note("sw_ann", "one");
		await seen(first, 1);
		first.stop();
		await first.ended;
		await door.note("sw_bob", "two");
		await door.note("sw_ann", "three", "four");
		const second = await open({ lastId: first.parser.lastId });
		await seen(second, 3);
		expect(texts(second)).toEqual(["two", "three", "four"]);
		expect(second.parser.events[0]).toMatchObject({ id: "3", data: { after: 3, end: 6 } });
	});

	it("loses nothing between the greeting and the first fact", async () => {
		const first = await open();
		first.stop();
		await first.ended;
		await door.note("sw_ann", "meanwhile");
		const second = await open({ lastId: first.parser.lastId });
		await seen(second, 1);
		expect(texts(second)).toEqual(["meanwhile"]);
	});

	it("goes on over a restart of the supervisor", async () => {
		const parser = createParser();
		const first = await open({ lastId: "0", parser });
		await door.note("sw_ann", "before");
		await seen(first, 3);
		await door.close();
		await first.ended;
		door = await openFeedDoor(folder);
		await door.note("sw_bob", "after");
		const second = await open({ lastId: parser.lastId, parser });
		await seen(second, 4);
		expect(texts(second)).toEqual(["drafted", "drafted", "before", "after"]);
		expect(second.facts().map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
	});

	it("by the query too, for clients that cannot send the header; the header counts", async () => {
		const byQuery = await open({ path: "/v1/events?lastEventId=1" });
		await seen(byQuery, 1);
		expect(byQuery.facts().map(({ id }) => id)).toEqual(["2"]);
		const both = await open({ path: "/v1/events?lastEventId=1", lastId: "0" });
		await seen(both, 2);
		expect(both.facts().map(({ id }) => id)).toEqual(["1", "2"]);
	});

	const long = "9".repeat(5_000);
	it.each(["-1", "abc", "", "1.5", "1e3", "0x1", "01", " ", "3", "9".repeat(16), "long", "1,2", "٣", "<b>"])(
		"refuses the id %j",
		async (given) => {
			const id = given === "long" ? long : given;
			const answers = [await ask(`/v1/events?lastEventId=${encodeURIComponent(id)}`)];
			if (/^[\x21-\x7e]*$/.test(id)) answers.push(await ask("/v1/events", { "last-event-id": id }));
			for (const { status, json, text } of answers) {
				expect([status, json.error.code]).toEqual([400, "event_id_invalid"]);
				expect(text.length).toBeLessThan(500);
			}
			expect(door.supervisor.listeners).toBe(0);
		},
	);

	it("refuses an id for lines, which cannot be gone on from, and one that is given twice", async () => {
		const lines = await call({ socketPath: door.path, path: "/v1/events?lastEventId=1" });
		expect([lines.status, lines.json.error.code]).toEqual([400, "input_invalid"]);
		const twice = await ask("/v1/events?lastEventId=1&lastEventId=2");
		expect([twice.status, twice.json.error.code]).toEqual([400, "input_invalid"]);
	});
});

describe("who sees what", () => {
	it("a filter leaves out other swaps, and refuses one that is none", async () => {
		const stream = await open({ path: "/v1/events?swap=sw_ann", lastId: "0" });
		await door.note("sw_bob", "other");
		await door.note("sw_ann", "mine");
		await seen(stream, 2);
		expect(texts(stream)).toEqual(["drafted", "mine"]);
		const none = await ask("/v1/events?swap=sw_none");
		expect([none.status, none.json.error.code]).toEqual([404, "swap_unknown"]);
	});

	it("a builder with a token sees its own, without a gap when it comes back", async () => {
		door.asked.caller = builder(ann);
		const first = await open({ lastId: "0" });
		await door.note("sw_bob", "secret");
		await door.note("sw_ann", "one");
		await seen(first, 2);
		first.stop();
		await first.ended;
		await door.note("sw_bob", "secret", "secret");
		await door.note("sw_ann", "two");
		const second = await open({ lastId: first.parser.lastId });
		await seen(second, 1);
		expect([...texts(first), ...texts(second)]).toEqual(["drafted", "one", "two"]);
		expect(JSON.stringify([first.parser.events, second.parser.events])).not.toMatch(/secret|sw_bob/);
	});

	it("a builder's filter on somebody else's swap is refused as one on nobody's", async () => {
		door.asked.caller = builder(ann);
		const [other, none] = [await ask("/v1/events?swap=sw_bob"), await ask("/v1/events?swap=sw_none")];
		expect([other.status, none.status]).toEqual([404, 404]);
		expect(other.text.replaceAll("sw_bob", "sw_none")).toBe(none.text);
	});
});

describe("slow readers", () => {
	/** Asks and never reads. */
	function stuck(path: string, accept: string): Socket {
		const socket = connect(door.path);
		socket.pause();
		socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\n\r\n`);
		return socket;
	}

	const reads = () => door.supervisor.calls.filter(({ verb }) => verb === "feed").length;
	/** More than a batch, and a batch is more than any buffer on the way takes. */
	async function fill(swapId: string): Promise<readonly string[]> {
		await door.draft(swapId, bob);
		const written = Array.from({ length: limits.streamBatch }, (_, index) => `${index} ${"x".repeat(64 * 1024)}`);
		await door.note(swapId, ...written);
		return ["drafted", ...written];
	}

	it("hold one batch, are cut when they take nothing, and lose nothing when they come back", async () => {
		const written = [...(await fill("sw_one")), ...(await fill("sw_two"))];
		const socket = stuck("/v1/events?lastEventId=0", "text/event-stream");
		await until(() => reads() === 1);
		written.push(...(await fill("sw_three")));
		expect(reads()).toBe(1);
		const closed = new Promise((resolve) => socket.once("close", resolve));
		await until(async () => {
			await door.clock.advance(limits.streamStalledMs);
			return door.supervisor.listeners === 0;
		});
		expect(door.lines).toContainEqual(expect.objectContaining({ level: "warn", event: "stream_cut" }));
		expect(reads()).toBe(1);
		socket.on("error", () => {}).resume();
		await closed;
		const again = await open({ lastId: "2" });
		await seen(again, written.length);
		expect(texts(again)).toEqual(written);
	});

	it("of lines are cut too, and give their place back", async () => {
		const socket = stuck("/v1/events", "application/x-ndjson");
		await until(() => door.supervisor.listeners === 1);
		const line = "x".repeat(64 * 1024);
		for (let index = 0; index < limits.streamBatch; index += 1) {
			door.supervisor.emit({ type: "step:progress", swapId: "sw_ann", step: "stage", line });
		}
		const closed = new Promise((resolve) => socket.once("close", resolve));
		await until(async () => {
			await door.clock.advance(limits.streamStalledMs);
			return door.supervisor.listeners === 0;
		});
		expect(door.lines).toContainEqual(expect.objectContaining({ level: "warn", event: "stream_cut" }));
		socket.on("error", () => {}).resume();
		await closed;
		expect(door.clock.pending).toBe(0);
	});

	it("that do read are not cut, however long they stay", async () => {
		const stream = await open();
		for (let round = 0; round < 8; round += 1) await pulse(stream);
		expect(stream.isEnded()).toBe(false);
		expect(stream.parser.comments.length).toBeGreaterThanOrEqual(8);
	});
});

describe("places", () => {
	it("are so many of one door, and come back when a stream ends", async () => {
		const all = await Promise.all(Array.from({ length: limits.streams }, () => open()));
		for (const path of ["/v1/events", "/v1/events?lastEventId=0"]) {
			const { status, json } = await ask(path);
			expect([status, json.error.code]).toEqual([429, "streams_full"]);
		}
		const lines = await call({ socketPath: door.path, path: "/v1/events" });
		expect(lines.json.error.code).toBe("streams_full");
		all[0]?.stop();
		await until(() => door.supervisor.listeners === limits.streams - 1);
		expect((await open()).isEnded()).toBe(false);
	});

	it("of one token are fewer, so that it does not take everybody's", async () => {
		door.asked.caller = builder(ann);
		await Promise.all(Array.from({ length: limits.streamsOfCaller }, () => open()));
		expect((await ask("/v1/events")).status).toBe(429);
		door.asked.caller = builder(bob);
		expect((await open()).isEnded()).toBe(false);
		door.asked.caller = operator;
		expect((await open()).isEnded()).toBe(false);
	});
});
