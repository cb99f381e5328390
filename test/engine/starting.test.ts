// How a supervisor begins: every part may fail, and the deadman of a running trial goes on all the same (F36).
import { describe, expect, it } from "vitest";
import type { Ports } from "../../src/engine/base/context.js";
import { begin } from "../../src/engine/starting.js";
import { createScene, expectEnd, first } from "./scene.js";

const planted = () => Promise.reject(new Error("planted"));

/** What a later life lacks, by the part of the beginning that needs it. */
const failures: Readonly<Record<string, (ports: Ports) => Partial<Ports>>> = {
	mail: ({ journal }) => ({ journal: { ...journal, openClicks: planted } }),
	"a click that cannot be judged": ({ journal }) => ({
		journal: {
			...journal,
			openClicks: async () => [{ seq: 1, channel: "chat" } as never],
		},
	}),
	workspaces: ({ workspaces }) => ({ workspaces: { ...workspaces, sweep: planted, list: planted } }),
	baseline: ({ releases }) => ({ releases: { ...releases, sealed: planted } }),
	"a listener": ({ log }) => ({
		log: {
			...log,
			info: () => {
				throw new Error("planted");
			},
		},
	}),
};

describe("a start in which something fails", () => {
	it.each(Object.keys(failures))("goes on with the trial: %s", async (name) => {
		let failing = false;
		const scene = createScene({ adapt: (ports) => (failing ? (failures[name]?.(ports) ?? {}) : {}) });
		await scene.trial();
		scene.kill();
		failing = true;
		await scene.begin();
		await scene.clock.advance(600_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("deadline_passed");
	});

	it("waits for what comes first, and tries it until it works", async () => {
		let asked = 0;
		let failing = false;
		const scene = createScene({
			adapt: ({ journal }) => ({
				journal: {
					...journal,
					unfinished: async () => {
						if (failing && asked++ < 5) throw new Error("planted");
						return journal.unfinished();
					},
				},
			}),
		});
		await scene.trial();
		scene.kill();
		failing = true;
		await scene.begin();
		await scene.clock.advance(600_000);
		expect(asked).toBeGreaterThan(5);
		await expectEnd(scene, "rolled_back");
	});
});

describe("the order", () => {
	it("is that of the table; what comes later is tried again beside the others", async () => {
		const scene = createScene();
		await scene.begin();
		const done: string[] = [];
		let tries = 0;
		const engine = {
			ports: { clock: scene.clock, log: { error: () => {} }, scrub: (text: string) => text },
			stopping: new AbortController(),
		};
		const part = (name: string, when: "first" | "later", run = async () => void done.push(name)) => ({
			name,
			when,
			run,
		});
		const beginning = begin(engine as never, [
			part("one", "first"),
			part("two", "later", async () => {
				tries += 1;
				if (tries < 3) throw new Error("planted");
				done.push("two");
			}),
			part("three", "later"),
		]);
		await beginning;
		expect(done).toEqual(["one", "three"]);
		await scene.clock.advance(5_000);
		expect(done).toEqual(["one", "three", "two"]);
	});
});

describe("whoever listens", () => {
	it.each([
		[
			"throws",
			() => {
				throw new Error("planted");
			},
		],
		["rejects", () => Promise.reject(new Error("planted"))],
	])("and %s stops no deadman", async (_, listener) => {
		const scene = createScene();
		await scene.begin();
		scene.supervisor.subscribe(listener as never);
		await scene.trial();
		await scene.clock.advance(600_000);
		await expectEnd(scene, "rolled_back");
		expect(scene.logged.some(({ event }) => event === "listener.failed")).toBe(true);
		expect((await scene.types(first)).filter((type) => type === "deadlinePassed")).toHaveLength(1);
	});
});
