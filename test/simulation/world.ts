// A whole deadman in memory: real core and engine over twins, on a clock that only moves when told. A life can be killed at any
// moment: from then on nothing of it happens any more, and the next life finds what is on disk.

import type { Site } from "../../src/core/machine/sites.js";
import { type Authority, openAuthority } from "../../src/core/people/authority.js";
import { isRefusal } from "../../src/core/refusals.js";
import { type Actor, hostTarget, type Swap } from "../../src/core/swap.js";
import type { Card } from "../../src/core/words/card.js";
import {
	type AgentPorts,
	createEngine,
	type EngineSettings,
	type Ports,
	type TargetSettings,
} from "../../src/engine/base/context.js";
import { createSupervisor } from "../../src/engine/create-supervisor.js";
import { takeIn } from "../../src/engine/taking-in.js";
import type { Supervisor } from "../../src/engine/verbs/supervisor.js";
import type { Delivery, Log } from "../../src/ports/ports.js";
import { createMemoryClock } from "../support/memory/clock.js";
import { createMemoryCredentials } from "../support/memory/credentials.js";
import { createMemoryDelivery } from "../support/memory/delivery.js";
import { createMemoryEmergencyLog } from "../support/memory/emergency-log.js";
import { createMemoryJournal, emptyDisk } from "../support/memory/journal.js";
import { createMemoryLock } from "../support/memory/lock.js";
import { createMemoryGit, createMemoryRepository } from "../support/memory/repository.js";
import { createMemoryUpkeep } from "../support/memory/upkeep.js";
import { createMemoryWorkspaces } from "../support/memory/workspaces.js";
import { createPrivateCopies } from "./private-copies.js";
import { createTarget, type MemoryTarget, noRules, rulesFor } from "./targets.js";

export const person: Actor = { surface: "cli", id: "1000" };
export const builder: Actor = { surface: "builder", id: "1000" };

/** Whoever clicks is the owner, and a click is enough: phrases have tests of their own. */
const clickable: Authority = {
	...openAuthority,
	classes: {
		group: { ...openAuthority.classes.group, typed: false },
		host: { ...openAuthority.classes.host, typed: false },
		combined: { ...openAuthority.classes.combined, typed: false },
	},
};

export const settings: EngineSettings = {
	branch: "main",
	approval: "auto",
	shared: [],
	deadman: { initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 600_000 },
	restart: "program",
	readiness: { timeoutMs: 30_000, minUptimeMs: 100, intervalMs: 1_000 },
	heartbeatMs: null,
	managed: false,
	retain: { releases: 3, snapshots: 3, swaps: 100, discarded: { days: 30, rollbacks: 20 } },
	summaries: "per_file",
	approvalMs: 86_400_000,
	authority: clickable,
	rules: noRules,
	reminding: { fallbackAfterMs: 120_000, escalateAfterMs: null, escalateTo: ["owner"] },
	agents: { of: {}, retainMs: 30 * 86_400_000, errors: 200 },
	conversations: {},
	introduction: null,
};

export type World = ReturnType<typeof createWorld>;

export interface WorldOptions {
	readonly settings?: Partial<EngineSettings>;
	/** Called at each effect; a rejection is a failed effect, a kill ends the life there. */
	readonly at?: (site: Site, moment: "before" | "after") => Promise<void> | void;
	/** A planted bug: the effect at this site silently does not happen. */
	readonly skips?: Site;
	/** Whether a card arrives; default: always. */
	readonly delivers?: () => boolean;
	/** Ports of a life that are to be others; they die with it all the same. */
	readonly adapt?: (ports: Ports) => Partial<Ports>;
	/** Only `ready()` answers for a program; default: its probe does. */
	readonly awaitsReport?: boolean;
	/** False: somebody else runs the program, and only probes can tell. */
	readonly hasCommand?: boolean;
	/** Parts beside the host, each with programs, releases and data of its own; they have skills from a template, and a folder. */
	readonly agents?: readonly string[];
	readonly agentSettings?: Partial<TargetSettings>;
}

export interface Logged {
	readonly level: "info" | "warn" | "error";
	readonly event: string;
	readonly details: Readonly<Record<string, unknown>>;
}

export function createWorld(options: WorldOptions = {}) {
	const clock = createMemoryClock();
	const git = createMemoryGit();
	const { awaitsReport = false, hasCommand = true, agents = [] } = options;
	const base = git.commit({
		"server.js": "version 1",
		...(agents.length === 0 ? {} : { "skills/hello.md": "hello 1" }),
	});
	git.branches.set("main", base);
	const disk = emptyDisk();
	const emergencies = { lines: [] as string[] };
	/** What was done to which target, in order. */
	const done: string[] = [];
	const makeTarget = (name: string) =>
		createTarget({ name, clock, git, hasCommand, awaitsReport, tell: (line) => void done.push(line) });
	const host = makeTarget(hostTarget);
	const others = agents.map(makeTarget);
	const targets = new Map([host, ...others].map((target) => [target.name, target]));
	const { programs, probe, releases, data } = host;
	const logged: Logged[] = [];
	const cards: Card[] = [];
	const notices: string[] = [];
	const exits: number[] = [];
	const workspaces = createMemoryWorkspaces(git);
	const repository = createMemoryRepository(git, { branch: "main" });
	const rules = rulesFor(agents);
	const credentials = createMemoryCredentials();
	const holder = { pid: null as number | null };
	let lives = 0;
	let mortality = { dead: false };
	let supervisor: Supervisor;

	/** Calls of a dead life never return, and what they were about to do does not happen. */
	function mortal<T extends object>(port: T): T {
		const mine = mortality;
		return new Proxy(port, {
			get(target, name, receiver) {
				const value = Reflect.get(target, name, receiver);
				if (typeof value !== "function") return value;
				return (...parameters: unknown[]) => {
					if (mine.dead) return new Promise(() => {});
					const answer = value.apply(target, parameters);
					return answer instanceof Promise
						? answer.then((result) => (mine.dead ? new Promise(() => {}) : result))
						: answer;
				};
			},
		});
	}

	function mortalClock() {
		const mine = mortality;
		const ring = (call: () => void) => () => mine.dead || call();
		return { ...clock, timer: (delayMs: number, call: () => void) => clock.timer(delayMs, ring(call)) };
	}

	/** What stands in for a port dies with its life too. The clock does so by itself. */
	function adapted(all: Ports): Ports {
		const changed = options.adapt?.(all) ?? {};
		const { deliveries, clock: another, ...others } = changed;
		const dying = Object.entries(others).map(([name, port]) => [name, typeof port === "object" ? mortal(port) : port]);
		return {
			...all,
			...Object.fromEntries(dying),
			...(deliveries === undefined ? {} : { deliveries: deliveries.map((delivery) => mortal(delivery)) }),
			...(another === undefined ? {} : { clock: another }),
		};
	}

	function ports(): Ports {
		lives += 1;
		const mine = mortality;
		const life = `life-${lives}`;
		const log =
			(level: Logged["level"]): Log["info"] =>
			(event, details = {}) =>
				void (mine.dead || logged.push({ level, event, details }));
		return adapted({
			clock: mortalClock(),
			gate: mortal({
				async around<T>(site: Site, effect: () => Promise<T>): Promise<T> {
					await options.at?.(site, "before");
					const result = site === options.skips ? (null as T) : await effect();
					await options.at?.(site, "after");
					return result;
				},
			}),
			journal: mortal(createMemoryJournal({ now: () => clock.now().wallMs, disk })),
			emergency: mortal(createMemoryEmergencyLog(emergencies)),
			repository: mortal(repository),
			workspaces: mortal(workspaces),
			upkeep: mortal(createMemoryUpkeep()),
			...mortalTarget(host),
			deliveries: [mortal(delivery())],
			builderChannels: [],
			credentials,
			nonces: { of: (id, epoch) => `${id}.${epoch}`, matches: (id, epoch, nonce) => nonce === `${id}.${epoch}` },
			lock: createMemoryLock({ path: "memory", pid: lives, holder }),
			exiting: { exit: (code) => void (mine.dead || exits.push(code)) },
			ids: {
				swap: () => `sw_${String(disk.swaps.size + 1).padStart(6, "0")}`,
				life: () => life,
				pid: () => lives,
				fraction: () => 1,
			},
			log: { info: log("info"), warn: log("warn"), error: log("error") },
			scrub: (text) => text,
			scrubbing: function* (text) {
				yield;
				return text;
			},
			agents: others.map(agentPorts),
		});
	}

	function mortalTarget(target: MemoryTarget) {
		const { releases, snapshots, ballast, programs, probe } = target.ports();
		return {
			releases: mortal(releases),
			snapshots: mortal(snapshots),
			ballast: mortal(ballast),
			programs: mortal(programs),
			probe: mortal(probe),
		};
	}

	function agentPorts(target: MemoryTarget): AgentPorts {
		const { name, releases } = target;
		const places = rules.agents.find((agent) => agent.name === name)?.mappings ?? [];
		const own = { [`groups/${name}/me.md`]: `I am ${name}` };
		const { deadman, restart, readiness, heartbeatMs, managed } = settings;
		return {
			name,
			privates: mortal(createPrivateCopies(git, { name, places, releases, own })),
			settings: { deadman, restart, readiness, heartbeatMs, managed, ...options.agentSettings },
			...mortalTarget(target),
		};
	}

	function delivery(): Delivery {
		return {
			...createMemoryDelivery({ limits: { message: 4_000, pieces: 4 } }),
			start: async () => {},
			send: async (card: Card) => {
				if (options.delivers?.() === false) throw new Error("The service is down.");
				cards.push(card);
				return `${card.swapId}.${card.epoch}.${card.kind}`;
			},
			edit: async (receipt: string, card: Card) => {
				cards.push(card);
				return receipt;
			},
			notice: async (text: string) => {
				notices.push(text);
				return null;
			},
			stop: async () => {},
			address: () => null,
		};
	}

	async function begin(): Promise<void> {
		mortality = { dead: false };
		const own = ports();
		const wanted = { ...settings, rules, ...options.settings };
		if (emergencies.lines.length > 0)
			await takeIn(createEngine({ ...own, gate: { around: (_, effect) => effect() } }, wanted));
		supervisor = createSupervisor(own, wanted);
		const started = supervisor.start();
		await clock.advance(2_000);
		await Promise.race([started, clock.settle()]);
	}

	/** kill -9: programs live on, unless the machine goes down with it. */
	function kill(): void {
		mortality.dead = true;
		holder.pid = null;
	}

	async function propose(content: string): Promise<Swap> {
		const live = git.branches.get("main");
		const revision = git.commit({ "server.js": content }, live === undefined ? [] : [live]);
		const answer = await supervisor.propose({
			revision,
			summary: content.slice(0, 80),
			fileSummaries: {},
			by: builder,
		});
		if (isRefusal(answer)) throw new Error(answer.message);
		return answer;
	}

	/** A new workspace of the agent, with these files committed in it; a null removes one. */
	async function draft(target: string, files: Readonly<Record<string, string | null>>): Promise<string> {
		const name = `${target}-${git.commits.size}`;
		const made = await supervisor.createWorkspace({ name, target, kind: "worktree" });
		if (isRefusal(made)) throw new Error(made.message);
		workspaces.edit(name, files);
		workspaces.commit(name);
		return name;
	}

	/** What an agent's builder submits: a sentence for each file. */
	function submission(workspace: string, files: Readonly<Record<string, string | null>>) {
		const fileSummaries = Object.fromEntries(Object.keys(files).map((path) => [path, `changes ${path}`]));
		return { workspace, summary: `a change of ${workspace}`, fileSummaries, by: builder };
	}

	async function submit(target: string, files: Readonly<Record<string, string | null>>): Promise<Swap> {
		const workspace = await draft(target, files);
		const answer = await supervisor.submit(submission(workspace, files));
		if (isRefusal(answer)) throw new Error(answer.message);
		return answer;
	}

	async function swap(id: string): Promise<Swap> {
		const text = disk.swaps.get(id);
		if (text === undefined) throw new Error(`There is no swap ${id}.`);
		return JSON.parse(text);
	}

	const verdict = (id: string) => ({ id, by: person, epoch: null });

	return {
		clock,
		git,
		base,
		disk,
		programs,
		probe,
		repository,
		workspaces,
		releases,
		data,
		logged,
		cards,
		notices,
		exits,
		targets,
		done,
		begin,
		kill,
		/** The ports of a new life without a supervisor. */
		enter: () => {
			mortality = { dead: false };
			return ports();
		},
		propose,
		draft,
		submission,
		submit,
		swap,
		get supervisor() {
			return supervisor;
		},
		confirm: (id: string) => supervisor.confirm(verdict(id)),
		rollback: (id: string) => supervisor.rollback({ ...verdict(id), reason: "" }),
		get doubles() {
			return [...targets.values()].flatMap((target) => target.doubles);
		},
		of(target: string): MemoryTarget {
			const found = targets.get(target);
			if (found === undefined) throw new Error(`There is no target ${target}.`);
			return found;
		},
		/** What users get: the release of the one living program; "two" would be a fault of ours. */
		served: async (target = hostTarget) => {
			const runs = (await targets.get(target)?.programs.running()) ?? [];
			return runs.length > 1 ? "two" : (runs[0]?.release ?? "none");
		},
	};
}
