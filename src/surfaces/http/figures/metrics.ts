// The supervisor's figures for Prometheus. Read when somebody asks: from the journal, the status and the process; between two answers
// nothing is kept but the place in the feed. Labels are names of ours, never ids.
import type { Registry } from "prom-client";
import { isStatus, phases } from "../../../core/machine/phases.js";
import type { SupervisorStatus } from "../../../engine/verbs/supervisor.js";
import type { JournalFigures } from "../../../ports/ports.js";
import { packageVersion } from "../../version.js";
import type { RouteOptions } from "../base/caller.js";
import { createChannelMeters } from "./channel-meters.js";
import { createProcessMeters, type MakeMeter, setTo } from "./process-meters.js";
import { createStepDurations, stepNames } from "./step-durations.js";

export interface Metrics {
	/** In the text format, version 0.0.4. Those who ask at the same time get the same answer. Rejects when the journal does. */
	exposition(): Promise<string>;
}

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

type MetricsOptions = Pick<RouteOptions, "supervisor" | "clock" | "view">;

/** Loads nothing and watches nothing before it is asked for the first time. */
export function createMetrics(options: MetricsOptions): Metrics {
	let meters: Promise<Meters> | null = null;
	let asking: Promise<string> | null = null;

	async function ask(): Promise<string> {
		meters ??= createMeters();
		const { registry, fill } = await meters;
		await fill(options);
		return registry.metrics();
	}

	return {
		exposition() {
			asking ??= ask().finally(() => (asking = null));
			return asking;
		},
	};
}

interface Meters {
	readonly registry: Registry;
	readonly fill: (options: MetricsOptions) => Promise<void>;
}

async function createMeters(): Promise<Meters> {
	const { Registry, Gauge, Counter, Histogram } = await import("prom-client");
	const registry = new Registry();
	const registers = [registry];
	const make: MakeMeter = {
		gauge: (name, help, ...labelNames) => new Gauge({ name, help, labelNames, registers }),
		counter: (name, help, ...labelNames) => new Counter({ name, help, labelNames, registers }),
	};
	const info = make.gauge("deadman_info", "The supervisor that answers.", "version");
	info.set({ version: packageVersion() }, 1);
	const steps = new Histogram({
		name: "deadman_step_duration_seconds",
		help: "From a step's intent to what ended it, of every step in the journal.",
		labelNames: ["step"],
		buckets: stepBuckets,
		registers,
	});
	for (const step of stepNames) steps.zero({ step });
	const durations = createStepDurations();
	const fillers = [createSwapMeters(make), createChannelMeters(make), createProcessFiller(make)];

	async function fill({ supervisor, clock, view }: MetricsOptions): Promise<void> {
		for (const { step, seconds } of await durations.take(supervisor)) steps.observe({ step }, seconds);
		const reading = { status: await supervisor.status(), figures: await supervisor.figures() };
		for (const filler of fillers) filler({ ...reading, nowMs: clock.now().wallMs, view });
	}

	return { registry, fill };
}

interface Reading extends Pick<RouteOptions, "view"> {
	readonly status: SupervisorStatus;
	readonly figures: JournalFigures;
	readonly nowMs: number;
}

type Filler = (reading: Reading) => void;

/** A status that this version does not know counts as `other`. A gauge, for a swap leaves a status for the next. */
function createSwapMeters({ gauge, counter }: MakeMeter): Filler {
	const swaps = gauge("deadman_swaps_total", "Swaps in the journal by the status that they have now.", "status");
	const remaining = gauge("deadman_deadman_remaining_seconds", "What is left of the running window; 0: none runs.");
	const boots = gauge("deadman_boots", "Starts of the current swap's candidate.");
	const restarts = counter("deadman_program_restarts_total", "Restarts of the live programs, all targets together.");
	return ({ status: { swap, program, targets }, figures, view }) => {
		swaps.reset();
		for (const status of [...Object.keys(phases), "other"]) swaps.set({ status }, 0);
		for (const [status, count] of Object.entries(figures.byStatus)) {
			swaps.inc({ status: isStatus(status) ? status : "other" }, count);
		}
		remaining.set(swap === null ? 0 : (view(swap).deadman?.remainingMs ?? 0) / 1_000);
		boots.set(swap?.boots ?? 0);
		setTo(
			restarts,
			targets.reduce((sum, target) => sum + target.program.restarts, program.restarts),
		);
	};
}

function createProcessFiller(make: MakeMeter): Filler {
	const fill = createProcessMeters(make);
	return ({ status }) => fill(status.startedAtMs);
}

const stepBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];
