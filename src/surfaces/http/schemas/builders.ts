// What builders are answered and may say, as zod: tied to the engine's types, so that neither can change alone.
import { z } from "zod";
import { limits } from "../../../core/limits.js";
import type { OutcomeReport } from "../../../core/words/outcome-report.js";
import type { BuilderHeartbeat, Milestone, PolicyView } from "../../../engine/verbs/builders.js";
import { type Mutable, named } from "./names.js";

const strings = z.array(z.string());

export const outcomeReport = z.object({
	swapId: z.string().describe("The swap that ended or failed"),
	epoch: z.number().int().describe("Of the submission that it tells about"),
	status: z.enum([
		"drafting",
		"pending_approval",
		"staging",
		"cutting_over",
		"awaiting_confirmation",
		"promoting",
		"rolling_back",
		"stranded",
		"finalized",
		"rolled_back",
		"rejected",
	]),
	outcome: z.enum(["kept", "rolled_back", "refused", "failed", "stranded"]),
	sentence: z.string().describe("What happened and why"),
	cause: z.object({ code: z.string(), message: z.string() }).nullable(),
	log: strings.describe("The last lines of the log that shows it"),
	failedCheck: z
		.object({ command: z.string(), durationMs: z.number() })
		.nullable()
		.describe("The command that failed; its duration is 0 where nobody measured it"),
	probe: z.string().nullable().describe("What the probe answered last"),
	tree: z.string().nullable().describe("The tree that was reviewed; the same one is refused after a bad end"),
	commit: z.string().nullable().describe("The builder's commit"),
	workspace: z.string().nullable(),
	next: z.string().describe("What the builder can do now"),
	at: z.string().describe("ISO 8601, UTC"),
}) satisfies z.ZodType<Mutable<OutcomeReport>>;

const namedReport = named("OutcomeReport", outcomeReport);

export const outcomes = z.object({ outcomes: z.array(namedReport) });
export const outcome = z.object({ outcome: namedReport.nullable() });

export const policyView = z.object({
	targets: z.array(
		z.object({
			name: z.string(),
			own: z.string().nullable().describe("The agent's own folder"),
			mappings: z.array(z.object({ template: z.string(), folder: z.string() })),
		}),
	),
	neverWrite: strings.describe("Globs of paths that no swap may write"),
	migrations: strings,
	supervisor: strings,
	reach: strings.describe("Globs of what an agent may reach: changing it is the owner's to decide"),
	summaries: z.enum(["per_file", "overall"]),
	approval: z.enum(["required", "auto"]),
	approvalExpiryMs: z.number(),
	classes: z.record(z.string(), z.object({ approve: strings, approvals: z.number().int(), typed: z.boolean() })),
}) satisfies z.ZodType<Mutable<PolicyView>>;

export const policy = z.object({ policy: named("Policy", policyView) });

export const acknowledged = z.object({ acknowledged: z.literal(true) });

const text = z.string().max(limits.summaryCharacters);

export const builderHeartbeat = z.strictObject({
	status: z.enum(["online", "busy", "error", "benchmarked"]),
	task: text.nullable().default(null),
	error: z
		.strictObject({ severity: z.enum(["warning", "fatal"]), message: text })
		.nullable()
		.default(null),
}) satisfies z.ZodType<Mutable<BuilderHeartbeat>>;

export const milestone = z.strictObject({
	name: z.string().trim().min(1).max(200),
	detail: text.default(""),
	swap: z.string().min(1).max(200).nullable().default(null),
}) satisfies z.ZodType<Omit<Mutable<Milestone>, "swapId"> & { swap: string | null }>;

export const outcomesQuery = z.object({
	limit: z.coerce.number().int().min(1).max(limits.outcomes).default(20),
});
