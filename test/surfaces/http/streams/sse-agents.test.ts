// What happens to agents in the one feed: told to people in its place between facts, resumed by id, and hidden from builders and from who follows one swap.
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { until } from "../../doorway.js";
import { openStream, type Stream } from "./event-client.js";
import { ann, builder, openFeedDoor } from "./feed-door.js";

let folder: string;
let door: Awaited<ReturnType<typeof openFeedDoor>>;
const streams: Stream[] = [];

beforeEach(async () => {
	folder = await makeTemporaryFolder();
	door = await openFeedDoor(folder);
	await door.journal.enrolAgent({ id: "planner", target: "host", atMs: 1 });
});
afterEach(async () => {
	for (const stream of streams.splice(0)) stream.stop();
	await door.close();
	await removeTemporaryFolder(folder);
});

async function open(more: Partial<Parameters<typeof openStream>[0]> = {}): Promise<Stream> {
	const stream = await openStream({ socketPath: door.path, ...more });
	streams.push(stream);
	await until(() => stream.parser.events.length > 0);
	return stream;
}

async function hear(status: "online" | "busy"): Promise<void> {
	const beat = {
		agentId: "planner",
		atMs: 5,
		reported: status,
		task: null,
		error: null,
		run: null,
		keptErrors: 9,
		tellError: true,
	};
	const heard = await door.journal.hearAgent(beat);
	if (heard.kind === "heard") for (const event of heard.events) door.supervisor.emit({ type: "agent:changed", event });
}

it("tells it in order, with the subject and the whole event, and goes on behind the last id", async () => {
	const stream = await open();
	await door.draft("sw_a", ann);
	await hear("online");
	await door.note("sw_a", "one");
	await until(() => stream.parser.events.length >= 4);
	const events = stream.parser.events.slice(1);
	expect(events.map(({ id, type }) => [id, type])).toEqual([
		["1", "fact"],
		["2", "agent"],
		["3", "fact"],
	]);
	expect(events[1]?.data).toEqual({
		schemaVersion: 1,
		subject: { kind: "agent", id: "planner" },
		event: {
			type: "agent.status",
			atMs: 5,
			agentId: "planner",
			projectId: "host",
			fromStatus: "registered",
			toStatus: "online",
			reason: "reported",
		},
	});
	const later = await open({ lastId: "1" });
	await until(() => later.parser.events.length >= 3);
	expect(later.parser.events.slice(1).map(({ id }) => id)).toEqual(["2", "3"]);
});

it("tells builders nothing of it, nor who follows one swap", async () => {
	await door.draft("sw_a", ann);
	await hear("online");
	await door.note("sw_a", "one");
	door.asked.caller = builder(ann);
	const own = await open({ lastId: "0" });
	await until(() => own.facts().length >= 2);
	const one = await open({ lastId: "0", path: "/v1/events?swap=sw_a" });
	await until(() => one.facts().length >= 2);
	for (const stream of [own, one])
		expect(stream.parser.events.map(({ type }) => type)).toEqual(["hello", "fact", "fact"]);
});
