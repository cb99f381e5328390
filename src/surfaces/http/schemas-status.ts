// The supervisor's own state as answers show it, as zod.
import { z } from "zod";
import { count, shaped, time } from "./schema-names.js";
import { swapView } from "./schemas-swap.js";
import type { BuilderView, ProgramView, StatusView, SupervisorView, TargetView } from "./status.js";

const program = shaped<ProgramView>()(
	"Program",
	z.object({
		state: z.enum(["none", "starting", "running", "backing_off", "swapping"]),
		pid: z.number().int().nullable(),
		release: z.string().nullable(),
		startedAt: time.nullable(),
		restarts: count,
		proven: z.boolean().describe("Did the version that runs answer its probe?"),
		detail: z.string(),
	}),
);

const target = shaped<TargetView>()("Target", z.object({ name: z.string(), release: z.string().nullable(), program }));

const builder = shaped<BuilderView>()(
	"Builder",
	z.object({
		status: z.enum(["online", "busy", "error", "benchmarked"]),
		task: z.string().nullable(),
		error: z.object({ severity: z.enum(["warning", "fatal"]), message: z.string() }).nullable(),
		name: z.string(),
		lastSeenAt: time,
	}),
);

const supervisor = shaped<SupervisorView>()(
	"Supervisor",
	z.object({
		life: z.string().describe("Of this process"),
		pid: z.number().int(),
		startedAt: time,
		live: z.object({ release: z.string(), commit: z.string() }).nullable().describe("Null before the baseline stands"),
		program,
		targets: z.array(target).describe("The agents beside the host"),
		channels: z.array(z.object({ name: z.string(), address: z.string().nullable() })),
		http: z.string().nullable().describe("Where the door over TCP listens; null: there is none"),
		builders: z.array(builder),
	}),
);

export const status = shaped<Omit<StatusView, "schemaVersion">>()(
	"Standing",
	z.object({ supervisor: supervisor.nullable(), swap: swapView.nullable() }),
);
