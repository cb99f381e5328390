// Starts, finds and ends the supervised program. It outlives us: it is found again by a marker in its environment. Linux only.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "../../../config/config.js";
import { remember } from "../../../core/remember.js";
import type { Clock, Exit, Log, NodeChoice, Programs, Run, Scrub } from "../../../ports/ports.js";
import { untilAborted } from "../../../ports/waiting.js";
import { attempt } from "./bookkeeping.js";
import { endFamily, type Family, type Marker, membersOf } from "./family.js";
import { findRecorded, findRuns, identityOf, isRunAlive, runOf } from "./find-runs.js";
import { environmentUnder, exitOf, launch, spawnFailure } from "./launch.js";
import { startTicksNow } from "./procfs.js";
import { closeLog, createRotation, logFileOf, openLog, pruneLogs, tailOf } from "./program-log.js";
import { createRunRecords, newToken, type RunRecord } from "./run-records.js";

export interface ProgramsOptions {
	readonly program: Settings["program"];
	/** The operator's repository, told to the program as `DEADMAN_ROOT`. */
	readonly root: string;
	readonly stateDir: string;
	/** Names the state folder in the environment of its programs; no secret. */
	readonly instance: string;
	readonly sockets: { readonly program: string };
	/** Where programs reach the gateway over TCP; null or left out: nowhere. */
	readonly gateway?: () => string | null;
	readonly scrub: Scrub;
	readonly clock: Clock;
	readonly log: Log;
	/** What its command finds as `node`; left out: whatever a search finds. */
	readonly node?: NodeChoice;
}

type StartRequest = Parameters<Programs["start"]>[0];

const POLL_MS = 100;
const REMEMBERED_EXITS = 32;

export function createPrograms(options: ProgramsOptions): Programs {
	const { program, stateDir, clock, log } = options;
	const records = createRunRecords(join(stateDir, "runs"), log);
	const instance: Marker = { name: "DEADMAN_INSTANCE", value: options.instance };
	const children = new Map<string, Promise<Exit>>();
	const rotation = createRotation(stateDir, log);
	let searched = false;

	const running = async () => {
		const runs = await findRuns({ instance, records, clock });
		rotation.follow(runs);
		return runs;
	};

	async function start(request: StartRequest): Promise<Run> {
		const { token, tokenSha256 } = newToken();
		const record: RunRecord = {
			schemaVersion: 1,
			runId: randomUUID(),
			release: request.release,
			swapId: request.swapId,
			tokenSha256,
			bootId: clock.now().bootId,
			startedAtMs: clock.now().wallMs,
			pid: null,
			startTicks: null,
		};
		await records.write(record);
		const run = await spawnRun(record, request.folder, token);
		await attempt({ log, event: "program.tidying_failed" }, () => tidyUp(run));
		log.info("program.started", { release: run.release, pid: run.pid, runId: run.runId });
		return run;
	}

	/** Behind the start, so that the program does not wait for it. */
	async function tidyUp(started: Run): Promise<void> {
		const known = [...(await running()), started];
		// It may not be found by its marker yet, and nobody may look again soon.
		rotation.follow(known);
		await records.keepOnly(new Set(known.map((run) => run.runId)));
		await pruneLogs(stateDir, new Set(known.map((run) => run.release)));
	}

	async function spawnRun(record: RunRecord, folder: string, token: string): Promise<Run> {
		if (program.command === null) throw new Error("No command is configured for the program.");
		const { release, runId, startedAtMs: atMs } = record;
		const output = await openLog(stateDir, { release, runId, atMs }, log);
		try {
			const environment = await environmentOf(options, record, token);
			const child = launch({ command: program.command, folder, environment, logDescriptor: output?.fd ?? null });
			if (child.pid === undefined) throw await spawnFailure(child, folder);
			const identity = { pid: child.pid, startTicks: startTicksNow(child.pid) };
			remember(children, { key: runId, value: exitOf(child), most: REMEMBERED_EXITS });
			await records.write({ ...record, ...identity });
			return { ...identityOf(record), ...identity };
		} finally {
			await closeLog(output);
		}
	}

	async function family(except?: Run): Promise<Family> {
		const others = (await findRecorded({ instance, records, clock })).filter((run) => run.runId !== except?.runId);
		const whole = { marker: instance, groups: others.map((run) => run.pid) };
		return except === undefined ? whole : { ...whole, spare: spareOf(except) };
	}

	async function stopAll(except?: Run, { atOnce } = { atOnce: false }): Promise<void> {
		const { stopGrace, stopSignal: signal, stopOrder: order } = program;
		const graceMs = atOnce ? 0 : stopGrace;
		await endFamily(await family(except), { graceMs, signal, order });
		await records.keepOnly(new Set(except === undefined ? [] : [except.runId]));
		rotation.follow(except === undefined ? [] : [except]);
	}

	async function exited(run: Run, signal: AbortSignal): Promise<Exit | null> {
		const ours = children.get(run.runId);
		if (ours !== undefined) return unlessAborted(ours, signal);
		while (!signal.aborted) {
			// A look that fails says nothing about the program.
			if (!(await isRunAlive(run, clock).catch(() => true))) return { code: null, signal: null };
			await clock.sleep(POLL_MS, signal);
		}
		return null;
	}

	async function runOfToken(token: string): Promise<Run | null> {
		const record = (await records.ofToken(token)) ?? (await recordLost(token));
		if (record === null) return null;
		const run = runOf(record);
		if (run !== null) return (await isRunAlive(run, clock)) ? run : null;
		return (await running()).find((candidate) => candidate.runId === record.runId) ?? null;
	}

	/** Of a run of an earlier life. Looked for once in a life: from then on each run has a record. */
	async function recordLost(token: string): Promise<RunRecord | null> {
		if (searched) return null;
		await running();
		searched = true;
		return records.ofToken(token);
	}

	return {
		hasCommand: program.command !== null,
		start,
		running,
		stopAll,
		members: async () => (await membersOf(await family())).map((stat) => stat.pid),
		exited,
		logTail: (release, lines) => tailOf(logFileOf(stateDir, release), lines, options.scrub),
		runOfToken,
	};
}

function spareOf(run: Run) {
	return { marker: { name: "DEADMAN_RUN", value: run.runId }, group: run.pid };
}

/** A PATH of the operator's own is left as it is. Ours last: neither the configuration nor our own environment can forge them. */
async function environmentOf(options: ProgramsOptions, record: RunRecord, token: string) {
	const { program, root, instance, sockets, node } = options;
	const base = await environmentUnder(node, program.passEnv);
	const { DEADMAN_SWAP_ID: _, ...given } = { ...base, ...program.env };
	return {
		...gatewayOf(options, token),
		...given,
		DEADMAN_ROOT: root,
		DEADMAN_INSTANCE: instance,
		DEADMAN_RUN: record.runId,
		DEADMAN_RELEASE: record.release,
		DEADMAN_SOCKET: sockets.program,
		DEADMAN_TOKEN: token,
		...(record.swapId === null ? {} : { DEADMAN_SWAP_ID: record.swapId }),
	};
}

/** Programs that send no token of ours are known by the path, which is their run's alone. An operator's own address stays. */
function gatewayOf({ gateway }: ProgramsOptions, token: string): Record<string, string> {
	const address = gateway?.() ?? null;
	return address === null ? {} : { METADATA_BASE_URL: `${address}/run/${token}` };
}

async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T | null> {
	const over = new AbortController();
	const aborted = untilAborted(AbortSignal.any([signal, over.signal])).then(() => null);
	return Promise.race([result, aborted]).finally(() => over.abort());
}
