// The first message of an installation: at most once, over restarts, connects in flight and kills at every moment; and the reports of it, until
// they are acknowledged.
import { describe, expect, it } from "vitest";
import type { EngineSettings, Ports } from "../../../src/engine/base/context.js";
import { DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { createScene } from "../scene.js";

const hello = "Hello, I look after your program.";
const minute = 60_000;

type Introduction = EngineSettings["introduction"];

interface Options {
	readonly introduction?: Introduction;
	readonly names?: readonly string[];
	/** Called at each moment; a kill ends the life there. */
	readonly moment?: (name: string) => void;
	/** Rejects, or takes its time. */
	readonly answer?: (report: string) => Promise<void>;
	readonly milestones?: boolean;
	/** How long a channel takes for a notice. */
	readonly slowMs?: number;
}

const silence = new DeliveryFailed({ code: "unreachable", message: "No answer." });

function installation(options: Options = {}) {
	const { introduction = { text: hello, link: null }, names = ["slack"], moment = () => {} } = options;
	const sent: string[] = [];
	const reports: string[] = [];
	const channels = names.map((name) => {
		const chat = createMemoryDelivery({ name, surface: name === "console" ? "cli" : "slack" });
		const { notice } = chat;
		const can = { ...chat.can, directMessage: name !== "console" };
		return Object.assign(chat, {
			can,
			notice: async (...given: Parameters<typeof notice>) => {
				moment(`before ${name}`);
				await notice(...given);
				if (options.slowMs !== undefined) await scene.clock.sleep(options.slowMs);
				sent.push(`${name}: ${given[0]}`);
				moment(`after ${name}`);
				return `ts-${sent.length}`;
			},
		});
	});
	async function told(report: string): Promise<void> {
		moment(`before ${report}`);
		await options.answer?.(report);
		reports.push(report);
		moment(`after ${report}`);
	}
	const milestones = {
		agentReady: (transport: string) => told(`agent_ready ${transport}`),
		firstMessageSent: (receipt: string | null) => told(`first_dm_sent ${receipt}`),
	};
	const scene = createScene({
		channels,
		settings: { introduction },
		adapt: ({ journal }: Ports) => ({
			...(options.milestones === false ? {} : { milestones }),
			journal: {
				...journal,
				mark: async (key) => {
					moment("before mark");
					return journal.mark(key);
				},
				keepMark: async (key, value) => {
					moment(`before keeping ${value}`);
					await journal.keepMark(key, value);
					moment(`after keeping ${value}`);
				},
			},
		}),
	});
	const events = (name: string) => scene.logged.filter(({ event }) => event === name);
	return { scene, channels, sent, reports, events };
}

const firsts = (reports: readonly string[]) => reports.filter((one) => one.startsWith("first_dm_sent"));

describe("the introduction", () => {
	it("goes out once, to the channel's own conversation, and is reported with its receipt", async () => {
		const { scene, channels, sent, reports } = installation();
		await scene.begin();
		expect(sent).toEqual([`slack: ${hello}`]);
		expect(channels[0]?.sent[0]?.to).toEqual({ conversation: null, thread: null, person: null });
		expect(reports).toEqual(["agent_ready slack", "first_dm_sent ts-1"]);
		for (let lives = 0; lives < 3; lives += 1) await scene.restart();
		await scene.clock.advance(10 * minute);
		expect(sent).toHaveLength(1);
		expect(firsts(reports)).toHaveLength(1);
	});

	it("goes to the first of two that connect at the same time, and to no other one later", async () => {
		const { scene, sent, channels } = installation({ names: ["one", "two"] });
		channels[0]?.failWith(new Error("not yet"));
		await scene.begin();
		expect(sent).toEqual([`two: ${hello}`]);
		channels[0]?.failWith(null);
		await scene.clock.advance(2 * minute);
		expect(channels[0]?.address()).not.toBeNull();
		expect(sent).toEqual([`two: ${hello}`]);
	});

	it("waits for the first chat where there is one: a terminal is open before it", async () => {
		const { scene, sent, channels } = installation({ names: ["console", "slack"] });
		channels[1]?.failWith(new Error("not yet"));
		await scene.begin();
		expect(sent).toEqual([]);
		channels[1]?.failWith(null);
		await scene.clock.advance(minute);
		expect(sent).toEqual([`slack: ${hello}`]);
		const alone = installation({ names: ["console"] });
		await alone.scene.begin();
		expect(alone.sent).toEqual([`console: ${hello}`]);
	});

	it("is sent again where its channel rejects it, with back-off, and goes out once", async () => {
		const { scene, sent, channels, events } = installation();
		await Promise.resolve();
		const [chat] = channels;
		const { start } = chat ?? {};
		Object.assign(chat ?? {}, {
			start: async (inbox: never) => {
				await start?.(inbox);
				chat?.failWith(new DeliveryFailed({ code: "rate_limited", message: "Slowly." }));
			},
		});
		await scene.begin();
		await scene.clock.advance(minute);
		expect(sent).toEqual([]);
		expect(events("introduction.not_sent").length).toBeGreaterThan(2);
		expect(events("introduction.not_sent").length).toBeLessThan(10);
		chat?.failWith(null);
		await scene.clock.advance(2 * minute);
		expect(sent).toHaveLength(1);
	});

	it("that hangs holds up nobody, and is sent once when the channel goes on", async () => {
		const { scene, sent, channels, reports } = installation();
		const [chat] = channels;
		const { start } = chat ?? {};
		let release = () => {};
		Object.assign(chat ?? {}, {
			start: async (inbox: never) => {
				await start?.(inbox);
				release = chat?.hang() ?? release;
			},
		});
		await scene.begin();
		await scene.clock.advance(10 * minute);
		expect(sent).toEqual([]);
		release();
		await scene.clock.advance(1_000);
		expect(sent).toHaveLength(1);
		expect(firsts(reports)).toEqual(["first_dm_sent ts-1"]);
	});

	it("is not sent again where a channel was silent for its whole time: it may have gone out", async () => {
		const { scene, sent, reports } = installation({
			moment: (name) => {
				if (name === "after slack") throw silence;
			},
			slowMs: 9_000,
		});
		await scene.begin();
		await scene.clock.advance(10 * minute);
		expect(sent).toEqual([`slack: ${hello}`]);
		expect(scene.logged.filter(({ event }) => event === "introduction.unsure")).toHaveLength(1);
		await scene.restart();
		await scene.clock.advance(minute);
		expect(sent).toHaveLength(1);
		expect(reports.filter((report) => report.startsWith("first_dm_sent"))).toEqual([]);
	});

	it("is none where none is configured; that a channel is ready is reported all the same", async () => {
		const { scene, sent, reports } = installation({ introduction: null });
		await scene.begin();
		expect(sent).toEqual([]);
		expect(reports).toEqual(["agent_ready slack"]);
	});

	it.each(["{", "null", '{"state":"lost"}'])("is not sent again where its mark cannot be read: %s", async (mark) => {
		const { scene, sent, events } = installation();
		scene.disk.mail.marks.set("introduction", mark);
		await scene.begin();
		expect(sent).toEqual([]);
		expect(events("introduction.unsure")).toHaveLength(1);
	});

	it("has at most one copy whatever moment a life is killed at; where its fate is known, one, and it is reported", async () => {
		const unsure = new Set<string>();
		let struck = true;
		let nth = 0;
		for (nth = 1; struck; nth += 1) {
			struck = false;
			let count = 0;
			let where = "";
			const { scene, sent, reports, events } = installation({
				moment: (name) => {
					count += 1;
					if (count !== nth) return;
					struck = true;
					where = name;
					scene.kill();
					throw new Error("killed");
				},
			});
			await scene.begin();
			await scene.restart();
			await scene.clock.advance(5 * minute);
			await scene.restart();
			await scene.clock.advance(5 * minute);
			expect(sent.length, where).toBeLessThanOrEqual(1);
			if (events("introduction.unsure").length > 0) {
				unsure.add(where);
				expect(firsts(reports), where).toEqual([]);
				continue;
			}
			expect(sent, where).toHaveLength(1);
			expect(firsts(reports).length, where).toBeGreaterThanOrEqual(1);
			expect(new Set(firsts(reports)), where).toEqual(new Set(["first_dm_sent ts-1"]));
		}
		expect(nth).toBeGreaterThan(8);
		expect([...unsure].map((name) => name.replace(/\{.*"state":"(\w+)".*/, "$1"))).toEqual([
			"after keeping sending",
			"before slack",
			"after slack",
			"before keeping sent",
		]);
	});
});

describe("the link below it", () => {
	const link = (value: string | null): Introduction => ({ text: hello, link: { variable: "DASHBOARD_URL", value } });

	it.each([
		["https://example.org/board?x=1", "https://example.org/board?x=1"],
		["  http://127.0.0.1:3000 ", "http://127.0.0.1:3000/"],
	])("is shown: %s", async (value, shown) => {
		const { scene, sent, events } = installation({ introduction: link(value) });
		await scene.begin();
		expect(sent).toEqual([`slack: ${hello}\n${shown}`]);
		expect(events("introduction.link_left_out")).toEqual([]);
	});

	it.each([null, "", "example.org", "javascript:alert(1)", "ftp://example.org", "https://ana:secret@example.org/"])(
		"is left out, with a warning that shows nothing of it: %s",
		async (value) => {
			const { scene, sent, events } = installation({ introduction: link(value) });
			await scene.begin();
			expect(sent).toEqual([`slack: ${hello}`]);
			const why = value === null ? "unset" : "no http or https address";
			expect(events("introduction.link_left_out")[0]).toMatchObject({
				level: "warn",
				details: { variable: "DASHBOARD_URL", why },
			});
		},
	);
});

describe("a milestone", () => {
	it("that nobody acknowledges is reported again with back-off; the message is not sent again", async () => {
		let down = true;
		const { scene, sent, reports, events } = installation({
			answer: async () => {
				if (down) throw new Error("The gateway is down.");
			},
		});
		await scene.begin();
		await scene.clock.advance(10 * minute);
		expect(sent).toHaveLength(1);
		expect(reports).toEqual([]);
		expect(events("milestone.first_dm_sent_failed").length).toBeLessThan(20);
		await scene.restart();
		await scene.clock.advance(minute);
		down = false;
		await scene.clock.advance(2 * minute);
		expect(reports.toSorted()).toEqual(["agent_ready slack", "first_dm_sent ts-1"]);
		await scene.restart();
		await scene.clock.advance(10 * minute);
		expect(firsts(reports)).toHaveLength(1);
		expect(sent).toHaveLength(1);
	});

	it("that is not answered in time is reported again", async () => {
		let asked = 0;
		const { scene, events } = installation({
			introduction: null,
			answer: () => {
				asked += 1;
				return asked === 1 ? new Promise(() => {}) : Promise.resolve();
			},
		});
		await scene.begin();
		await scene.clock.advance(minute);
		expect(asked).toBe(2);
		expect(events("milestone.agent_ready")).toHaveLength(1);
	});

	it("of a channel is reported when it has really connected, not before", async () => {
		const { scene, reports, channels } = installation({ names: ["one"] });
		channels[0]?.failWith(new Error("The service is down."));
		await scene.begin();
		await scene.clock.advance(minute);
		expect(reports).toEqual([]);
		channels[0]?.failWith(null);
		await scene.clock.advance(2 * minute);
		expect(reports[0]).toBe("agent_ready slack");
	});

	it("is in the log and in the feed where nobody else wants it, and leaves nothing running at the end", async () => {
		const { scene, events, channels } = installation({ milestones: false });
		channels[0]?.failWith(new Error("not yet"));
		await scene.begin();
		const reached: unknown[] = [];
		scene.supervisor.subscribe((event) => void (event.type === "milestone:reached" && reached.push(event)));
		channels[0]?.failWith(null);
		await scene.clock.advance(minute);
		expect(events("milestone.agent_ready")).toHaveLength(1);
		expect(events("milestone.first_dm_sent")).toHaveLength(1);
		expect(reached).toEqual([
			{ type: "milestone:reached", milestone: "agent_ready", about: "slack" },
			{ type: "milestone:reached", milestone: "first_dm_sent", about: "ts-1" },
		]);
		await scene.supervisor.stop();
		expect(scene.clock.pending).toBe(0);
	});
});
