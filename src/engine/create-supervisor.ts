// Puts the engine's parts together behind the Supervisor interface: who hears of what, in which order things start and stop.
import { isRefusal } from "../core/refusals.js";
import { causeOf, hostTarget } from "../core/swap.js";
import type { Run } from "../ports.js";
import { createAccess } from "./access.js";
import { type Advancer, createAdvancer } from "./advance.js";
import { createAlarm } from "./alarm.js";
import { createAudit } from "./audit.js";
import { establishBaseline } from "./baseline.js";
import { createBuilderLoop } from "./builders.js";
import { createEngine, type Engine, type EngineSettings, type Ports } from "./context.js";
import { causeFrom } from "./effects.js";
import { createFeedReading } from "./feed.js";
import { currentSwap } from "./following.js";
import { createFreezing, tendWorkspaces } from "./freezing.js";
import { createKeepers, type Keepers } from "./keepers.js";
import { createKeptData } from "./kept-data.js";
import { createMail, type Mail } from "./mail.js";
import { owns } from "./owners.js";
import { createProposals } from "./proposals.js";
import { createReadings } from "./readings.js";
import { createReports } from "./reports.js";
import { createStore, type Store } from "./store.js";
import type { Supervisor, SupervisorStatus, TargetStatus } from "./supervisor.js";
import { sweep } from "./sweep.js";
import { createVerdicts } from "./verdicts.js";
import { createWorkrooms } from "./workrooms.js";

export function createSupervisor(ports: Ports, settings: EngineSettings): Supervisor {
	const engine = createEngine(ports, settings);
	const store = createStore(engine);
	const reports = createReports(engine, (run, message) => onFatal(engine, store, run, message));
	const keepers = createKeepers(engine, store, reports);
	const advancer = createAdvancer({ engine, store, keepers, reports });
	const audit = createAudit(engine);
	const verdicts = createVerdicts({ engine, store, advancer, audit });
	const mail = createMail({ engine, store, keepers, verdicts, audit });
	const alarm = createAlarm(ports.clock, (id) => ring(engine, store, advancer, id));
	const freezing = createFreezing(engine, store);
	engine.subscribe((event) => {
		if (event.type !== "swap:changed") return;
		alarm.follow(event.swap);
		advancer.moved(event.swap);
		mail.follow(event.swap);
		if (event.swap.status === "drafting" && event.swap.epoch > 0) void freezing.follow(event.swap.id);
	});
	const proposals = createProposals({ engine, store, advancer, keepers, audit, freezing });
	const loop = createBuilderLoop({ engine, store, audit });
	const startedAtMs = ports.clock.now().wallMs;

	return {
		...proposals,
		...verdicts,
		...createReadings(engine, store),
		...createWorkrooms(engine, store),
		...createAccess(engine, audit),
		...createFeedReading(engine),
		...mail.verbs,
		...loop,
		start: async () => {
			await mail.start();
			for (const swap of await store.unfinished()) alarm.follow(swap);
			await tendWorkspaces(engine, store);
			await sweep(engine, store, advancer);
			for (const target of engine.targets) await establish(engine.of(target), store, keepers);
			await keepers.ensure();
		},
		stop: async () => {
			alarm.stop();
			mail.stopWatching();
			await shutDown(engine, { advancer, keepers, store, mail });
		},
		status: async () => ({ ...(await statusOf(engine, { keepers, mail }, startedAtMs)), builders: loop.builders() }),
		...createKeptData({ engine, store, audit }),
		...reportVerbs(reports),
		subscribe: (listener) => engine.subscribe(listener),
	};
}

function reportVerbs(
	reports: ReturnType<typeof createReports>,
): Pick<Supervisor, "reportReady" | "reportProgress" | "reportHeartbeat"> {
	return {
		reportReady: (token) => reports.ready(token),
		reportProgress: (token) => reports.progress(token),
		reportHeartbeat: (token, { fatal }) => reports.heartbeat(token, fatal),
	};
}

/** Not where a swap's step owns `current`, also where live.json was lost and cannot say so. */
async function establish(engine: Engine, store: Store, keepers: Keepers): Promise<void> {
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

async function statusOf(
	engine: Engine,
	{ keepers, mail }: Pick<Closing, "keepers" | "mail">,
	startedAtMs: number,
): Promise<Omit<SupervisorStatus, "builders">> {
	const { releases } = engine.ports;
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
	};

	async function statusOfTarget(name: string): Promise<TargetStatus> {
		return { name, release: await engine.of(name).ports.releases.current(), program: keepers.of(name).status() };
	}
}

/** A fatal in the window rolls back at once; outside of one it is only logged. */
async function onFatal(engine: Engine, store: Store, run: Run, message: string): Promise<void> {
	const text = engine.ports.scrub(message);
	engine.ports.log.error("program.fatal", { release: run.release, message: text });
	if (run.swapId === null) return;
	const cause = causeOf("fatal_reported", `The new version reported a fatal error: ${text}`);
	const swap = await store.read(run.swapId);
	const type = swap?.status === "cutting_over" ? "candidateDied" : "fatalReported";
	await store.record(run.swapId, { verb: "conclude", facts: [{ type, cause }] });
}
