// Puts the engine's parts together behind the Supervisor interface: who hears of what, in which order things start and stop.
import { authorise } from "../core/authority.js";
import { phases } from "../core/phases.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { type Actor, causeOf, type TableCounts } from "../core/swap.js";
import type { Run, Workspace } from "../ports.js";
import { type Advancer, createAdvancer } from "./advance.js";
import { createAlarm } from "./alarm.js";
import { establishBaseline } from "./baseline.js";
import { answerClick } from "./clicks.js";
import { createEngine, type Engine, type EngineSettings, type Ports } from "./context.js";
import { causeFrom } from "./effects.js";
import { allSwaps, currentSwap, diffOf, factsOf, findSwap, waitFor } from "./following.js";
import { createKeeper, type Keeper } from "./keeper.js";
import { createOutbox, type Outbox } from "./outbox.js";
import { createProposals } from "./proposals.js";
import { createReports } from "./reports.js";
import { createStore, type Store } from "./store.js";
import type { Supervisor, SupervisorStatus } from "./supervisor.js";
import { sweep } from "./sweep.js";
import { createVerdicts } from "./verdicts.js";

export function createSupervisor(ports: Ports, settings: EngineSettings): Supervisor {
	const engine = createEngine(ports, settings);
	const store = createStore(engine);
	const reports = createReports(engine, (run, message) => onFatal(engine, store, run, message));
	const keeper = createKeeper(engine, store, reports);
	const advancer = createAdvancer({ engine, store, keeper, reports });
	const outbox = createOutbox(engine, store);
	const verdicts = createVerdicts(engine, store, advancer);
	const alarm = createAlarm(ports.clock, (id) => ring(engine, store, advancer, id));
	engine.subscribe((event) => {
		if (event.type !== "swap:changed") return;
		alarm.follow(event.swap);
		advancer.moved(event.swap);
		outbox.kick();
	});
	const proposals = createProposals({ engine, store, advancer, keeper });
	const startedAtMs = ports.clock.now().wallMs;

	return {
		...proposals,
		...verdicts,
		start: async () => {
			outbox.start((click) => answerClick(engine, verdicts, click));
			for (const swap of await store.unfinished()) alarm.follow(swap);
			await sweep(engine, store, advancer);
			if (!(await isLiveTouched(store))) await establishBaseline(engine, keeper);
			await keeper.ensure();
		},
		stop: async () => {
			alarm.stop();
			await shutDown(engine, { advancer, keeper, store, outbox });
		},
		status: () => statusOf(engine, keeper, startedAtMs),
		swap: (id) => findSwap(store, id),
		currentSwap: () => currentSwap(engine),
		swaps: () => allSwaps(engine),
		facts: (id) => factsOf(engine, store, id),
		diff: (id) => diffOf(engine, store, id),
		wait: (request) => waitFor(engine, store, request),
		dataShow: (id) => dataOf(engine, store, id),
		dataReplay: (request) => replay(engine, store, request),
		createWorkspace: (name) => createWorkspace(engine, name),
		listWorkspaces: () => ports.workspaces.list(),
		removeWorkspace: (name) => ports.workspaces.remove(name),
		reportReady: (token) => reports.ready(token),
		reportProgress: (token) => reports.progress(token),
		reportHeartbeat: (token, { fatal }) => reports.heartbeat(token, fatal),
		subscribe: (listener) => engine.subscribe(listener),
	};
}

/** Then its step owns `current`, also where live.json was lost and cannot say so. */
async function isLiveTouched(store: Store): Promise<boolean> {
	return (await store.unfinished()).some((swap) => phases[swap.status].liveTouched);
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
	readonly keeper: Keeper;
	readonly store: Store;
	readonly outbox: Outbox;
}

async function shutDown(engine: Engine, parts: Closing): Promise<void> {
	engine.stopping.abort();
	await parts.advancer.close();
	await parts.keeper.close();
	await engine.ports.programs.stopAll();
	await parts.outbox.close();
	await parts.store.close();
	await engine.ports.journal.close();
	await engine.ports.lock.release();
}

async function statusOf(engine: Engine, keeper: Keeper, startedAtMs: number): Promise<SupervisorStatus> {
	const { releases, deliveries } = engine.ports;
	const live = await releases.readLive();
	const swap = await currentSwap(engine);
	return {
		life: engine.life,
		pid: engine.ports.ids.pid(),
		startedAtMs,
		live:
			live === null ? null : { release: (await releases.current()) ?? live.release.id, commit: live.release.commit },
		program: keeper.status(),
		channels: deliveries.map((delivery) => ({ name: delivery.name, address: delivery.address() })),
		swap: isRefusal(swap) ? null : swap,
	};
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

async function dataOf(engine: Engine, store: Store, id: string): Promise<readonly TableCounts[] | Refusal> {
	const swap = await findSwap(store, id);
	if (isRefusal(swap)) return swap;
	return swap.discarded ?? (swap.dataRestored ? engine.ports.snapshots.count(id) : refuse("no_data", { id }));
}

async function replay(engine: Engine, store: Store, request: { readonly id: string; readonly by: Actor }) {
	const swap = await findSwap(store, request.id);
	if (isRefusal(swap)) return swap;
	const refusal = authorise(request.by, "replay");
	if (refusal !== null) return refusal;
	if (!swap.dataRestored || swap.status !== "rolled_back") return refuse("no_data", { id: swap.id });
	const tables = await engine.ports.snapshots.replay(swap.id);
	await store.record(swap.id, { verb: "conclude", facts: [{ type: "replayed", by: request.by, tables }] });
	return tables;
}

async function createWorkspace(engine: Engine, name: string): Promise<Workspace | Refusal> {
	const { releases, workspaces } = engine.ports;
	const live = await releases.readLive();
	return live === null
		? refuse("baseline_unproven", { why: "no release is live" })
		: workspaces.create(name, live.release.commit);
}
