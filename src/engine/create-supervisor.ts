// Puts the engine's parts together behind the Supervisor interface: who hears of what, in which order things start and stop.
import { isRefusal } from "../core/refusals.js";
import { hostTarget, type Swap } from "../core/swap.js";
import type { Unsettled } from "../ports/ports.js";
import { type Advancer, createAdvancer } from "./advance.js";
import { type AgentsRoom, createAgents } from "./agents/agents.js";
import { type Alarm, createAlarm } from "./alarm.js";
import { createAudit } from "./base/audit.js";
import { createEngine, type Engine, type EngineSettings, type Ports, type TargetEngine } from "./base/context.js";
import { causeFrom } from "./base/effects.js";
import { owns } from "./base/owners.js";
import { createStore, type Store } from "./base/store.js";
import { createBuilderLoop } from "./builders/builders.js";
import { createFreezing, tendWorkspaces } from "./builders/freezing.js";
import { createAccess } from "./builders/tokens.js";
import { createWorkspaceVerbs } from "./builders/workspaces.js";
import { createMail, type Mail } from "./mail/mail.js";
import { establishBaseline } from "./programs/baseline.js";
import { createKeepers, type Keepers } from "./programs/keepers.js";
import { createReports, type Reports } from "./programs/reports.js";
import { type Beginning, begin } from "./starting.js";
import { restartMeExitCode } from "./steps/leaving.js";
import { createKeptData } from "./swaps/kept-data.js";
import { createProposals } from "./swaps/proposals.js";
import { createReadings, currentSwap } from "./swaps/readings.js";
import { createUpkeepVerbs } from "./swaps/upkeep.js";
import { createVerdicts } from "./swaps/verdicts.js";
import { sweep } from "./sweep.js";
import type { Supervisor, SupervisorStatus, TargetStatus } from "./verbs/supervisor.js";
import { unhealthyFor } from "./vitals.js";

export function createSupervisor(ports: Ports, settings: EngineSettings): Supervisor {
	const engine = createEngine(ports, settings);
	const store = createStore(engine);
	const reports = createReports(engine);
	const keepers = createKeepers(engine, store, reports);
	const advancer = createAdvancer({ engine, store, keepers, reports });
	const audit = createAudit(engine);
	const verdicts = createVerdicts({ engine, store, kick: advancer.kick, audit });
	const mail = createMail({ engine, store, keepers, verdicts, audit });
	const alarm = createAlarm(ports.clock, (id) => ring(engine, store, advancer, id));
	const freezing = createFreezing(engine, store);
	onChange(engine, (swap) => alarm.follow(swap));
	onChange(engine, (swap) => advancer.moved(swap));
	onChange(engine, (swap) => mail.follow(swap));
	onChange(engine, ({ id, status, epoch }) => void (status === "drafting" && epoch > 0 && freezing.follow(id)));
	ports.journal.onLost((error) => leaveWithoutJournal(engine, error));
	const proposals = createProposals({ engine, store, kick: advancer.kick, keepers, audit, freezing });
	const access = createAccess(engine, audit);
	const currentRun = (target: string) => (engine.targets.includes(target) ? keepers.of(target).status().run : null);
	const agents = createAgents({ engine, store, reports, audit, tokenOf: access.tokenOf, currentRun });
	const loop = createBuilderLoop({ engine, store, audit, heard: agents.builderHeartbeat });
	const startedAtMs = ports.clock.now().wallMs;

	return {
		...proposals,
		...verdicts,
		...createReadings(engine, store),
		...createWorkspaceVerbs(engine, store),
		...access,
		...agents.verbs,
		...mail.verbs,
		...loop,
		start: () => begin(engine, beginnings({ engine, store, advancer, keepers, mail, alarm, agents })),
		stop: async () => {
			alarm.stop();
			agents.stop();
			mail.stopWatching();
			await shutDown(engine, { advancer, keepers, store, mail });
		},
		status: async () => ({
			...(await statusOf(engine, { keepers, mail, agents }, startedAtMs)),
			builders: loop.builders(),
		}),
		...createKeptData({ engine, store, audit }),
		...createUpkeepVerbs({ engine, store, audit }),
		...reportVerbs(reports, agents),
		unhealthy: () => unhealthyFor(engine, store),
		subscribe: (listener) => engine.subscribe(listener),
	};
}

function reportVerbs(
	reports: Reports,
	agents: AgentsRoom,
): Pick<Supervisor, "reportReady" | "reportProgress" | "reportHeartbeat"> {
	return {
		reportReady: (token) => reports.ready(token),
		reportProgress: (token) => reports.progress(token),
		reportHeartbeat: (token, { fatal }) => agents.programHeartbeat(token, fatal),
	};
}

interface Beginners extends Closing {
	readonly engine: Engine;
	readonly alarm: Alarm;
	readonly agents: AgentsRoom;
}

/** In this order: what a running trial needs, then people, then all that can wait. */
function beginnings({ engine, store, advancer, keepers, mail, alarm, agents }: Beginners): readonly Beginning[] {
	const later = (name: string, run: () => Promise<void>): Beginning => ({ name, when: "later", run });
	const deadlines = async () => (await store.unfinished()).forEach((swap) => void alarm.follow(swap));
	return [
		{ name: "alarm", when: "first", run: deadlines },
		{ name: "sweep", when: "first", run: () => sweep(engine, store, advancer) },
		later("agents", () => agents.start()),
		later("mail", () => mail.start()),
		later("workspaces", () => tendWorkspaces(engine, store)),
		...engine.targets.map((name) => later(`baseline ${name}`, () => establish(engine.of(name), store, keepers))),
		later("keepers", () => keepers.ensure()),
	];
}

/** Each hears for itself: one that fails keeps the event from none of the others. */
function onChange(engine: Engine, hear: (swap: Swap) => void): void {
	engine.subscribe((event) => {
		if (event.type === "swap:changed") hear(event.swap);
	});
}

/** Without its journal nobody decides, and no deadman fires: whoever respawns this process finds the sweep going on (F37). */
function leaveWithoutJournal({ ports }: Engine, error: Error): void {
	ports.log.error("journal.lost", { cause: causeFrom(error, null, ports.scrub) });
	ports.exiting.exit(restartMeExitCode);
}

/** Not where a swap's step owns `current`, also where live.json was lost and cannot say so. */
async function establish(engine: TargetEngine, store: Store, keepers: Keepers): Promise<void> {
	if ((await store.unfinished()).some((swap) => owns(swap, engine.target))) return;
	await establishBaseline(engine, keepers.of(engine.target));
}

/** The deadline is recorded at once, in the middle of a running step too; where that fails, `advance` records it. */
function ring(engine: Engine, store: Store, advancer: Advancer, id: string): void {
	store
		.record(id, { verb: "ring" })
		.catch((error) =>
			engine.ports.log.error("alarm.failed", { swap: id, cause: causeFrom(error, null, engine.ports.scrub) }),
		)
		.finally(() => advancer.kick(id));
}

interface Closing {
	readonly advancer: Advancer;
	readonly keepers: Keepers;
	readonly store: Store;
	readonly mail: Mail;
}

async function shutDown(engine: Engine, parts: Closing): Promise<void> {
	engine.stopping.abort();
	await parts.advancer.close();
	await parts.keepers.close();
	for (const target of engine.targets) await engine.of(target).ports.programs.stopAll();
	await parts.mail.close();
	await parts.store.close();
	await engine.ports.journal.close();
	await engine.ports.lock.release();
}

const shownAgents = 20;

async function statusOf(
	engine: Engine,
	{ keepers, mail, agents }: Pick<Closing, "keepers" | "mail"> & { readonly agents: AgentsRoom },
	startedAtMs: number,
): Promise<Omit<SupervisorStatus, "builders">> {
	const { releases } = engine.of(hostTarget).ports;
	const live = await releases.readLive();
	const swap = await currentSwap(engine);
	return {
		life: engine.life,
		pid: engine.ports.ids.pid(),
		startedAtMs,
		live:
			live === null ? null : { release: (await releases.current()) ?? live.release.id, commit: live.release.commit },
		program: keepers.of(hostTarget).status(),
		targets: await Promise.all(engine.targets.filter((name) => name !== hostTarget).map(statusOfTarget)),
		channels: await mail.status(),
		swap: isRefusal(swap) ? null : swap,
		agents: await agents.verbs.listAgents(shownAgents),
		unsettled: await unsettledOf(engine),
		ahead: live === null ? null : await aheadOf(engine, live.release.commit),
		notApart: engine.settings.notApart ?? null,
	};

	async function statusOfTarget(name: string): Promise<TargetStatus> {
		return { name, release: await engine.of(name).ports.releases.current(), program: keepers.of(name).status() };
	}
}

/** Whatever becomes of the operator's repository: the status is answered. */
async function unsettledOf({ ports }: Engine): Promise<readonly Unsettled[]> {
	return ports.repository.unsettled().catch((error: unknown) => {
		ports.log.warn("status.unsettled_unknown", { cause: causeFrom(error, null, ports.scrub) });
		return [];
	});
}

async function aheadOf({ ports, settings }: Engine, live: string): Promise<SupervisorStatus["ahead"]> {
	const commits = await ports.repository.ahead(live).catch((error: unknown) => {
		ports.log.warn("status.ahead_unknown", { cause: causeFrom(error, null, ports.scrub) });
		return null;
	});
	return commits === null ? null : { branch: settings.branch, commits };
}
