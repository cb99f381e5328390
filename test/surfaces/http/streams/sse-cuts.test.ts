// Wherever a connection breaks, also in the middle of an event: what a client received, put together, is the feed, once and in order.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createParser, type Parser } from "./event-client.js";
import { ann, bob, builder, createFeedDoorInMemory, type FeedDoor, operator } from "./feed-door.js";

type Act =
	| { readonly do: "append"; readonly who: 0 | 1; readonly facts: number }
	/** Reads so many bytes, and is cut off there. */
	| { readonly do: "read"; readonly bytes: number };

const act: fc.Arbitrary<Act> = fc.oneof(
	fc.record({
		do: fc.constant("append" as const),
		who: fc.constantFrom(0, 1),
		facts: fc.integer({ min: 1, max: 100 }),
	}),
	fc.record({ do: fc.constant("read" as const), bytes: fc.integer({ min: 0, max: 20_000 }) }),
);

const swaps = ["sw_ann", "sw_bob"] as const;

async function connect({ app }: FeedDoor, parser: Parser, query: string) {
	const response = await app.request(`/v1/events${query}`, {
		headers: { accept: "text/event-stream", "last-event-id": parser.lastId ?? "0" },
	});
	expect(response.status).toBe(200);
	const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
	const decoder = new TextDecoder();
	return {
		async read(bytes: number): Promise<number> {
			const { value = new Uint8Array() } = await reader.read();
			parser.take(decoder.decode(value.subarray(0, bytes), { stream: true }));
			return value.length;
		},
		async cut() {
			parser.cut();
			await reader.cancel();
		},
	};
}

const factsOf = ({ events }: Parser) => events.filter(({ type }) => type === "fact");

interface Reader {
	readonly query: string;
	readonly sees: (swapId: string) => boolean;
	readonly caller: typeof operator;
}

const readers: Readonly<Record<string, Reader>> = {
	"an operator": { query: "", sees: () => true, caller: operator },
	"an operator who follows one swap": { query: "?swap=sw_bob", sees: (id) => id === "sw_bob", caller: operator },
	"a builder": { query: "", sees: (id) => id === "sw_ann", caller: builder(ann) },
};

it.each(Object.entries(readers))("for %s", async (_, { query, sees, caller }) => {
	await fc.assert(
		fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
			const door = createFeedDoorInMemory(caller);
			await door.draft("sw_ann", ann);
			await door.draft("sw_bob", bob);
			const parser = createParser();
			const wanted = async () =>
				(await door.journal.feed({ after: 0, limit: 10_000 })).filter(({ subject }) => sees(subject.id));
			const readUpTo = async (bytes: number) => {
				const connection = await connect(door, parser, query);
				for (let left = bytes; left > 0 && factsOf(parser).length < (await wanted()).length; ) {
					left -= await connection.read(left);
				}
				await connection.cut();
			};
			for (const one of acts) {
				if (one.do === "read") await readUpTo(one.bytes);
				else await door.note(swaps[one.who], ...Array.from({ length: one.facts }, (__, index) => `ä${index}`));
			}
			await readUpTo(Number.POSITIVE_INFINITY);
			const facts = factsOf(parser);
			expect(facts.map(({ id, data }) => [Number(id), data.swapId, { ...data.fact, at: undefined }])).toEqual(
				(await wanted()).map((entry) => [
					entry.seq,
					entry.subject.id,
					{ ...("fact" in entry ? entry.fact : {}), at: undefined },
				]),
			);
			expect(door.supervisor.listeners).toBe(0);
			expect(door.clock.pending).toBe(0);
		}),
		{ numRuns: 60 },
	);
});
