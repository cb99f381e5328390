// What every engine test plays on: the world in memory with a chat that clicks, a trace of every site in order, and faults at a named
// site that fail the test when they never struck.
import { expect, onTestFinished } from "vitest";
import type { Fact } from "../../src/core/facts.js";
import { limits } from "../../src/core/limits.js";
import type { Site } from "../../src/core/machine/sites.js";
import { isRefusal, type Refusal, type RefusalCode } from "../../src/core/refusals.js";
import type { Status, Swap } from "../../src/core/swap.js";
import type { EngineSettings, Ports } from "../../src/engine/base/context.js";
import type { Supervisor } from "../../src/engine/verbs/supervisor.js";
import { createWorld, person, type WorldOptions } from "../simulation/world.js";
import { createMemoryDelivery, type MemoryDelivery } from "../support/memory/delivery.js";
import type { Behaviour } from "../support/memory/programs.js";

export { person };

export type Scene = ReturnType<typeof createScene>;

/** The id and the candidate of the first swap of a world. */
export const first = "sw_000001";
export const candidate = `${first}-1`;

interface SceneOptions extends Omit<WorldOptions, "at" | "settings"> {
	readonly settings?: Partial<EngineSettings>;
	readonly channels?: readonly MemoryDelivery[];
	readonly scrub?: (text: string) => string;
}

interface Fault {
	readonly site: Site;
	readonly moment: "before" | "after";
	left: number;
	readonly strike: () => Promise<void> | void;
}

function inParts(scrub: (text: string) => string): Ports["scrubbing"] {
	return function* (text) {
		yield;
		return scrub(text);
	};
}

export function createScene(options: SceneOptions = {}) {
	const chat = createMemoryDelivery({ name: "chat" });
	const channels = options.channels ?? [chat];
	/** Every site, in the order in which its effect began. */
	const trace: Site[] = [];
	const faults: Fault[] = [];
	/** Of every site that is passed, which moment of which: for walking through all of them. */
	const moments: string[] = [];
	let atMoment = Number.POSITIVE_INFINITY;
	let asleepMs = 0;

	async function at(site: Site, moment: "before" | "after"): Promise<void> {
		if (moment === "before") trace.push(site);
		moments.push(`${moment} ${site}`);
		if (atMoment === moments.length) {
			atMoment = Number.POSITIVE_INFINITY;
			world.kill();
		}
		const fault = faults.find((one) => one.site === site && one.moment === moment && one.left > 0);
		if (fault === undefined) return;
		fault.left -= 1;
		await fault.strike();
	}

	const world = createWorld({
		...options,
		at,
		adapt: (ports: Ports) => ({
			deliveries: channels,
			clock: { ...ports.clock, now: () => awake(ports.clock.now()) },
			...(options.scrub === undefined ? {} : { scrub: options.scrub, scrubbing: inParts(options.scrub) }),
			...options.adapt?.(ports),
		}),
	});

	/** While the machine sleeps, both clocks go on and no timer rings. */
	function awake(now: ReturnType<Ports["clock"]["now"]>) {
		return { ...now, wallMs: now.wallMs + asleepMs, bootMs: now.bootMs + asleepMs };
	}

	function plant(fault: Omit<Fault, "left">, times: number): void {
		const planted = { ...fault, left: times };
		faults.push(planted);
		onTestFinished(() => {
			if (times === Number.POSITIVE_INFINITY) return;
			expect(planted.left, `the fault ${fault.moment} ${fault.site} never struck`).toBe(0);
		});
	}

	async function swap(id = first): Promise<Swap> {
		return world.swap(id);
	}

	async function facts(id = first): Promise<Fact[]> {
		return (world.disk.facts.get(id) ?? []).map((text) => JSON.parse(text) as Fact);
	}

	return {
		...world,
		/** Who approves here has read the whole review, where a test does not say otherwise. */
		get supervisor(): Supervisor {
			const { supervisor } = world;
			const approve: Supervisor["approve"] = async (request) => {
				const swap = await supervisor.swap(request.id);
				const sha256 = isRefusal(swap) ? undefined : swap.proposal?.shown?.sha256;
				const seen = sha256 === undefined ? null : ({ kind: "read", sha256 } as const);
				return supervisor.approve({ seen, ...request });
			};
			return { ...supervisor, approve };
		},
		get doubles() {
			return world.doubles;
		},
		chat,
		trace,
		moments,
		swap,
		facts,
		types: async (id = first) => (await facts(id)).map((fact) => fact.type),
		/** The effect fails there, so many times. */
		failAt(
			site: Site,
			{ moment = "before" as Fault["moment"], times = 1, error = new Error(`planted at ${site}`) } = {},
		) {
			plant(
				{
					site,
					moment,
					strike: () => {
						throw error;
					},
				},
				times,
			);
		},
		/** kill -9 there. */
		killAt(site: Site, moment: "before" | "after" = "before") {
			plant({ site, moment, strike: () => world.kill() }, 1);
		},
		/** kill -9 at the nth moment from now; the same site may come by for each target. */
		killAtMoment(nth: number) {
			atMoment = moments.length + nth;
		},
		/** What was planted there has not struck yet. */
		get isMomentToCome() {
			return atMoment !== Number.POSITIVE_INFINITY;
		},
		doAt(site: Site, strike: () => Promise<void> | void, moment: "before" | "after" = "before") {
			plant({ site, moment, strike }, 1);
		},
		suspend(ms: number) {
			asleepMs += ms;
		},
		/** kill -9, and the next life begins. */
		async restart() {
			world.kill();
			await world.clock.settle();
			await world.begin();
		},
		/** The machine goes down, and up again. */
		async reboot(downMs = 30_000) {
			world.kill();
			await world.clock.settle();
			world.clock.reboot({ downMs });
			await world.begin();
		},
		/** A swap as far as it goes in a few seconds. */
		async trial(
			behaviour: Partial<Behaviour> | ((nth: number) => Partial<Behaviour>) = {},
			seconds = 5,
		): Promise<Swap> {
			if (trace.length === 0) await world.begin();
			const id = `sw_${String(world.disk.swaps.size + 1).padStart(6, "0")}`;
			world.programs.script(`${id}-1`, behaviour);
			await world.propose(`version ${id}`);
			await world.clock.advance(seconds * 1_000);
			return world.swap(id);
		},
		leftMs: async (id = first) => {
			const { deadman } = await world.swap(id);
			if (deadman === null) throw new Error(`${id} has no deadman.`);
			const { anchor, lengthMs, capMs, spentMs } = deadman;
			return anchor.bootMs + Math.min(lengthMs, capMs - spentMs) - awake(world.clock.now()).bootMs;
		},
	};
}

/** What a target that was part of a swap serves, points to and has on record: all of them the same release. */
export async function releasesOf(scene: Scene, target: string): Promise<readonly (string | undefined)[]> {
	const { releases } = scene.of(target);
	const live = await releases.readLive();
	return [await scene.served(target), (await releases.current()) ?? "none", live?.release.id];
}

/** What the end of a swap has to show, whatever the way there: one verdict, and the version that it says. */
export async function expectEnd(scene: Scene, status: Status, id = first): Promise<Swap> {
	const swap = await scene.swap(id);
	expect(swap.status, JSON.stringify([swap.cause, swap.notes])).toBe(status);
	const release = status === "finalized" ? swap.candidateRelease : swap.proposal?.previousRelease;
	expect(await scene.releases.current()).toBe(release);
	expect(await scene.served()).toBe(release);
	expect(await scene.releases.readLive()).toMatchObject({ release: { id: release }, trial: null });
	expect(scene.doubles).toEqual([]);
	return swap;
}

export function expectRefusal(answer: unknown, code: RefusalCode): Refusal {
	if (!isRefusal(answer)) throw new Error(`It was not refused: ${JSON.stringify(answer)}`);
	expect(answer.code).toBe(code);
	return answer;
}

export function accepted<T>(answer: T | Refusal): T {
	if (isRefusal(answer)) throw new Error(`${answer.code}: ${answer.message}`);
	return answer;
}

/** Longer than every back-off of a step that tries again. */
export const triesMs = limits.stepAttempts * 10_000;
